"""The journal of obligations, double entry: who owes what to whom, what is held aside, what was paid. Append-only.

A debit is positive. `employer_owes` is what is open and undisputed, `worker_owed` (a credit) what the worker has earned,
`held` what disputes hold aside, `paid` what came. Each entry sums to 0, and the sums of a bill's postings are the bill:
the database checks both at the end of every transaction.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.ids import new_id
from linggong.wages.journal_models import ACCOUNTS, Posting
from linggong.wages.models import Bill

# An entry with its legs, in one statement: every bill and every answered payment writes one.
_POST = """
WITH entry AS (
  INSERT INTO journal_entries (id, bill_id, cause, payment_id, case_id, at, order_id, tenant, via, worker_id, employer_id)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11))
INSERT INTO postings (id, entry_id, bill_id, account, amount_fen, order_id, tenant, via, worker_id, employer_id)
SELECT leg.id, $1, $2, leg.account, leg.fen, $7, $8, $9, $10, $11
FROM unnest($12::uuid[], $13::text[], $14::bigint[]) leg (id, account, fen)"""


async def post(
    uow: UnitOfWork,
    bill: Bill,
    cause: str,
    moves: dict[str, int],
    *,
    payment_id: UUID | None = None,
    case_id: UUID | None = None,
) -> None:
    """Write one entry; `moves` gives fen by account. An entry that moves nothing is not written.

    Raises ValueError for an unknown account or moves that do not balance: a fault of ours, never of a user.
    """
    legs = {account: fen for account, fen in moves.items() if fen}
    if not legs:
        return
    if sum(legs.values()) or not legs.keys() <= set(ACCOUNTS):
        raise ValueError(f"an entry that does not balance: {moves}")
    if uow.session.new:
        await uow.flush()
    await uow.fetch(
        _POST, new_id(), bill.id, cause, payment_id, case_id, uow.now, bill.order_id, bill.tenant, bill.via, bill.worker_id,
        bill.employer_id, [new_id() for _ in legs], list(legs), list(legs.values()),
    )  # fmt: skip


def sides_of(bill: Bill) -> dict[str, object]:
    """Return the two-sided columns of whatever hangs on a bill."""
    return {
        "order_id": bill.order_id,
        "tenant": bill.tenant,
        "via": bill.via,
        "worker_id": bill.worker_id,
        "employer_id": bill.employer_id,
    }


async def sums(uow: UnitOfWork, bill_id: UUID) -> dict[str, int]:
    """Return the sum of each account of a bill: what a replay of its journal gives."""
    rows = await uow.execute(
        sa.select(Posting.account, sa.func.sum(Posting.amount_fen))
        .where(Posting.bill_id == bill_id)
        .group_by(Posting.account)
    )
    return dict.fromkeys(ACCOUNTS, 0) | {row[0]: int(row[1]) for row in rows}
