"""Calls to outside systems as an administrator sees them: what is under way, what did not arrive, what was contradicted."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import outbox
from linggong.kernel.db import UnitOfWork
from linggong.kernel.outbox import OutsideCall
from linggong.kernel.paging import Page, decode_cursor, encode_cursor

View = Literal["dead", "open", "contradicted", "answered"]
STATE_WORDS = {
    "queued": "排队待发", "sent": "已发，等回复", "failed": "没发成，稍后再发", "answered": "已回复", "dead": "多次没发成", "dropped": "已撤回",
}  # fmt: skip
_VIEWS: dict[str, sa.ColumnElement[bool]] = {
    "dead": OutsideCall.state == "dead",
    "open": OutsideCall.state.in_(outbox.OPEN),
    "contradicted": OutsideCall.contradiction.is_not(None),
    "answered": OutsideCall.state == "answered",
}


class CallView(msgspec.Struct, frozen=True, kw_only=True):
    """One call, without personal data."""

    id: UUID
    system: str
    system_words: str
    kind: str
    subject_id: UUID
    tenant: str
    state: str
    state_words: str
    attempts: int
    resent: int
    last_error: str
    contradicted: bool
    created_at: datetime
    next_at: datetime
    answered_at: datetime | None


class Counts(msgspec.Struct, frozen=True):
    """How many calls there are of each view."""

    dead: int
    open: int
    contradicted: int


async def calls(uow: UnitOfWork, view: View, *, cursor: str | None = None, limit: int = 50) -> Page[CallView]:
    """Return the calls of a view inside the scope, newest first. Raises Invalid for a cursor of another list."""
    conditions = [uow.scope.clause(OutsideCall.tenant), _VIEWS[view]]
    if cursor:
        at, call_id = decode_cursor(cursor, datetime, UUID)
        conditions.append(sa.tuple_(OutsideCall.created_at, OutsideCall.id) < sa.tuple_(at, call_id))
    rows = (
        await uow.session.scalars(
            sa.select(OutsideCall)
            .where(*conditions)
            .order_by(OutsideCall.created_at.desc(), OutsideCall.id.desc())
            .limit(limit + 1)
        )
    ).all()
    shown = rows[:limit]
    following = encode_cursor(shown[-1].created_at.isoformat(), str(shown[-1].id)) if len(rows) > limit else None
    return Page(items=[view_of(row) for row in shown], next=following)


async def counts(uow: UnitOfWork) -> Counts:
    """Return how many calls inside the scope wait for a person, and how many are under way."""
    found = (
        await uow.execute(
            sa.select(*(sa.func.count().filter(_VIEWS[name]) for name in ("dead", "open", "contradicted"))).where(
                uow.scope.clause(OutsideCall.tenant),
                sa.or_(OutsideCall.state != "answered", OutsideCall.contradiction.is_not(None)),
            )
        )
    ).one()
    return Counts(*found)


def view_of(row: OutsideCall) -> CallView:
    """Return a call as it is shown."""
    return CallView(
        id=row.id,
        system=row.system,
        system_words=outbox.system_words().get(row.system, row.system),
        kind=row.kind,
        subject_id=row.subject_id,
        tenant=row.tenant,
        state=row.state,
        state_words=STATE_WORDS[row.state],
        attempts=row.attempts,
        resent=row.resent,
        last_error=row.last_error,
        contradicted=row.contradiction is not None,
        created_at=row.created_at,
        next_at=row.next_at,
        answered_at=row.answered_at,
    )
