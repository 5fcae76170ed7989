"""What attendance says about a shift, as the pay rules read it."""

from __future__ import annotations

from linggong.kernel.db import UnitOfWork
from linggong.wages.extras import DayKind, Worked
from linggong.work.models import Assignment
from tenants import holidays

_LATE_END = "late_worker"


async def worked(uow: UnitOfWork, row: Assignment, *, ended: str | None = None) -> Worked:
    """Return the minutes, the count, waits and extra hours of a shift, and the kind of day it was."""
    return Worked(
        minutes=row.minutes or 0,
        quantity=row.quantity,
        ended=row.end_reason if ended is None else ended,
        day=await _day(uow, row),
    )


async def _day(uow: UnitOfWork, row: Assignment) -> DayKind:
    known = await holidays.calendar(uow, row.tenant)
    special = known.get(row.work_date)
    if special is not None and special.kind == "holiday":
        return "holiday"
    return "workday" if holidays.works(row.work_date, known) else "restday"
