"""What every step of the loop needs: loading two-sided rows, telling what happened, deriving the order's state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import reading, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.machine import Transition
from linggong.market import happenings
from linggong.market.models import BoardPost, TermsVersion
from linggong.people.registration import whole
from linggong.work.machines import AGREED, ENGAGEMENT
from linggong.work.models import Assignment, Engagement, Sided
from rbac.roles import hand as hand_of
from tenants import holidays
from tenants.parameters import Value
from tenants.service import parameters

_LOCKED = "locked"
OFFER_TIMER, UNANSWERED_TIMER, CALL_BACK_TIMER, LED_TIMER = "t.offer", "t.unanswered", "t.callback", "t.led"

# Every step begins with one of them. What was read before the lock may be stale by then.
_ENGAGEMENT = "WHERE id = $1 FOR NO KEY UPDATE"
_ASSIGNMENT = (
    "FROM assignments JOIN engagements ON engagements.id = assignments.engagement_id WHERE assignments.id = $1 "
    "FOR NO KEY UPDATE OF assignments"
)
_TERMS = "WHERE order_id = $1 AND version = $2"
_LATEST_TERMS = "WHERE order_id = $1 AND is_general ORDER BY version DESC LIMIT 1"


class ShiftTime(NamedTuple):
    """One working time of a published order."""

    id: UUID
    work_date: date
    starts_at: datetime
    ends_at: datetime
    meal_minutes: int


def visible(uow: UnitOfWork, model: type[Engagement] | type[Assignment]) -> sa.ColumnElement[bool]:
    """Return the scope test of a two-sided row: staff through the order's node or the node that serves the worker."""
    if uow.actor.kind == "staff":
        return sa.or_(uow.scope.clause(model.tenant), uow.scope.clause(model.via))
    return sa.true()


def visible_in(uow: UnitOfWork, model: type[Any]) -> sa.ColumnElement[bool]:
    """Return `visible` for any other two-sided table."""
    if uow.actor.kind == "staff":
        return sa.or_(uow.scope.clause(model.tenant), uow.scope.clause(model.via))
    return sa.true()


def sees(uow: UnitOfWork, row: Sided) -> bool:
    """Tell what `visible` asks of a row that row security showed."""
    if uow.actor.kind != "staff":
        return True
    return uow.scope.covers(row.tenant) or (row.via is not None and uow.scope.covers(row.via))


async def engagement(uow: UnitOfWork, engagement_id: UUID) -> Engagement:
    """Load and lock an engagement; foreign and missing alike are NotFound."""
    found = await reading.one(uow, Engagement, _ENGAGEMENT, engagement_id)
    if found is None or not sees(uow, found):
        raise NotFound
    uow.memo[_LOCKED, engagement_id] = found
    return found


async def locked_engagement(uow: UnitOfWork, engagement_id: UUID) -> Engagement:
    """Return an engagement as `engagement` does; in the wake of a step that has locked it, without reading it again."""
    known: Engagement | None = uow.memo.get((_LOCKED, engagement_id))
    return known if known is not None else await engagement(uow, engagement_id)


async def assignment(uow: UnitOfWork, assignment_id: UUID) -> tuple[Assignment, Engagement]:
    """Load and lock an assignment, with its engagement."""
    found = await reading.joined(uow, (Assignment, Engagement), _ASSIGNMENT, assignment_id)
    if not found or not sees(uow, found[0][0]):
        raise NotFound
    row, of = found[0]
    uow.memo[_LOCKED, assignment_id] = (row, of)
    return row, of


async def locked_assignment(uow: UnitOfWork, assignment_id: UUID) -> tuple[Assignment, Engagement]:
    """Return an assignment as `assignment` does; in the wake of a step that has locked it, without reading it again."""
    known: tuple[Assignment, Engagement] | None = uow.memo.get((_LOCKED, assignment_id))
    return known if known is not None else await assignment(uow, assignment_id)


def for_employer(uow: UnitOfWork, row: Sided) -> None:
    """Let staff speak for the employer only at the order's own post: who serves just the worker speaks for the worker.

    Raises Conflict, because that clerk sees the row and must know whom to ask.
    """
    if uow.actor.kind == "staff" and not uow.scope.covers(row.tenant):
        raise Conflict("这一步要由雇主，或发这单的驿站来办。请打电话给那边的驿站。")


