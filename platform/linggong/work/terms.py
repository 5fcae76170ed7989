"""Changing what was agreed: proposed by one side, answered by the other, in force only where both said yes (24 to 26, 48)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import canonical
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW, SYSTEM_HAND
from linggong.kernel.timers import Timer
from linggong.market import happenings, queries
from linggong.market.models import TermsVersion
from linggong.people.registration import whole
from linggong.work import common, ending, telling, terms_force, terms_values, witness
from linggong.work.machines import AGREED, TERMS
from linggong.work.models import Assignment, Engagement
from linggong.work.terms_models import TermsChange
from linggong.work.terms_values import BEFORE_WORK, Around, TermsForm
from tenants.service import parameters

Side = Literal["worker", "employer"]
TERMS_TIMER, _ON_SITE = "t.terms", ("A_ARRIVED", "A_WORKING", "A_PAUSED")
_NOT_BEGUN = (*AGREED, "X_REPLACED", "X_WITHDRAWN")


async def propose_to_all(uow: UnitOfWork, order_id: UUID, form: TermsForm) -> list[TermsChange]:
    """The employer's side proposes other terms to everybody on its order (24); each worker answers for himself.

    They are in force for whoever comes later as soon as one agrees; at once where nobody is bound yet, or where only more
    people are wanted. Returns the proposals, [] when none was needed. Raises Invalid, Conflict, NotFound.
    """
    order = await queries.order(uow, order_id, lock=True)
    happenings.expect(order, "O_OPEN", "O_FULL", "O_LOCKED", todo="已经开工的单，请对每个人单独改。")
    if form.kind not in BEFORE_WORK:
        raise Invalid([Fault("kind", "加班、加活请对每个人单独提。", "each")])
    terms = await common.latest_terms(uow, order_id)
    values, words = terms_values.read(form, await _around(uow, order.tenant, terms, confirmed=order.confirmed))
    bound = (
        await uow.session.scalars(
            sa.select(Engagement)
            .where(Engagement.order_id == order_id, Engagement.state.in_(AGREED))
            .order_by(Engagement.id)
            .with_for_update(key_share=True)
        )
    ).all()
    more_people = form.kind == "headcount" and values["headcount"] > order.headcount
    if not bound or more_people:
        await terms_force.revise(uow, order, terms, form.kind, values, words)
        return []
    batch = new_id()
    due = await _due(uow, order.tenant, order.starts_at)
    return [
        await _propose(uow, row, None, "employer", form, values, words, batch=batch, due=due, general=True)
        for row in bound
    ]


async def propose(
    uow: UnitOfWork,
    engagement_id: UUID,
    form: TermsForm,
    *,
    side: Side | None = None,
    assignment_id: UUID | None = None,
) -> TermsChange:
    """One side proposes other terms for this worker alone (24): before the work, or overtime, extra and reduced work on site.

    Staff say for which side. Raises Invalid, Conflict (an open proposal, work has begun, not at work), NotFound.
    """
    row = await common.engagement(uow, engagement_id)
    side = _speaks(uow, row, side)
    if row.state not in AGREED:
        raise Conflict("双方还没有说定，不用改约定。", state=row.state)
    shift = await _shift(uow, row, form, assignment_id)
    terms = await common.agreed_terms(uow, row)
    around = await _around(uow, row.tenant, terms, shift=shift)
    if form.kind == "headcount":
        raise Invalid([Fault("kind", "人数要对整单改。", "order")])
    values, words = terms_values.read(form, around)
    starts = shift.starts_at if shift is not None else (await common.post_of(uow, row.order_id)).starts_at
    due = await _due(uow, row.tenant, starts)
    return await _propose(uow, row, shift, side, form, values, words, batch=new_id(), due=due, general=False)


async def agree(uow: UnitOfWork, change_id: UUID) -> TermsChange:
    """The other side agrees (25): a new version of the terms binds this worker, and an addendum follows.

    Raises Conflict for one's own proposal, an answered one, and hours in which he has another job; NotFound.
    """
    change, row = await _load(uow, change_id)
    made = TERMS.step(change.state, "agree", common.hand(uow))
    _other_side(uow, change)
    base = await common.latest_terms(uow, row.order_id) if change.is_general else await common.agreed_terms(uow, row)
    shift = await uow.session.get(Assignment, change.assignment_id) if change.assignment_id else None
    version = 1 + int(
        await uow.session.scalar(
            sa.select(sa.func.max(TermsVersion.version)).where(TermsVersion.order_id == row.order_id)
        )
        or 0
    )
    body = canonical(
        terms_values.applied(
            msgspec.json.decode(base.body),
            change.kind,
            change.changes,
            version,
            shift.work_date.isoformat() if shift is not None else None,
        )
    )
    bound = (
        await uow.execute(
            sa.text("SELECT version, hash, fresh FROM adopt_terms(:c, :id, :v, :b, :h, :now)"),
            {
                "c": change.id,
                "id": new_id(),
                "v": version,
                "b": body,
                "h": hashlib.sha256(body.encode()).digest(),
                "now": uow.now,
            },
        )
    ).one()
    if bound.version is None:
        raise Conflict("刚刚有别的改动，请刷新后再答复一次。")
    change.state, change.version = made.target, bound.version
    change.answered_by, change.answered_at = common.said_by(uow), uow.now
    row.terms_version, row.terms_hash = bound.version, bound.hash
    await terms_force.bind_hours(uow, row, change, shift)
    await timers.cancel_timers(uow, change.id)
    await common.tell(
        uow,
        change,
        change.id,
        "terms.agreed",
        made,
        engagement=str(row.id),
        assignment=str(change.assignment_id) if change.assignment_id else None,
        kind=change.kind,
        changes=change.changes,
        words=change.words,
        terms_version=bound.version,
        terms_hash=bound.hash.hex(),
        is_general=change.is_general,
        proposed={"side": change.side, "by": change.proposed_by, "at": change.proposed_at.isoformat()},
        answered_by=change.answered_by,
    )
    await _tell_other(uow, change, "terms_agreed", f"对方同意了：{change.words}。")
    if change.proposed_by == change.answered_by and uow.actor.kind == "staff":
        await witness.owe(uow, row, "25", change.id)
    if change.is_general and bound.fresh:
        await terms_force.follow_soon(uow, change)
        await common.derive(uow, row)
    return change


async def refuse(uow: UnitOfWork, change_id: UUID, *, note: str = "") -> TermsChange:
    """The other side does not agree (26): the old terms stay in force. Raises Conflict, NotFound."""
    change, _ = await _load(uow, change_id)
    made = TERMS.step(change.state, "refuse", common.hand(uow))
    _other_side(uow, change)
    change.state, change.answer_note = made.target, note.strip()[:200]
    change.answered_by, change.answered_at = common.said_by(uow), uow.now
    await timers.cancel_timers(uow, change.id)
    await common.tell(
        uow, change, change.id, "terms.refused", made, engagement=str(change.engagement_id), kind=change.kind
    )
    await _tell_other(uow, change, "terms_refused", f"对方不同意：{change.words}。原来说好的照旧。")
    return change


async def take_back(uow: UnitOfWork, change_id: UUID) -> TermsChange:
    """Whoever proposed takes it back (26b). Raises Conflict, NotFound."""
    change, row = await _load(uow, change_id)
    made = TERMS.step(change.state, "take_back", common.hand(uow))
    if _speaks(uow, row, change.side if uow.actor.kind == "staff" else None) != change.side:  # type: ignore[arg-type]
        raise Conflict("这是对方提的，请点同意或不同意。")
    change.state = made.target
    await timers.cancel_timers(uow, change.id)
    await common.tell(uow, change, change.id, "terms.taken_back", made, engagement=str(row.id), kind=change.kind)
    return change


async def insist(uow: UnitOfWork, change_id: UUID) -> Engagement:
    """The employer insists on terms that were refused or not answered (26): it is his cancel of this worker (30).

    Raises Conflict for a worker's proposal and for one that is open or agreed to, NotFound.
    """
    change, row = await _load(uow, change_id)
    if change.side != "employer" or change.state not in ("T_REFUSED", "T_LAPSED"):
        raise Conflict("只有雇主提的、对方没同意的改动，才能选“不改就不用了”。", state=change.state)
    return await ending.cancel_engagement(uow, row.id, reason=f"没同意：{change.words}")


async def on_terms_due(uow: UnitOfWork, timer: Timer) -> None:
    """Nobody answered in time (26): the old terms stay in force."""
    change = await uow.session.get(TermsChange, timer.subject_id)
    if change is None or change.state != "T_PROPOSED":
        return
    made = TERMS.step(change.state, "lapse", SYSTEM_HAND)
    change.state = made.target
    await common.tell(
        uow, change, change.id, "terms.lapsed", made, engagement=str(change.engagement_id), kind=change.kind
    )
    await _tell_other(uow, change, "terms_lapsed", f"对方没答复：{change.words}。原来说好的照旧。")


def _speaks(uow: UnitOfWork, row: Engagement, side: Side | None) -> Side:
    """Return for which side the actor speaks; raises Invalid when staff do not say so."""
    if uow.actor.kind == "worker":
        return "worker"
    if uow.actor.kind == "employer":
        return "employer"
    if side is None:
        raise Invalid([Fault("side", "请选是替哪一方提的。", "required")])
    if side == "employer":
        common.for_employer(uow, row)
    return side


def _other_side(uow: UnitOfWork, change: TermsChange) -> None:
    if uow.actor.kind == change.side:
        raise Conflict("这是您自己提的，要等对方答复。")
    if uow.actor.kind == "staff" and change.side == "worker":
        common.for_employer(uow, change)


async def _load(uow: UnitOfWork, change_id: UUID) -> tuple[TermsChange, Engagement]:
    known = await uow.session.get(TermsChange, change_id)
    if known is None:
        raise NotFound
    row = await common.engagement(uow, known.engagement_id)
    change = await uow.session.scalar(
        sa.select(TermsChange)
        .where(TermsChange.id == change_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if change is None:
        raise NotFound
    return change, row


async def _around(
    uow: UnitOfWork, path: str, terms: TermsVersion, *, confirmed: int = 0, shift: Assignment | None = None
) -> Around:
    numbers = await parameters(uow, path, "wage.minimum_hourly_fen", "post.max_headcount")
    return Around(
        now=uow.now,
        body=msgspec.json.decode(terms.body),
        minimum_hourly_fen=whole(numbers["wage.minimum_hourly_fen"]),
        confirmed=confirmed,
        most_people=min(whole(numbers["post.max_headcount"]), 500),
        shift_starts=shift.starts_at if shift is not None else None,
        shift_ends=shift.ends_at if shift is not None else None,
    )


async def _shift(uow: UnitOfWork, row: Engagement, form: TermsForm, assignment_id: UUID | None) -> Assignment | None:
    """Return the shift on site that a proposal is about; for other kinds None, once no shift has begun."""
    shifts = (
        await uow.session.scalars(
            sa.select(Assignment).where(Assignment.engagement_id == row.id).order_by(Assignment.starts_at)
        )
    ).all()
    if form.kind in BEFORE_WORK:
        if any(s.state not in _NOT_BEGUN for s in shifts):
            raise Conflict("已经到岗了，价钱、时间和地点不能再改；只能加班、加活或少干。")
        return None
    here = [s for s in shifts if s.state in _ON_SITE and (assignment_id is None or s.id == assignment_id)]
    if assignment_id is not None and assignment_id not in {s.id for s in shifts}:
        raise NotFound
    if not here:
        raise Conflict("人不在岗，不能提加班、加活或少干。")
    if uow.now > here[0].ends_at:
        raise Conflict("已经过了下班时间，加班要事先说好。")
    return here[0]


async def _due(uow: UnitOfWork, path: str, starts_at: datetime) -> datetime:
    """Return until when an answer counts (25): 2 hours before the lock; nearer to the work, half an hour."""
    spans = await common.span(uow, path, "t.lock", "t.terms.before_lock", "t.terms.on_site")
    before = starts_at - spans["t.lock"] - spans["t.terms.before_lock"]
    return before if before > uow.now + spans["t.terms.on_site"] else uow.now + spans["t.terms.on_site"]


async def _propose(
    uow: UnitOfWork,
    row: Engagement,
    shift: Assignment | None,
    side: Side,
    form: TermsForm,
    values: dict[str, Any],
    words: str,
    *,
    batch: UUID,
    due: datetime,
    general: bool,
) -> TermsChange:
    made = TERMS.step(NEW, "propose", common.hand(uow))
    open_one = await uow.session.scalar(
        sa.select(TermsChange.id).where(TermsChange.engagement_id == row.id, TermsChange.state == "T_PROPOSED")
    )
    if open_one is not None:
        raise Conflict(f"{row.worker_name}还有一个改动没答复，请先等他答复或收回。")
    change = TermsChange(
        id=new_id(),
        order_id=row.order_id,
        tenant=row.tenant,
        via=row.via,
        worker_id=row.worker_id,
        employer_id=row.employer_id,
        engagement_id=row.id,
        assignment_id=shift.id if shift is not None else None,
        batch_id=batch,
        state=made.target,
        kind=form.kind,
        side=side,
        proposed_by=common.said_by(uow),
        proposed_at=uow.now,
        answer_due_at=due,
        changes=values,
        words=words,
        reason=form.reason.strip(),
        is_general=general,
    )
    uow.session.add(change)
    await uow.flush()
    await _timer(uow, change, due)
    await common.tell(
        uow,
        change,
        change.id,
        "terms.proposed",
        made,
        engagement=str(row.id),
        kind=form.kind,
        changes=values,
        words=words,
    )
    await _tell_other(uow, change, "terms_proposed", f"{words}。请答复同意还是不同意，不答复就照旧。")
    return change


async def _timer(uow: UnitOfWork, change: TermsChange, due: datetime) -> None:
    await timers.set_timer(
        uow,
        subject_id=change.id,
        region="terms",
        key=TERMS_TIMER,
        due_at=due + timedelta(seconds=1),
        tenant=change.tenant,
        via=change.via,
        person_id=change.worker_id,
        employer_id=change.employer_id,
    )


async def _tell_other(uow: UnitOfWork, change: TermsChange, kind: str, text: str) -> None:
    """Tell the side that has to answer of a proposal, and the side that proposed of the answer."""
    to_worker = (change.side == "employer") == (kind == "terms_proposed")
    tell = telling.worker if to_worker else telling.employer
    await tell(uow, change, kind, text)


def register() -> None:
    """Bind by name at assembly."""
    timers.on_timer(TERMS_TIMER, on_terms_due)
    timers.on_timer(terms_force.FOLLOW_TIMER, terms_force.on_follow_due)
