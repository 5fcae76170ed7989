"""What is read of the inbox: what an office received and sent, one of it with what was said, the table of receipts, the badge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.inbox import offices
from linggong.inbox.machines import KINDS, MEMO, OPEN
from linggong.inbox.models import Memo, MemoRead, MemoWord
from linggong.inbox.service import received_here, sent_here
from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paths import Scope
from rbac.principal import Principal
from tenants.models import Node

MOST = 300
_TICK = timedelta(microseconds=1)
_MINE, _THEIRS = ("note", "sign", "answer"), ("return", "close", "withdraw")
_WAITING = """
WITH here AS (SELECT id FROM nodes WHERE path = $1)
SELECT (SELECT count(*) FROM memos WHERE tenant = $1 AND office = $2 AND state IN ('M_SENT', 'M_DOING', 'M_RETURNED'))
     + (SELECT count(*) FROM memos, here WHERE from_node = here.id AND from_office = $2 AND (state = 'M_ANSWERED'
          OR (overdue_at IS NOT NULL AND state IN ('M_SENT', 'M_DOING', 'M_RETURNED')))) AS n"""


class ReadView(msgspec.Struct, frozen=True):
    """Who opened it, and when first."""

    name: str
    read_at: datetime


class WordView(msgspec.Struct, frozen=True):
    """Something said about a task: an answer, or why it was returned or withdrawn."""

    kind: str
    words: str
    name: str
    said_at: datetime


class MemoView(msgspec.Struct, frozen=True, kw_only=True):
    """A notice or a task at one office; `turn` when this office is to do something about it."""

    id: UUID
    batch_id: UUID
    kind: str
    to: str
    """Which office received it."""
    tenant: str
    sender: str
    title: str
    body: str
    state: str
    sent_at: datetime
    due_at: datetime | None
    signed_at: datetime | None
    signed_by: str
    answered_at: datetime | None
    overdue_at: datetime | None
    late: bool
    """It was or is answered after its deadline."""
    read_by_me: bool
    reads: list[ReadView]
    words: list[WordView]
    allowed: list[str]


class BatchView(msgspec.Struct, frozen=True, kw_only=True):
    """One sending, and how far the offices are."""

    batch_id: UUID
    kind: str
    title: str
    sender: str
    sent_at: datetime
    due_at: datetime | None
    sent: int
    read: int
    signed: int
    answered: int
    """Answers that wait for the sender's look."""
    closed: int
    overdue: int


async def received(uow: UnitOfWork, *, limit: int = MOST) -> list[MemoView]:
    """Return what the acting office received: its turn first (the nearest deadline), then the rest, the latest first."""
    turn = sa.case((Memo.state.in_(OPEN), 0), else_=1)
    rows = await uow.session.scalars(
        sa.select(Memo)
        .where(uow.scope.clause(Memo.tenant), received_here(uow))
        .order_by(turn, sa.case((turn == 0, Memo.due_at)).asc().nulls_last(), Memo.sent_at.desc(), Memo.id)
        .limit(limit)
    )
    return await _views(uow, list(rows), mine=True)


async def one(uow: UnitOfWork, memo_id: UUID) -> MemoView:
    """Return one that the acting office received; raises NotFound."""
    row = await uow.session.scalar(
        sa.select(Memo).where(Memo.id == memo_id, uow.scope.clause(Memo.tenant), received_here(uow))
    )
    if row is None:
        raise NotFound
    return (await _views(uow, [row], mine=True))[0]


async def sent(uow: UnitOfWork, *, limit: int = 100) -> list[BatchView]:
    """Return what the acting office sent, the latest first."""
    return await _batches(uow, limit)


async def batch(uow: UnitOfWork, batch_id: UUID) -> tuple[BatchView, list[MemoView]]:
    """Return one sending of the acting office with every receiving office; raises NotFound."""
    rows = list(
        await uow.session.scalars(
            sa.select(Memo)
            .where(Memo.batch_id == batch_id, uow.scope.clause(Memo.tenant), sent_here(uow))
            .order_by(Memo.tenant, Memo.office)
        )
    )
    if not rows:
        raise NotFound
    return (await _batches(uow, 1, batch_id))[0], await _views(uow, rows, mine=False)


async def batch_of(uow: UnitOfWork, memo_id: UUID) -> UUID:
    """Return to which sending of the acting office a row belongs; raises NotFound."""
    found = await uow.session.scalar(
        sa.select(Memo.batch_id).where(Memo.id == memo_id, uow.scope.clause(Memo.tenant), sent_here(uow))
    )
    if found is None:
        raise NotFound
    return found


async def waiting(database: Database, principal: Principal) -> int:
    """Return for how many rows it is this office's turn: the number in the menu."""
    office = offices.office_of(principal.acting.role)
    if not office:
        return 0
    post = principal.acting
    async with database.begin(principal.actor(), Scope(trees=(post.path,)), read_only=True) as uow:
        rows = await uow.fetch(_WAITING, post.path, office)
    return int(rows[0]["n"])


