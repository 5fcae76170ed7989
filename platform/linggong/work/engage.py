"""From invitation or application to what both confirmed, and leaving again (transitions 11 to 19, 27)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import reading, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW
from linggong.market.models import BoardPost
from linggong.people import reaching, service_links
from linggong.people.identity_numbers import surname_call
from linggong.people.models import Person
from linggong.people.service_links import served_by
from linggong.work import common, eligibility, ending, gates, taking_over, waiting, witness
from linggong.work.machines import AGREED, ENGAGEMENT
from linggong.work.models import Engagement

_TAKE = "SELECT take_place($1, $2, $3) AS taken"
_LINK = """
SELECT tenant FROM service_links WHERE subject_id = $1 AND kind = 'registered' AND ends_at > $2
ORDER BY started_at DESC LIMIT 1"""


class Wish(NamedTuple):
    """By whose word somebody is asked to fill a gap (40), and until when the place is kept open for his answer."""

    said_by: str
    until: datetime


_ENTERED = {
    "apply": ("applied", "engagement.applied"),
    "invite": ("invited", "engagement.invited"),
    "ask_in": ("fill_in", "engagement.offered"),
}
"""{event: source of the row, what is told}."""


class CrewEntry(NamedTuple):
    """What a leader's sign-up of a member brings along, because he may not see the member's own rows."""

    crew_id: UUID
    leader_id: UUID
    member_name: str
    via: str | None


async def apply(
    uow: UnitOfWork, order_id: UUID, *, worker_id: UUID | None = None, replacement_id: UUID | None = None
) -> Engagement:
    """Apply for an order (12): the worker himself, or a clerk for a worker whom his post serves.

    On a full order he waits (15), unless he comes in somebody's place (`replacement_id`, 28). Raises NotFound, Conflict (not
    hiring, already applied, another job at that time, too young for it).
    """
    worker = await _worker_of(uow, worker_id)
    return await _enter(uow, order_id, worker, "apply", replacement_id=replacement_id)


async def enter_member(
    uow: UnitOfWork, order_id: UUID, member_id: UUID, crew: CrewEntry, *, replacement_id: UUID | None = None
) -> Engagement:
    """Sign up a member of a crew (12 L), who agreed to come with it; raises what `apply` raises."""
    return await _enter(uow, order_id, member_id, "apply", crew=crew, replacement_id=replacement_id)


async def invite(uow: UnitOfWork, order_id: UUID, worker_id: UUID) -> Engagement:
    """Invite a worker whom the inviting side may see (11): a clerk's linked worker, an employer's former worker.

    Raises NotFound for a worker outside sight, and what `apply` raises.
    """
    if uow.actor.kind == "employer":
        known = await uow.session.scalar(
            sa.select(sa.exists().where(Engagement.worker_id == worker_id, Engagement.confirmed_at.is_not(None)))
        )
        if not known:
            raise NotFound
    return await _enter(uow, order_id, worker_id, "invite")


async def ask_in(uow: UnitOfWork, order_id: UUID, worker_id: UUID, wish: Wish) -> Engagement:
    """Ask somebody to fill a gap (40, by the system): under the terms in force, the employer's side having said yes beforehand.

    Raises what `invite` raises; an order whose people are at work takes him, too.
    """
    return await _enter(uow, order_id, worker_id, "ask_in", wish=wish)


async def _worker_of(uow: UnitOfWork, worker_id: UUID | None) -> UUID:
    if uow.actor.kind == "worker":
        if worker_id not in (None, uow.actor.id):
            raise NotFound
        return uow.actor.id
    if worker_id is None:
        raise Invalid([Fault("worker_id", "请选一位零工。", "required")])
    return worker_id


async def _person(uow: UnitOfWork, worker_id: UUID) -> Person | None:
    """Return the worker if the actor may see him: staff only whom a node of the decision's scope serves."""
    if uow.actor.kind == "staff":
        return await uow.session.scalar(sa.select(Person).where(Person.id == worker_id, served_by(uow, Person.id)))
    return await reading.one(uow, Person, "WHERE id = $1", worker_id)


