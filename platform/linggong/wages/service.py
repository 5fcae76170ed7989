"""Payments and their proofs (56 to 60). The platform records instructions and proofs and never holds a wage."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.money import Fen, format_yuan
from linggong.kernel.timers import Timer
from linggong.wages import holding, journal, loading, overdue, payees, reminders
from linggong.wages.loading import bill, whole
from linggong.wages.machines import BILL
from linggong.wages.models import Bill, Payment
from linggong.wages.wechat.models import MOVING, WechatTransfer
from linggong.work import common
from linggong.work.common import said_by

Channel = Literal["cash", "bank", "wechat", "card"]
RECEIPT_TIMER, TRY_TIMER = "t.receipt", "t.receipt.tries"
_CLAIMED = "SELECT coalesce(sum(amount_fen), 0)::bigint AS fen FROM payments WHERE bill_id = $1 AND state = 'claimed'"
PROVABLE = ("bank", "wechat", "card")
ANSWER_PROOFS = {
    "signature": "签字",
    "fingerprint": "按手印",
    "sms": "短信回复",
    "keypad": "电话按键",
    "spoken": "当面说的",
}


async def record_payment(
    uow: UnitOfWork,
    bill_id: UUID,
    *,
    amount_fen: int,
    channel: Channel,
    voucher: str = "",
    payee_name: str = "",
    payee_account: str = "",
    witness: str = "",
    proof: str = "",
    sealer: Sealer | None = None,
    transfer_id: UUID | None = None,
) -> Payment:
    """Record that the employer paid the worker, all or a part (56, 60). Said by the employer, or a clerk for him.

    The payee is the worker himself, always. `proof` names a file or line handed in with it (photo, slip, bank_line).
    `transfer_id` is the transfer by WeChat that came through: the payment takes its id, so that it is written once. After
    a ruling (68) a payment is kept like any other, and the file for the authority says so; the bill stays as ruled. Raises
    Invalid with every fault: an amount beyond what is open, another payee, a bank, card or WeChat payment without its
    number or picture; Conflict when nothing is open.
    """
    row = await bill(uow, bill_id)
    if row.state == "SETTLED":
        raise Conflict("这张工资单已经结清了。")
    made = BILL.step(row.state, "record_ruled" if row.state == "RULED" else "record_payment", common.hand(uow))
    common.for_employer(uow, row)
    faults = await amount_faults(uow, row, amount_fen, transfer_id=transfer_id)
    if channel in PROVABLE and not voucher.strip() and proof not in ("photo", "bank_line"):
        faults.append(Fault("voucher", "请填转账单号或传截图，方便以后查。", "required"))
    for field, text, longest in (("voucher", voucher, 100), ("witness", witness, 30)):
        if len(text) > longest:
            faults.append(Fault(field, f"最多 {longest} 个字。", "too_long"))
    faults += await payees.faults(uow, row, name=payee_name, account=payee_account, sealer=sealer)
    if faults:
        raise Invalid(faults)
    payment = Payment(
        id=transfer_id or new_id(),
        bill_id=row.id,
        order_id=row.order_id,
        tenant=row.tenant,
        via=row.via,
        worker_id=row.worker_id,
        employer_id=row.employer_id,
        amount_fen=Fen(amount_fen),
        channel=channel,
        payee="in_person" if channel == "cash" else "own_account",
        proof=proof or ("voucher" if voucher.strip() else "none"),
        voucher=voucher.strip(),
        witness=witness.strip(),
        state="claimed",
        claimed_by="self" if transfer_id else said_by(uow),
        claimed_at=uow.now,
        tries=1,
        answered_proof="",
        single_witness=False,
    )
    uow.session.add(payment)
    row.state = made.target
    await uow.flush()
    await _ask(uow, row, payment)
    spans = await common.span(uow, row.tenant, RECEIPT_TIMER)
    await _timer(uow, payment, RECEIPT_TIMER, uow.now + spans[RECEIPT_TIMER])
    await common.tell(
        uow, row, row.id, "payment.claimed", made, payment=payment.id, amount_fen=amount_fen, channel=channel,
        proof=payment.proof, payee=payment.payee,
    )  # fmt: skip
    if row.state == "RULED":
        await common.tell(
            uow, row, row.id, "bill.paid_after_ruling", None, payment=payment.id, amount_fen=amount_fen, channel=channel,
            voucher=payment.voucher, said="claimed",
        )  # fmt: skip
    await overdue.follow(uow, row)
    return payment


async def amount_faults(uow: UnitOfWork, row: Bill, amount_fen: int, *, transfer_id: UUID | None = None) -> list[Fault]:
    """Return what is wrong with an amount to be paid on a bill; what moves by WeChat but for `transfer_id` is set aside."""
    moves = await uow.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(WechatTransfer.amount_fen), 0)).where(
            WechatTransfer.bill_id == row.id,
            WechatTransfer.state.in_(MOVING),
            WechatTransfer.id.is_distinct_from(transfer_id),
        )
    )
    left = row.total_fen - row.paid_fen - await claimed(uow, row) - int(moves or 0)
    if amount_fen <= 0:
        return [Fault("amount_fen", "金额要大于 0。", "range")]
    if amount_fen <= left:
        return []
    words = f"最多还能登记 {format_yuan(left)} 元。"
    if left <= 0:
        words = "有一笔微信转账还在路上，先等结果。" if moves else "已登记的付款还没确认，先等零工回话。"
    return [Fault("amount_fen", words, "range")]


async def claimed(uow: UnitOfWork, row: Bill) -> int:
    """Return what is claimed on a bill and not answered, in fen."""
    await uow.flush()
    return int((await uow.fetch(_CLAIMED, row.id))[0]["fen"])


async def waiting(uow: UnitOfWork, bill_id: UUID) -> list[UUID]:
    """Return the payments of a bill that wait for the worker's word, the oldest first."""
    found = await uow.session.scalars(
        sa.select(Payment.id)
        .where(Payment.bill_id == bill_id, Payment.state == "claimed")
        .order_by(Payment.claimed_at, Payment.id)
    )
    return list(found)


