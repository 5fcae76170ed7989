"""Bills as each side sees them."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import cast
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paging import Page, decode_cursor, encode_cursor
from linggong.market.models import BoardPost
from linggong.wages.machines import BILL
from linggong.wages.models import Bill, BillLine, Payment
from linggong.work.models import Assignment, Engagement


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """One line."""

    kind: str
    words: str
    quantity: float
    rate_fen: int
    amount_fen: int


class PaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """One payment; the worker answers it while it is claimed."""

    id: UUID
    amount_fen: int
    channel: str
    voucher: str
    state: str
    claimed_at: datetime
    answered_at: datetime | None


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
    state: str
    state_words: str
    total_fen: int
    paid_fen: int
    left_fen: int
    due_at: datetime
    overdue: bool
    settled_at: datetime | None
    settled_by: str | None
    lines: list[LineView]
    payments: list[PaymentView]


async def bills(
    uow: UnitOfWork,
    *,
    order_id: UUID | None = None,
    bill_id: UUID | None = None,
    unsettled: bool = False,
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
    if bill_id is not None:
        conditions.append(Bill.id == bill_id)
    if unsettled:
        conditions.append(Bill.state != "SETTLED")
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
    ids = [row[0].id for row in rows]
    lines: dict[UUID, list[LineView]] = defaultdict(list)
    payments: dict[UUID, list[PaymentView]] = defaultdict(list)
    if ids:
        for line in await uow.session.scalars(
            sa.select(BillLine).where(BillLine.bill_id.in_(ids)).order_by(BillLine.id)
        ):
            lines[line.bill_id].append(
                LineView(
                    kind=line.kind,
                    words=line.words,
                    quantity=line.quantity,
                    rate_fen=line.rate_fen,
                    amount_fen=line.amount_fen,
                )
            )
        for p in await uow.session.scalars(
            sa.select(Payment).where(Payment.bill_id.in_(ids)).order_by(Payment.claimed_at)
        ):
            payments[p.bill_id].append(
                PaymentView(
                    id=p.id,
                    amount_fen=p.amount_fen,
                    channel=p.channel,
                    voucher=p.voucher,
                    state=p.state,
                    claimed_at=p.claimed_at,
                    answered_at=p.answered_at,
                )
            )
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
            state=b.state,
            state_words=BILL.labels[b.state],
            total_fen=b.total_fen,
            paid_fen=b.paid_fen,
            left_fen=b.total_fen - b.paid_fen,
            due_at=b.due_at,
            overdue=b.state != "SETTLED" and b.due_at < uow.now,
            settled_at=b.settled_at,
            settled_by=b.settled_by,
            lines=lines[b.id],
            payments=payments[b.id],
        )
        for b, worker_name, employer_name, title, trade_code, work_date in rows
    ]


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
            ).where(Bill.worker_id == uow.actor.id)
        )
    ).one()
    found = await bills(uow, limit=limit)
    return WageSums(due_fen=int(sums[0]), paid_fen=int(sums[1]), overdue_fen=int(sums[2]), bills=found)
