"""Measures over HTTP: the definitions, and the answer of one of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.paths import TenantPath, tenant_path
from linggong.measures.answers import Answer, answer
from linggong.measures.definitions import DEFINITIONS
from rbac.permissions import Permission
from tenants.models import Node


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """A definition as it is told."""

    id: str
    version: int
    name: str
    words: str
    formula: str
    leaves_out: str
    day: str
    owner: str
    since: date
    counted: bool
    """False where the definition stands and nothing counts it yet."""
    waits: str
    """What it still needs."""


async def place_of(uow: UnitOfWork, path: str) -> TenantPath:
    """Return the place asked for, or the highest of the scope. Raises NotFound for one outside it, as for none at all."""
    try:
        place = tenant_path(path) if path else (uow.scope.trees[0] if uow.scope.trees else None)
    except ValueError:
        raise Invalid([Fault("path", "地方的路径写法不对。", "path")]) from None
    if place is None or not uow.scope.covers(place):
        raise NotFound
    if await uow.session.scalar(sa.select(Node.id).where(Node.path == place)) is None:
        raise NotFound
    return place


class Measures(Controller):
    """The canonical measures M01 to M25."""

    path = "/api/v1/measures"
    tags = ("insight",)

    @get("/", opt={"permission": Permission.OVERVIEW_READ})
    async def definitions(self) -> list[Described]:
        """All definitions in order, also those that nothing counts yet."""
        return [
            Described(
                id=d.id, version=d.version, name=d.name, words=d.words, formula=d.formula, leaves_out=d.leaves_out,
                day=d.day, owner=d.owner, since=d.since, counted=bool(d.figures), waits=d.waits,
            )
            for d in DEFINITIONS
        ]  # fmt: skip

    @get("/{metric:str}", opt={"permission": Permission.OVERVIEW_READ})
    async def read(
        self, uow: NamedDependency[UnitOfWork], metric: FromPath[str], first: FromQuery[date], last: FromQuery[date],
        path: FromQuery[str] = "", trade: FromQuery[str] = "", group: FromQuery[str] = "",
    ) -> Answer:  # fmt: skip
        """One measure for a period, a place with all below it, a trade or group of trades, and a group of workers."""
        place = await place_of(uow, path)
        return await answer(uow, metric, place, first=first, last=last, trade_code=trade, group=group)


CONTROLLERS: list[Any] = [Measures]
