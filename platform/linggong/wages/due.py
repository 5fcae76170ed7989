"""When a bill falls due (55): by what was agreed, never later than the law allows, never on a holiday when it can be before."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.wages.models import SettlementChoice
from linggong.work import common
from linggong.work.models import Assignment, Engagement
from tenants import holidays

_KEYS = ("t.pay.daily", "t.pay.daily.night", "t.pay.once", "t.pay.weekly", "t.pay.max")
_DAY, _INSTANT = timedelta(days=1), timedelta(microseconds=1)


async def due_for_shift(uow: UnitOfWork, row: Assignment, settlement: str) -> datetime:
    """Return the deadline of a shift's wages.

    日结: 24:00 of the shift's first day, a night shift 4 hours after its end. 次结: a day after the end. 周结 only where the
    worker chose it himself (ruling 16). 完工结: with the order. Nothing runs beyond 15 days [law].
    """
    spans = await common.span(uow, row.tenant, *_KEYS)
    finished = row.finished_at or row.ends_at
    if settlement == "daily":
        if clock.business_date(row.ends_at) > row.work_date:
            return row.ends_at + spans["t.pay.daily.night"]
        return clock.at_shanghai(row.work_date, time()) + spans["t.pay.daily"]
    due = finished + spans["t.pay.once"]
    if settlement == "weekly" and await _chose_weekly(uow, row):
        due = finished + spans["t.pay.weekly"]
    elif settlement == "on_completion":
        due = (await common.post_of(uow, row.order_id)).ends_at + spans["t.pay.once"]
    return await _before_holiday(uow, row.tenant, min(due, finished + spans["t.pay.max"]), finished)


async def due_now(uow: UnitOfWork, engagement: Engagement, settlement: str) -> datetime:
    """Return the deadline of a compensation: due like wages, from the moment at which it came to be owed (30)."""
    spans = await common.span(uow, engagement.tenant, *_KEYS)
    if settlement == "daily":
        return clock.at_shanghai(clock.business_date(uow.now), time()) + spans["t.pay.daily"]
    return await _before_holiday(uow, engagement.tenant, uow.now + spans["t.pay.once"], uow.now)


def payday(due_at: datetime) -> datetime:
    """Return the beginning of the day on which a bill falls due; 24:00 belongs to the day that ends there."""
    return clock.at_shanghai(clock.business_date(due_at - _INSTANT), time())


async def _before_holiday(uow: UnitOfWork, path: str, due: datetime, earned: datetime) -> datetime:
    """Move a deadline on a day off to the end of the working day before it [law], but never before the wages were earned."""
    known = await holidays.calendar(uow, path)
    day = clock.business_date(due - _INSTANT)
    if holidays.works(day, known):
        return due
    while not holidays.works(day, known):
        day -= _DAY
    before = clock.at_shanghai(day + _DAY, time())
    return before if before > earned else due


async def _chose_weekly(uow: UnitOfWork, row: Assignment) -> bool:
    chosen = sa.exists().where(SettlementChoice.engagement_id == row.engagement_id)
    return bool(await uow.session.scalar(sa.select(chosen)))
