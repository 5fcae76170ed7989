"""First screens of those who come from outside: a department, an insurer, a mediator; and who stands for whom."""

from __future__ import annotations

from typing import Any

from linggong.web.outside.department import Referred
from linggong.web.outside.desks import Desks
from linggong.web.outside.insurer import InsurerDesk
from linggong.web.outside.mediator import Mediation

CONTROLLERS: list[Any] = [Referred, Desks, InsurerDesk, Mediation]
