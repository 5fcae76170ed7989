"""Thirty days after the last closing an order is archived, and its retention begins (62, ruling 6)."""

from __future__ import annotations

import sqlalchemy as sa

from linggong.cases import common
from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.timers import Timer
from linggong.market import happenings
from linggong.market.models import Order

ARCHIVE = "t.archive"


async def archive_due(uow: UnitOfWork, timer: Timer) -> None:
    """Archive an order that has stayed closed; the timer that `derive_order` sets asks early, the place's number decides."""
    row = await uow.session.scalar(
        sa.select(Order).where(Order.id == timer.subject_id).with_for_update().execution_options(populate_existing=True)
    )
    if row is None or row.state != "O_CLOSED" or row.closed_at is None:
        return
    due = row.closed_at + (await common.spans(uow, row.tenant, ARCHIVE))[ARCHIVE]
    if uow.now < due:
        await timers.set_timer(
            uow, subject_id=row.id, region="order", key=ARCHIVE, due_at=due, tenant=row.tenant, employer_id=row.employer_id
        )  # fmt: skip
        return
    made = happenings.step(uow, row, "archive")
    row.state = made.target
    await uow.flush()
    await happenings.tell(uow, row, "order.archived", made=made)