async def answer_payment(
    uow: UnitOfWork, payment_id: UUID, *, received: bool, got_fen: int = 0, note: str = "", proof: str = ""
) -> Bill:
    """The worker says whether the money came (57, 59); a clerk enters it with his signature. A no opens the bill for the gap.

    `got_fen` is what came of a payment that came short. A confirmed payment may still be denied for 15 days. Raises NotFound,
    Invalid for an amount that is no part of it, Conflict when it was answered that way already.
    """
    payment, row = await loading.payment(uow, payment_id)
    if common.hand(uow) not in ("W", "C", "O"):
        raise Conflict("收没收到钱，要零工自己说。")
    if payment.state == "denied" or (payment.state == "confirmed" and received):
        raise Conflict("这笔付款已经回过话了。")
    if not received and not 0 <= got_fen < payment.amount_fen:
        raise Invalid(
            [
                Fault(
                    "got_fen", f"实收要比登记的 {format_yuan(payment.amount_fen)} 元少；都收到了请点“收到了”。", "range"
                )
            ]
        )
    if proof and proof not in ANSWER_PROOFS:
        raise Invalid([Fault("proof", "没有这种确认方式，请重新选。", "unknown")])
    if payment.state == "confirmed":
        spans = await common.span(uow, row.tenant, "t.receipt.deny")
        if payment.answered_at is None or uow.now > payment.answered_at + spans["t.receipt.deny"]:
            raise Conflict("确认收款已过 15 天。有纠纷请到驿站登记投诉。")
        row.paid_fen = Fen(row.paid_fen - payment.amount_fen)
        await journal.post(
            uow,
            row,
            "denied",
            {"paid": -payment.amount_fen, "employer_owes": payment.amount_fen},
            payment_id=payment.id,
        )
    payment.state = "confirmed" if received else "denied"
    if uow.actor.kind == "staff":
        payment.answered_proof = proof or "signature"
        payment.single_witness = received and payment.claimed_by == said_by(uow) and not payment.witness
    part = None if received or not got_fen else await _came(uow, row, payment, got_fen)
    await _answered(uow, row, payment, by=said_by(uow), settled_by="confirmed", note=note, part=part)
    if not received:
        await reminders.denied(uow, row, payment.amount_fen - got_fen)
    return row


async def _came(uow: UnitOfWork, row: Bill, claim: Payment, got_fen: int) -> Payment:
    """Write the part of a denied claim that did come as a payment of its own: the claim stays as it was made."""
    part = Payment(
        id=new_id(), bill_id=row.id, order_id=row.order_id, tenant=row.tenant, via=row.via, worker_id=row.worker_id,
        employer_id=row.employer_id, amount_fen=Fen(got_fen), channel=claim.channel, payee=claim.payee, proof=claim.proof,
        voucher=claim.voucher, witness=claim.witness, state="confirmed", claimed_by=claim.claimed_by,
        claimed_at=claim.claimed_at, tries=claim.tries, answered_at=uow.now, answered_by=said_by(uow),
        answered_channel=uow.actor.channel, answered_proof=claim.answered_proof, single_witness=False,
    )  # fmt: skip
    uow.session.add(part)
    await uow.flush()
    return part


