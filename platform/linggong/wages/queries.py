"""Bills as each side sees them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import reading
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paging import Page, decode_cursor, encode_cursor
from linggong.market.models import BoardPost
from linggong.people import notices
from linggong.people.identity_numbers import surname_call
from linggong.people.models import Employer
from linggong.people.notices import NoticeView
from linggong.people.service_links import served_by
from linggong.wages import loading
from linggong.wages.machines import BILL, OVERDUE
from linggong.wages.models import LATE_STATES, Bill, Payment
from linggong.work import common
from linggong.work.models import Assignment, Engagement


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """One line."""

    kind: str
    words: str
    quantity: float
    rate_fen: int
    amount_fen: int


class ProofView(msgspec.Struct, frozen=True, kw_only=True):
    """A file handed in with a payment, by its hash; the file itself is read one by one."""

    id: UUID
    kind: str
    sha256: str
    added_at: datetime


class PaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """One payment; the worker answers it while it is claimed."""

    id: UUID
    amount_fen: int
    channel: str
    payee: str
    proof: str
    voucher: str
    state: str
    tries: int
    single_witness: bool
    claimed_at: datetime
    answered_at: datetime | None
    answered_proof: str
    proofs: list[ProofView]
    actions: list[str]


class BillView(msgspec.Struct, frozen=True, kw_only=True):
    """A wage bill with lines and payments."""

    id: UUID
    order_id: UUID
    engagement_id: UUID
    assignment_id: UUID | None
    worker_name: str
    employer_name: str
    title: str
    trade_code: str
    work_date: date | None
    cause: str
    state: str
    state_words: str
    loop_state: str
    """A_BILLED, A_PAYCLAIMED or A_SETTLED: what the shift shows because of its bill (ruling 2)."""
    wage_state: str
    wage_words: str
    total_fen: int
    paid_fen: int
    left_fen: int
    held_fen: int
    """What a dispute holds aside, a part of what is left."""
    due_at: datetime
    overdue: bool
    settled_at: datetime | None
    settled_by: str | None
    lines: list[LineView]
    payments: list[PaymentView]
    actions: list[str]
    """What this reader may do now: record_payment, add_line, arrears, refer, rule."""


_LINES = """SELECT bill_id, kind, words, quantity, rate_fen, amount_fen FROM bill_lines WHERE bill_id = ANY ($1::uuid[]) ORDER BY id"""
_PROOFS = "SELECT id, payment_id, kind, sha256, added_at FROM payment_proofs WHERE payment_id = ANY ($1::uuid[])"
_ONE = (
    "FROM bills JOIN engagements e ON e.id = bills.engagement_id JOIN board_posts p ON p.order_id = bills.order_id "
    "LEFT JOIN assignments a ON a.id = bills.assignment_id WHERE bills.id = $1"
)
_WITH = "e.worker_name, p.employer_name, p.title, p.trade_code, a.work_date"
_LOOP = {"OPEN": "A_BILLED", "CLAIMED": "A_PAYCLAIMED", "SETTLED": "A_SETTLED", "RULED": "X_RULED"}


def _bill_actions(row: Bill, hand: str) -> list[str]:
    may = BILL.allowed(row.state, hand)
    said = (
        ["record_payment"]
        if "record_payment" in may or ("record_ruled" in may and row.paid_fen < row.total_fen)
        else []
    )
    if row.state in ("OPEN", "CLAIMED") and hand in ("E", "C", "O"):
        said.append("add_line")
    return said + [e for e in OVERDUE.allowed(row.wage_state, hand) if e in ("arrears", "refer", "rule")]


def _payment_actions(bill: Bill, row: Payment, hand: str) -> list[str]:
    events = {"claimed": ("confirm_payment", "deny_payment"), "confirmed": ("deny_payment",)}.get(row.state, ())
    return [e for e in events if e in BILL.allowed("CLAIMED", hand)]


async def bills(
    uow: UnitOfWork,
    *,
    order_id: UUID | None = None,
    bill_ids: Sequence[UUID] | None = None,
    unsettled: bool = False,
    single_witness: bool = False,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 200,
) -> list[BillView]:
    """Return the bills that this actor may see, the latest due first; `after` is (due_at, id) of the last one known."""
    conditions = []
    if after is not None:
        conditions.append(sa.or_(Bill.due_at < after[0], sa.and_(Bill.due_at == after[0], Bill.id > after[1])))
    if uow.actor.kind == "staff":
        conditions.append(sa.or_(uow.scope.clause(Bill.tenant), uow.scope.clause(Bill.via)))
    elif uow.actor.kind == "worker":
        conditions.append(Bill.worker_id == uow.actor.id)
    elif uow.actor.kind == "employer":
        conditions.append(Bill.employer_id == uow.actor.employer_id)
    if order_id is not None:
        conditions.append(Bill.order_id == order_id)
    if bill_ids is not None:
        conditions.append(Bill.id.in_(bill_ids))
    if unsettled:
        # What an authority ruled on is still paid here, and its payments wait for the worker's word.
        ruled = sa.and_(Bill.state == "RULED", Bill.paid_fen < Bill.total_fen)
        conditions.append(sa.or_(Bill.state.in_(("OPEN", "CLAIMED")), ruled))
    if single_witness:
        conditions.append(Bill.id.in_(sa.select(Payment.bill_id).where(Payment.single_witness)))
    rows = (
        await uow.execute(
            sa.select(
                Bill,
                Engagement.worker_name,
                BoardPost.employer_name,
                BoardPost.title,
                BoardPost.trade_code,
                Assignment.work_date,
            )
            .join(Engagement, Engagement.id == Bill.engagement_id)
            .join(BoardPost, BoardPost.order_id == Bill.order_id)
            .outerjoin(Assignment, Assignment.id == Bill.assignment_id)
            .where(*conditions)
            .order_by(Bill.due_at.desc(), Bill.id)
            .limit(limit)
        )
    ).all()
    return await _views(uow, rows)


async def bill(uow: UnitOfWork, bill_id: UUID) -> BillView:
    """Return one bill as `bills` does; NotFound for foreign and missing alike."""
    for row in await reading.joined(uow, (Bill,), _ONE, bill_id, also=_WITH):
        if loading.shown(uow, row[0]):
            return (await _views(uow, [row]))[0]
    raise NotFound


async def _views(uow: UnitOfWork, rows: Sequence[Any]) -> list[BillView]:
    lines, payments = await _parts(uow, [row[0] for row in rows])
    hand = common.hand(uow)
    return [
        BillView(
            id=b.id,
            order_id=b.order_id,
            engagement_id=b.engagement_id,
            assignment_id=b.assignment_id,
            worker_name=worker_name,
            employer_name=employer_name,
            title=title,
            trade_code=trade_code,
            work_date=work_date,
            cause=b.cause,
            state=b.state,
            state_words=BILL.labels[b.state],
            loop_state=_LOOP[b.state],
            wage_state=b.wage_state,
            wage_words=OVERDUE.labels[b.wage_state],
            total_fen=b.total_fen,
            paid_fen=b.paid_fen,
            left_fen=b.total_fen - b.paid_fen,
            held_fen=b.held_fen,
            due_at=b.due_at,
            overdue=b.state not in ("SETTLED", "RULED") and b.due_at < uow.now,
            settled_at=b.settled_at,
            settled_by=b.settled_by,
            lines=lines[b.id],
            payments=payments[b.id],
            actions=_bill_actions(b, hand),
        )
        for b, worker_name, employer_name, title, trade_code, work_date in rows
    ]


async def _parts(
    uow: UnitOfWork, found: list[Bill]
) -> tuple[dict[UUID, list[LineView]], dict[UUID, list[PaymentView]]]:
    """Return the lines and payments of bills, with the proofs of each payment."""
    lines: dict[UUID, list[LineView]] = defaultdict(list)
    payments: dict[UUID, list[PaymentView]] = defaultdict(list)
    proofs: dict[UUID, list[ProofView]] = defaultdict(list)
    of = {b.id: b for b in found}
    if not of:
        return lines, payments
    for line in await uow.fetch(_LINES, list(of)):
        lines[line["bill_id"]].append(
            LineView(
                kind=line["kind"],
                words=line["words"],
                quantity=float(line["quantity"]),
                rate_fen=line["rate_fen"],
                amount_fen=line["amount_fen"],
            )
        )
    rows = await reading.many(uow, Payment, "WHERE bill_id = ANY ($1::uuid[]) ORDER BY claimed_at, id", list(of))
    for file in await uow.fetch(_PROOFS, [p.id for p in rows]) if rows else ():
        proofs[file["payment_id"]].append(
            ProofView(id=file["id"], kind=file["kind"], sha256=file["sha256"].hex(), added_at=file["added_at"])
        )
    hand = common.hand(uow)
    for p in rows:
        payments[p.bill_id].append(
            PaymentView(
                id=p.id,
                amount_fen=p.amount_fen,
                channel=p.channel,
                payee=p.payee,
                proof=p.proof,
                voucher=p.voucher,
                state=p.state,
                tries=p.tries,
                single_witness=p.single_witness,
                claimed_at=p.claimed_at,
                answered_at=p.answered_at,
                answered_proof=p.answered_proof,
                proofs=proofs[p.id],
                actions=_payment_actions(of[p.bill_id], p, hand),
            )
        )
    return lines, payments


async def bills_page(
    uow: UnitOfWork, *, order_id: UUID | None, unsettled: bool, cursor: str | None, limit: int
) -> Page[BillView]:
    """Return one page of `bills`. Raises Invalid for a cursor that is not ours."""
    after = None
    if cursor is not None:
        due_at, bill_id = decode_cursor(cursor, datetime, UUID)
        after = (cast(datetime, due_at), cast(UUID, bill_id))
    found = await bills(uow, order_id=order_id, unsettled=unsettled, after=after, limit=limit + 1)
    items = found[:limit]
    more = len(found) > limit
    return Page(items, encode_cursor(items[-1].due_at.isoformat(), str(items[-1].id)) if more else None)


class WageSums(msgspec.Struct, frozen=True, kw_only=True):
    """What is due and paid to a worker, in fen."""

    due_fen: int
    paid_fen: int
    overdue_fen: int
    bills: list[BillView]


async def my_wages(uow: UnitOfWork, *, limit: int = 100) -> WageSums:
    """Return the signed-in worker's wages: due and paid."""
    sums = (
        await uow.execute(
            sa.select(
                sa.func.coalesce(sa.func.sum(Bill.total_fen - Bill.paid_fen), 0),
                sa.func.coalesce(sa.func.sum(Bill.paid_fen), 0),
                sa.func.coalesce(sa.func.sum(Bill.total_fen - Bill.paid_fen).filter(Bill.due_at < uow.now), 0),
            ).where(Bill.worker_id == uow.actor.id, Bill.state != "RULED")
        )
    ).one()
    found = await bills(uow, limit=limit)
    return WageSums(due_fen=int(sums[0]), paid_fen=int(sums[1]), overdue_fen=int(sums[2]), bills=found)


class ShiftFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What attendance says of the shift behind a bill."""

    work_date: date
    starts_at: datetime
    ends_at: datetime
    arrived_at: datetime | None
    arrived_method: str | None
    finished_at: datetime | None
    minutes: int | None
    quantity: float | None
    accepted_at: datetime | None
    accepted_by: str | None


class ArrearsEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One unpaid bill with all that shows it: contract, attendance, lines, payments, and every reminder (65)."""

    bill: BillView
    terms_version: int
    terms_hash: str
    contract_hash: str
    contracted_at: datetime | None
    shift: ShiftFacts | None
    reminders: list[NoticeView]


class ArrearsFile(msgspec.Struct, frozen=True, kw_only=True):
    """The file of an employer's arrears; amounts in fen."""

    employer_id: UUID
    employer_name: str
    persons: int
    open_fen: int
    entries: list[ArrearsEntry]


async def arrears_file(uow: UnitOfWork, employer_id: UUID, *, bill_ids: Sequence[UUID] = ()) -> ArrearsFile:
    """Return the file of the bills named, or of every late bill of the employer that this actor may see.

    The system's own transaction sees the whole city; a county's staff sees what its stations are party to. Raises NotFound for
    an employer of whom the actor sees neither a late bill nor the row.
    """
    condition = Bill.id.in_(bill_ids) if bill_ids else Bill.wage_state.in_(LATE_STATES)
    rows = (
        await uow.execute(
            sa.select(Bill, Engagement, Assignment)
            .join(Engagement, Engagement.id == Bill.engagement_id)
            .outerjoin(Assignment, Assignment.id == Bill.assignment_id)
            .where(Bill.employer_id == employer_id, loading.seen(uow, Bill), condition)
            .order_by(Bill.due_at, Bill.id)
        )
    ).all()
    views = {v.id: v for v in await bills(uow, bill_ids=[b.id for b, *_ in rows], limit=len(rows) + 1)} if rows else {}
    known = (
        await uow.execute(
            sa.select(Employer.name, Employer.kind).where(Employer.id == employer_id, served_by(uow, Employer.id))
        )
    ).one_or_none()
    if not views and known is None:
        raise NotFound
    receipts: dict[UUID, list[NoticeView]] = defaultdict(list)
    for notice in await notices.of_subjects(uow, [b.id for b, *_ in rows]):
        receipts[notice.subject_id].append(notice)
    entries = [
        ArrearsEntry(
            bill=views[b.id],
            terms_version=b.terms_version,
            terms_hash=b.terms_hash.hex(),
            contract_hash=(e.contract_hash or b"").hex(),
            contracted_at=e.contracted_at,
            shift=None
            if a is None
            else ShiftFacts(**{name: getattr(a, name) for name in ShiftFacts.__struct_fields__}),
            reminders=receipts[b.id],
        )
        for b, e, a in rows
        if b.id in views
    ]
    name = entries[0].bill.employer_name if entries else ""
    if not name and known is not None:
        # As the board calls him: an individual's own name is personal.
        name = surname_call(known.name) if known.kind == "individual" else known.name
    return ArrearsFile(
        employer_id=employer_id,
        employer_name=name,
        persons=len({b.worker_id for b, *_ in rows}),
        open_fen=sum(b.total_fen - b.paid_fen for b, *_ in rows),
        entries=entries,
    )