async def post_of(uow: UnitOfWork, order_id: UUID) -> BoardPost:
    """Return the public line of an order: what a worker may know of it."""
    found = await reading.one(uow, BoardPost, "WHERE order_id = $1", order_id)
    if found is None:
        raise NotFound
    uow.memo["post", order_id] = found
    return found


async def named_post(uow: UnitOfWork, order_id: UUID) -> BoardPost:
    """Return the public line of an order for its words, as this transaction read it already: its counts may be older."""
    known: BoardPost | None = uow.memo.get(("post", order_id))
    return known if known is not None else await post_of(uow, order_id)


async def latest_terms(uow: UnitOfWork, order_id: UUID) -> TermsVersion:
    """Return the terms in force."""
    return _remembered(uow, await reading.one(uow, TermsVersion, _LATEST_TERMS, order_id))


async def terms_of(uow: UnitOfWork, order_id: UUID, version: int) -> TermsVersion:
    """Return a version of an order's terms. It never changes, so it is read once a transaction."""
    found: TermsVersion | None = uow.memo.get(("terms", order_id, version))
    return found or _remembered(uow, await reading.one(uow, TermsVersion, _TERMS, order_id, version))


async def agreed_terms(uow: UnitOfWork, row: Engagement) -> TermsVersion:
    """Return the terms that both sides confirmed (invariant 6); later versions bind nobody who did not agree to them."""
    return await terms_of(uow, row.order_id, row.terms_version or 0)


def _remembered(uow: UnitOfWork, found: TermsVersion | None) -> TermsVersion:
    if found is None:
        raise NotFound
    uow.memo["terms", found.order_id, found.version] = found
    return found


async def shift_times(uow: UnitOfWork, order_id: UUID) -> list[ShiftTime]:
    """Return the shifts of a published order, in order."""
    return [ShiftTime(*row) for row in await uow.fetch("SELECT * FROM shifts_of($1)", order_id)]


async def span(uow: UnitOfWork, path: str, *keys: str) -> dict[str, timedelta]:
    """Return duration parameters in force at a place."""
    found: dict[str, Value] = await parameters(uow, path, *keys)
    return {key: value for key, value in found.items() if isinstance(value, timedelta)}


async def numbers(uow: UnitOfWork, path: str, *keys: str) -> dict[str, Any]:
    """Return parameters in force at a place, of whatever type each has."""
    return dict(await parameters(uow, path, *keys))


async def working_deadline(uow: UnitOfWork, path: str, key: str) -> datetime:
    """Return the end of the time that a parameter gives in working days, from now."""
    days = await parameters(uow, path, key)
    return await holidays.working_deadline(uow, path, uow.now, whole(days[key]))


def said_by(uow: UnitOfWork) -> str:
    """Return who spoke, as kept with a confirmation: self, proxy:<staff id> or system."""
    if uow.actor.kind == "staff":
        return f"proxy:{uow.actor.id}"
    return "system" if uow.actor.kind == "system" else "self"


def word_of(uow: UnitOfWork, row: Engagement | Assignment) -> str:
    """Return who spoke about a worker's shift: as `said_by`, and leader for the leader of his crew."""
    return "leader" if hand(uow, row) == "L" else said_by(uow)


def hand(uow: UnitOfWork, row: Engagement | Assignment | None = None) -> str:
    """Return the letter by which the tables of transitions name whoever acts; on a row, L for its worker's crew leader."""
    if row is not None and row.leader_id == uow.actor.id and row.worker_id != uow.actor.id:
        return "L"
    return hand_of(uow.actor.kind, uow.actor.role)


def moved(machine: str, subject: UUID, source: str, target: str) -> list[str]:
    """Return how an event names a further subject that the same step moved (replay reads it)."""
    return [machine, str(subject), source, target]


async def tell(
    uow: UnitOfWork,
    row: Sided,
    subject_id: UUID,
    event: str,
    made: Transition | None,
    *,
    also: Sequence[list[str]] = (),
    **body: Any,
) -> None:
    """Emit an event on the order's chain with both sides; a transition tells machine, subject, states and number.

    `also` names the other subjects that the same step moved (`moved`). Replaying these events gives every state.
    """
    told: dict[str, Any] = {**body}
    if made is not None:
        told |= {
            "machine": made.machine,
            "subject": str(subject_id),
            "event": made.event,
            "from": made.source,
            "to": made.target,
            "transition": made.number,
        }
    if also:
        told["moved"] = list(also)
    on_behalf = None
    if uow.actor.kind == "staff" and made is not None:
        on_behalf = row.worker_id if "W" in made.actors else row.employer_id
    await uow.emit(
        NewEvent(
            type=event,
            chain=f"order:{row.order_id}",
            subject_id=subject_id,
            tenant=row.tenant,
            via=row.via,
            deputy_id=getattr(row, "leader_id", None),
            person_id=row.worker_id,
            employer_id=row.employer_id,
            on_behalf_of=on_behalf,
            body=told,
        )
    )


