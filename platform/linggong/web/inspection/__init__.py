"""Pages of inspections: the inspector's phone, the station's rectification, the bureau's draws, cards, stars and removals."""

from __future__ import annotations

from typing import Any

from linggong.web.inspection.deciding import CardPages, RemovalPages
from linggong.web.inspection.field import FieldPages, MendPages
from linggong.web.inspection.office import OfficePages
from linggong.web.inspection.rating import PublicStars, StarPages

CONTROLLERS: list[Any] = [FieldPages, MendPages, OfficePages, CardPages, RemovalPages, StarPages, PublicStars]
