"""The contract is made (transition 20): one hash binds the parties, the terms in force and both confirmations (invariant 6)."""

from __future__ import annotations

import hashlib
from uuid import UUID

from linggong.kernel import reading
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.events import canonical
from linggong.work import attend, common, gates
from linggong.work.machines import ENGAGEMENT
from linggong.work.models import Assignment, Engagement

_SIGNED = "SET state = 'A_CONTRACTED' WHERE engagement_id = $1 AND state = 'A_CONFIRMED'"


def contract_hash(row: Engagement) -> bytes:
    """Return the hash that binds the parties, the terms in force and both confirmations (invariant 6)."""
    text = canonical(
        {
            "engagement": row.id,
            "order": row.order_id,
            "worker": row.worker_id,
            "employer": row.employer_id,
            "terms": (row.terms_hash or b"").hex(),
            "worker_confirmed_at": row.worker_confirmed_at and row.worker_confirmed_at.isoformat(),
            "worker_confirmed_by": row.worker_confirmed_by,
            "employer_confirmed_at": row.employer_confirmed_at and row.employer_confirmed_at.isoformat(),
            "employer_confirmed_by": row.employer_confirmed_by,
        }
    )
    return hashlib.sha256(text.encode()).digest()


async def contract(uow: UnitOfWork, engagement_id: UUID) -> Engagement:
    """Sign for all shifts at once (20, ruling 1): the hash binds terms, parties and both confirmations.

    At the gate it happens while the worker has arrived already (ruling 4).
    """
    row = await common.engagement(uow, engagement_id)
    ENGAGEMENT.step(row.state, "contract", common.hand(uow))
    await gates.pass_contract(uow, row)
    return await contracted(uow, row)


async def contracted(uow: UnitOfWork, row: Engagement) -> Engagement:
    """Make 20 on a locked engagement of which every gate was asked in this transaction."""
    made = ENGAGEMENT.step(row.state, "contract", common.hand(uow))
    if row.terms_hash is None or row.worker_confirmed_at is None or row.employer_confirmed_at is None:
        raise Conflict("双方还没有都确认价格，不能签约。")
    row.contract_hash = contract_hash(row)
    row.state, row.contracted_at = made.target, uow.now
    signed = await reading.changed(uow, Assignment, _SIGNED, row.id)
    also = [common.moved("assignment", shift.id, "A_CONFIRMED", "A_CONTRACTED") for shift in signed]
    waiting = await reading.many(uow, Assignment, "WHERE engagement_id = $1 AND state = 'A_ARRIVED'", row.id)
    for shift in waiting:
        # The start passed him by while the contract was missing; nobody else may have to press a button for his pay.
        await attend.start_when_due(uow, shift)
    await common.tell(uow, row, row.id, "engagement.contracted", made, also=also, contract_hash=row.contract_hash.hex())
    return row
