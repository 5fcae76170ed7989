"""What the market says in public, over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.market.trades import trade
from linggong.publishing import wage_levels
from linggong.publishing.wage_levels import LevelView
from rbac.permissions import Permission
from tenants import queries


class WageLevels(Controller):
    """工资价位 by trade, county and month (M09)."""

    path = "/api/v1/wage-levels"
    tags = ("board",)

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def read(
        self, uow: NamedDependency[UnitOfWork], node: FromQuery[str], month: FromQuery[date | None] = None,
        trade_code: FromQuery[str] = "",
    ) -> list[LevelView]:  # fmt: skip
        """What an hour of settled work paid, in fen; trades with too few people or employers are told with their group or not at all."""
        if trade_code and trade(trade_code) is None:
            raise Invalid([Fault("trade_code", "没有这个工种代码。", "choice")])
        counted = await wage_levels.months(uow)
        place = await queries.node(uow, node)
        chosen = month or next(iter(counted), None)
        return [] if chosen is None else await wage_levels.told(uow, place.path, chosen, code=trade_code)


CONTROLLERS: list[Any] = [WageLevels]
