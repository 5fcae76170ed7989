"""The station side of the measures over HTTP: hints at made-up records (M21), coverage (M24)."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from linggong.kernel.db import UnitOfWork
from linggong.measures.api import place_of
from linggong.measures.coverage import Coverage, coverage
from linggong.measures.suspicion import Suspect, suspects
from rbac.permissions import Permission


class SiteMeasures(Controller):
    """Measures of stations."""

    path = "/api/v1/measures"
    tags = ("insight",)

    @get("/suspicion", opt={"permission": Permission.INSPECTION_READ})
    async def suspicion(
        self, uow: NamedDependency[UnitOfWork], first: FromQuery[date], last: FromQuery[date], path: FromQuery[str] = ""
    ) -> list[Suspect]:
        """Stations whose records of a period somebody should check, each hint with its evidence (M21)."""
        return await suspects(uow, await place_of(uow, path), first=first, last=last)

    @get("/coverage", opt={"permission": Permission.OVERVIEW_READ})
    async def covered(self, uow: NamedDependency[UnitOfWork], path: FromQuery[str] = "") -> Coverage:
        """People of the 12-digit areas within reach of a live station, now (M24)."""
        return await coverage(uow, await place_of(uow, path))


CONTROLLERS: list[Any] = [SiteMeasures]
