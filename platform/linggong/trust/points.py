"""Points: noted when something happened, told to the party, gone after the window (section 6).

A happening sets a timer that is due at once; the background job notes the points, because neither side may write the other's
credit, and because points of all counties count together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW
from linggong.kernel.timers import Timer
from linggong.trust import levels
from linggong.trust.common import hand, move, notice, numbers, spans, tell
from linggong.trust.machines import ENTRY, OF_WORKER, POINTS, REASONS
from linggong.trust.models import CreditEntry
from linggong.wages.models import LATE_STATES, Bill
from linggong.work.models import Assignment, Engagement
from tenants import holidays

_DAY = timedelta(days=1)
REGION = "credit"
NOTE = "t.credit.note."
"""Followed by a reason."""
LATE_DAY, SETTLE, COUNTS, LIFT, UPHOLD, CONTEST = (
    "t.credit.late_day", "t.credit.settle", "t.credit.counts", "t.credit.lift", "t.credit.uphold", "t.credit.contest",
)  # fmt: skip
EXCUSES = ("illness", "safety", "weather", "authority", "病", "受伤", "住院", "中暑", "不安全", "危险", "停工令")
"""Reasons of a late withdrawal that cost nothing (section 6): codes, and what people write."""


def excused(reason: str) -> bool:
    """Tell whether somebody who left late did so for a reason that has no credit effect."""
    return any(word in reason for word in EXCUSES)


async def on_note(uow: UnitOfWork, timer: Timer) -> None:
    """Note the points of what happened; the timer's key names the reason, its subject what it happened to."""
    reason = timer.key.removeprefix(NOTE)
    subject, order_id, via = timer.subject_id, timer.subject_id, None
    if reason == "late_cancel":
        row = await uow.session.get(Engagement, subject)
        if row is None or excused(row.end_reason):
            return
        order_id, via = row.order_id, row.via
    elif reason in ("no_show", "employer_no_show", "differs"):
        shift = await uow.session.get(Assignment, subject)
        if shift is None or (reason == "no_show" and shift.state != "X_NOSHOW_W"):
            return
        order_id, via = shift.order_id, shift.via
        # Ten workers sent away from one order are one failure of the employer's.
        subject = shift.id if reason == "no_show" else order_id
    elif reason == "arrears":
        bill = await uow.session.get(Bill, subject)
        if bill is None or await _arrears_today(uow, bill.employer_id, timer.created_at):
            return
        order_id = bill.order_id
    of_worker = reason in OF_WORKER
    await note(
        uow, reason, subject_id=subject, order_id=None if reason == "warned" else order_id, tenant=timer.tenant,
        via=via if of_worker else None, person_id=timer.person_id if of_worker else None, employer_id=None if of_worker else timer.employer_id,
        occurred_at=timer.created_at,
    )  # fmt: skip


async def _arrears_today(uow: UnitOfWork, employer_id: UUID, at: datetime) -> bool:
    """Tell whether arrears of this employer were noted on that day: one case, however many workers wait for it."""
    since = clock.day_bounds(clock.business_date(at))[0]
    known = sa.exists().where(
        CreditEntry.employer_id == employer_id, CreditEntry.reason == "arrears", CreditEntry.occurred_at >= since
    )
    return bool(await uow.session.scalar(sa.select(known)))


async def on_late_day(uow: UnitOfWork, timer: Timer) -> None:
    """One more day on which a due wage is not paid; stops when it is (64, section 6)."""
    bill = await uow.session.get(Bill, timer.subject_id, populate_existing=True)
    if bill is None or bill.wage_state not in LATE_STATES or bill.state in ("SETTLED", "RULED"):
        return
    days = await uow.session.scalar(
        sa.select(sa.func.count()).where(CreditEntry.subject_id == bill.id, CreditEntry.reason == "late_pay")
    )
    await note(
        uow, "late_pay", subject_id=bill.id, order_id=bill.order_id, tenant=bill.tenant, via=None, person_id=None,
        employer_id=bill.employer_id, occurred_at=uow.now, part=int(days or 0) + 1,
    )  # fmt: skip
    await timers.set_timer(
        uow, subject_id=bill.id, region=REGION, key=LATE_DAY, due_at=uow.now + _DAY, tenant=bill.tenant,
        employer_id=bill.employer_id,
    )  # fmt: skip


