"""Both sides at the counter: one step for the clerk, who applies, chooses, confirms and signs for them (12, 17, 18, 20)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.contracts import signing
from linggong.contracts.proofs import Clerk
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.work import common, engage
from linggong.work.models import Engagement


async def hire(uow: UnitOfWork, order_id: UUID, worker_id: UUID, *, proof: Clerk | None = None) -> Engagement:
    """Bring a worker and an order together: both stand at the counter, or are on the telephone.

    The clerk is single witness and owes a call-back; the photo of the signed slip may follow within the day. Where cover
    is still missing the engagement stays confirmed, with both consents; `signing.waits_for` says what it waits for.
    Raises what applying, choosing, confirming and signing raise.
    """
    row = await uow.session.scalar(
        sa.select(Engagement).where(
            Engagement.order_id == order_id, Engagement.worker_id == worker_id, Engagement.state.not_like("X\\_%")
        )
    )
    if row is None:
        row = await engage.apply(uow, order_id, worker_id=worker_id)
    if row.state == "A_INVITED":
        await engage.accept_invitation(uow, row.id)
    if row.state == "A_APPLIED":
        await engage.offer(uow, row.id)
    if row.state == "A_OFFERED":
        await engage.confirm(uow, row.id)
    return await sign_both(uow, row.id, proof=proof)


async def confirm(uow: UnitOfWork, engagement_id: UUID, *, proof: Clerk | None = None) -> Engagement:
    """The clerk says yes for the worker (18) and signs for him; for the employer too where a clerk chose for him.

    An employer who chose on his own phone signs on his own phone.
    """
    row = await engage.confirm(uow, engagement_id)
    if (row.employer_confirmed_by or "").startswith("proxy:") and uow.scope.covers(row.tenant):
        return await sign_both(uow, engagement_id, proof=proof)
    if "worker" in await signing.missing(uow, row):
        row = await signing.sign(uow, engagement_id, side="worker", proof=proof or Clerk())
    return row


async def sign_both(uow: UnitOfWork, engagement_id: UUID, *, proof: Clerk | None = None) -> Engagement:
    """Sign at the counter for whichever side has not signed yet. Raises what `signing.sign` raises."""
    row = await common.engagement(uow, engagement_id)
    if row.state == "A_CONTRACTED":
        raise Conflict("已经签过约了。", state=row.state)
    for side in await signing.missing(uow, row):
        await signing.sign(uow, engagement_id, side=side, proof=proof or Clerk())
    await signing.complete(uow, row)
    return row
