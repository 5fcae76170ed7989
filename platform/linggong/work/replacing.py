"""Somebody in his place (28): proposed by the worker or his leader, accepted by the employer, entered by the new one himself.

The old one keeps his place until the new one has confirmed; then they change in one step. Nobody is replaced against his
will: he consents, or has not come (ruling 12).
"""

from __future__ import annotations

import secrets
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.ids import new_id
from linggong.work import common, engage, witness
from linggong.work.machines import AGREED, ENGAGEMENT
from linggong.work.models import Assignment, Engagement
from linggong.work.replacement_models import Replacement

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
BEGUN = ("A_ARRIVED", "A_WORKING", "A_PAUSED", "A_FINISHED", "A_ACCEPTED")


class ReplacementView(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange as its sides see it; the code is for whoever proposed it."""

    id: UUID
    engagement_id: UUID
    code: str
    reason: str
    consented: bool
    new_engagement_id: UUID | None
    accepted: bool
    outcome: str | None


async def propose(uow: UnitOfWork, engagement_id: UUID, *, reason: str = "") -> Replacement:
    """Offer somebody in one's place, or in a crew member's: returns the code by which the new one enters himself.

    Raises Conflict when it is not agreed yet, work has begun, or another exchange is open; NotFound.
    """
    row = await common.engagement(uow, engagement_id)
    hand = common.hand(uow, row)
    ENGAGEMENT.step(row.state, "replace", hand)
    if hand == "E":
        raise Conflict("替工由零工或班组长提出。不要这个人了，请点“不用他了”。")
    await _not_begun(uow, row)
    if await uow.session.scalar(
        sa.select(Replacement.id).where(Replacement.engagement_id == row.id, Replacement.ended_at.is_(None))
    ):
        raise Conflict("已经在找替工了，请用原来的替工码。")
    one = Replacement(
        id=new_id(),
        order_id=row.order_id,
        tenant=row.tenant,
        via=row.via,
        worker_id=row.worker_id,
        employer_id=row.employer_id,
        engagement_id=row.id,
        leader_id=row.leader_id,
        code="".join(secrets.choice(_LETTERS) for _ in range(8)),
        reason=reason.strip()[:200],
        proposed_by="leader" if hand == "L" else common.said_by(uow),
        proposed_at=uow.now,
        consented_at=None if hand == "L" else uow.now,
    )
    uow.session.add(one)
    await uow.flush()
    await common.tell(uow, one, one.id, "replacement.proposed", None, engagement=str(row.id), by=one.proposed_by)
    return one


async def consent(uow: UnitOfWork, replacement_id: UUID) -> Replacement:
    """The worker whom his leader would replace agrees (ruling 12). Raises Conflict, NotFound."""
    one, row = await _open(uow, replacement_id)
    if common.hand(uow, row) not in ("W", "C", "O"):
        raise Conflict("要他本人同意，或由驿站代他说。")
    one.consented_at = uow.now
    await common.tell(uow, one, one.id, "replacement.consented", None, engagement=str(row.id), by=common.said_by(uow))
    return one


async def enter(uow: UnitOfWork, code: str, *, worker_id: UUID | None = None) -> Engagement:
    """The new one enters himself by the code (12): he need not find a free place. Raises NotFound, what `apply` raises."""
    found = (
        await uow.execute(
            sa.text("SELECT id, order_id FROM replacement_by_code(:code)"), {"code": code.strip().upper()}
        )
    ).one()
    if found.id is None:
        raise NotFound
    return await engage.apply(uow, found.order_id, worker_id=worker_id, replacement_id=found.id)


async def accept(uow: UnitOfWork, replacement_id: UUID) -> Engagement:
    """The employer's side takes the new one (28): he is asked like anybody it chose (17), and confirms himself (18).

    Raises Conflict before the new one has entered, and before the old one has consented or failed to come; NotFound.
    """
    one, row = await _open(uow, replacement_id)
    if uow.actor.kind not in ("employer", "staff"):
        raise Conflict("换不换人由雇主定。")
    common.for_employer(uow, row)
    if one.new_engagement_id is None:
        raise Conflict("替工还没有报上名，请让他用替工码报名。")
    if one.consented_at is None and not await _did_not_come(uow, row):
        raise Conflict("他本人还没同意换人。请先问他，或等开工半小时他没到再换。")
    new = await engage.offer(uow, one.new_engagement_id, in_place_of=True)
    one.accepted_at, one.accepted_by = uow.now, common.said_by(uow)
    await common.tell(uow, one, one.id, "replacement.accepted", None, engagement=str(row.id), new=str(new.id))
    if witness.both_sides(uow, one.accepted_by, one.proposed_by):
        await witness.owe(uow, row, "28", one.id)
    return new


async def refuse(uow: UnitOfWork, replacement_id: UUID) -> Replacement:
    """The employer does not want the new one, or whoever proposed takes it back: the old one stays. Raises Conflict, NotFound."""
    one, row = await _open(uow, replacement_id)
    one.outcome = "refused" if uow.actor.kind == "employer" else "taken_back"
    one.ended_at = uow.now
    await common.tell(uow, one, one.id, "replacement.ended", None, engagement=str(row.id), outcome=one.outcome)
    return one


async def of_order(uow: UnitOfWork, order_id: UUID) -> list[ReplacementView]:
    """Return the open exchanges of an order, as far as the actor may see them."""
    scope = common.visible_in(uow, Replacement)
    rows = await uow.session.scalars(
        sa.select(Replacement)
        .where(Replacement.order_id == order_id, Replacement.ended_at.is_(None), scope)
        .order_by(Replacement.proposed_at)
    )
    return [view(uow, row) for row in rows]


async def concerns(uow: UnitOfWork, order_id: UUID) -> bool:
    """Tell whether the actor has anything to do with an order's work."""
    own = sa.exists().where(Engagement.order_id == order_id, common.visible_in(uow, Engagement))
    return bool(await uow.session.scalar(sa.select(own)))


def view(uow: UnitOfWork, row: Replacement) -> ReplacementView:
    """Return an exchange; the employer does not see the code."""
    return ReplacementView(
        id=row.id,
        engagement_id=row.engagement_id,
        code="" if uow.actor.kind == "employer" else row.code,
        reason=row.reason,
        consented=row.consented_at is not None,
        new_engagement_id=row.new_engagement_id,
        accepted=row.accepted_at is not None,
        outcome=row.outcome,
    )


async def _open(uow: UnitOfWork, replacement_id: UUID) -> tuple[Replacement, Engagement]:
    one = await uow.session.scalar(
        sa.select(Replacement)
        .where(Replacement.id == replacement_id, common.visible_in(uow, Replacement))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if one is None:
        raise NotFound
    if one.ended_at is not None:
        raise Conflict("这次换人已经办完了。")
    return one, await common.engagement(uow, one.engagement_id)


async def _not_begun(uow: UnitOfWork, row: Engagement) -> None:
    if await uow.session.scalar(
        sa.select(sa.exists().where(Assignment.engagement_id == row.id, Assignment.state.in_(BEGUN)))
    ):
        raise Conflict("已经到岗了，不能换人。")


async def _did_not_come(uow: UnitOfWork, row: Engagement) -> bool:
    grace = (await common.span(uow, row.tenant, "t.arrive_grace.no_show"))["t.arrive_grace.no_show"]
    starts = await uow.session.scalar(
        sa.select(sa.func.min(Assignment.starts_at)).where(
            Assignment.engagement_id == row.id, Assignment.state.in_(AGREED)
        )
    )
    return starts is not None and uow.now >= starts + grace
