"""The wage ledger with exactly the columns that the law fixes (保障农民工工资支付条例, written ledger kept for 3 years; R076).

Numbers stand in clear, because the law wants them there; whoever takes it leaves a row that each person can read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock, sheets
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, TooLarge
from linggong.kernel.events import NewEvent
from linggong.kernel.money import format_yuan
from linggong.market.models import BoardPost
from linggong.people import pay_looks
from linggong.people.models import Contact, Person
from linggong.wages import loading
from linggong.wages.models import Bill, BillLine, Payment
from linggong.wages.proofs import PROOF_WORDS
from linggong.work.models import Assignment
from tenants.models import Node

COLUMNS = (
    "用人单位名称", "支付周期", "支付日期", "支付对象姓名", "身份证号码", "联系方式", "工作时间", "应发工资项目及数额",
    "代扣、代缴、扣除项目和数额", "实发工资数额", "银行代发工资凭证或者农民工签字",
)  # fmt: skip
_PERIODS = {"daily": "日结", "per_job": "次结", "weekly": "周结", "on_completion": "完工结"}
_MOST = 3000
_SHOWN = timedelta(minutes=10)
_FIELDS = ("name", "id_number", "phone")


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger as a workbook, with its sums in fen."""

    name: str
    content: bytes
    rows: int
    due_fen: int
    paid_fen: int


class _Person(NamedTuple):
    name: str
    id_number: str
    phone: str


class _Row(NamedTuple):
    bill: Bill
    employer: str
    settlement: str
    shift: Assignment | None


async def ledger(uow: UnitOfWork, database: Database, sealer: Sealer, *, first: date, last: date) -> Ledger:
    """Return the ledger of the bills made for work between two days: an employer his own, staff what their post may export.

    Raises Invalid for days that are no period, TooLarge beyond 3,000 rows, Conflict for anybody else.
    """
    if uow.actor.kind not in ("employer", "staff"):
        raise Conflict("台账由雇主和人社部门导出。自己的工钱在“工钱”里看。")
    if first > last or last - first > timedelta(days=366):
        raise Invalid([Fault("last", "请选一年以内的起止日期，先后不要填反。", "range")])
    rows = await _rows(uow, first, last)
    lines, payments = await _parts(uow, [r.bill.id for r in rows])
    # The rows were chosen inside this actor's scope; the numbers of exactly those people are opened, and recorded below.
    async with database.system() as system:
        people = await _people(system, sealer, {r.bill.worker_id for r in rows})
    table: list[Sequence[object]] = [COLUMNS]
    table += [_cells(r, lines[r.bill.id], payments[r.bill.id], people[r.bill.worker_id]) for r in rows]
    await _record(uow, rows, first, last)
    return Ledger(
        name=f"工资支付台账_{first:%Y%m%d}_{last:%Y%m%d}.xlsx",
        content=sheets.write_xlsx(table),
        rows=len(rows),
        due_fen=sum(r.bill.total_fen for r in rows),
        paid_fen=sum(r.bill.paid_fen for r in rows),
    )


async def _rows(uow: UnitOfWork, first: date, last: date) -> list[_Row]:
    start, _ = clock.day_bounds(first)
    _, end = clock.day_bounds(last)
    mine = Bill.employer_id == uow.actor.employer_id if uow.actor.kind == "employer" else loading.seen(uow, Bill)
    worked = sa.or_(
        Assignment.work_date.between(first, last),
        sa.and_(Bill.assignment_id.is_(None), Bill.created_at >= start, Bill.created_at < end),
    )
    found = (
        await uow.execute(
            sa.select(Bill, BoardPost.employer_name, BoardPost.settlement, Assignment)
            .join(BoardPost, BoardPost.order_id == Bill.order_id)
            .outerjoin(Assignment, Assignment.id == Bill.assignment_id)
            .where(mine, worked)
            .order_by(BoardPost.employer_name, Bill.worker_id, Bill.created_at)
            .limit(_MOST + 1)
        )
    ).all()
    if len(found) > _MOST:
        raise TooLarge(f"一次最多导出 {_MOST} 行，请分几段日期导出。")
    return [_Row(*row) for row in found]


