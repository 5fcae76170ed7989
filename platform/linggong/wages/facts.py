"""What stands behind one bill: its journal, and what its wage slip says besides."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.wages import loading
from linggong.wages.journal_models import JournalEntry, Posting
from linggong.wages.models import Bill
from linggong.work.models import Assignment


class JournalView(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the journal: what moved by how many fen; the moves sum to 0."""

    id: UUID
    cause: str
    payment_id: UUID | None
    case_id: UUID | None
    at: datetime
    moves: dict[str, int]


async def journal_of(uow: UnitOfWork, bill_id: UUID) -> list[JournalView]:
    """Return the journal of a bill that the caller may see, the oldest entry first."""
    moves: dict[UUID, dict[str, int]] = defaultdict(dict)
    for leg in await uow.session.scalars(sa.select(Posting).where(Posting.bill_id == bill_id)):
        moves[leg.entry_id][leg.account] = leg.amount_fen
    rows = await uow.session.scalars(
        sa.select(JournalEntry).where(JournalEntry.bill_id == bill_id).order_by(JournalEntry.id)
    )
    return [
        JournalView(id=e.id, cause=e.cause, payment_id=e.payment_id, case_id=e.case_id, at=e.at, moves=moves[e.id])
        for e in rows
    ]


class SlipFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a wage slip says besides the bill."""

    employer_id: UUID
    worker_id: UUID
    tenant: str
    created_at: datetime
    terms_version: int
    minutes: int | None
    quantity: float | None


async def slip_facts(uow: UnitOfWork, bill_id: UUID) -> SlipFacts:
    """Return the facts of a bill's slip. Raises NotFound."""
    row = (
        await uow.execute(
            sa.select(Bill, Assignment.minutes, Assignment.quantity)
            .outerjoin(Assignment, Assignment.id == Bill.assignment_id)
            .where(Bill.id == bill_id, loading.seen(uow, Bill))
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    bill, minutes, quantity = row
    return SlipFacts(
        employer_id=bill.employer_id,
        worker_id=bill.worker_id,
        tenant=bill.tenant,
        created_at=bill.created_at,
        terms_version=bill.terms_version,
        minutes=minutes,
        quantity=quantity,
    )
