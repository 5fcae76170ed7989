"""Bills and payment proofs (54 to 60). The platform records instructions and proofs and never holds a wage."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW
from linggong.kernel.money import Fen, fen, format_yuan
from linggong.wages.machines import BILL
from linggong.wages.models import Bill, BillLine, Payment
from linggong.wages.rules import Rate, base_line
from linggong.work import common
from linggong.work.common import said_by
from linggong.work.models import Assignment
from tenants.service import parameters

Channel = Literal["cash", "bank", "wechat", "card"]
RECEIPT_TIMER, DUE_TIMER = "t.receipt", "t.pay"
_PROVABLE = ("bank", "wechat", "card")


async def make_bill(uow: UnitOfWork, assignment_id: UUID) -> Bill:
    """Write the wage bill of an accepted assignment from the terms and the attendance (54); a second call changes nothing."""
    row, engagement = await common.assignment(uow, assignment_id)
    known = await uow.session.scalar(sa.select(Bill).where(Bill.assignment_id == row.id))
    if known is not None:
        return known
    terms = await common.agreed_terms(uow, engagement)
    body = msgspec.json.decode(terms.body)
    meal = next((int(s["meal_minutes"]) for s in body["shifts"] if s["date"] == row.work_date.isoformat()), 0)
    pay = body["pay"]
    numbers = await parameters(uow, row.tenant, "comp.full_day_above")
    rate = Rate(
        fen=int(pay["fen"]),
        unit=pay["unit"],
        agreed_minutes=int((row.ends_at - row.starts_at) / timedelta(minutes=1)) - meal,
        minutes_per_gong=int(pay.get("minutes_per_gong") or 480),
        piece_name=pay.get("piece_name") or "",
        full_day_above=int(numbers["comp.full_day_above"]),  # type: ignore[arg-type]
    )
    line = base_line(rate, minutes=row.minutes or 0, quantity=row.quantity, ended=row.end_reason)
    sides = {
        "order_id": row.order_id,
        "tenant": row.tenant,
        "via": row.via,
        "worker_id": row.worker_id,
        "employer_id": row.employer_id,
    }
    bill = Bill(
        id=new_id(),
        engagement_id=engagement.id,
        assignment_id=row.id,
        state="OPEN" if line.amount_fen else "SETTLED",
        total_fen=line.amount_fen,
        paid_fen=fen(0),
        due_at=await _due_at(uow, row, body["settlement"]["when"]),
        terms_version=terms.version,
        terms_hash=terms.hash,
        settled_at=None if line.amount_fen else uow.now,
        settled_by=None if line.amount_fen else "evidence",
        created_at=uow.now,
        **sides,
    )
    uow.session.add(bill)
    await uow.flush()
    uow.session.add(
        BillLine(
            id=new_id(),
            bill_id=bill.id,
            kind=line.kind,
            words=line.words,
            quantity=line.quantity,
            rate_fen=line.rate_fen,
            amount_fen=line.amount_fen,
            **sides,
        )
    )
    await uow.flush()
    await common.tell(
        uow,
        bill,
        bill.id,
        "bill.created",
        BILL.step(NEW, "bill" if line.amount_fen else "bill_nothing", common.hand(uow)),
        total_fen=bill.total_fen,
        assignment=row.id,
    )
    return bill


async def _due_at(uow: UnitOfWork, row: Assignment, settlement: str) -> datetime:
    """Return when the bill falls due (55): 日结 at the end of the shift's first day, a night shift 4 hours after its end."""
    spans = await common.span(
        uow, row.tenant, "t.pay.daily", "t.pay.daily.night", "t.pay.once", "t.pay.weekly", "t.pay.max"
    )
    finished = row.finished_at or row.ends_at
    if settlement == "daily":
        if clock.business_date(row.ends_at) > row.work_date:
            return row.ends_at + spans["t.pay.daily.night"]
        return clock.at_shanghai(row.work_date, time()) + spans["t.pay.daily"]
    if settlement == "weekly":
        return finished + min(spans["t.pay.weekly"], spans["t.pay.max"])
    if settlement == "on_completion":
        post = await common.post_of(uow, row.order_id)
        return min(post.ends_at + spans["t.pay.once"], finished + spans["t.pay.max"])
    return finished + spans["t.pay.once"]