async def _parts(uow: UnitOfWork, bill_ids: list[UUID]) -> tuple[dict[UUID, list[BillLine]], dict[UUID, list[Payment]]]:
    lines: dict[UUID, list[BillLine]] = defaultdict(list)
    payments: dict[UUID, list[Payment]] = defaultdict(list)
    for line in await uow.session.scalars(
        sa.select(BillLine).where(BillLine.bill_id.in_(bill_ids)).order_by(BillLine.id)
    ):
        lines[line.bill_id].append(line)
    for payment in await uow.session.scalars(
        sa.select(Payment)
        .where(Payment.bill_id.in_(bill_ids), Payment.state == "confirmed")
        .order_by(Payment.claimed_at, Payment.id)
    ):
        payments[payment.bill_id].append(payment)
    return lines, payments


async def _people(uow: UnitOfWork, sealer: Sealer, ids: set[UUID]) -> dict[UUID, _Person]:
    phones: dict[UUID, str] = {}
    contacts = await uow.session.scalars(
        sa.select(Contact)
        .where(Contact.person_id.in_(ids), Contact.ended_at.is_(None), Contact.kind != "station")
        .order_by(Contact.person_id, Contact.can_sign_in, Contact.created_at)
    )
    for contact in contacts:
        phones[contact.person_id] = sealer.open(contact.number_sealed, f"contacts.number_sealed.{contact.id}")
    found = await uow.session.scalars(sa.select(Person).where(Person.id.in_(ids)))
    return {
        p.id: _Person(p.name, sealer.open(p.id_sealed, f"persons.id_sealed.{p.id}"), phones.get(p.id, ""))
        for p in found
    }


def _cells(row: _Row, lines: list[BillLine], payments: list[Payment], person: _Person) -> tuple[object, ...]:
    earned = [line for line in lines if line.amount_fen >= 0]
    taken = [line for line in lines if line.amount_fen < 0]
    paid_on = dict.fromkeys(f"{clock.business_date(p.claimed_at):%Y-%m-%d}" for p in payments)
    return (
        row.employer,
        _period(row),
        "、".join(paid_on),
        person.name,
        person.id_number,
        person.phone,
        _time(row.shift),
        _sums(earned),
        _sums(taken) or "无",
        row.bill.paid_fen / 100,
        "；".join(_proof(p) for p in payments),
    )


def _period(row: _Row) -> str:
    day = row.shift.work_date if row.shift is not None else clock.business_date(row.bill.created_at)
    return f"{_PERIODS.get(row.settlement, row.settlement)} {day:%Y-%m-%d}"


def _time(shift: Assignment | None) -> str:
    if shift is None or shift.minutes is None:
        return "0小时"
    count = f" {shift.quantity:g}件" if shift.quantity is not None else ""
    return f"{shift.minutes / 60:g}小时{count}"


def _sums(lines: list[BillLine]) -> str:
    return "；".join(f"{line.words}={format_yuan(line.amount_fen)}元" for line in lines)


def _proof(payment: Payment) -> str:
    words = PROOF_WORDS[payment.proof]
    shown = f"{words}{payment.voucher}" if payment.voucher else words
    if payment.answered_by == "system":
        return f"{shown}（零工未回话，凭证结清）"
    signed = {"signature": "本人签字", "fingerprint": "本人按手印"}.get(payment.answered_proof, "本人确认")
    return f"{shown} {signed}".strip()


async def _record(uow: UnitOfWork, rows: list[_Row], first: date, last: date) -> None:
    """Leave a row for every person whose numbers the ledger shows, and one event for the ledger."""
    of_employer: dict[UUID, list[_Row]] = defaultdict(list)
    for row in rows:
        of_employer[row.bill.employer_id].append(row)
    office = (
        await uow.session.scalar(sa.select(Node.name).where(Node.path == uow.actor.post)) if uow.actor.post else None
    )
    for employer_id, some in of_employer.items():
        await pay_looks.paid_out(
            uow, [r.bill.worker_id for r in some], employer_id=employer_id, order_id=None,
            tenant=uow.actor.post or some[0].bill.tenant, office=office or some[0].employer, fields=_FIELDS,
            until=uow.now + _SHOWN,
        )  # fmt: skip
    chain = f"employer:{uow.actor.employer_id}" if uow.actor.kind == "employer" else f"staff:{uow.actor.id}"
    await uow.emit(
        NewEvent(
            type="wage_ledger.exported", chain=chain, subject_id=uow.actor.id, tenant=uow.actor.post,
            employer_id=uow.actor.employer_id if uow.actor.kind == "employer" else None,
            body={"first": first.isoformat(), "last": last.isoformat(), "rows": len(rows), "people": len({r.bill.worker_id for r in rows})},
        )
    )  # fmt: skip
