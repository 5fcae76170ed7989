"""What attendance says about a shift, as the pay rules read it."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import ancestors, tenant_path
from linggong.wages.agreed import Agreed
from linggong.wages.extras import DayKind, Extra, Wait, Worked
from linggong.work import stopping
from linggong.work.models import Assignment
from linggong.work.weather.models import WeatherAlert
from tenants import holidays
from tenants.service import parameters

_OUTDOORS = frozenset({"outdoor", "heat"})
_FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
_LUNAR = frozenset(
    date.fromisoformat(day)
    for day in [
        "2025-01-28",
        "2025-01-29",
        "2025-01-30",
        "2025-01-31",
        "2025-04-04",
        "2025-05-31",
        "2025-10-06",
        "2026-02-16",
        "2026-02-17",
        "2026-02-18",
        "2026-02-19",
        "2026-04-05",
        "2026-06-19",
        "2026-09-25",
        "2027-02-05",
        "2027-02-06",
        "2027-02-07",
        "2027-02-08",
        "2027-04-05",
        "2027-06-09",
        "2027-09-15",
    ]
)
"""The statutory days that follow the moon; a year that is not in it yet pays them like rest days."""
_MINUTE = timedelta(minutes=1)


async def worked(uow: UnitOfWork, row: Assignment, terms: Agreed, *, ended: str | None = None) -> Worked:
    """Return the minutes, the count, waits and extra hours of a shift, the kind of day it was, and whether it was hot."""
    return Worked(
        minutes=row.minutes or 0,
        quantity=row.quantity,
        ended=row.end_reason if ended is None else ended,
        waits=[Wait(minutes=w.minutes, cause=w.cause) for w in await stopping.waits(uow, row.id) if w.minutes],
        extras=_extras(row, terms),
        day=await _day(uow, row),
        hot=bool(_OUTDOORS & set(terms.conditions)) and await _was_hot(uow, row),
    )


def _extras(row: Assignment, terms: Agreed) -> list[Extra]:
    """Return the overtime that was agreed and worked (48); nobody is paid for hours that he did not stay."""
    minutes = row.overtime_minutes
    if not minutes and terms.overtime_until is not None and row.finished_at is not None:
        minutes = int((min(row.finished_at, terms.overtime_until) - row.ends_at) / _MINUTE)
    return [Extra(minutes=minutes, rate_fen=terms.overtime_fen)] if minutes > 0 else []


def is_statutory(day: date) -> bool:
    """Tell one of the days with threefold pay [law: 全国年节及纪念日放假办法] from a day that is off only because of them."""
    return (day.month, day.day) in _FIXED or day in _LUNAR


async def _day(uow: UnitOfWork, row: Assignment) -> DayKind:
    if is_statutory(row.work_date):
        return "holiday"
    known = await holidays.calendar(uow, row.tenant)
    return "workday" if holidays.works(row.work_date, known) else "restday"


async def _was_hot(uow: UnitOfWork, row: Assignment) -> bool:
    """Tell whether a heat alert held at the place during the shift, from the temperature at which hours are cut."""
    limit = (await parameters(uow, row.tenant, "heat.shorten_c"))["heat.shorten_c"]
    hot = sa.exists().where(
        WeatherAlert.tenant.in_(ancestors(tenant_path(row.tenant))),
        WeatherAlert.kind == "heat",
        WeatherAlert.withdrawn_at.is_(None),
        WeatherAlert.begins_at < row.ends_at,
        WeatherAlert.ends_at > row.starts_at,
        sa.or_(WeatherAlert.temperature_c.is_(None), WeatherAlert.temperature_c >= limit),
    )
    return bool(await uow.session.scalar(sa.select(hot)))
