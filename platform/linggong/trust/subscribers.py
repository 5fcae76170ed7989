"""What happenings cost, whose stars and records they change, and what the clock ends."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.market import gates as market_gates
from linggong.trust import levels, objections, points, records, standing, stars
from linggong.trust.machines import REASONS
from linggong.wages.models import Bill
from linggong.work import gates as work_gates
from linggong.work.models import Engagement


def _soon(key: str, *, of_order: bool = False) -> events.Subscriber:
    """Return a subscriber that hands a happening to the background job: at once, once for each subject."""

    async def hand_over(uow: UnitOfWork, told: NewEvent) -> None:
        subject = told.subject_id
        if of_order:
            # Ten workers sent away from one order are one failure of the employer's.
            subject = await uow.session.scalar(
                sa.text(
                    "SELECT order_id FROM assignments WHERE id = :s UNION ALL SELECT order_id FROM engagements WHERE id = :s"
                ),
                {"s": told.subject_id},
            )
        if subject is not None and told.tenant is not None:
            await timers.set_timer(
                uow, subject_id=subject, region=points.REGION, key=key, due_at=uow.now, tenant=told.tenant,
                via=told.via, deputy_id=told.deputy_id, person_id=told.person_id, employer_id=told.employer_id,
            )  # fmt: skip

    return hand_over


async def withdrawn(uow: UnitOfWork, told: NewEvent) -> None:
    """A late withdrawal costs a point; before its limit it is free (27)."""
    if told.body.get("late"):
        await _soon(f"{points.NOTE}late_cancel")(uow, told)


async def cancelled(uow: UnitOfWork, told: NewEvent) -> None:
    """The employer's own cancel after the lock costs; weather, authority and a free cancel do not (30, 34)."""
    if told.body.get("after_lock") and told.body.get("reason") == "employer":
        await _soon(f"{points.NOTE}cancel")(uow, told)


def _record(of: str) -> events.Subscriber:
    async def follow(uow: UnitOfWork, told: NewEvent) -> None:
        # One a matter, not one an employer: whoever moves this matter may not see the timer that another one set.
        if told.subject_id is not None and told.tenant is not None:
            key = records.RECORD if of == "employer" else stars.OPENED
            await timers.set_timer(
                uow, subject_id=told.subject_id, region="trust", key=key, due_at=uow.now, tenant=told.tenant,
                via=told.via, deputy_id=told.deputy_id, person_id=told.person_id, employer_id=told.employer_id,
            )  # fmt: skip

    return follow


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
    events.subscribe(
        "assignment.employer_no_show", "trust.points", _soon(f"{points.NOTE}employer_no_show", of_order=True)
    )
    events.subscribe("assignment.differs", "trust.points", _soon(f"{points.NOTE}differs", of_order=True))
    events.subscribe("order.taken_down", "trust.points", _soon(f"{points.NOTE}false_post"))
    events.subscribe("bill.overdue", "trust.points", _soon(points.LATE_DAY))
    events.subscribe("bill.arrears", "trust.points", _soon(f"{points.NOTE}arrears"))
    events.subscribe("engagement.confirmed", "trust.call_first", standing.call_first)
    events.subscribe("engagement.rated", "trust.stars", stars.rated)
    events.subscribe("assignment.accepted", "trust.stars", _record("engagement"))
    for told in ("bill.grace", "bill.paid", "bill.paid_late", "bill.overdue", "bill.reopened", "bill.ruled"):
        events.subscribe(told, "trust.record", _record("employer"))
    for reason in REASONS:
        timers.on_timer(f"{points.NOTE}{reason}", points.on_note)
    timers.on_timer(points.LATE_DAY, points.on_late_day)
    timers.on_timer(points.SETTLE, points.on_settle)
    timers.on_timer(points.COUNTS, points.on_counts)
    timers.on_timer(points.LIFT, points.on_lift)
    timers.on_timer(points.UPHOLD, points.on_uphold)
    timers.on_timer(points.CONTEST, points.on_contest)
    timers.on_timer(levels.EXPIRE, levels.on_expire)
    timers.on_timer(objections.DECIDE_TIMER, objections.on_decide_late)
    timers.on_timer(records.RECORD, records.on_due)
    timers.on_timer(stars.OPENED, stars.on_opened)
    timers.on_timer(stars.LIST, stars.on_list)
    market_gates.may_post["trust"] = standing.may_post
    market_gates.must_be_read["trust"] = standing.must_be_read
    work_gates.may_take["trust"] = standing.may_take
    work_gates.rating_opens["trust"] = bill_due
