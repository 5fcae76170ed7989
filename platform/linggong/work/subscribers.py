"""What the loop does by the clock, and when an order ends before its work (ruling 7: no worker without a state)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.kernel.machine import SYSTEM_HAND
from linggong.kernel.timers import Timer
from linggong.work import attend, common, engage
from linggong.work.machines import AGREED, ENGAGEMENT, NOT_YET
from linggong.work.models import Assignment, Engagement

_ENDED_BY = {"weather": "cancel_weather", "authority": "cancel_authority"}
"""By which event a confirmed engagement ends, by the order's reason; every other reason is the employer's doing."""


async def order_ended(uow: UnitOfWork, ended: NewEvent) -> None:
    """End every live engagement of an order that was cancelled or expired, and tell each worker (ruling 7)."""
    order_id = UUID(str(ended.body["order"]))
    reason = str(ended.body.get("reason", ""))
    rows = (
        await uow.session.scalars(
            sa.select(Engagement)
            .where(Engagement.order_id == order_id, Engagement.state.not_like("X\\_%"))
            .with_for_update(key_share=True)
        )
    ).all()
    ended_by = _ENDED_BY.get(reason, "cancel_employer")
    for row in rows:
        seen = row.state in NOT_YET
        made = ENGAGEMENT.step(row.state, "order_over" if seen and reason != "employer" else ended_by, SYSTEM_HAND)
        also = [] if seen else await common.shifts_to(uow, row, made.target)
        row.state, row.end_reason, row.ended_at = made.target, reason, uow.now
        if also:
            await uow.execute(
                sa.update(Assignment)
                .where(Assignment.engagement_id == row.id, Assignment.state.in_(AGREED))
                .values(state=made.target, end_reason=reason)
            )
        await timers.cancel_timers(uow, row.id)
        await common.tell(
            uow,
            row,
            row.id,
            "engagement.order_ended",
            made,
            also=also,
            reason=reason,
            after_lock=bool(ended.body.get("after_lock")),
            order_transition=str(ended.body.get("transition", "")),
        )


async def offer_lapsed(uow: UnitOfWork, timer: Timer) -> None:
    """Nobody answered the invitation (14) or the offer (19) in time: not the worker's fault, no credit effect."""
    row = await common.engagement(uow, timer.subject_id)
    if row.state in ("A_INVITED", "A_OFFERED"):
        await _lapse(uow, row, "no_answer")


async def unanswered(uow: UnitOfWork, timer: Timer) -> None:
    """Places are no longer filled: whoever still waits is told so at once, and may look for other work (14, 16, 19)."""
    row = await common.engagement(uow, timer.subject_id)
    if row.state in NOT_YET:
        await _lapse(uow, row, "started")


async def _lapse(uow: UnitOfWork, row: Engagement, reason: str) -> None:
    made = ENGAGEMENT.step(row.state, "lapse", common.hand(uow))
    row.state, row.end_reason, row.ended_at = made.target, reason, uow.now
    await timers.cancel_timers(uow, row.id)
    await common.tell(uow, row, row.id, "engagement.lapsed", made, reason=reason)


async def call_back_late(uow: UnitOfWork, timer: Timer) -> None:
    """A single-witness step was not called back in 24 hours: it stays marked, and says so in the record."""
    row = await common.engagement(uow, timer.subject_id)
    await common.tell(uow, row, row.id, "engagement.call_back_late", None)


async def start_due(uow: UnitOfWork, timer: Timer) -> None:
    """The shift begins for everybody who has arrived and signed (37 by the system)."""
    row, engagement = await common.assignment(uow, timer.subject_id)
    if row.state == "A_ARRIVED" and engagement.state == "A_CONTRACTED":
        await attend.start(uow, row.id)


async def checkout_due(uow: UnitOfWork, timer: Timer) -> None:
    """Nobody said the shift ended: it ends at the agreed hour (44 by the system)."""
    row, _ = await common.assignment(uow, timer.subject_id)
    if row.state == "A_WORKING":
        await attend.finish(uow, row.id)


async def accept_due(uow: UnitOfWork, timer: Timer) -> None:
    """The employer's silence must not cost the worker: attendance decides (52).

    Uncounted piece work stays with employer and clerk, and the record says that they are late.
    """
    row, engagement = await common.assignment(uow, timer.subject_id)
    if row.state != "A_FINISHED" or row.arrived_at is None:
        return
    if await attend.needs_count(uow, row, engagement):
        await common.tell(uow, row, row.id, "assignment.count_missing", None)
        return
    await attend.accept(uow, row.id)


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    events.subscribe("order.cancelled", "work.order_ended", order_ended)
    events.subscribe("order.expired", "work.order_ended", order_ended)
    timers.on_timer(engage.OFFER_TIMER, offer_lapsed)
    timers.on_timer(engage.UNANSWERED_TIMER, unanswered)
    timers.on_timer(engage.CALL_BACK_TIMER, call_back_late)
    timers.on_timer(attend.START_TIMER, start_due)
    timers.on_timer(attend.CHECKOUT_TIMER, checkout_due)
    timers.on_timer(attend.ACCEPT_TIMER, accept_due)
