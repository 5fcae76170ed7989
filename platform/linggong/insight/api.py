"""Figures over HTTP."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from linggong.insight.overview import Overview, overview
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.paths import tenant_path
from linggong.wages import metrics
from linggong.wages.metrics import Arrears, Settlement
from rbac.permissions import Permission
from tenants.models import Node


async def top_of(uow: UnitOfWork, path: str | None) -> Node:
    """Return the place asked for, or the highest one that the acting post oversees; NotFound for one outside it."""
    if path is None:
        place = uow.scope.trees[0] if uow.scope.trees else None
    else:
        try:
            place = tenant_path(path)
        except ValueError:
            raise Invalid([Fault("path", "地方的路径写法不对。", "path")]) from None
    if place is None or not uow.scope.covers(place):
        raise NotFound
    node = await uow.session.scalar(sa.select(Node).where(Node.path == place))
    if node is None:
        raise NotFound
    return node


class WageFigures(msgspec.Struct, frozen=True, kw_only=True):
    """On-time settlement (M12) and arrears (M13) of a place in a period, with their rates."""

    settlement: Settlement
    on_time_rate: float | None
    arrears: Arrears
    person_rate: float | None
    money_rate: float | None


class Insight(Controller):
    """Overview of supply, demand, work and wages."""

    path = "/api/v1"
    tags = ("insight",)

    @get("/overview", opt={"permission": Permission.OVERVIEW_READ})
    async def read(
        self,
        uow: NamedDependency[UnitOfWork],
        path: FromQuery[str | None] = None,
        day: FromQuery[date | None] = None,
        days: FromQuery[int] = 1,
    ) -> Overview:
        """The places below a place: a city's counties, a county's streets and stations."""
        top = await top_of(uow, path)
        return await overview(uow, top, day=day or clock.business_date(uow.now), days=days)

    @get("/wage-figures", opt={"permission": Permission.OVERVIEW_READ})
    async def wage_figures(
        self,
        uow: NamedDependency[UnitOfWork],
        first: FromQuery[date | None] = None,
        last: FromQuery[date | None] = None,
    ) -> WageFigures:
        """On-time settlement and arrears of what the acting post oversees; the last 30 days where nothing is said."""
        until = last or clock.business_date(uow.now)
        since = first or until - timedelta(days=29)
        if since > until or until - since > timedelta(days=366):
            raise Invalid([Fault("first", "请选一年以内的起止日期，先后不要填反。", "range")])
        start, end = clock.day_bounds(since)[0], clock.day_bounds(until)[1]
        paid, owed = await metrics.settlement(uow, start, end), await metrics.arrears(uow, start, end)
        return WageFigures(
            settlement=paid,
            on_time_rate=paid.rate,
            arrears=owed,
            person_rate=owed.person_rate,
            money_rate=owed.money_rate,
        )


CONTROLLERS: list[Any] = [Insight]