async def derive(uow: UnitOfWork, row: Sided) -> None:
    """Let the order's state follow from what just happened (order-states section 3)."""
    await happenings.derive(uow, row.order_id, tenant=row.tenant, employer_id=row.employer_id)


async def shifts_to(uow: UnitOfWork, row: Engagement, target: str) -> list[list[str]]:
    """Return, for an event, the moves of an engagement's shifts that have not begun, to the state in which it ends."""
    rows = await uow.execute(
        sa.select(Assignment.id, Assignment.state).where(
            Assignment.engagement_id == row.id, Assignment.state.in_(AGREED)
        )
    )
    return [moved("assignment", found.id, found.state, target) for found in rows]


async def answer_by(uow: UnitOfWork, row: Engagement, post: BoardPost) -> datetime:
    """Return when an invitation or an offer lapses (13, 17): soon for work of the same day."""
    spans = await span(uow, row.tenant, "t.offer.same_day", "t.offer.other", "t.offer.same_day_before")
    soon = post.starts_at - uow.now < spans["t.offer.same_day_before"]
    return uow.now + spans["t.offer.same_day" if soon else "t.offer.other"]


async def set_timer(
    uow: UnitOfWork, row: Engagement | Assignment, key: str, due: datetime, *, region: str = "engagement"
) -> None:
    """Start (or move) a timer of an engagement or shift, which both its sides and its crew's leader may move."""
    await timers.set_timer(
        uow,
        subject_id=row.id,
        region=region,
        key=key,
        due_at=due,
        tenant=row.tenant,
        via=row.via,
        person_id=row.worker_id,
        employer_id=row.employer_id,
        deputy_id=row.leader_id,
    )


def due_at(row: Assignment) -> datetime:
    """Return when somebody is expected at a shift: at its start, or when he was taken on for one that had begun (40)."""
    return max(row.starts_at, row.created_at)


async def shift_timer(uow: UnitOfWork, row: Assignment, key: str, due: datetime) -> None:
    """Start (or move) one of a shift's timers."""
    await set_timer(uow, row, key, due, region="assignment")


async def count_places(uow: UnitOfWork, engagement: Engagement, *, freed_by: str = "") -> None:
    """Let the order's taken places follow from its confirmed engagements, after one of them ended or came back.

    `freed_by` lets the waitlist look whether somebody may take the place (40).
    """
    await uow.flush()
    await uow.execute(sa.text("SELECT count_places(:e)"), {"e": engagement.id})
    if freed_by:
        body: dict[str, Any] = {"from": AGREED[-1], "reason": freed_by}
        await tell(uow, engagement, engagement.id, "engagement.place_freed", None, **body)


async def end_engagement(uow: UnitOfWork, row: Engagement, event: str) -> list[list[str]]:
    """End an engagement by an event of its own once no shift of it lives or was worked; returns its move for the event."""
    left = await uow.session.scalar(
        sa.select(sa.func.count())
        .select_from(Assignment)
        .where(Assignment.engagement_id == row.id, Assignment.state.not_like("X\\_%"))
    )
    made = ENGAGEMENT.find(row.state, event)
    if left or made is None:
        return []
    row.state, row.ended_at = made.target, uow.now
    return [moved("engagement", row.id, made.source, made.target)]


def placed(uow: UnitOfWork, row: Engagement, shifts: list[ShiftTime]) -> list[Assignment]:
    """Return the shifts that a confirmed worker is put on: those of the order that have not ended."""
    return [
        Assignment(
            id=new_id(),
            engagement_id=row.id,
            shift_id=shift.id,
            order_id=row.order_id,
            tenant=row.tenant,
            via=row.via,
            worker_id=row.worker_id,
            employer_id=row.employer_id,
            state="A_CONFIRMED",
            work_date=shift.work_date,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            leader_id=row.leader_id,
            created_at=uow.now,
        )
        for shift in shifts
        if shift.ends_at > uow.now
    ]