async def _answered(
    uow: UnitOfWork,
    row: Bill,
    payment: Payment,
    *,
    by: str,
    settled_by: str,
    note: str = "",
    part: Payment | None = None,
) -> None:
    payment.answered_at, payment.answered_by, payment.answered_channel = uow.now, by, uow.actor.channel
    came = part if part is not None else payment if payment.state == "confirmed" else None
    if came is not None:
        if row.paid_fen + came.amount_fen + row.held_fen > row.total_fen:
            await holding.make_room(uow, row, row.paid_fen + came.amount_fen + row.held_fen - row.total_fen)
        row.paid_fen = Fen(row.paid_fen + came.amount_fen)
        await journal.post(
            uow, row, "confirmed", {"paid": came.amount_fen, "employer_owes": -came.amount_fen}, payment_id=came.id
        )
    # What else is claimed matters only while the bill stays open.
    others = row.paid_fen != row.total_fen and bool(await claimed(uow, row))
    if row.state == "RULED":
        said = "answer_ruled"
    elif row.paid_fen == row.total_fen:
        said = "settle_by_evidence" if settled_by == "evidence" else "confirm_payment"
    elif payment.state == "denied" and not others:
        said = "deny_payment"
    else:
        said = "answer_one" if others else "confirm_part"
    made = BILL.step(row.state, said, common.hand(uow))
    row.state = made.target
    if made.target != "RULED":
        settled = made.target == "SETTLED"
        row.settled_at, row.settled_by = (uow.now, settled_by) if settled else (None, None)
    await timers.cancel_timers(uow, payment.id, RECEIPT_TIMER, TRY_TIMER)
    gap = payment.amount_fen - (part.amount_fen if part else 0) if payment.state == "denied" else 0
    await common.tell(
        uow, row, row.id, f"payment.{payment.state}", made, payment=payment.id, amount_fen=payment.amount_fen, gap_fen=gap,
        bill_state=row.state, settled_by=settled_by, single_witness=payment.single_witness, note=note[:200],
    )  # fmt: skip
    if row.state == "RULED":
        await common.tell(
            uow, row, row.id, "bill.paid_after_ruling", None, payment=payment.id, amount_fen=payment.amount_fen - gap,
            channel=payment.channel, voucher=payment.voucher, said=payment.state, by=settled_by,
        )  # fmt: skip
    await overdue.follow(uow, row)
    await common.derive(uow, row)


async def settle_by_evidence(uow: UnitOfWork, payment_id: UUID) -> None:
    """Nobody answered for 72 hours and three tries (58): a bank or WeChat record settles; cash without his word stays open."""
    payment, row = await loading.payment(uow, payment_id)
    if payment.state != "claimed" or payment.channel not in PROVABLE or payment.proof not in overdue.PROVED:
        return
    if payment.tries < await whole(uow, row.tenant, TRY_TIMER):
        await _timer(uow, payment, RECEIPT_TIMER, await _next_try(uow, payment))
        return
    payment.state = "confirmed"
    await _answered(uow, row, payment, by="system", settled_by="evidence")


async def call_back(uow: UnitOfWork, payment_id: UUID, *, note: str) -> Payment:
    """Another clerk asked the worker about cash for which one clerk stood on both sides; clears the mark (invariant 13).

    Raises Conflict for the same clerk or when nothing waits, Invalid without a note, NotFound.
    """
    payment, row = await loading.payment(uow, payment_id)
    if not payment.single_witness:
        raise Conflict("这笔付款不用回访，或者已经回访过了。")
    if payment.claimed_by == said_by(uow):
        raise Conflict("双方都是您代办的，请另一位工作人员来回访。")
    if not note.strip():
        raise Invalid([Fault("note", "请写下回访时零工怎么说的。", "required")])
    payment.single_witness = False
    await uow.flush()
    await common.tell(uow, row, row.id, "payment.called_back", None, payment=payment.id, note=note.strip()[:200])
    return payment


async def receipt_due(uow: UnitOfWork, timer: Timer) -> None:
    """The worker did not answer in time (58)."""
    await settle_by_evidence(uow, timer.subject_id)


async def try_again(uow: UnitOfWork, timer: Timer) -> None:
    """Ask the worker once more whether the money came (57: three tries)."""
    payment, row = await loading.payment(uow, timer.subject_id)
    if payment.state != "claimed":
        return
    payment.tries += 1
    await uow.flush()
    await _ask(uow, row, payment)


async def _ask(uow: UnitOfWork, row: Bill, payment: Payment) -> None:
    """Ask, and set the next try while one is left."""
    await reminders.did_it_come(uow, row, payment)
    if payment.tries < await whole(uow, row.tenant, TRY_TIMER):
        await _timer(uow, payment, TRY_TIMER, await _next_try(uow, payment))


async def _next_try(uow: UnitOfWork, payment: Payment) -> datetime:
    """Return when the next try is due: the receipt time in equal parts."""
    spans = await common.span(uow, payment.tenant, RECEIPT_TIMER)
    return payment.claimed_at + spans[RECEIPT_TIMER] * payment.tries / await whole(uow, payment.tenant, TRY_TIMER)


async def _timer(uow: UnitOfWork, payment: Payment, key: str, due_at: datetime) -> None:
    await timers.set_timer(
        uow, subject_id=payment.id, region="payment", key=key, due_at=due_at, tenant=payment.tenant, via=payment.via,
        person_id=payment.worker_id, employer_id=payment.employer_id,
    )  # fmt: skip
