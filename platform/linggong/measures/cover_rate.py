"""M15 参保率 in detail: of the shifts at which somebody checked in, how many were covered then; by payer, and what was refused why."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from linggong.cover.api import place_of
from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paths import TenantPath
from linggong.measures.answers import MOST_DAYS
from linggong.measures.fresh import caught_up
from linggong.measures.models import MetricFact
from linggong.measures.totals import sums
from rbac.permissions import Permission

_CHECKED_IN = ("arrived", "covered", "covered.government", "covered.employer", "waived")


class CoverRate(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a place and a span of business days. `rate` is null where nobody checked in."""

    place: str
    first: date
    last: date
    checked_in: int
    covered: int
    covered_government: int
    covered_employer: int
    """With a top-up that an employer paid; such a shift may be covered by both."""
    waived: int
    uncovered: int
    rate: float | None
    refused: dict[str, int]
    """Engagements that no product took, by the code of the reason."""


async def cover_rate(uow: UnitOfWork, place: TenantPath, first: date, last: date) -> CoverRate:
    """Return M15 for shifts of orders at a place and below it, by the day of the shift. Raises Invalid for a bad span."""
    if last < first or (last - first).days >= MOST_DAYS:
        raise Invalid([Fault("last", "时间段不对：最多一年，最后一天不能早于第一天。", "range")])
    found = (await sums(uow, place, _CHECKED_IN, first, last, by=sa.literal(""))).get("", {})
    arrived, covered, government, employer, waived = (found.get(name, 0) for name in _CHECKED_IN)
    refused = await sums(uow, place, ("refused",), first, last, by=MetricFact.key)
    return CoverRate(
        place=place, first=first, last=last, checked_in=arrived, covered=covered, covered_government=government,
        covered_employer=employer, waived=waived, uncovered=arrived - covered - waived,
        rate=round(covered / arrived, 4) if arrived else None, refused={code: refused[code]["refused"] for code in sorted(refused)},
    )  # fmt: skip


class Rate(Controller):
    """M15 for whoever reads cover: bureaus, operators, insurers."""

    path = "/api/v1/cover/rate"
    tags = ("cover",)

    @get("/", opt={"permission": Permission.COVER_READ})
    async def rate(
        self,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        path: FromQuery[str | None] = None,
        first: FromQuery[date | None] = None,
        last: FromQuery[date | None] = None,
    ) -> CoverRate:
        """M15: shifts with cover at check-in, of all with a check-in; the last seven days unless said otherwise."""
        await caught_up(database)
        until = last or clock.business_date(uow.now)
        return await cover_rate(uow, place_of(path, uow), first or until - timedelta(days=6), until)


CONTROLLERS: list[Any] = [Rate]
