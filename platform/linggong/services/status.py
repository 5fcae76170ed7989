"""How far a matter is, for whoever holds its receipt: on paper with its four digits, without an account; by text message."""

from __future__ import annotations

from datetime import datetime
from hmac import compare_digest
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.people.text import typed_code
from linggong.services import codes
from linggong.services.models import ServiceEntry


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What the receipt opens: no name and no number of anybody."""

    trace_code: str
    item: str
    state: str
    state_words: str
    happened_at: datetime
    due_at: datetime | None
    missing: list[str]
    referred_to: str
    outcome: str


async def look_up(uow: UnitOfWork, sealer: Sealer, code: str, digits: str) -> Status:
    """Return a matter by its receipt and the slip's digits, or the last four of the telephone that was left.

    A wrong number and wrong digits are answered alike (NotFound). The caller counts tries by address.
    """
    row = await uow.session.scalar(sa.select(ServiceEntry).where(ServiceEntry.trace_code == typed_code(code)))
    typed = typed_code(digits)
    if row is None or len(typed) != 4:
        raise NotFound
    known = [row.digits]
    if row.phone_sealed is not None:
        known.append(sealer.open(row.phone_sealed, f"service_entries.phone_sealed.{row.id}")[-4:])
    if not any(compare_digest(typed.encode(), one.encode()) for one in known):
        raise NotFound
    over = row.state not in codes.OPEN_STATES
    return Status(
        trace_code=row.trace_code, item=row.item_name, state=row.state, state_words=codes.STATES[row.state],
        happened_at=row.happened_at, due_at=None if over or row.state == "waiting" else row.due_at,
        missing=list(row.missing), referred_to=row.referred_to, outcome=row.outcome,
    )  # fmt: skip


async def spoken(uow: UnitOfWork, person_ids: list[UUID]) -> str:
    """Return in one line how far the latest matters of people are, for a text message; '' without any."""
    rows = await uow.session.scalars(
        sa.select(ServiceEntry)
        .where(ServiceEntry.worker_id.in_(person_ids))
        .order_by(ServiceEntry.happened_at.desc(), ServiceEntry.id)
        .limit(2)
    )
    return "；".join(_short(row) for row in rows)


def _short(row: ServiceEntry) -> str:
    words = f"{row.item_name}{codes.STATES[row.state]}"
    if row.state == "waiting":
        return f"{row.item_name}还缺{'、'.join(row.missing)}"
    if row.state in ("open", "referred"):
        at = clock.shanghai(row.due_at)
        return f"{words}，{at.month}月{at.day}日前"
    return words
