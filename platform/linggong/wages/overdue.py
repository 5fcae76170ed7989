"""Region W of a bill: due, grace, overdue, arrears, referred (55, 63 to 69; rulings 2 and 3).

The clock runs for what is open and undisputed. A claim with a bank or WeChat record pauses it for the receipt time, a running
case for the amount that it holds; a cash claim without the worker's word pauses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.machine import Transition
from linggong.kernel.timers import Timer
from linggong.wages import due, reminders
from linggong.wages.journal_models import BillHold
from linggong.wages.loading import bill, whole
from linggong.wages.machines import BILL, OVERDUE
from linggong.wages.models import LATE_STATES, Bill, Payment
from linggong.work import common
from tenants import holidays

DUE, GRACE, LATE, ARREARS, REFER = "t.pay", "t.pay.late", "t.grace", "t.arrears", "t.refer"
KEYS = (DUE, GRACE, LATE, ARREARS, REFER)
RUNNING = ("W_NOTDUE", "W_DUE", "W_GRACE", "W_OVERDUE", "W_ARREARS")
_LATER = timedelta(hours=1)
PROVED = ("voucher", "photo", "bank_line")
"""Proofs of a bank, card or WeChat payment that pause the clock (ruling 3)."""


async def follow(uow: UnitOfWork, row: Bill) -> None:
    """Let the region follow what just happened to the bill: paid, open again, or the next deadline. Called by every change."""
    if row.state in ("SETTLED", "RULED"):
        if row.wage_state in (*RUNNING, "W_REFERRED") and row.state == "SETTLED":
            await _paid(uow, row)
        await timers.cancel_timers(uow, row.id, *KEYS)
        return
    if OVERDUE.is_end(row.wage_state) and row.wage_state != "W_RULED":
        early = row.wage_state == "W_PAID" and row.due_at > uow.now and common.hand(uow) in ("W", "C", "O", "S")
        await _move(uow, row, "reopen_early" if early else "reopen", "bill.reopened")
    await schedule(uow, row)


async def _paid(uow: UnitOfWork, row: Bill) -> None:
    late = row.wage_state in LATE_STATES
    days = max(0, (uow.now - row.due_at) // timedelta(days=1))
    await _move(
        uow, row, "paid_late" if late else "paid", "bill.paid_late" if late else "bill.paid", days_late=days,
        amount_fen=row.total_fen,
    )  # fmt: skip


async def schedule(uow: UnitOfWork, row: Bill) -> None:
    """Set the one live timer of the region to its next deadline; what is paused waits for the end of the pause."""
    await timers.cancel_timers(uow, row.id, *KEYS)
    spans = await common.span(uow, row.tenant, "t.grace", "t.arrears")
    match row.wage_state:
        case "W_NOTDUE":
            key, at = DUE, due.payday(row.due_at)
        case "W_DUE":
            key, at = GRACE, row.due_at
        case "W_GRACE":
            key, at = LATE, row.due_at + spans["t.grace"]
        case "W_OVERDUE":
            key, at = ARREARS, row.wage_since + spans["t.arrears"]
        case "W_ARREARS":
            days = await whole(uow, row.tenant, "t.refer")
            key, at = REFER, await holidays.working_deadline(uow, row.tenant, row.wage_since, days)
        case _:
            return
    if key not in (DUE, REFER) and (until := await paused_until(uow, row)) is not None:
        at = max(at, until)
    await _timer(uow, row, key, at)


async def _timer(uow: UnitOfWork, row: Bill, key: str, at: datetime) -> None:
    await timers.set_timer(
        uow, subject_id=row.id, region="wage", key=key, due_at=at, tenant=row.tenant, via=row.via, person_id=row.worker_id,
        employer_id=row.employer_id,
    )  # fmt: skip


async def paused_until(uow: UnitOfWork, row: Bill) -> datetime | None:
    """Return when the pause ends if nothing open and undisputed is left, None while the clock runs (ruling 3, 69)."""
    spans = await common.span(uow, row.tenant, "t.receipt")
    claims = await uow.execute(
        sa.select(Payment.amount_fen, Payment.claimed_at).where(
            Payment.bill_id == row.id, Payment.state == "claimed", Payment.channel != "cash", Payment.proof.in_(PROVED)
        )
    )
    holds = await uow.execute(
        sa.select(BillHold.amount_fen, BillHold.until).where(BillHold.bill_id == row.id, BillHold.state == "live")
    )
    # A proved claim ends by the worker's word or by its own deadline (57 to 59), whichever sweep comes first.
    pauses = [(int(amount), max(at + spans["t.receipt"], uow.now + _LATER)) for amount, at in claims]
    pauses += [(int(amount), until) for amount, until in holds if until > uow.now]
    if row.total_fen - row.paid_fen - sum(amount for amount, _ in pauses) > 0:
        return None
    return min(until for _, until in pauses) if pauses else None


async def on_timer(uow: UnitOfWork, timer: Timer) -> None:
    """A deadline of the region passed: make its step, or wait on when the clock is paused."""
    if timer.key == LATE and timer.employer_id is not None:
        await _one_at_a_time(uow, timer.employer_id, timer.subject_id)
    row = await uow.session.scalar(
        sa.select(Bill)
        .where(Bill.id == timer.subject_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None or row.state in ("SETTLED", "RULED"):
        return
    if timer.key == REFER:
        if row.wage_state == "W_ARREARS":
            # Somebody must hand it over: said anew each working day until he has.
            await common.tell(uow, row, row.id, "bill.refer_late", None, open_fen=row.total_fen - row.paid_fen)
            await _timer(uow, row, REFER, await holidays.working_deadline(uow, row.tenant, uow.now, 1))
        return
    if timer.key != DUE and await paused_until(uow, row) is not None:
        await schedule(uow, row)
        return
    match (timer.key, row.wage_state):
        case (key, "W_NOTDUE") if key == DUE:
            await _move(uow, row, "due", "bill.due")
        case (key, "W_DUE") if key == GRACE:
            await _move(uow, row, "grace", "bill.grace", open_fen=_open(row))
            await reminders.fell_due(uow, row)
        case (key, "W_GRACE") if key == LATE:
            await _move(uow, row, "overdue", "bill.overdue", open_fen=_open(row))
            await reminders.is_overdue(uow, row)
            await _at_once(uow, row)
        case (key, "W_OVERDUE") if key == ARREARS:
            await to_arrears(uow, row, why="timer")
    await schedule(uow, row)


async def _one_at_a_time(uow: UnitOfWork, employer_id: UUID, bill_id: UUID) -> None:
    """Take an employer's late bills in one order and by one sweep at a time: two that fall late together count each other."""
    await uow.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:k, 13))"), {"k": str(employer_id)})
    late = sa.or_(Bill.wage_state.in_(LATE_STATES), Bill.id == bill_id)
    await uow.execute(
        sa.select(Bill.id)
        .where(Bill.employer_id == employer_id, late)
        .order_by(Bill.id)
        .with_for_update(key_share=True)
    )


