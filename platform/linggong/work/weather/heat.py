"""Heat while the work runs (防暑降温措施管理办法 第八条 [law]): no resuming in a stop, no overtime, and an end to long hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.events import NewEvent
from linggong.kernel.paths import TenantPath, ancestors
from linggong.kernel.timers import Timer
from linggong.work import common, telling
from linggong.work.models import Assignment
from linggong.work.weather import rules
from linggong.work.weather.models import WeatherAlert

LIMIT_TIMER: Final = "t.heat_limit"


async def hottest(
    uow: UnitOfWork, row: Assignment, begins: datetime, ends: datetime, numbers: rules.Numbers
) -> float | None:
    """Return the highest temperature that an alert gives for an outdoor shift's place and time; None without one."""
    if "outdoor" not in (await common.post_of(uow, row.order_id)).conditions:
        return None
    alerts: Sequence[WeatherAlert] = (
        await uow.session.scalars(
            sa.select(WeatherAlert).where(
                WeatherAlert.tenant.in_(ancestors(TenantPath(row.tenant))),
                WeatherAlert.kind == "heat",
                WeatherAlert.withdrawn_at.is_(None),
                WeatherAlert.begins_at < ends,
                WeatherAlert.ends_at > begins,
            )
        )
    ).all()
    found = [rules.degrees("heat", a.level, a.temperature_c, numbers) for a in alerts]
    return max((f for f in found if f is not None), default=None)


async def refuse_in_a_stop(uow: UnitOfWork, row: Assignment) -> None:
    """Raise Conflict when outdoor work may not go on now, because it is too hot (42)."""
    numbers = await rules.numbers_at(uow, row.tenant)
    heat = await hottest(uow, row, uow.now, row.ends_at, numbers)
    if (
        heat is not None
        and heat >= numbers.stop_c
        and not rules.within(uow.now, uow.now, numbers.cool_from, numbers.cool_to)
    ):
        raise Conflict(f"高温预警 {heat:g}℃ 还没解除，室外活不能复工。请收工，停的时间按约定算钱。")


async def no_overtime(uow: UnitOfWork, proposed: NewEvent) -> None:
    """Outdoor work in the heat is not prolonged (48): raises Conflict, which refuses the proposal."""
    if proposed.body.get("kind") != "overtime":
        return
    row = await uow.session.scalar(
        sa.select(Assignment)
        .where(
            Assignment.engagement_id == UUID(str(proposed.body["engagement"])),
            Assignment.state.in_(("A_ARRIVED", "A_WORKING", "A_PAUSED")),
        )
        .limit(1)
    )
    if row is None:
        return
    numbers = await rules.numbers_at(uow, row.tenant)
    heat = await hottest(uow, row, uow.now, datetime.fromisoformat(str(proposed.body["changes"]["until"])), numbers)
    if heat is not None and heat >= numbers.shorten_c:
        raise Conflict(f"高温预警 {heat:g}℃，室外活不能加班。")


async def started(uow: UnitOfWork, told: NewEvent) -> None:
    """Watch the hours of outdoor work on a day that limits them."""
    row = await uow.session.get(Assignment, told.subject_id)
    if row is None:
        return
    numbers = await rules.numbers_at(uow, row.tenant)
    heat = await hottest(uow, row, uow.now, row.ends_at, numbers)
    if heat is not None and heat >= numbers.limit_c:
        await common.shift_timer(uow, row, LIMIT_TIMER, max(row.starts_at, uow.now) + numbers.limit)


async def limit_reached(uow: UnitOfWork, timer: Timer) -> None:
    """He has worked outdoors as long as the day allows: both are told to stop; he may stop on his own word (41)."""
    row, _ = await common.assignment(uow, timer.subject_id)
    if row.state != "A_WORKING":
        return
    numbers = await rules.numbers_at(uow, row.tenant)
    words = f"今天高温，室外活最多 {numbers.limit_hours:g} 小时，{clock.shanghai(uow.now):%H:%M} 到了，请收工。"
    await common.tell(uow, row, row.id, "assignment.heat_limit", None, hours=numbers.limit_hours)
    await telling.employer(uow, row, "weather", words, call=True)
    await telling.worker(uow, row, "weather", words)
