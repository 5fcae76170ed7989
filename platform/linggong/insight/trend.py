"""Demand and turnout day by day, for the line beside the overview's table (requirements section 9)."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paths import TenantPath
from linggong.market.models import Order
from linggong.work.models import Assignment
from tenants.models import Node

MAX_DAYS = 366


class DayFigures(msgspec.Struct, kw_only=True):
    """One business day of a place and all below it."""

    day: date
    wanted: int = 0
    """Heads wanted by the orders published whose work begins on the day."""
    arrived: int = 0
    """Shifts of the day whose worker arrived."""


async def trend(uow: UnitOfWork, top: Node, *, last: date, days: int = 30) -> list[DayFigures]:
    """Return `days` business days ending with `last`, the oldest first, days without anything included.

    Two queries. Raises Invalid for a window outside 1 to 366 days.
    """
    if not 1 <= days <= MAX_DAYS:
        raise Invalid([Fault("days", "天数要在 1 到 366 之间。", "range")])
    first, path = last - timedelta(days=days - 1), TenantPath(top.path)
    found = {first + timedelta(days=n): DayFigures(day=first + timedelta(days=n)) for n in range(days)}
    wanted = await uow.execute(
        sa.select(Order.work_date, sa.func.sum(Order.headcount))
        .where(
            Order.tenant >= path,
            Order.tenant < path + "~",
            uow.scope.clause(Order.tenant),
            Order.published_at.is_not(None),
            Order.work_date.between(first, last),
        )
        .group_by(Order.work_date)
    )
    for day, heads in wanted:
        found[day].wanted = int(heads)
    arrived = await uow.execute(
        sa.select(Assignment.work_date, sa.func.count())
        .where(
            Assignment.tenant >= path,
            Assignment.tenant < path + "~",
            uow.scope.clause(Assignment.tenant),
            Assignment.arrived_at.is_not(None),
            Assignment.work_date.between(first, last),
        )
        .group_by(Assignment.work_date)
    )
    for day, shifts in arrived:
        found[day].arrived = int(shifts)
    return list(found.values())
