"""The clock of a service: working hours or days of the place's calendar (R097)."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from linggong.kernel.db import UnitOfWork
from tenants import holidays
from tenants.service import parameters

FROM, TO = "service.hours_from", "service.hours_to"


async def due(uow: UnitOfWork, path: str, start: datetime, n: int, unit: str) -> datetime:
    """Return when `n` working hours or days from `start` are over at a place. Raises ValueError for fewer than one."""
    if unit == "day":
        return await holidays.working_deadline(uow, path, start, n)
    found = await parameters(uow, path, FROM, TO)
    return await holidays.working_hours(uow, path, start, n, opens=_time(found[FROM]), closes=_time(found[TO]))


def _time(value: object) -> time:
    if not isinstance(value, timedelta):
        raise TypeError(f"not a time of day: {value!r}")
    minutes = min(int(value.total_seconds()) // 60, 24 * 60 - 1)
    return time(minutes // 60, minutes % 60)
