"""Figures over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from linggong.insight.overview import Overview, overview
from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.paths import tenant_path
from linggong.measures.fresh import caught_up
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


class Insight(Controller):
    """Overview of supply, demand, work and wages."""

    path = "/api/v1"
    tags = ("insight",)

    @get("/overview", opt={"permission": Permission.OVERVIEW_READ})
    async def read(
        self,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        path: FromQuery[str | None] = None,
        day: FromQuery[date | None] = None,
        days: FromQuery[int] = 1,
    ) -> Overview:
        """The places below a place: a city's counties, a county's streets and stations."""
        top = await top_of(uow, path)
        await caught_up(database)
        return await overview(uow, top, day=day or clock.business_date(uow.now), days=days)


CONTROLLERS: list[Any] = [Insight]