async def _batches(uow: UnitOfWork, limit: int, only: UUID | None = None) -> list[BatchView]:
    def count(test: Any) -> Any:
        return sa.func.count().filter(test)

    read = sa.exists().where(MemoRead.memo_id == Memo.id)
    test = sent_here(uow) if only is None else sa.and_(sent_here(uow), Memo.batch_id == only)
    rows = await uow.execute(
        sa.select(
            Memo.batch_id,
            sa.func.min(Memo.kind), sa.func.min(Memo.title), sa.func.min(Memo.sender), sa.func.min(Memo.sent_at),
            sa.func.max(Memo.due_at), sa.func.count(), count(read), count(Memo.signed_at.is_not(None)),
            count(Memo.state == "M_ANSWERED"), count(Memo.state.in_(("M_NOTED", "M_CLOSED"))),
            count(sa.and_(Memo.overdue_at.is_not(None), Memo.state.in_(OPEN))),
        )
        .where(uow.scope.clause(Memo.tenant), test)
        .group_by(Memo.batch_id)
        .order_by(sa.func.min(Memo.sent_at).desc(), Memo.batch_id)
        .limit(limit)
    )  # fmt: skip
    return [
        BatchView(
            batch_id=row[0], kind=row[1], title=row[2], sender=row[3], sent_at=row[4], due_at=row[5], sent=row[6],
            read=row[7], signed=row[8], answered=row[9], closed=row[10], overdue=row[11],
        )
        for row in rows
    ]  # fmt: skip


async def _views(uow: UnitOfWork, rows: Sequence[Memo], *, mine: bool) -> list[MemoView]:
    ids = [row.id for row in rows]
    reads: dict[UUID, list[MemoRead]] = {i: [] for i in ids}
    words: dict[UUID, list[MemoWord]] = {i: [] for i in ids}
    if ids:
        for read in await uow.session.scalars(
            sa.select(MemoRead).where(MemoRead.memo_id.in_(ids)).order_by(MemoRead.read_at)
        ):
            reads[read.memo_id].append(read)
        for word in await uow.session.scalars(
            sa.select(MemoWord).where(MemoWord.memo_id.in_(ids)).order_by(MemoWord.said_at, MemoWord.id)
        ):
            words[word.memo_id].append(word)
    nodes = await uow.execute(sa.select(Node.path, Node.name).where(Node.path.in_({row.tenant for row in rows})))
    names: dict[str, str] = {node.path: node.name for node in nodes}
    return [_view(uow, row, names.get(row.tenant, ""), reads[row.id], words[row.id], mine=mine) for row in rows]


def _view(
    uow: UnitOfWork, row: Memo, node: str, reads: list[MemoRead], words: list[MemoWord], *, mine: bool
) -> MemoView:
    steps = _MINE if mine else _THEIRS
    allowed = [e for e in steps if MEMO.find(row.state, e)]
    if mine:
        allowed = [e for e in allowed if (e == "note") == (row.kind == "notice")]
    answered_late = row.answered_at is not None and row.due_at is not None and row.answered_at >= row.due_at
    return MemoView(
        id=row.id, batch_id=row.batch_id, kind=row.kind, to=offices.named(node, row.office), tenant=row.tenant,
        sender=row.sender, title=row.title, body=row.body, state=row.state, sent_at=row.sent_at, due_at=row.due_at,
        signed_at=row.signed_at, signed_by=row.signed_by, answered_at=row.answered_at, overdue_at=row.overdue_at,
        late=row.overdue_at is not None or answered_late,
        read_by_me=any(r.staff_id == uow.actor.id for r in reads),
        reads=[ReadView(r.name, r.read_at) for r in reads],
        words=[WordView(w.kind, w.words, w.name, w.said_at) for w in words],
        allowed=allowed,
    )  # fmt: skip


def state_words(view: MemoView) -> str:
    """Return how an office stands, as the table of receipts says it."""
    if view.overdue_at is not None and view.state in OPEN:
        return f"逾期，{MEMO.labels[view.state]}"
    return MEMO.labels[view.state] + ("（逾期后回复）" if view.late and view.answered_at else "")


def sheet(found: BatchView, rows: Sequence[MemoView]) -> list[list[str]]:
    """Return the table of receipts as rows for a workbook."""
    table = [
        ["标题", found.title],
        ["种类", KINDS[found.kind]],
        ["发出", _at(found.sent_at)],
        [],
        ["单位", "谁看过", "签收人", "签收时间", "截止", "回复时间", "情况", "最近的回复"],
    ]
    for row in rows:
        answers = [w.words for w in row.words if w.kind == "answer"]
        table.append(
            [
                row.to,
                "、".join(f"{r.name} {_at(r.read_at)}" for r in row.reads),
                row.signed_by,
                _at(row.signed_at),
                last_day(row.due_at),
                _at(row.answered_at),
                state_words(row),
                answers[-1] if answers else "",
            ]
        )
    return table


def last_day(due_at: datetime | None) -> str:
    """Return the day on which something is due; a deadline at 24:00 belongs to the day that ends there."""
    if due_at is None:
        return ""
    return f"{clock.business_date(due_at - _TICK):%Y-%m-%d}"


def _at(moment: datetime | None) -> str:
    return "" if moment is None else f"{clock.shanghai(moment):%Y-%m-%d %H:%M}"
