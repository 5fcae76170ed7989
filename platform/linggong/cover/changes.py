"""Other hours or another place were agreed (25): policies follow them, and until the insurer has said so the old one is what holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from linggong.cover import enrolment, queries
from linggong.cover.models import CoverPolicy, CoverProduct
from linggong.kernel import outbox
from linggong.kernel.db import UnitOfWork
from linggong.kernel.outbox import OutsideCall
from linggong.work import common
from linggong.work.machines import HOLDING
from linggong.work.models import Assignment, Engagement


async def follow(uow: UnitOfWork, engagement_id: UUID) -> None:
    """Ask the insurer to let an engagement's live policies cover the hours and the place that are agreed now.

    What was not asked yet is asked with the new ones; a policy that covers them already stays as it is.
    """
    latest = sa.func.coalesce(Assignment.overtime_until, Assignment.ends_at)
    first, last = (
        await uow.execute(
            sa.select(sa.func.min(Assignment.starts_at), sa.func.max(latest)).where(
                Assignment.engagement_id == engagement_id, Assignment.state.in_(HOLDING)
            )
        )
    ).one()
    if first is None:
        return
    row = await uow.session.get(Engagement, engagement_id)
    if row is None:
        return
    place = await queries.place_of(uow, row)
    rows = await uow.execute(
        sa.select(CoverPolicy, CoverProduct)
        .join(CoverProduct, CoverProduct.id == CoverPolicy.product_id)
        .where(CoverPolicy.engagement_id == engagement_id, CoverPolicy.state.in_(("pending", "active")))
        .order_by(CoverPolicy.id)
    )
    for policy, product in rows.all():
        starts = max(first - timedelta(minutes=product.before_minutes), uow.now)
        if policy.effective_at is not None and policy.effective_at <= uow.now:
            starts = policy.starts_at
        ends = last + timedelta(minutes=product.after_minutes)
        await _ask(uow, policy, starts, ends, first, last, place)


async def _ask(
    uow: UnitOfWork,
    policy: CoverPolicy,
    starts: datetime,
    ends: datetime,
    first: datetime,
    last: datetime,
    place: str,
) -> None:
    same_hours = policy.starts_at <= first and last <= policy.ends_at <= ends
    if same_hours and policy.place == place:
        return
    if same_hours:
        starts, ends = policy.starts_at, policy.ends_at
    if policy.state == "pending":
        # In the air with the old hours: its answer leads back here.
        if await _still_queued(uow, policy.id):
            policy.starts_at, policy.ends_at, policy.place = starts, ends, place
            await uow.flush()
        return
    await outbox.drop(uow, policy.id, "change")
    await enrolment.call(uow, policy, "change", starts_at=starts.isoformat(), ends_at=ends.isoformat(), place=place)


async def _still_queued(uow: UnitOfWork, policy_id: UUID) -> bool:
    """Tell whether the request was never in the air; it is locked, so that nobody sends it meanwhile."""
    found = await uow.session.scalar(
        sa.select(OutsideCall.id)
        .where(OutsideCall.subject_id == policy_id, OutsideCall.kind == "enrol", OutsideCall.state == "queued")
        .with_for_update()
    )
    return found is not None


async def answered(uow: UnitOfWork, policy: CoverPolicy, call: OutsideCall, holds: datetime | None) -> None:
    """Take the insurer's word on other hours; only the latest change counts."""
    newer = await uow.session.scalar(
        sa.select(
            sa.exists().where(
                OutsideCall.subject_id == policy.id,
                OutsideCall.kind == "change",
                OutsideCall.created_at > call.created_at,
            )
        )
    )
    if newer or policy.state != "active":
        return
    body = {
        "engagement": str(policy.engagement_id),
        "starts_at": call.payload["starts_at"],
        "ends_at": call.payload["ends_at"],
        "place": call.payload.get("place", policy.place),
    }
    if holds is None:
        await common.tell(uow, policy, policy.id, "cover.change_refused", None, **body)
        row = await common.engagement(uow, policy.engagement_id)
        what = "地点" if body["place"] != policy.place else "时间"
        await enrolment.say(
            uow, row, "cover_change", f"改了{what}，保险公司没同意跟着改。新的{what}可能没有保险，请打电话问驿站再去。"
        )
        return
    began = policy.effective_at is not None and policy.effective_at <= uow.now
    policy.starts_at = datetime.fromisoformat(call.payload["starts_at"])
    policy.ends_at = datetime.fromisoformat(call.payload["ends_at"])
    policy.place = str(body["place"])
    if not began:
        policy.effective_at = holds
    await uow.flush()
    await common.tell(uow, policy, policy.id, "cover.changed", None, **body)