async def _enter(
    uow: UnitOfWork,
    order_id: UUID,
    worker_id: UUID,
    event: str,
    *,
    crew: CrewEntry | None = None,
    replacement_id: UUID | None = None,
    wish: Wish | None = None,
) -> Engagement:
    leads = crew is not None and uow.actor.kind == "worker" and uow.actor.id != worker_id
    made = ENGAGEMENT.step(NEW, event, "L" if leads else common.hand(uow))
    post = await common.post_of(uow, order_id)
    until = await eligibility.check_hiring(
        uow, post, waitlist=event == "apply", in_place_of=replacement_id is not None or wish is not None
    )
    former = crew.member_name if crew is not None else None
    person = await _person(uow, worker_id)
    if person is None and uow.actor.kind == "employer":
        former = await uow.session.scalar(
            sa.select(Engagement.worker_name).where(Engagement.worker_id == worker_id).limit(1)
        )
    if person is None and former is None:
        raise NotFound
    shifts = await common.shift_times(uow, order_id)
    if person is not None:
        await eligibility.check_person(uow, person, post, shifts)
    await eligibility.check_free(uow, worker_id, order_id, shifts)
    row = Engagement(
        id=new_id(),
        order_id=order_id,
        tenant=post.tenant,
        via=crew.via if leads and crew is not None else await _via(uow, worker_id),
        worker_id=worker_id,
        employer_id=post.employer_id,
        state=made.target,
        source=_ENTERED[event][0],
        channel=uow.actor.channel,
        entered_by=uow.actor.id if uow.actor.kind == "staff" else None,
        worker_name=surname_call(person.name, person.sex) if person is not None else former,
        crew_id=crew.crew_id if crew is not None else None,
        leader_id=crew.leader_id if crew is not None and crew.leader_id != worker_id else None,
        replacement_id=replacement_id,
        created_at=uow.now,
    )
    if wish is not None:
        terms = await common.latest_terms(uow, order_id)
        row.terms_version, row.terms_hash = terms.version, terms.hash
        row.offered_at, row.offered_by = uow.now, "employer"
        row.employer_confirmed_at, row.employer_confirmed_by = uow.now, wish.said_by
    uow.session.add(row)
    try:
        await uow.flush()
    except sa.exc.IntegrityError as error:
        # A leader does not see what his member entered himself.
        raise Conflict("这个活已经报过名了，请到“我的活”里看。") from error
    if event == "apply":
        await gates.pass_taking(uow, row)
    if replacement_id is not None and not await uow.session.scalar(
        sa.text("SELECT enter_replacement(:r, :e)"), {"r": replacement_id, "e": row.id}
    ):
        raise Conflict("这个替工码已经有人用了，或者已经不换人了。")
    until_linked = max(post.ends_at, uow.now) + await service_links.lasts(uow, post.tenant, "order")
    renewed = uow.now + await service_links.lasts(uow, post.tenant, "registered")
    await uow.fetch("SELECT link_worker($1, $2, $3, $4, $5)", row.id, new_id(), uow.now, until_linked, renewed)
    if event != "apply":
        due = wish.until if wish is not None else await _invitation_until(uow, row, post)
        await common.set_timer(uow, row, common.OFFER_TIMER, due)
    await common.set_timer(uow, row, common.UNANSWERED_TIMER, until + timedelta(seconds=1))
    await common.tell(
        uow,
        row,
        row.id,
        _ENTERED[event][1],
        made,
        crew=str(crew.crew_id) if crew is not None else None,
        replacement=str(replacement_id) if replacement_id is not None else None,
    )
    if event == "apply" and post.places_left == 0 and replacement_id is None:
        await waiting.join(uow, row)
    return row


async def _invitation_until(uow: UnitOfWork, row: Engagement, post: BoardPost) -> datetime:
    """Return until when an invitation waits for his answer; one that is held overnight gives him its time in the morning."""
    due = await common.answer_by(uow, row, post)
    quiet = await reaching.hours(uow, row.via or row.tenant)
    if post.starts_at - uow.now < quiet.urgent:
        return due
    return due + (quiet.loud_from(uow.now) - uow.now)


