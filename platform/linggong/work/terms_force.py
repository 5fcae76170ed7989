"""Putting changed terms in force for an order: for whoever comes later, for whoever was asked, and for the order's clock."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.events import canonical
from linggong.kernel.ids import new_id
from linggong.kernel.timers import Timer
from linggong.market import happenings, queries
from linggong.market.models import Order, TermsVersion
from linggong.work import common, eligibility, telling, terms_values
from linggong.work.machines import AGREED, ENGAGEMENT
from linggong.work.models import Assignment, Engagement
from linggong.work.terms_models import TermsChange

FOLLOW_TIMER = "t.terms.follow"


async def revise(
    uow: UnitOfWork, order: Order, terms: TermsVersion, kind: str, values: dict[str, Any], words: str
) -> None:
    """Put new terms in force for whoever comes later; nobody who is bound is touched."""
    version = order.terms_version + 1
    latest = await uow.session.scalar(
        sa.select(sa.func.max(TermsVersion.version)).where(TermsVersion.order_id == order.id)
    )
    version = max(version, int(latest or 0) + 1)
    body = canonical(terms_values.applied(msgspec.json.decode(terms.body), kind, values, version, None))
    done = await uow.session.scalar(
        sa.text("SELECT revise_terms(:o, :id, :v, :b, :h, :kind, CAST(:values AS jsonb), :now)"),
        {
            "o": order.id,
            "id": new_id(),
            "v": version,
            "b": body,
            "h": hashlib.sha256(body.encode()).digest(),
            "kind": kind,
            "values": msgspec.json.encode(values).decode(),
            "now": uow.now,
        },
    )
    if not done:
        raise Conflict("刚刚有别的改动，请刷新后再改一次。")
    await uow.session.refresh(order)
    await happenings.tell(uow, order, "order.terms_revised", kind=kind, changes=values, words=words)
    await follow(uow, order)
    await happenings.derived(uow, order)


async def follow_soon(uow: UnitOfWork, change: TermsChange) -> None:
    """Let the order's own clock follow new terms, by the system: a worker who agrees may not move the order's timers."""
    await timers.set_timer(
        uow,
        subject_id=change.id,
        region="terms",
        key=FOLLOW_TIMER,
        due_at=uow.now,
        tenant=change.tenant,
        via=change.via,
        person_id=change.worker_id,
        employer_id=change.employer_id,
    )


async def on_follow_due(uow: UnitOfWork, timer: Timer) -> None:
    """Let the order's timers and its queue follow changed terms."""
    change = await uow.session.get(TermsChange, timer.subject_id)
    if change is not None:
        await follow(uow, await queries.order(uow, change.order_id, lock=True))


async def _ask_anew(uow: UnitOfWork, order: Order) -> None:
    """Whoever was asked under the old terms is asked again under the new ones, which the employer has proposed (17)."""
    terms = await common.latest_terms(uow, order.id)
    asked = await uow.session.scalars(
        sa.select(Engagement)
        .where(Engagement.order_id == order.id, Engagement.state == "A_OFFERED", Engagement.terms_hash != terms.hash)
        .order_by(Engagement.id)
        .with_for_update(key_share=True)
    )
    for row in asked:
        made = ENGAGEMENT.step(row.state, "ask_anew", "S")
        row.terms_version, row.terms_hash, row.offered_at = terms.version, terms.hash, uow.now
        row.employer_confirmed_at = uow.now
        due = await common.answer_by(uow, row, await common.post_of(uow, order.id))
        await common.set_timer(uow, row, common.OFFER_TIMER, due)
        await common.tell(uow, row, row.id, "engagement.offered", made, terms_version=terms.version, anew=True)
        await telling.worker(uow, row, "terms_changed", f"“{order.title}”的约定改过了，请打开看新的，再点头。")


async def follow(uow: UnitOfWork, order: Order) -> None:
    """Set the order's deadlines by its present start, and let those who wait be asked when there are more places."""
    await happenings.keep_time(uow, order)
    await _ask_anew(uow, order)
    await timers.set_timer(
        uow,
        subject_id=order.id,
        region="queue",
        key="t.queue",
        due_at=uow.now,
        tenant=order.tenant,
        employer_id=order.employer_id,
    )


async def bind_hours(uow: UnitOfWork, row: Engagement, change: TermsChange, shift: Assignment | None) -> None:
    """Let the worker's shifts follow agreed hours; raises Conflict when he has another job then (invariant 4)."""
    if change.kind == "overtime" and shift is not None:
        shift.overtime_until = datetime.fromisoformat(change.changes["until"])
    if change.kind != "time":
        return
    own = (
        await uow.session.scalars(
            sa.select(Assignment)
            .where(Assignment.engagement_id == row.id, Assignment.state.in_(AGREED))
            .order_by(Assignment.starts_at)
        )
    ).all()
    agreed = msgspec.json.decode((await common.agreed_terms(uow, row)).body)["shifts"]
    for assignment, new in zip(own, agreed[-len(own) :] if own else [], strict=True):
        assignment.starts_at = datetime.fromisoformat(new["starts_at"])
        assignment.ends_at = datetime.fromisoformat(new["ends_at"])
        assignment.work_date = datetime.fromisoformat(new["date"]).date()
    try:
        await uow.flush()
    except sa.exc.IntegrityError as error:
        raise eligibility.no_time(error) or error from error
