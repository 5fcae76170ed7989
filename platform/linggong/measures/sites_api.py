"""The station side of the measures over HTTP: liveliness (M19), zombies (M20), hints at made-up records (M21), coverage (M24)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.measures import closing, supply
from linggong.measures.api import place_of
from linggong.measures.closing import ClosureForm, ClosureView
from linggong.measures.coverage import Coverage, coverage
from linggong.measures.liveliness import Liveliness, lively
from linggong.measures.supply import Bucket, GapView
from linggong.measures.suspicion import Suspect, suspects
from linggong.measures.zombies import Judged, zombies
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

    @get("/liveliness", opt={"permission": Permission.OVERVIEW_READ})
    async def liveliness(
        self, uow: NamedDependency[UnitOfWork], first: FromQuery[date], last: FromQuery[date], path: FromQuery[str] = ""
    ) -> list[Liveliness]:
        """Stations with their score of 0 to 100, each part with its numbers, the least lively first (M19)."""
        return await lively(uow, await place_of(uow, path), first=first, last=last)

    @get("/zombies", opt={"permission": Permission.OVERVIEW_READ})
    async def zombie_rule(
        self, uow: NamedDependency[UnitOfWork], last: FromQuery[date | None] = None, path: FromQuery[str] = ""
    ) -> list[Judged]:
        """Stations that meet the zombie rule over the window ending with a day, yesterday where none is named (M20)."""
        until = last or clock.business_date(uow.now) - timedelta(days=1)
        return await zombies(uow, await place_of(uow, path), last=until)

    @get("/trend", opt={"permission": Permission.OVERVIEW_READ})
    async def trend(
        self, uow: NamedDependency[UnitOfWork], unit: FromQuery[str] = "week", n: FromQuery[int] = 13, path: FromQuery[str] = "",
        trade: FromQuery[str] = "",
    ) -> list[Bucket]:  # fmt: skip
        """Demand and supply by week or month up to yesterday, the oldest first, beside the same season a year before (R138)."""
        last = clock.business_date(uow.now) - timedelta(days=1)
        return await supply.trend(uow, await place_of(uow, path), unit=unit, n=n, last=last, trade_code=trade)

    @get("/gaps", opt={"permission": Permission.OVERVIEW_READ})
    async def gaps(self, uow: NamedDependency[UnitOfWork], path: FromQuery[str] = "") -> list[GapView]:
        """Trades that are wanted far more than people are there, and those of the last sixty days (R138)."""
        since = clock.business_date(uow.now) - timedelta(days=60)
        return await supply.gaps(uow, await place_of(uow, path), since=since)


class SiteClosures(Controller):
    """Declared closures of stations."""

    path = "/api/v1/site-closures"
    tags = ("insight",)

    @get("/", opt={"permission": Permission.OVERVIEW_READ})
    async def read(self, uow: NamedDependency[UnitOfWork], path: FromQuery[str] = "") -> list[ClosureView]:
        """Closures that are not over yet."""
        return await closing.declared(uow, await place_of(uow, path), since=clock.business_date(uow.now))

    @post("/", opt={"permission": Permission.NODE_MANAGE})
    async def declare(self, uow: NamedDependency[UnitOfWork], data: JSONBody[ClosureForm]) -> UUID:
        """Declare that a station is closed for some days; before they begin."""
        return (await closing.declare(uow, data)).id

    @post("/{closure_id:uuid}/end", opt={"permission": Permission.NODE_MANAGE}, status_code=200)
    async def end(self, uow: NamedDependency[UnitOfWork], closure_id: FromPath[UUID]) -> None:
        """Note that it is open again before the closure ends."""
        await closing.reopen(uow, closure_id)


CONTROLLERS: list[Any] = [SiteMeasures, SiteClosures]
