"""Pages of an employer: the day, a new order, one order with its people."""

from __future__ import annotations

from typing import Any

from linggong.web.employer.home import EmployerHome

CONTROLLERS: list[Any] = [EmployerHome]
