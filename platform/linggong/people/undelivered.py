"""Texts that could not be delivered: why, and sent again when the reason is gone (a number was entered, a line came back)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.events import NewEvent
from linggong.people.notice_models import Notice

LISTED_FOR: Final = timedelta(days=30)
SIDES: Final = {"worker": "零工", "employer": "雇主", "claimant": "反映人"}


class Undelivered(msgspec.Struct, frozen=True, kw_only=True):
    """A text that reached nobody, without its words and without whom it was for."""

    id: UUID
    kind: str
    side: str
    side_words: str
    tenant: str
    error: str
    tries: int
    created_at: datetime
    called: bool
    """It stands on the station's call list."""


async def dead(uow: UnitOfWork, *, limit: int = 100) -> list[Undelivered]:
    """Return what reached nobody inside the scope in the last thirty days, the latest first."""
    rows = await uow.session.scalars(
        sa.select(Notice)
        .where(uow.scope.clause(Notice.tenant), Notice.state == "unreached", Notice.created_at > uow.now - LISTED_FOR)
        .order_by(Notice.created_at.desc(), Notice.id)
        .limit(limit)
    )
    return [_view(row) for row in rows]


async def resend(uow: UnitOfWork, notice_id: UUID) -> Undelivered:
    """Put a text that reached nobody on its way again. Raises Conflict for one that is under way or arrived, NotFound."""
    row = await uow.session.scalar(
        sa.select(Notice).where(Notice.id == notice_id, uow.scope.clause(Notice.tenant)).with_for_update(key_share=True)
    )
    if row is None:
        raise NotFound
    if row.state != "unreached":
        raise Conflict("这条已经在发，或者已经通知到了。")
    row.state, row.requeued_at, row.error, row.settled_at, row.settled_how = "queued", uow.now, "", None, ""
    await uow.flush()
    await uow.emit(
        NewEvent(
            type="notice.resent", chain=f"notice:{row.id}", subject_id=row.id, tenant=row.tenant, person_id=row.person_id,
            employer_id=row.employer_id, body={"kind": row.kind, "about": str(row.subject_id)},
        )
    )  # fmt: skip
    return _view(row)


def _view(row: Notice) -> Undelivered:
    return Undelivered(
        id=row.id, kind=row.kind, side=row.to_side, side_words=SIDES[row.to_side], tenant=row.tenant, error=row.error,
        tries=row.tries, created_at=row.created_at, called=row.call_wanted,
    )  # fmt: skip
