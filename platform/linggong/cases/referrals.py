"""Handing a case to an authority, asking it, writing back what it decided (66, 68, 74, 75, R016, R117)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.cases import arrears, codes, common, money
from linggong.cases.forms import ReferForm, RulingForm
from linggong.cases.handling import resolved
from linggong.cases.models import Case, CaseReferral
from linggong.kernel import clock, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.money import format_yuan
from linggong.work import common as work
from linggong.work.machines import ASSIGNMENT
from tenants.holidays import working_deadline

ASK = "t.dispute.ask"
_OF_COURT = frozenset({"court", "peoples_mediation"})


async def refer(uow: UnitOfWork, case_id: UUID, form: ReferForm) -> CaseReferral:
    """Hand the case on (74), at the worker's wish at any time. Legal aid stands beside the case and ends nothing.

    Disputes of an employment relation go to arbitration, those of service work to people's mediation or court (ruling
    16). Staff give the number that the authority gave; a worker may go without one. Raises Invalid with every fault.
    """
    row = await common.case(uow, case_id)
    aid = form.body == "legal_aid"
    made = None if aid else common.step(uow, row, "refer")
    faults: list[Fault] = []
    reason = common.words(faults, "reason", form.reason)
    number = common.words(faults, "number", form.number, most=60)
    if uow.actor.kind == "staff" and not number:
        faults.append(Fault("number", "请填对方给的登记号；还没有就填收件人和日期。", "required"))
    if (wrong := wrong_body(row, form.body)) is not None:
        faults.append(Fault("body", wrong, "body"))
    if faults:
        raise Invalid(faults)
    open_one = await uow.session.scalar(
        sa.select(CaseReferral.id).where(
            CaseReferral.case_id == row.id, CaseReferral.body == form.body, CaseReferral.answered_at.is_(None)
        )
    )
    if open_one is not None:
        raise Conflict(f"已经转给{codes.BODIES[form.body]}了，等它回复。")
    made_row = await arrears.referral(uow, row, form.body, number, reason=reason)
    uow.session.add(made_row)
    if made is not None:
        row.state = made.target
        row.mediate_until = None
        await timers.cancel_timers(uow, row.id)
        await _ask_again(uow, row)
    await uow.flush()
    await arrears.move_bill(uow, row, form.body, number)
    await common.tell(uow, row, "case.referred", made, body=form.body, number=number, referral=made_row.id)
    numbered = f"，对方登记号{number}" if number else ""
    await common.notify_both(uow, row, f"受理号{row.receipt}已转{codes.BODIES[form.body]}{numbered}。")
    return made_row


def wrong_body(row: Case, body: str) -> str | None:
    """Return why a dispute does not go there by its legal form, None where it may (ruling 16)."""
    if row.kind not in codes.MONEY_KINDS or not row.legal_form:
        return None
    employment = row.legal_form in codes.EMPLOYMENT_FORMS
    if body == "arbitration" and not employment:
        return "劳务、承揽的争议不归劳动仲裁，请转人民调解或法院。"
    if body in _OF_COURT and employment:
        return "劳动关系的争议先申请劳动仲裁，不能直接起诉。"
    return None


async def ask(uow: UnitOfWork, case_id: UUID, *, words: str) -> Case:
    """The authority was asked how far it is; asked again in 15 days (75)."""
    row = await common.case(uow, case_id)
    if row.state != "D_REFERRED":
        raise Conflict("这件没有转出去，不用催问。")
    faults: list[Fault] = []
    said = common.words(faults, "words", words, least=2, most=500)
    if faults:
        raise Invalid(faults)
    found = await _pending(uow, row)
    found.asked, found.asked_at = found.asked + 1, uow.now
    await common.note(uow, row, "note", f"催问{codes.BODIES[found.body]}：{said}")
    await _ask_again(uow, row)
    await common.tell(uow, row, "case.asked", None, referral=found.id, times=found.asked)
    return row


async def _ask_again(uow: UnitOfWork, row: Case) -> None:
    span = (await common.spans(uow, row.tenant, ASK))[ASK]
    await common.set_timer(uow, row, ASK, uow.now + span)


async def extend(uow: UnitOfWork, case_id: UUID, *, reason: str) -> CaseReferral:
    """The authority takes longer (66): its time to decide grows once by `t.referral.extend` working days, with the reason.

    Raises Invalid without the reason, Conflict for an authority without a clock or one that has been extended, NotFound.
    """
    row = await common.case(uow, case_id)
    if row.state != "D_REFERRED":
        raise Conflict("这件没有转出去，没有办理期限可以延长。")
    common.refuse_own(uow, row)
    found = await _pending(uow, row)
    faults: list[Fault] = []
    why = common.words(faults, "reason", reason, least=4, most=200)
    if faults:
        raise Invalid(faults)
    if found.decide_due_at is None:
        raise Conflict(f"{codes.BODIES[found.body]}的办理期限不由这里计，不用延长。")
    if found.extended_at is not None:
        raise Conflict("已经延长过一次了，不能再延。")
    days = await common.numbers(uow, row.tenant, "t.referral.extend")
    before = found.decide_due_at
    found.decide_due_at = await working_deadline(uow, row.tenant, before, days["t.referral.extend"])
    found.extended_at, found.extension_reason = uow.now, why
    until = f"{clock.shanghai(found.decide_due_at):%Y年%m月%d日}"
    await common.note(uow, row, "note", f"{codes.BODIES[found.body]}延长办理到{until}：{why}")
    await common.tell(
        uow, row, "case.referral_extended", None, referral=found.id, before=before.isoformat(),
        decide_due_at=found.decide_due_at.isoformat(), reason=why,
    )  # fmt: skip
    await common.notify_both(uow, row, f"受理号{row.receipt}：{codes.BODIES[found.body]}要延长办理，到{until}。")
    return found


async def rule(uow: UnitOfWork, case_id: UUID, form: RulingForm, *, referral_id: UUID | None = None) -> Case:
    """Write back what was decided (75), with its document; money in it becomes lines of the bill.

    `referral_id` names the referral that is answered; the latest open one where none is named.
    """
    row = await common.case(uow, case_id)
    made = common.step(uow, row, "rule")
    common.refuse_own(uow, row)
    faults: list[Fault] = []
    outcome = common.words(faults, "outcome", form.outcome, least=4)
    document = common.words(faults, "document", form.document, least=2, most=100)
    if form.amount_fen is not None and row.bill_id is not None and row.amount_fen is None:
        faults.append(Fault("amount_fen", "这件没有写明争议金额，请先请当事人补充。", "range"))
    if form.amount_fen is not None and row.amount_fen is not None and form.amount_fen > row.amount_fen:
        most = format_yuan(row.amount_fen)
        faults.append(Fault("amount_fen", f"争议的是 {most} 元，判得更多的部分请另登记一件。", "range"))
    if faults:
        raise Invalid(faults)
    found = await _pending(uow, row, referral_id)
    found.answered_at, found.outcome, found.document = uow.now, outcome, document
    found.answered_by = uow.actor.id if uow.actor.kind == "staff" else None
    row.state = made.target
    if form.amount_fen is not None:
        await money.settle(uow, row, form.amount_fen, document)
    else:
        await money.release(uow, row)
    await arrears.rule_bill(uow, row, document, outcome)
    if form.rule_assignment:
        await _end_shift(uow, row, document)
    await resolved(uow, row, "ruled", outcome)
    await common.tell(uow, row, "case.ruled", made, document=document, amount_fen=form.amount_fen, referral=found.id)
    await common.notify_both(
        uow, row, f"受理号{row.receipt}有结果了，文书{document[:40]}。请登录查看，并在7天内评价办理。"
    )
    await common.derive(uow, row)
    return row


async def _end_shift(uow: UnitOfWork, row: Case, document: str) -> None:
    """End a shift by the ruling (75): what nobody accepted needs nobody's word any more."""
    if row.assignment_id is None:
        raise Invalid([Fault("rule_assignment", "这件没有关联的派工。", "unknown")])
    shift, _ = await work.assignment(uow, row.assignment_id)
    made = ASSIGNMENT.step(shift.state, "rule", work.hand(uow))
    shift.state, shift.end_reason = made.target, "ruled"
    await uow.flush()
    await timers.cancel_timers(uow, shift.id)
    await work.tell(uow, shift, shift.id, "assignment.ruled", made, document=document, case=row.id)


async def _pending(uow: UnitOfWork, row: Case, referral_id: UUID | None = None) -> CaseReferral:
    named = sa.true() if referral_id is None else CaseReferral.id == referral_id
    found = await uow.session.scalar(
        sa.select(CaseReferral)
        .where(
            CaseReferral.case_id == row.id,
            CaseReferral.answered_at.is_(None),
            CaseReferral.body != "legal_aid",
            named,
        )
        .order_by(CaseReferral.referred_at.desc())
        .limit(1)
        .with_for_update()
    )
    if found is None:
        raise NotFound
    return found
