"""What the loop does by the clock, and when an order ends before its work (ruling 7: no worker without a state)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.events import NewEvent
from linggong.kernel.timers import Timer
from linggong.people import leaving as leaving_account
from linggong.work import (
    absence,
    after_publishing,
    attend,
    common,
    differing,
    ending,
    evidence,
    leading,
    splitting,
    stopping,
    taking_over,
    telling,
    terms,
    waiting,
)
from linggong.work.machines import ENGAGEMENT, NOT_YET
from linggong.work.models import Assignment, Engagement
from linggong.work.weather import subscribers as weather


async def offer_lapsed(uow: UnitOfWork, timer: Timer) -> None:
    """Nobody answered the invitation (14) or the offer (19) in time: not the worker's fault, no credit effect."""
    row = await common.engagement(uow, timer.subject_id)
    if row.state in ("A_INVITED", "A_OFFERED"):
        await lapse(uow, row, "no_answer")


async def unanswered(uow: UnitOfWork, timer: Timer) -> None:
    """Places are no longer filled: whoever still waits is told so at once, and may look for other work (14, 16, 19)."""
    row = await common.engagement(uow, timer.subject_id)
    if row.state in NOT_YET:
        await lapse(uow, row, "started")


async def lapse(uow: UnitOfWork, row: Engagement, reason: str) -> None:
    """End what waits for an answer (14, 16, 19): no_answer, started, or filled, because another was quicker (40)."""
    made = ENGAGEMENT.step(row.state, "lapse", common.hand(uow))
    row.state, row.end_reason, row.ended_at = made.target, reason, uow.now
    await timers.cancel_timers(uow, row.id)
    await common.tell(uow, row, row.id, "engagement.lapsed", made, reason=reason)
    if made.source != "A_INVITED":
        title = (await common.post_of(uow, row.order_id)).title
        words = "没有等到空位" if made.source == "A_WAITLIST" else "刚补齐了人" if reason == "filled" else "没有定下来"
        await telling.worker(uow, row, "not_taken", f"“{title}”{words}，不用等了。可以看看别的活。")


async def call_back_late(uow: UnitOfWork, timer: Timer) -> None:
    """A single-witness step was not called back in 24 hours: it stays marked, and says so in the record."""
    row = await common.engagement(uow, timer.subject_id)
    await common.tell(uow, row, row.id, "engagement.call_back_late", None)


async def start_due(uow: UnitOfWork, timer: Timer) -> None:
    """The shift begins for everybody who has arrived and signed (37 by the system)."""
    row, engagement = await common.assignment(uow, timer.subject_id)
    if row.state != "A_ARRIVED" or engagement.state != "A_CONTRACTED":
        return
    try:
        async with uow.savepoint():
            await attend.start(uow, row.id)
    except Conflict as error:
        # No cover and no waiver: he waits, and whatever is missing starts the clock again (`start_waiting`).
        await common.tell(uow, row, row.id, "assignment.start_blocked", None, reason=error.detail)
        await telling.employer(uow, row, "start", f"有人到岗了还不能开工：{error.detail}", call=True)


async def start_waiting(uow: UnitOfWork, covered: NewEvent) -> None:
    """What a start waited for has come: whoever stands there may begin (20, 37)."""
    engagement_id = UUID(str(covered.body["engagement"]))
    rows = await uow.session.scalars(
        sa.select(Assignment).where(Assignment.engagement_id == engagement_id, Assignment.state == "A_ARRIVED")
    )
    for row in rows:
        await attend.start_when_due(uow, row)


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


async def against_leaving(uow: UnitOfWork, person_id: UUID) -> str:
    """Return what of a person's work is not over: nobody leaves an employer waiting, or a day's work without its wages."""
    open_shift = sa.exists().where(
        Assignment.engagement_id == Engagement.id, Assignment.state.not_like("X\\_%"), Assignment.state != "A_ACCEPTED"
    )
    count = await uow.session.scalar(
        sa.select(sa.func.count()).where(
            Engagement.worker_id == person_id,
            sa.or_(Engagement.state.in_(NOT_YET), sa.and_(Engagement.state.not_like("X\\_%"), open_shift)),
        )
    )
    return f"还有 {count} 个活没了结，先干完，或者在“我的活”里退掉。" if count else ""


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    leaving_account.against["work"] = against_leaving
    for ended in ("order.cancelled", "order.expired", "order.taken_down"):
        events.subscribe(ended, "work.order_ended", ending.order_ended)
    for frozen in ("order.suspended", "order.restored"):
        events.subscribe(frozen, "work.order_frozen", ending.order_frozen)
    waiting.register()
    after_publishing.register()
    taking_over.register()
    terms.register()
    splitting.register()
    leading.register()
    timers.on_timer(common.OFFER_TIMER, offer_lapsed)
    timers.on_timer(common.UNANSWERED_TIMER, unanswered)
    timers.on_timer(common.CALL_BACK_TIMER, call_back_late)
    timers.on_timer(attend.START_TIMER, start_due)
    timers.on_timer(attend.CHECKOUT_TIMER, checkout_due)
    timers.on_timer(attend.ACCEPT_TIMER, accept_due)
    timers.on_timer(evidence.TIMER, evidence.missing)
    timers.on_timer(attend.NO_SHOW_TIMER, absence.propose)
    timers.on_timer(absence.CONTEST_TIMER, absence.contest_over)
    timers.on_timer(absence.DECIDE_TIMER, absence.decision_late)
    timers.on_timer(differing.CHECK_TIMER, differing.check_order)
    timers.on_timer(stopping.PAUSE_TIMER, stopping.pause_due)
    events.subscribe("cover.enrolled", "work.start_waiting", start_waiting)
    events.subscribe("cover.waived", "work.start_waiting", start_waiting)
    events.subscribe("engagement.confirmed", "work.watch", absence.watch)
    events.subscribe("terms.agreed", "work.hours_moved", absence.hours_moved)
    events.subscribe("terms.agreed", "work.overtime_agreed", attend.overtime_agreed)
    weather.register()
