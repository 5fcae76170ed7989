"""Single witness: one clerk stood for both sides of a step, so another one calls a side back within 24 hours.

Until then the engagement is marked; a call in which the side denies the step is kept as such and stays marked.
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.ids import new_id
from linggong.work import common
from linggong.work.models import Engagement
from linggong.work.witness_models import CallBack


class Consent(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How somebody for whom staff act said yes: the photo of a signed slip, who read the terms out to him and what he said."""

    slip: str = ""
    """Reference of the photo."""
    read_out: str = ""

    def told(self) -> dict[str, Any]:
        """Return what the event keeps."""
        return {"slip": self.slip[:100], "read_out": self.read_out.strip()[:200]}


def consent_of(uow: UnitOfWork, consent: Consent | None) -> dict[str, Any]:
    """Return the evidence as part of an event's body; only staff need any."""
    if consent is None or uow.actor.kind != "staff" or not (consent.slip or consent.read_out):
        return {}
    return {"consent": consent.told()}


def both_sides(uow: UnitOfWork, one: str | None, other: str | None) -> bool:
    """Tell whether this member of staff stood for both sides of a step (values of `common.said_by`)."""
    return uow.actor.kind == "staff" and one is not None and one == other


async def owe(uow: UnitOfWork, row: Engagement, step: str, subject_id: UUID, *, by: UUID | None = None) -> None:
    """Mark a step as single-witness and owe a call-back within `consent.proxy_callback`; `by` is who spoke alone (a leader)."""
    within = (await common.span(uow, row.tenant, "consent.proxy_callback"))["consent.proxy_callback"]
    row.single_witness = True
    uow.session.add(
        CallBack(
            id=new_id(),
            order_id=row.order_id,
            tenant=row.tenant,
            via=row.via,
            worker_id=row.worker_id,
            employer_id=row.employer_id,
            engagement_id=row.id,
            subject_id=subject_id,
            step=step,
            staff_id=by or uow.actor.id,
            created_at=uow.now,
            due_at=uow.now + within,
        )
    )
    await common.set_timer(uow, row, common.CALL_BACK_TIMER, uow.now + within)


async def own_word(uow: UnitOfWork, row: Engagement, step: str, subject_id: UUID, *, agree: bool) -> None:
    """The worker himself says whether a step for which somebody else spoke alone is so; nobody needs to call him about it."""
    owed = await uow.session.scalar(
        sa.select(CallBack)
        .where(CallBack.subject_id == subject_id, CallBack.step == step, CallBack.done_at.is_(None))
        .with_for_update(key_share=True)
    )
    if owed is not None:
        owed.reached, owed.outcome, owed.note = "worker", "agreed" if agree else "denied", "本人自己说的"
        owed.done_at, owed.done_by = uow.now, uow.actor.id
        await uow.flush()
    if not agree:
        row.single_witness = True
        return
    left = await uow.session.scalar(
        sa.select(
            sa.exists().where(
                CallBack.engagement_id == row.id, sa.or_(CallBack.done_at.is_(None), CallBack.outcome == "denied")
            )
        )
    )
    if not left:
        row.single_witness = False
        await timers.cancel_timers(uow, row.id, common.CALL_BACK_TIMER)


async def call_back(
    uow: UnitOfWork, engagement_id: UUID, *, reached: Literal["worker", "employer"], note: str, denied: bool = False
) -> Engagement:
    """Note that one side was called back about the steps for which one clerk stood on both sides.

    Another member of staff calls: nobody vouches for his own entry (invariant 13). When the side agrees, the mark is
    cleared; when it denies, it stays, and the record says so. Raises Invalid without a note, Conflict, NotFound.
    """
    row = await common.engagement(uow, engagement_id)
    owed = (
        await uow.session.scalars(
            sa.select(CallBack)
            .where(CallBack.engagement_id == row.id, CallBack.done_at.is_(None))
            .with_for_update(key_share=True)
        )
    ).all()
    if not owed:
        raise Conflict("这一步不用回访，或者已经回访过了。")
    hands = {uow.actor.id, uow.actor.on_behalf_of}
    if any(one.staff_id in hands for one in owed):
        raise Conflict("双方都是您代办的，请另一位工作人员来回访。")
    if not note.strip():
        raise Invalid([Fault("note", "请写下回访时对方怎么说的。", "required")])
    for one in owed:
        one.reached, one.outcome, one.note = reached, "denied" if denied else "agreed", note.strip()[:200]
        one.done_at, one.done_by = uow.now, uow.actor.id
    row.single_witness = denied
    await timers.cancel_timers(uow, row.id, common.CALL_BACK_TIMER)
    await common.tell(
        uow,
        row,
        row.id,
        "engagement.called_back",
        None,
        reached=reached,
        outcome="denied" if denied else "agreed",
        steps=[one.step for one in owed],
        note=note.strip()[:200],
    )
    return row
