"""Cases that open by themselves: a part that is not accepted (53), a payment denied (59), arrears (65); and what ends them (67)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.cases import arrears, common, handling, intake, money
from linggong.cases.forms import CaseForm
from linggong.cases.machines import DISPUTE, OPEN_DISPUTE
from linggong.cases.models import Case
from linggong.kernel import reading
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.kernel.money import format_yuan
from linggong.wages.models import Bill
from linggong.work.common import hand


async def part_disputed(uow: UnitOfWork, told: NewEvent) -> None:
    """The employer does not accept a named part (53): only that amount is held, the rest stays due (ruling 5)."""
    bill = await uow.session.scalar(sa.select(Bill).where(Bill.assignment_id == told.subject_id))
    if bill is None or await _running(uow, bill.id, "employer") is not None:
        return
    amount = min(int(told.body["amount_fen"]), bill.total_fen - bill.paid_fen - bill.held_fen)
    if amount > 0:
        form = CaseForm(
            kind="dispute", claim=f"完工部分不认可：{told.body.get('words') or ''}"[:2000], bill_id=bill.id,
            amount_fen=amount, against="worker", channel="system",
        )  # fmt: skip
        await intake.open_case(uow, None, form, by_itself="employer")


async def evidence_missing(uow: UnitOfWork, told: NewEvent) -> None:
    """The employer showed nothing for what he does not accept (53): his objection falls, and the held amount is due again.

    A case that is with a mediator or an authority already goes on there, and its file says that nothing was shown.
    """
    bill = await uow.session.scalar(sa.select(Bill).where(Bill.assignment_id == told.subject_id))
    if bill is None:
        return
    for row in await _all_running(uow, bill.id):
        if row.claimant != "employer" or row.channel != "system":
            continue
        made = DISPUTE.find(row.state, "unproven")
        if made is None:
            await common.note(uow, row, "note", "到期没有交证据。")
            await common.tell(uow, row, "case.noted", None)
            continue
        await money.release(uow, row)
        row.state = made.target
        await handling.resolved(uow, row, "unproven", "到期没有举证，不认可不成立，按原数付。")
        await common.tell(uow, row, "case.unproven", made, amount_fen=row.amount_fen)
        await common.notify_both(
            uow, row, f"受理号{row.receipt}：雇主到期没有交证据，不认可不成立，这部分按原数、原日期付。"
        )
        await common.derive(uow, row)


async def payment_denied(uow: UnitOfWork, told: NewEvent) -> None:
    """The worker says that the money did not come (59): the dispute is about the gap only, and holds nothing."""
    bill = await _bill(uow, told)
    gap = int(told.body.get("gap_fen") or 0)
    if bill is None or bill.state == "RULED" or gap <= 0 or await _running(uow, bill.id, "worker") is not None:
        return
    amount = min(gap, bill.total_fen - bill.paid_fen)
    if amount > 0:
        form = CaseForm(
            kind="wage", claim=f"雇主登记已付，零工说没收到，差 {format_yuan(amount)} 元。请雇主出示转账记录。",
            wanted="付清差额", bill_id=bill.id, amount_fen=amount, asks="unpaid", channel="system",
        )  # fmt: skip
        await intake.open_case(uow, None, form, by_itself="worker")


async def into_arrears(uow: UnitOfWork, told: NewEvent) -> None:
    """A bill became arrears (65): a case with its file, to be referred in 5 working days, of a group the same day (66)."""
    bill = await _bill(uow, told)
    if bill is None:
        return
    row = await _running(uow, bill.id, "worker") or await _running(uow, bill.id, "system")
    if row is None:
        left = bill.total_fen - bill.paid_fen
        form = CaseForm(
            kind="wage", claim=f"工资逾期未付 {format_yuan(left)} 元，立为欠薪线索。", wanted="付清工资", bill_id=bill.id,
            amount_fen=left, asks="unpaid", channel="system",
        )  # fmt: skip
        row = await intake.open_case(uow, None, form, by_itself="system")
    await arrears.start(uow, row, group=told.body.get("why") == "group")


async def referral_late(uow: UnitOfWork, told: NewEvent) -> None:
    """Arrears were not referred in time (66)."""
    bill = await _bill(uow, told)
    if bill is not None:
        for row in await _all_running(uow, bill.id):
            await common.breach(uow, row, "refer")


async def bill_referred(uow: UnitOfWork, told: NewEvent) -> None:
    """Arrears were handed over from the wages' side: the case follows (66)."""
    bill = await _bill(uow, told)
    if bill is None:
        return
    for row in await _all_running(uow, bill.id):
        if row.asks == "unpaid" and row.state != "D_REFERRED":
            await arrears.referred(uow, row, str(told.body.get("authority", "")), str(told.body.get("number", "")))


async def paid_after_ruling(uow: UnitOfWork, told: NewEvent) -> None:
    """A payment after the ruling (68): the case's file says what the authority is to be told, with its proof and the answer."""
    bill = await _bill(uow, told)
    if bill is None:
        return
    row = await uow.session.scalar(
        sa.select(Case)
        .where(Case.bill_id == bill.id, Case.ended_how == "ruled")
        .order_by(Case.resolved_at.desc())
        .limit(1)
        .with_for_update(key_share=True)
    )
    if row is None:
        return
    body = told.body
    said = {"claimed": "雇主登记付款", "confirmed": "收到付款", "denied": "零工说没收到，实收"}[str(body["said"])]
    how = "（按银行凭证）" if body.get("by") == "evidence" else ""
    voucher = f"，单号 {body['voucher']}" if body.get("voucher") else ""
    await common.note(
        uow, row, "file",
        f"裁决后{said} {format_yuan(int(body['amount_fen']))} 元{voucher}{how}；"
        f"工资单 {format_yuan(bill.total_fen)} 元，已付 {format_yuan(bill.paid_fen)} 元。请告知裁决部门。",
    )  # fmt: skip
    await common.tell(uow, row, "case.noted", None)


async def bill_paid(uow: UnitOfWork, told: NewEvent) -> None:
    """All was paid (57, 67): a case about the unpaid wage has got what it asked for."""
    bill = await _bill(uow, told)
    if bill is None:
        return
    for row in await _all_running(uow, bill.id):
        made = DISPUTE.find(row.state, "paid")
        if row.asks != "unpaid" or made is None or not DISPUTE.permits(made, hand(uow)):
            continue
        row.state, row.settled_fen = made.target, row.amount_fen
        await handling.resolved(uow, row, "paid", "工资已付清")
        await common.tell(uow, row, "case.paid", made, amount_fen=row.amount_fen)


async def _bill(uow: UnitOfWork, told: NewEvent) -> Bill | None:
    return None if told.subject_id is None else await uow.session.get(Bill, told.subject_id)


async def _running(uow: UnitOfWork, bill_id: UUID, claimant: str) -> Case | None:
    found: Case | None = await uow.session.scalar(
        sa.select(Case).where(Case.bill_id == bill_id, Case.claimant == claimant, Case.state.in_(OPEN_DISPUTE)).limit(1)
    )
    return found


async def _all_running(uow: UnitOfWork, bill_id: UUID) -> list[Case]:
    running = "WHERE bill_id = $1 AND state = ANY ($2::text[]) ORDER BY id FOR NO KEY UPDATE"
    return await reading.many(uow, Case, running, bill_id, OPEN_DISPUTE)
