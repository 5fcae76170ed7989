"""Demand and turnout day by day, for the line beside the overview's table (requirements section 9)."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paths import TenantPath
from linggong.measures.totals import sums
from tenants.models import Node

MAX_DAYS = 366


class DayFigures(msgspec.Struct, kw_only=True):
    """One business day of a place and all below it."""

    day: date
    wanted: int = 0
    """Heads wanted on the day."""
    arrived: int = 0
    """Shifts of the day whose worker arrived."""


async def trend(uow: UnitOfWork, top: Node, *, last: date, days: int = 30) -> list[DayFigures]:
    """Return `days` business days ending with `last`, the oldest first, days without anything included.

    Counted from the facts of M04. Raises Invalid for a window outside 1 to 366 days.
    """
    if not 1 <= days <= MAX_DAYS:
        raise Invalid([Fault("days", "天数要在 1 到 366 之间。", "range")])
    first, path = last - timedelta(days=days - 1), TenantPath(top.path)
    found = {first + timedelta(days=n): DayFigures(day=first + timedelta(days=n)) for n in range(days)}
    for day, values in (await sums(uow, path, ("wanted", "arrived"), first, last)).items():
        found[day].wanted, found[day].arrived = values.get("wanted", 0), values.get("arrived", 0)
    return list(found.values())