async def _via(uow: UnitOfWork, worker_id: UUID) -> str | None:
    if uow.actor.kind == "staff":
        return uow.actor.post
    links = await uow.fetch(_LINK, worker_id, uow.now)
    return links[0]["tenant"] if links else None


async def accept_invitation(uow: UnitOfWork, engagement_id: UUID) -> Engagement:
    """Say yes to an invitation (13): the worker himself, or a clerk who serves him.

    Raises what `apply` raises, because whoever invited could not see the worker's age or his other jobs.
    """
    row = await common.engagement(uow, engagement_id)
    made = ENGAGEMENT.step(row.state, "accept_invitation", common.hand(uow))
    person = await uow.session.get(Person, row.worker_id)
    if person is None:
        raise NotFound
    post = await common.post_of(uow, row.order_id)
    shifts = await common.shift_times(uow, row.order_id)
    await eligibility.check_hiring(uow, post, waitlist=True)
    await eligibility.check_person(uow, person, post, shifts)
    await eligibility.check_overlap(uow, row.worker_id, shifts)
    await gates.pass_taking(uow, row)
    row.state = made.target
    await timers.cancel_timers(uow, row.id, common.OFFER_TIMER)
    await common.tell(uow, row, row.id, "engagement.applied", made)
    if post.places_left == 0:
        await waiting.join(uow, row)
    return row


async def decline(uow: UnitOfWork, engagement_id: UUID, *, reason: str = "") -> Engagement:
    """Not going, or not taken (14). A worker's refusal never counts against him."""
    row = await common.engagement(uow, engagement_id)
    made = ENGAGEMENT.step(row.state, "decline", common.hand(uow))
    row.state, row.end_reason, row.ended_at = made.target, reason[:200], uow.now
    await timers.cancel_timers(uow, row.id)
    await common.tell(uow, row, row.id, "engagement.declined", made, reason=row.end_reason)
    return row


async def offer(uow: UnitOfWork, engagement_id: UUID, *, in_place_of: bool = False) -> Engagement:
    """The employer's side chooses an applicant under the terms in force (17); the worker has until the offer lapses (19).

    `in_place_of`: he comes for somebody who keeps his place until then (28), so that no free place is needed.
    """
    row = await common.engagement(uow, engagement_id)
    made = ENGAGEMENT.step(row.state, "offer", common.hand(uow))
    common.for_employer(uow, row)
    post = await common.post_of(uow, row.order_id)
    if post.state == "O_SUSPENDED":
        raise Conflict("这单正在核查，暂时不能选人。", state=post.state)
    if row.replacement_id is not None and not in_place_of:
        raise Conflict("他是来替别人的，请在“换人”里点同意。", state=row.state)
    if post.places_left < 1 and not in_place_of:
        raise Conflict("已经招满了。要多招人，请先改人数。", state=post.state)
    terms = await common.latest_terms(uow, row.order_id)
    if made.source == "A_OFFERED" and terms.hash == row.terms_hash:
        raise Conflict("已经选过他了，等他回话。", state=row.state)
    row.state = made.target
    row.terms_version, row.terms_hash = terms.version, terms.hash
    row.offered_at, row.offered_by = uow.now, "employer"
    row.employer_confirmed_at, row.employer_confirmed_by = uow.now, common.said_by(uow)
    await common.set_timer(uow, row, common.OFFER_TIMER, await common.answer_by(uow, row, post))
    await common.tell(uow, row, row.id, "engagement.offered", made, terms_version=terms.version)
    return row


