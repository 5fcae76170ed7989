"""What happenings cost, whose stars and records they change, and what the clock ends."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.market import gates as market_gates
from linggong.trust import levels, objections, points, records, standing, stars
from linggong.trust.machines import REASONS
from linggong.wages.models import Bill
from linggong.work import gates as work_gates
from linggong.work.models import Engagement, Rating


async def _soon_of(
    uow: UnitOfWork, told: NewEvent, key: str, *, subject: UUID | None = None, due_at: datetime | None = None
) -> None:
    """Hand a happening to the background job; where another party did so before, that stands."""
    subject = subject or told.subject_id
    if subject is None or told.tenant is None:
        return
    await timers.set_once(
        uow, subject_id=subject, region=points.REGION, key=key, due_at=due_at or uow.now, tenant=told.tenant,
        via=told.via, deputy_id=told.deputy_id, person_id=told.person_id, employer_id=told.employer_id,
    )  # fmt: skip


def _soon(key: str) -> events.Subscriber:
    """Return a subscriber that hands a happening to the background job: at once, once for each subject."""

    async def hand_over(uow: UnitOfWork, told: NewEvent) -> None:
        await _soon_of(uow, told, key)

    return hand_over


async def withdrawn(uow: UnitOfWork, told: NewEvent) -> None:
    """A late withdrawal costs a point; before its limit it is free (27)."""
    if told.body.get("late"):
        await _soon(f"{points.NOTE}late_cancel")(uow, told)


async def cancelled(uow: UnitOfWork, told: NewEvent) -> None:
    """The employer's own cancel after the lock costs; weather, authority and a free cancel do not (30, 34)."""
    if told.body.get("after_lock") and told.body.get("reason") == "employer":
        await _soon(f"{points.NOTE}cancel")(uow, told)


async def recorded(uow: UnitOfWork, told: NewEvent) -> None:
    """Something happened to a bill: the employer's record follows, whoever else's bill moves at the same moment."""
    await _soon_of(uow, told, records.RECORD)


async def done(uow: UnitOfWork, told: NewEvent) -> None:
    """A shift was completed: stars follow."""
    await _soon_of(uow, told, stars.OPENED)


async def rated(uow: UnitOfWork, told: NewEvent) -> None:
    """A rating was given: what it changes is reckoned when it opens, at once when both sides have spoken."""
    opens = await uow.session.scalar(
        sa.select(sa.func.max(Rating.open_at)).where(Rating.engagement_id == told.subject_id)
    )
    key = stars.BLIND if opens is not None and opens > uow.now else stars.OPENED
    await _soon_of(uow, told, key, due_at=opens)


async def bill_due(uow: UnitOfWork, row: Engagement) -> datetime | None:
    """Return when the engagement's first bill falls due: from then on a defaulter is rated (ruling 14)."""
    due: datetime | None = await uow.session.scalar(
        sa.select(sa.func.min(Bill.due_at)).where(Bill.engagement_id == row.id, Bill.total_fen > 0)
    )
    return due


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    events.subscribe("engagement.withdrawn", "trust.points", withdrawn)
    events.subscribe("order.cancelled", "trust.points", cancelled)
    events.subscribe("assignment.no_show", "trust.points", _soon(f"{points.NOTE}no_show"))
    events.subscribe("assignment.no_show_contested", "trust.points", _soon(points.CONTEST))
    events.subscribe("assignment.no_show_lifted", "trust.points", _soon(points.LIFT))
    events.subscribe("assignment.no_show_upheld", "trust.points", _soon(points.UPHOLD))
    events.subscribe("assignment.employer_no_show", "trust.points", _soon(f"{points.NOTE}employer_no_show"))
    events.subscribe("assignment.differs", "trust.points", _soon(f"{points.NOTE}differs"))
    events.subscribe("order.taken_down", "trust.points", _soon(f"{points.NOTE}false_post"))
    events.subscribe("guidance.warned", "trust.points", _soon(f"{points.NOTE}warned"))
    events.subscribe("bill.overdue", "trust.points", _soon(points.LATE_DAY))
    events.subscribe("bill.arrears", "trust.points", _soon(f"{points.NOTE}arrears"))
    events.subscribe("engagement.confirmed", "trust.call_first", _soon(standing.CALL_FIRST))
    events.subscribe("engagement.rated", "trust.stars", rated)
    events.subscribe("assignment.accepted", "trust.stars", done)
    for told in ("bill.grace", "bill.paid", "bill.paid_late", "bill.overdue", "bill.reopened", "bill.ruled"):
        events.subscribe(told, "trust.record", recorded)
    for reason in REASONS:
        timers.on_timer(f"{points.NOTE}{reason}", points.on_note)
    timers.on_timer(points.LATE_DAY, points.on_late_day)
    timers.on_timer(points.SETTLE, points.on_settle)
    timers.on_timer(points.COUNTS, points.on_counts)
    timers.on_timer(points.LIFT, points.on_lift)
    timers.on_timer(points.UPHOLD, points.on_uphold)
    timers.on_timer(points.CONTEST, points.on_contest)
    timers.on_timer(standing.CALL_FIRST, standing.call_first)
    timers.on_timer(levels.EXPIRE, levels.on_expire)
    timers.on_timer(objections.DECIDE_TIMER, objections.on_decide_late)
    timers.on_timer(records.RECORD, records.on_due)
    timers.on_timer(stars.OPENED, stars.on_opened)
    timers.on_timer(stars.BLIND, stars.on_opened)
    timers.on_timer(stars.LIST, stars.on_list)
    market_gates.may_post["trust"] = standing.may_post
    market_gates.must_be_read["trust"] = standing.must_be_read
    work_gates.may_take["trust"] = standing.may_take
    work_gates.rating_opens["trust"] = bill_due
