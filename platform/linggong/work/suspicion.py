"""What happens on site and makes an order suspect freezes it for a check (39b, 8 by the system)."""

from __future__ import annotations

import sqlalchemy as sa

from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.kernel.timers import Timer
from linggong.market import queries, suspending
from linggong.market.machine import ORDER
from linggong.work import common
from linggong.work.models import Assignment

CHECK_TIMER = "t.suspend.check"


async def worker_left(uow: UnitOfWork, told: NewEvent) -> None:
    """A worker left because the work is not what was posted: the system freezes the order, which he may not touch."""
    row = await uow.session.get(Assignment, told.subject_id)
    if row is not None:
        await common.set_timer(uow, row, CHECK_TIMER, uow.now, region="assignment")


async def on_check_due(uow: UnitOfWork, timer: Timer) -> None:
    """Freeze the order of the shift, once, with what the worker said (39b)."""
    row = await uow.session.get(Assignment, timer.subject_id)
    if row is None:
        return
    order = await queries.order(uow, row.order_id, lock=True)
    if ORDER.find(order.state, "suspend") is None:
        return  # frozen already by the one who left first, or over
    said = await uow.session.scalar(
        sa.text(
            "SELECT statement FROM site_reports WHERE assignment_id = :id AND kind = 'differs' ORDER BY recorded_at LIMIT 1"
        ),
        {"id": row.id},
    )
    await suspending.suspend(uow, order.id, reason="differs", note=str(said or ""))


def register() -> None:
    """Bind by name at assembly."""
    events.subscribe("assignment.differs", "work.worker_left", worker_left)
    timers.on_timer(CHECK_TIMER, on_check_due)