async def _at_once(uow: UnitOfWork, row: Bill) -> None:
    """Ten persons or 20,000 yuan unpaid by one employer in the whole city are arrears at once (65)."""
    most_persons = await whole(uow, row.tenant, "t.arrears.persons")
    most_fen = await whole(uow, row.tenant, "t.arrears.amount_fen")
    late = (
        await uow.session.scalars(
            sa.select(Bill)
            .where(Bill.employer_id == row.employer_id, Bill.wage_state.in_(LATE_STATES))
            .order_by(Bill.id)
            .with_for_update(key_share=True)
        )
    ).all()
    persons, amount = len({b.worker_id for b in late}), sum(_open(b) for b in late)
    if persons < most_persons and amount < most_fen:
        return
    for one in late:
        if one.wage_state == "W_OVERDUE":
            await to_arrears(uow, one, why="group", persons=persons, amount_fen=amount)
            await schedule(uow, one)


async def to_arrears(uow: UnitOfWork, row: Bill, *, why: str, **body: Any) -> None:
    """Make 65 on a loaded bill: `bill.arrears` lets the cases open the file; `why` is timer, group, unreachable or worker."""
    await _move(uow, row, "arrears", "bill.arrears", why=why, open_fen=_open(row), **body)
    await reminders.is_arrears(uow, row)