async def note(
    uow: UnitOfWork,
    reason: str,
    *,
    subject_id: UUID,
    order_id: UUID | None,
    tenant: str,
    via: str | None,
    person_id: UUID | None,
    employer_id: UUID | None,
    occurred_at: datetime,
    part: int = 1,
) -> CreditEntry | None:
    """Write an entry, tell the party why, until when and how to object, and reckon; None when it was noted before.

    A reason that the place's parameters price at 0 notes nothing. A no-show counts only after its own contest period.
    """
    await levels.one_at_a_time(uow, person_id, employer_id)
    key = POINTS[reason]
    worth = (await numbers(uow, tenant, key))[key]
    known = sa.exists().where(
        CreditEntry.subject_id == subject_id, CreditEntry.reason == reason, CreditEntry.part == part
    )
    if worth < 1 or await uow.session.scalar(sa.select(known)):
        return None
    times = await spans(uow, tenant, "credit.window", "t.objection.no_show")
    days = (await numbers(uow, tenant, "t.objection.other"))["t.objection.other"]
    made = ENTRY.step(NEW, "note", hand(uow))
    row = CreditEntry(
        id=new_id(),
        tenant=tenant,
        via=via,
        person_id=person_id,
        employer_id=employer_id,
        state=made.target,
        reason=reason,
        points=worth,
        order_id=order_id,
        subject_id=subject_id,
        part=part,
        source=reason,
        occurred_at=occurred_at,
        counts_from=occurred_at + times["t.objection.no_show"] if reason == "no_show" else occurred_at,
        expires_at=occurred_at + times["credit.window"],
        noted_at=uow.now,
        object_until=await holidays.working_deadline(uow, tenant, uow.now, days),
    )
    uow.session.add(row)
    await uow.flush()
    await tell(uow, ENTRY, row, made, reason=reason, points=worth, order=str(order_id or ""), part=part)
    if part == 1:
        until = clock.shanghai(row.object_until)
        text = (
            f"因“{REASONS[reason]}”记信用分{worth}分，{times['credit.window'].days}天后清除。"
            f"不认可的，{until.month}月{until.day}日前在“我的信用”里或到驿站申诉，申诉期间不计分。"
        )
        await notice(uow, row, "credit.noted", text)
    for at, which in ((row.object_until, SETTLE), (row.counts_from, COUNTS)):
        if at > uow.now:
            await _remind(uow, row, which, at)
    if row.counts_from <= uow.now:
        await levels.reckon(uow, person_id=person_id, employer_id=employer_id, tenant=tenant, via=via)
    return row


async def _remind(uow: UnitOfWork, row: CreditEntry, key: str, at: datetime) -> None:
    await timers.set_timer(
        uow, subject_id=row.id, region=REGION, key=key, due_at=at, tenant=row.tenant, via=row.via, person_id=row.person_id,
        employer_id=row.employer_id,
    )  # fmt: skip


async def on_settle(uow: UnitOfWork, timer: Timer) -> None:
    """Nobody objected in time (6e)."""
    row = await uow.session.get(CreditEntry, timer.subject_id, populate_existing=True)
    if row is not None and row.state == "K_NOTED":
        await move(uow, ENTRY, row, "settle")


async def on_counts(uow: UnitOfWork, timer: Timer) -> None:
    """Points begin to count (a no-show's after its contest period), or an objection was decided: reckon the party."""
    row = await uow.session.get(CreditEntry, timer.subject_id, populate_existing=True)
    if row is not None:
        await reckon_for(uow, row)


async def on_lift(uow: UnitOfWork, timer: Timer) -> None:
    """What the entry stood for was undone (38b): it goes, wherever its own objection stands."""
    for row in await _of_subject(uow, timer.subject_id):
        if row.state != "K_LIFTED":
            await move(uow, ENTRY, row, "excuse")
            await timers.cancel_timers(uow, row.id)
            await notice(uow, row, "credit.lifted", f"“{REASONS[row.reason]}”已经撤销，记的{row.points}分一并取消。")
            await reckon_for(uow, row)


async def on_contest(uow: UnitOfWork, timer: Timer) -> None:
    """He contests the no-show itself (38a): until that is decided it does not count, however long it takes (invariant 9)."""
    for row in await _of_subject(uow, timer.subject_id):
        if row.state in ("K_NOTED", "K_COUNTED"):
            row.counts_from = row.expires_at
            await uow.flush()
            await reckon_for(uow, row)


async def on_uphold(uow: UnitOfWork, timer: Timer) -> None:
    """The contest of a no-show was refused: it counts from now, not only after the period."""
    for row in await _of_subject(uow, timer.subject_id):
        if row.state in ("K_NOTED", "K_COUNTED") and row.counts_from > uow.now:
            row.counts_from = uow.now
            await uow.flush()
            await reckon_for(uow, row)


async def reckon_for(uow: UnitOfWork, row: CreditEntry) -> None:
    """Reckon the party of an entry."""
    await levels.reckon(uow, person_id=row.person_id, employer_id=row.employer_id, tenant=row.tenant, via=row.via)


async def _of_subject(uow: UnitOfWork, subject_id: UUID) -> Sequence[CreditEntry]:
    return (
        await uow.session.scalars(
            sa.select(CreditEntry)
            .where(CreditEntry.subject_id == subject_id)
            .order_by(CreditEntry.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    ).all()