async def bill(uow: UnitOfWork, bill_id: UUID) -> Bill:
    """Load and lock a bill; foreign and missing alike are NotFound."""
    seen: sa.ColumnElement[bool] = sa.true()
    if uow.actor.kind == "staff":
        seen = sa.or_(uow.scope.clause(Bill.tenant), uow.scope.clause(Bill.via))
    found = await uow.session.scalar(
        sa.select(Bill)
        .where(Bill.id == bill_id, seen)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


async def record_payment(
    uow: UnitOfWork, bill_id: UUID, *, amount_fen: int, channel: Channel, voucher: str = ""
) -> Payment:
    """Record that the employer paid the worker, all or a part (56, 60). Said by the employer, or a clerk for him.

    The payee is the worker himself, always. Raises Invalid for an amount beyond what is open and for a bank, card or
    WeChat payment without its number, Conflict when nothing is open.
    """
    row = await bill(uow, bill_id)
    if row.state == "SETTLED":
        raise Conflict("这张工资单已经结清了。")
    made = BILL.step(row.state, "record_payment", common.hand(uow))
    common.for_employer(uow, row)
    claimed = await uow.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Payment.amount_fen), 0)).where(
            Payment.bill_id == row.id, Payment.state == "claimed"
        )
    )
    left = row.total_fen - row.paid_fen - int(claimed or 0)
    faults = []
    if amount_fen <= 0:
        faults.append(Fault("amount_fen", "金额要大于 0。", "range"))
    elif amount_fen > left:
        words = f"最多还能登记 {format_yuan(left)} 元。" if left > 0 else "已登记的付款还没确认，先等零工回话。"
        faults.append(Fault("amount_fen", words, "range"))
    if channel in _PROVABLE and not voucher.strip():
        faults.append(Fault("voucher", "请填转账单号，方便以后查。", "required"))
    if len(voucher) > 100:
        faults.append(Fault("voucher", "单号最多 100 个字。", "too_long"))
    if faults:
        raise Invalid(faults)
    payment = Payment(
        id=new_id(),
        bill_id=row.id,
        order_id=row.order_id,
        tenant=row.tenant,
        via=row.via,
        worker_id=row.worker_id,
        employer_id=row.employer_id,
        amount_fen=Fen(amount_fen),
        channel=channel,
        voucher=voucher.strip(),
        state="claimed",
        claimed_by=said_by(uow),
        claimed_at=uow.now,
    )
    uow.session.add(payment)
    row.state = made.target
    await uow.flush()
    spans = await common.span(uow, row.tenant, "t.receipt")
    await timers.set_timer(
        uow,
        subject_id=payment.id,
        region="payment",
        key=RECEIPT_TIMER,
        due_at=uow.now + spans["t.receipt"],
        tenant=row.tenant,
        via=row.via,
        person_id=row.worker_id,
        employer_id=row.employer_id,
    )
    await common.tell(
        uow,
        row,
        row.id,
        "payment.claimed",
        made,
        payment=payment.id,
        amount_fen=amount_fen,
        channel=channel,
    )
    return payment


async def answer_payment(uow: UnitOfWork, payment_id: UUID, *, received: bool, note: str = "") -> Bill:
    """The worker says whether the money came (57, 59); a clerk enters it with his signature. A no opens the bill again.

    A confirmed payment may still be denied for 15 days. Raises NotFound, Conflict when it was answered that way already.
    """
    payment = await uow.session.scalar(
        sa.select(Payment)
        .where(Payment.id == payment_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if payment is None:
        raise NotFound
    row = await bill(uow, payment.bill_id)
    if uow.actor.kind == "employer":
        raise Conflict("收没收到钱，要零工自己说。")
    if payment.state == "denied" or (payment.state == "confirmed" and received):
        raise Conflict("这笔付款已经回过话了。")
    if payment.state == "confirmed":
        spans = await common.span(uow, row.tenant, "t.receipt.deny")
        if payment.answered_at is None or uow.now > payment.answered_at + spans["t.receipt.deny"]:
            raise Conflict("确认收款已过 15 天。有纠纷请到驿站登记投诉。")
        row.paid_fen = Fen(row.paid_fen - payment.amount_fen)
    payment.state = "confirmed" if received else "denied"
    await _answered(uow, row, payment, by=said_by(uow), settled_by="confirmed", note=note)
    return row


async def _answered(uow: UnitOfWork, row: Bill, payment: Payment, *, by: str, settled_by: str, note: str = "") -> None:
    payment.answered_at, payment.answered_by, payment.answered_channel = uow.now, by, uow.actor.channel
    if payment.state == "confirmed":
        row.paid_fen = Fen(row.paid_fen + payment.amount_fen)
    await uow.flush()
    waiting = await uow.session.scalar(
        sa.select(sa.func.count()).select_from(Payment).where(Payment.bill_id == row.id, Payment.state == "claimed")
    )
    if payment.state == "denied" and not waiting:
        said = "deny_payment"
    elif row.paid_fen == row.total_fen:
        said = "settle_by_evidence" if settled_by == "evidence" else "confirm_payment"
    else:
        said = "answer_one" if waiting else "confirm_part"
    made = BILL.step(row.state, said, common.hand(uow))
    row.state = made.target
    settled = made.target == "SETTLED"
    row.settled_at, row.settled_by = (uow.now, settled_by) if settled else (None, None)
    await uow.flush()
    await timers.cancel_timers(uow, payment.id, RECEIPT_TIMER)
    await common.tell(
        uow,
        row,
        row.id,
        f"payment.{payment.state}",
        made,
        payment=payment.id,
        amount_fen=payment.amount_fen,
        bill_state=row.state,
        note=note[:200],
    )
    await common.derive(uow, row)


async def settle_by_evidence(uow: UnitOfWork, payment_id: UUID) -> None:
    """Nobody answered for 72 hours (58): a bank or WeChat record settles; cash without the worker's word stays open."""
    payment = await uow.session.scalar(
        sa.select(Payment)
        .where(Payment.id == payment_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if payment is None or payment.state != "claimed" or payment.channel not in _PROVABLE or not payment.voucher:
        return
    row = await bill(uow, payment.bill_id)
    payment.state = "confirmed"
    await _answered(uow, row, payment, by="system", settled_by="evidence")