async def report_arrears(uow: UnitOfWork, bill_id: UUID, *, unreachable: bool = False, note: str = "") -> Bill:
    """The worker or a clerk says that the wage will not come (65): at once where the employer cannot be reached.

    Before the grace has passed only an employer out of reach is a reason: `note` then says when he was called. Raises Invalid,
    Conflict before the bill is due or once it is settled, NotFound.
    """
    row = await bill(uow, bill_id)
    OVERDUE.step(row.wage_state, "arrears", common.hand(uow))
    if uow.now < row.due_at:
        raise Conflict("还没到付款时间。到时没付，再来登记。")
    if row.wage_state != "W_OVERDUE" and not unreachable:
        raise Conflict("还在宽限时间里。雇主联系不上的，请写明打过几次电话。")
    if unreachable and len(note.strip()) < 4:
        raise Invalid([Fault("note", "请写明什么时候打过电话、打了几次。", "required")])
    await to_arrears(uow, row, why="unreachable" if unreachable else "reported", note=note.strip()[:200])
    await schedule(uow, row)
    return row


async def refer(uow: UnitOfWork, bill_ids: Sequence[UUID], *, authority: str, number: str) -> list[Bill]:
    """Hand arrears over to an authority with its number (66); by operator, bureau or the worker himself.

    Raises Invalid without authority or number, Conflict for a bill that is not in arrears, NotFound.
    """
    faults = []
    if not 1 < len(authority.strip()) <= 40:
        faults.append(Fault("authority", "请写明转给哪个部门。", "required"))
    if not 0 < len(number.strip()) <= 60:
        faults.append(Fault("number", "请填受理编号。", "required"))
    if faults:
        raise Invalid(faults)
    done = []
    for bill_id in sorted(bill_ids):
        row = await bill(uow, bill_id)
        row.referral_no = number.strip()
        await _move(uow, row, "refer", "bill.referred", authority=authority.strip(), number=number.strip())
        await schedule(uow, row)
        done.append(row)
    return done


async def rule(uow: UnitOfWork, bill_id: UUID, *, document: str, words: str = "") -> Bill:
    """The authority ruled (68): the bill leaves our clock; what it says of the money stands in its document.

    Raises Invalid without the document's number, Conflict for a bill that was not referred, NotFound.
    """
    row = await bill(uow, bill_id)
    if not 0 < len(document.strip()) <= 60:
        raise Invalid([Fault("document", "请填裁决书、决定书的编号。", "required")])
    wage = OVERDUE.step(row.wage_state, "rule", common.hand(uow))
    made = BILL.step(row.state, "rule", common.hand(uow))
    row.state, row.wage_state, row.wage_since, row.settled_by = made.target, wage.target, uow.now, "ruled"
    await uow.flush()
    await timers.cancel_timers(uow, row.id, *KEYS)
    await common.tell(
        uow, row, row.id, "bill.ruled", made, also=[common.moved(OVERDUE.name, row.id, wage.source, wage.target)],
        document=document.strip(), words=words.strip()[:200],
    )  # fmt: skip
    await common.derive(uow, row)
    return row


async def may_post(uow: UnitOfWork, employer_id: UUID) -> str | None:
    """Tell why an employer may not post: overdue wages anywhere in the city (64). A gate of `market.gates`."""
    late = await uow.fetch("SELECT bills FROM posting_bans WHERE employer_id = $1 AND bills > 0", employer_id)
    if not late:
        return None
    return f"还有 {late[0]['bills']} 笔工钱过期没付，付清以后才能再发用工。请到“付工钱”里付清。"


def _open(row: Bill) -> int:
    """Return what is open and undisputed."""
    return row.total_fen - row.paid_fen - row.held_fen


async def _move(uow: UnitOfWork, row: Bill, event: str, told: str, **body: Any) -> Transition:
    made = OVERDUE.step(row.wage_state, event, common.hand(uow))
    row.wage_state, row.wage_since = made.target, uow.now
    await uow.flush()
    await common.tell(uow, row, row.id, told, made, due_at=row.due_at.isoformat(), **body)
    return made
