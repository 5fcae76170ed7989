"""Pages of services: the counter, help, courses, tools, ratings; the catalogue and its public guide."""

from __future__ import annotations

from typing import Any

from linggong.web.services.assist import Assist
from linggong.web.services.courses import Courses
from linggong.web.services.desk import Counter
from linggong.web.services.hall import Ratings, Things
from linggong.web.services.office import InTime, Office
from linggong.web.services.public import Guide, MyServices, Rate

CONTROLLERS: list[Any] = [Counter, Assist, Courses, Things, Ratings, Office, InTime, Guide, Rate, MyServices]
