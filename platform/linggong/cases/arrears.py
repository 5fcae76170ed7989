"""The case file of arrears: contract, attendance, bill, payments and reminders in one paper, and its way to the authority (65 to 68)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.cases import codes, common
from linggong.cases.machines import DISPUTE
from linggong.cases.models import Case, CaseReferral
from linggong.kernel import clock, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.money import format_yuan
from linggong.market.models import BoardPost
from linggong.people.notice_models import Notice
from linggong.wages import overdue
from linggong.wages import queries as wages
from linggong.wages.models import Bill
from linggong.wages.queries import BillView
from linggong.work.common import hand
from linggong.work.models import Assignment, Engagement
from tenants.holidays import working_deadline

REFER = "t.case.refer"
_AUTHORITIES = frozenset({"inspection", "centre", "arbitration", "court", "police", "peoples_mediation"})


class ArrearsFile(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an authority asks for, as it stands now (requirement of transition 65)."""

    receipt: str
    employer_name: str
    title: str
    worker_name: str
    contracted_at: datetime | None
    contract_hash: str
    terms_version: int | None
    work_date: str
    arrived_at: datetime | None
    arrived_method: str
    finished_at: datetime | None
    minutes: int | None
    quantity: float | None
    accepted_at: datetime | None
    bill: BillView
    reminders: list[str]


async def start(uow: UnitOfWork, row: Case, *, group: bool) -> None:
    """Put a case on the way to the authority: 5 working days, the same day for a group (66)."""
    days = await common.numbers(uow, row.tenant, "t.refer")
    due = await working_deadline(uow, row.tenant, uow.now, days["t.refer"])
    if group:
        row.is_group = True
        due = clock.at_shanghai(clock.business_date(uow.now), time()) + timedelta(days=1)
    row.close_due_at = min(row.close_due_at, due)
    await common.set_timer(uow, row, REFER, due)
    await common.note(uow, row, "file", await _summary(uow, row))
    await common.tell(uow, row, "case.arrears", None, group=group, refer_by=due.isoformat(), bill=row.bill_id)


async def refer_late(uow: UnitOfWork, row: Case) -> None:
    """Mark arrears that nobody referred in time."""
    if row.state not in ("D_REFERRED", *DISPUTE.ends):
        await common.breach(uow, row, "refer")


async def referred(uow: UnitOfWork, row: Case, authority: str, number: str) -> None:
    """Follow a hand-over that was made at the bill: the case is with the authority, whose clock runs."""
    made = DISPUTE.find(row.state, "refer")
    if made is None or not DISPUTE.permits(made, hand(uow)):
        return
    body = next((b for b, name in codes.BODIES.items() if name == authority), "inspection")
    uow.session.add(await referral(uow, row, body, number, reason=authority))
    row.state = made.target
    await timers.cancel_timers(uow, row.id)
    span = (await common.spans(uow, row.tenant, "t.dispute.ask"))["t.dispute.ask"]
    await common.set_timer(uow, row, "t.dispute.ask", uow.now + span)
    await common.tell(uow, row, "case.referred", made, body=body, number=number)


async def referral(uow: UnitOfWork, row: Case, body: str, number: str, *, reason: str) -> CaseReferral:
    """Return a new referral, with the authority's own clock where the law sets one (66)."""
    made = CaseReferral(
        id=new_id(), case_id=row.id, body=body, number=number, reason=reason, referred_at=uow.now,
        referred_by=common.said_by(uow), asked=0, outcome="", document="",
        tenant=row.tenant, via=row.via, worker_id=row.worker_id, employer_id=row.employer_id,
    )  # fmt: skip
    if body in codes.BOUND_BY_LAW:
        days = await common.numbers(uow, row.tenant, "t.referral.accept", "t.referral.decide")
        made.accept_due_at = await working_deadline(uow, row.tenant, uow.now, days["t.referral.accept"])
        made.decide_due_at = await working_deadline(uow, row.tenant, uow.now, days["t.referral.decide"])
    return made


async def move_bill(uow: UnitOfWork, row: Case, body: str, number: str) -> None:
    """Let the bill's region follow the case to the authority (66): W_ARREARS becomes W_REFERRED."""
    bill = await _bill(uow, row)
    if bill is not None and bill.wage_state == "W_ARREARS" and body in _AUTHORITIES:
        await overdue.refer(uow, [bill.id], authority=codes.BODIES[body], number=number or row.receipt)


async def rule_bill(uow: UnitOfWork, row: Case, document: str, outcome: str) -> None:
    """Let the bill's region end by the ruling (68)."""
    bill = await _bill(uow, row)
    if bill is not None and bill.wage_state == "W_REFERRED" and bill.state in ("OPEN", "CLAIMED"):
        await overdue.rule(uow, bill.id, document=document[:60], words=outcome[:200])


async def _bill(uow: UnitOfWork, row: Case) -> Bill | None:
    if row.bill_id is None:
        return None
    return await uow.session.get(Bill, row.bill_id, populate_existing=True)


async def file(uow: UnitOfWork, case_id: UUID) -> ArrearsFile:
    """Return the file of a wage case, built from the records as they stand. NotFound; Conflict for a case without a bill."""
    row = await uow.session.scalar(
        sa.select(Case).where(Case.id == case_id, common.visible(uow, Case), common.not_own(uow))
    )
    if row is None:
        raise NotFound
    if row.bill_id is None:
        raise Conflict("这件没有工资单，没有欠薪卷宗。")
    bill = await wages.bill(uow, row.bill_id)
    engagement = await uow.session.get_one(Engagement, bill.engagement_id)
    shift = await uow.session.get(Assignment, row.assignment_id) if row.assignment_id else None
    post = await uow.session.get_one(BoardPost, engagement.order_id)
    told = await uow.session.execute(
        sa.select(Notice.created_at, Notice.to_side, Notice.text, Notice.state)
        .where(Notice.subject_id == row.bill_id)
        .order_by(Notice.created_at)
    )
    side = {"worker": "零工", "employer": "雇主"}
    return ArrearsFile(
        receipt=row.receipt, employer_name=post.employer_name, title=post.title, worker_name=engagement.worker_name,
        contracted_at=engagement.contracted_at,
        contract_hash=engagement.contract_hash.hex() if engagement.contract_hash else "",
        terms_version=engagement.terms_version, work_date=shift.work_date.isoformat() if shift else "",
        arrived_at=shift.arrived_at if shift else None, arrived_method=(shift.arrived_method or "") if shift else "",
        finished_at=shift.finished_at if shift else None, minutes=shift.minutes if shift else None,
        quantity=shift.quantity if shift else None, accepted_at=shift.accepted_at if shift else None, bill=bill,
        reminders=[f"{clock.shanghai(at):%m-%d %H:%M} 告知{side.get(to, to)}：{text}" for at, to, text, _ in told],
    )  # fmt: skip


async def _summary(uow: UnitOfWork, row: Case) -> str:
    bill = await _bill(uow, row)
    if bill is None:
        return "欠薪线索。"
    due = clock.shanghai(bill.due_at)
    open_fen = bill.total_fen - bill.paid_fen
    return (
        f"欠薪卷宗：工资单 {format_yuan(bill.total_fen)} 元，已付 {format_yuan(bill.paid_fen)} 元，"
        f"欠 {format_yuan(open_fen)} 元，{due:%Y-%m-%d %H:%M} 到期。合同、考勤、工资单、催付记录见卷宗。"
    )