async def confirm(
    uow: UnitOfWork, engagement_id: UUID, *, consent: witness.Consent | None = None, seen: int | None = None
) -> Engagement:
    """The worker's side confirms the same terms (18): takes a place and puts every shift on the worker's calendar.

    `seen` is the version that he was shown, where the caller knows it. A clerk who stood for both sides is marked single
    witness and owes a call-back within 24 hours. Raises Conflict when the order is full, the terms changed meanwhile, or the
    worker has another job at that time.
    """
    row = await common.engagement(uow, engagement_id)
    made = ENGAGEMENT.step(row.state, "confirm", common.hand(uow))
    terms = await common.latest_terms(uow, row.order_id)
    if terms.hash != row.terms_hash or seen not in (None, terms.version):
        raise Conflict("价格或条件刚刚改过，请让雇主重新选一次，再确认新的约定。")
    shifts = await common.shift_times(uow, row.order_id)
    await eligibility.check_overlap(uow, row.worker_id, shifts)
    if row.crew_id is not None:
        # His leader, who signed him up, could not see his age.
        person = await uow.session.get(Person, row.worker_id)
        if person is not None:
            await eligibility.check_person(uow, person, await common.post_of(uow, row.order_id), shifts)
    await gates.pass_taking(uow, row)
    row.worker_confirmed_at, row.worker_confirmed_by = uow.now, common.said_by(uow)
    await uow.flush()
    his = await taking_over.take_over(uow, row)
    if his is not None:
        shifts = [s for s in shifts if s.id in his]
    else:
        until = "t.fill_until.no_show" if row.source == "fill_in" else "t.fill_until"
        late = (await common.span(uow, row.tenant, until))[until]
        if not (await uow.fetch(_TAKE, row.id, uow.now, int(late.total_seconds() // 60)))[0]["taken"]:
            raise Conflict("招满了，或者已经开工不再进人。请看看别的活。")
    await reading.one(uow, Engagement, "WHERE id = $1", row.id)
    placed = common.placed(uow, row, shifts)
    uow.session.add_all(placed)
    try:
        await uow.flush()
    except sa.exc.IntegrityError as error:
        raise eligibility.no_time(error) or error from error
    await timers.cancel_timers(uow, row.id, common.OFFER_TIMER, common.UNANSWERED_TIMER)
    if witness.both_sides(uow, row.employer_confirmed_by, row.worker_confirmed_by):
        await witness.owe(uow, row, "18", row.id)
    await common.tell(
        uow,
        row,
        row.id,
        "engagement.confirmed",
        made,
        also=[common.moved("assignment", shift.id, NEW, shift.state) for shift in placed],
        terms_version=terms.version,
        single_witness=row.single_witness,
        **witness.consent_of(uow, consent),
    )
    await common.derive(uow, row)
    return row


async def withdraw(uow: UnitOfWork, engagement_id: UUID, *, reason: str = "") -> Engagement:
    """The worker leaves before work (27). Free until 2 hours before the start, or 10 minutes after a later confirmation
    (ruling 9); later it is marked late. Raises Conflict once he has arrived.
    """
    row = await common.engagement(uow, engagement_id)
    made = ENGAGEMENT.step(row.state, "withdraw", common.hand(uow))
    late, also = False, []
    if row.state in AGREED:
        late = await _is_late(uow, row)
        also = await common.shifts_to(uow, row, made.target)
        released = await uow.session.scalar(
            sa.text("SELECT release_place(:e, :state, :reason, :now)"),
            {"e": row.id, "state": made.target, "reason": reason[:200], "now": uow.now},
        )
        if not released:
            raise Conflict("已经到岗了，不能退出。要提前走，请和雇主说好后登记下班。")
        await uow.session.refresh(row)
    else:
        row.state, row.end_reason, row.ended_at = made.target, reason[:200], uow.now
    await timers.cancel_timers(uow, row.id)
    await common.tell(uow, row, row.id, "engagement.withdrawn", made, also=also, late=late, reason=row.end_reason)
    await common.derive(uow, row)
    return row


async def _is_late(uow: UnitOfWork, row: Engagement) -> bool:
    if row.may_leave:
        return False
    post = await common.post_of(uow, row.order_id)
    # Nobody has to stay with an order that is under suspicion.
    return post.state != "O_SUSPENDED" and uow.now > await ending.free_until(uow, row, post.starts_at)
