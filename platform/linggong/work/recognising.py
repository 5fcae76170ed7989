"""Completion that is not simply recognised: another record proposed, a part disputed (transitions 51, 53, ruling 5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.money import format_yuan, share
from linggong.work import attend, common, evidence, reports, witness
from linggong.work.machines import ASSIGNMENT
from linggong.work.models import Assignment

REASONS: Final = {"quality": "质量", "quantity": "数量", "hours": "工时", "damage": "损坏", "other": "其他"}
_LEAST_WORDS = 4


async def propose_record(
    uow: UnitOfWork,
    assignment_id: UUID,
    *,
    minutes: int | None = None,
    quantity: float | None = None,
    reason: str,
) -> Assignment:
    """The employer names fewer hours or pieces than the record (ruling 5); they hold only once the worker agrees.

    The deadline of recognition runs on: without his word the record stands (52). Raises Invalid with every fault.
    """
    row, _ = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "propose_record", common.hand(uow, row))
    common.for_employer(uow, row)
    faults = []
    if minutes is None and quantity is None:
        faults.append(Fault("minutes", "请填您认的工时或数量。", "required"))
    if minutes is not None and not 0 <= minutes < (row.minutes or 0):
        recorded = timedelta(minutes=row.minutes or 0) / timedelta(hours=1)
        faults.append(Fault("minutes", f"考勤记录是 {recorded:g} 小时，这里只能填更少的。", "range"))
    if quantity is not None and not 0 <= quantity < (row.quantity or 0):
        faults.append(Fault("quantity", f"登记的数量是 {row.quantity or 0:g}，这里只能填更少的。", "range"))
    if len(reason.strip()) < _LEAST_WORDS:
        faults.append(Fault("reason", "请写清楚为什么少，零工要看。", "required"))
    if faults:
        raise Invalid(faults)
    row.proposed_minutes, row.proposed_quantity = minutes, quantity
    row.proposed_reason, row.proposed_at, row.proposed_by = reason.strip()[:200], uow.now, common.said_by(uow)
    await uow.flush()
    await reports.keep(uow, row, "count", statement=reason, minutes=minutes, quantity=quantity)
    await common.tell(
        uow, row, row.id, "assignment.record_proposed", made,
        minutes=minutes, quantity=quantity, reason=row.proposed_reason,
    )  # fmt: skip
    return row


async def answer_record(
    uow: UnitOfWork, assignment_id: UUID, *, agree: bool, consent: witness.Consent | None = None
) -> Assignment:
    """The worker's word on the proposed record: yes makes it the record and recognises the work (51), no leaves the old one.

    A clerk who proposed it for the employer and says yes for the worker is a single witness, and owes a call-back.
    """
    row, engagement = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "agree_record" if agree else "refuse_record", common.hand(uow, row))
    if row.proposed_at is None:
        raise Conflict("雇主没有提出改工时或数量。")
    before: dict[str, Any] = {
        "minutes_before": row.minutes,
        "quantity_before": row.quantity,
        "reason": row.proposed_reason,
    }
    if agree:
        row.minutes = row.proposed_minutes if row.proposed_minutes is not None else row.minutes
        row.quantity = row.proposed_quantity if row.proposed_quantity is not None else row.quantity
        if row.proposed_minutes is not None and not row.end_reason:
            # A day that both sides call shorter is paid by its hours.
            row.end_reason = "agreed_hours"
        row.state, row.accepted_at, row.accepted_by = made.target, uow.now, common.said_by(uow)
        await timers.cancel_timers(uow, row.id, attend.ACCEPT_TIMER)
    if agree and witness.both_sides(uow, row.proposed_by, common.said_by(uow)):
        await witness.owe(uow, engagement, "51b", row.id)
        before["single_witness"] = True
    row.proposed_at, row.proposed_minutes, row.proposed_quantity, row.proposed_by = None, None, None, None
    await uow.flush()
    event = "assignment.accepted" if agree else "assignment.record_refused"
    before |= witness.consent_of(uow, consent)
    await common.tell(uow, row, row.id, event, made, minutes=row.minutes, quantity=row.quantity, **before)
    await common.derive(uow, row)
    return row


async def accept_part(
    uow: UnitOfWork,
    assignment_id: UUID,
    *,
    reason: str,
    words: str,
    amount_fen: int | None = None,
    quantity: float | None = None,
) -> Assignment:
    """The employer recognises all but a named part (53): that part is disputed, and the rest is due on its date.

    The part is an amount, or pieces where pay is by the piece; a refusal that names no amount or no reason is none. Its
    evidence is due within a day, or the objection falls (`work.evidence`). Raises Invalid with every fault.
    """
    row, engagement = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "accept_part", common.hand(uow, row))
    common.for_employer(uow, row)
    agreed = await attend.agreed_of(uow, row, engagement)
    faults = []
    if reason not in REASONS:
        faults.append(Fault("reason", "请选不认可哪一点：质量、数量、工时、损坏，还是别的。", "unknown"))
    if len(words.strip()) < _LEAST_WORDS:
        faults.append(Fault("words", "请写清楚哪里不认可。只说不认可不算。", "required"))
    if (amount_fen is None) == (quantity is None):
        faults.append(Fault("amount_fen", "请填不认可多少钱，或者多少数量（填一样）。", "required"))
    elif quantity is not None:
        if agreed.unit not in attend.COUNTED or row.quantity is None:
            faults.append(Fault("quantity", "这个活没有登记数量，请填不认可多少钱。", "unit"))
        elif not 0 < quantity <= row.quantity:
            faults.append(Fault("quantity", f"登记的数量是 {row.quantity:g}，不认可的要在 0 到它之间。", "range"))
        else:
            amount_fen = share(agreed.pay_fen, round(quantity * 100), 100)
    if amount_fen is not None and amount_fen <= 0:
        faults.append(Fault("amount_fen", "不认可的钱数要大于 0。", "range"))
    if amount_fen is not None and amount_fen > 10**9:
        faults.append(Fault("amount_fen", "钱数太大，请核对。", "range"))
    if await attend.needs_count(uow, row, engagement):
        faults.append(Fault("quantity", "计件的活，请先登记做了多少。", "required"))
    if faults or amount_fen is None:
        raise Invalid(faults)
    row.state, row.accepted_at, row.accepted_by = made.target, uow.now, common.said_by(uow)
    await uow.flush()
    await timers.cancel_timers(uow, row.id, attend.ACCEPT_TIMER)
    report = await reports.keep(
        uow, row, "disputed", statement=words, reason=reason, amount_fen=int(amount_fen), quantity=quantity
    )
    # First the bill for the whole, then the part of it that is held: the dispute names a part of what is owed.
    alone = await attend.owe_both(uow, row, engagement, "53")
    await common.tell(uow, row, row.id, "assignment.accepted", made, disputed_fen=int(amount_fen), single_witness=alone)
    await common.tell(
        uow, row, row.id, "assignment.disputed", None,
        amount_fen=int(amount_fen), amount=format_yuan(int(amount_fen)), quantity=quantity, reason=reason,
        words=report.statement, report=str(report.id), evidence_due_at=await evidence.owe(uow, row), number="53",
    )  # fmt: skip
    await common.derive(uow, row)
    return row
