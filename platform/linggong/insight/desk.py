"""What a clerk's first screen reads: who waits for work at this post, what is to be done today, an employer's last order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.timers import Timer
from linggong.market import happenings
from linggong.market.models import Order
from linggong.people.identity_numbers import veil_name
from linggong.people.models import Person, ServiceLink, Worker
from linggong.people.notice_models import Notice
from linggong.people.queries import age_on
from linggong.stations.models import Ticket
from linggong.stations.queue import WAITING
from linggong.wages.models import Bill
from linggong.work.common import CALL_BACK_TIMER
from linggong.work.machines import HOLDING
from linggong.work.models import Assignment, Engagement

_CAME = ("registered", "signed_in", "showed_code")
"""Links by which a worker came to the post himself; a link by an order only lets its station follow him."""
_ASKED = ("A_INVITED", "A_APPLIED", "A_WAITLIST", "A_OFFERED")
STILL_WANTED_AFTER = timedelta(hours=12)
"""A post that was last confirmed this long ago is on the list of calls; the clock itself ends it after `t.refresh`."""


class WaitingWorker(msgspec.Struct, frozen=True, kw_only=True):
    """A worker of this post who is free today."""

    id: UUID
    name: str
    """In full for whoever came to this very post today, so that the clerk can call him; 李** for everybody else."""
    sex: str
    age: int
    trades: list[str]
    skill_level: int
    came_at: datetime
    """When he last registered, signed in or showed his code here."""
    asked: bool
    """He has applied, or an offer waits for his answer."""
    ticket_id: UUID | None = None
    number: int | None = None
    """His number at this very post today; None for whoever did not sign in for one."""
    called: bool = False
    late: bool = False
    """His number was entered after the fact, with its original time (R010)."""


class DeskCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done at this post, and today's figures; money in fen."""

    reviews: int
    reviews_late: int
    calls: int
    """Notices that nobody has seen and that somebody should call about."""
    refresh: int
    """Posts to be called about: are people still wanted?"""
    call_backs: int
    """Hires for which one clerk stood on both sides: another one calls."""
    to_accept: int
    unpaid: int
    """Bills due or overdue."""
    unpaid_fen: int
    overdue: int
    registered: int
    placed: int
    """Workers confirmed today."""
    arrived: int


class LastOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The order that an employer sent last."""

    id: UUID
    title: str
    headcount: int
    pay_fen: int
    pay_unit: str
    piece_name: str
    work_date: date


async def waiting(uow: UnitOfWork, *, limit: int = 60, also: UUID | None = None) -> list[WaitingWorker]:
    """Return workers who came to the scope's posts and hold no shift that reaches into today: who came today first, the
    longest wait on top, then those of other days, the latest first. `also` is listed in any case, when the post serves him.
    Whose number of today is over, because he was placed or left, does not wait.
    """
    today = clock.business_date(uow.now)
    begin, end = clock.day_bounds(today)
    here = sa.func.bool_or(sa.and_(ServiceLink.tenant == uow.actor.post, ServiceLink.started_at >= begin))
    links = (
        sa.select(ServiceLink.subject_id, sa.func.max(ServiceLink.started_at).label("came_at"), here.label("here"))
        .where(
            uow.scope.clause(ServiceLink.tenant),
            ServiceLink.kind.in_(_CAME),
            ServiceLink.ends_at > uow.now,
        )
        .group_by(ServiceLink.subject_id)
        .subquery()
    )
    busy = sa.exists().where(
        Assignment.worker_id == Person.id,
        Assignment.state.in_(HOLDING),
        Assignment.starts_at < end,
        Assignment.ends_at > uow.now,
    )
    asked = sa.exists().where(Engagement.worker_id == Person.id, Engagement.state.in_(_ASKED))
    own = sa.and_(Ticket.person_id == Person.id, Ticket.tenant == uow.actor.post, Ticket.day == today)
    free = sa.and_(~busy, sa.or_(Ticket.id.is_(None), Ticket.state.in_(WAITING)))
    came = sa.func.coalesce(Ticket.came_at, links.c.came_at)
    here_today = came >= begin
    statement = (
        sa.select(
            Person,
            Worker,
            came,
            links.c.here,
            asked.label("asked"),
            Ticket.id,
            Ticket.number,
            Ticket.state,
            Ticket.trades,
            Ticket.late,
        )
        .join(Worker, Worker.person_id == Person.id)
        .join(links, links.c.subject_id == Person.id)
        .outerjoin(Ticket, own)
        .where(Person.status == "active", free if also is None else sa.or_(free, Person.id == also))
        .order_by(
            *(() if also is None else ((Person.id == also).desc(),)),
            here_today.desc(),
            sa.case((here_today, came)),
            came.desc(),
            Person.id,
        )
        .limit(limit)
    )
    return [
        WaitingWorker(
            id=person.id,
            name=person.name if here else veil_name(person.name),
            sex=person.sex,
            age=age_on(person.birth_date, today),
            trades=wanted or worker.trades,
            skill_level=worker.skill_level,
            came_at=came_at,
            asked=has_asked,
            ticket_id=ticket_id if state in WAITING else None,
            number=number,
            called=state == "called",
            late=bool(late),
        )
        for person, worker, came_at, here, has_asked, ticket_id, number, state, wanted, late in await uow.execute(
            statement
        )
    ]


async def desk_counts(uow: UnitOfWork) -> DeskCounts:
    """Return the counts of the strip above the desk, in one round trip; the page asks for them every minute."""
    begin, end = clock.day_bounds(clock.business_date(uow.now))
    count, scope = sa.func.count, uow.scope.clause

    def sided(model: Any) -> sa.ColumnElement[bool]:
        return sa.or_(scope(model.tenant), scope(model.via))

    late_review = sa.exists().where(
        Timer.subject_id == Order.id, Timer.key == happenings.REVIEW, Timer.state == "live", Timer.due_at < uow.now
    )
    owed = sa.and_(sided(Bill), Bill.state.in_(("OPEN", "CLAIMED")), Bill.due_at < end)
    working = sa.and_(sided(Assignment), Assignment.starts_at < end, Assignment.ends_at > begin)

    def one(what: Any, *where: Any) -> Any:
        return sa.select(what).where(*where).scalar_subquery()

    row = (
        await uow.execute(
            sa.select(
                one(count(Order.id), scope(Order.tenant), Order.state == "O_REVIEW").label("reviews"),
                one(count(Order.id), scope(Order.tenant), Order.state == "O_REVIEW", late_review).label("reviews_late"),
                one(count(Notice.id), sided(Notice), Notice.call_wanted).label("calls"),
                one(count(Order.id), *to_refresh(uow)).label("refresh"),
                one(
                    count(Engagement.id),
                    sided(Engagement),
                    Engagement.single_witness,
                    sa.exists().where(
                        Timer.subject_id == Engagement.id, Timer.key == CALL_BACK_TIMER, Timer.state == "live"
                    ),
                ).label("call_backs"),
                one(count(Assignment.id), sided(Assignment), Assignment.state == "A_FINISHED").label("to_accept"),
                one(count(Bill.id), owed).label("unpaid"),
                one(sa.func.coalesce(sa.func.sum(Bill.total_fen - Bill.paid_fen), 0), owed).label("unpaid_fen"),
                one(count(Bill.id), owed, Bill.due_at < uow.now).label("overdue"),
                one(
                    count(ServiceLink.subject_id.distinct()),
                    scope(ServiceLink.tenant),
                    ServiceLink.kind == "registered",
                    ServiceLink.started_at >= begin,
                    sa.exists().where(Worker.person_id == ServiceLink.subject_id),
                ).label("registered"),
                one(count(Engagement.id), sided(Engagement), Engagement.confirmed_at >= begin).label("placed"),
                one(
                    count(Assignment.id), working, Assignment.arrived_at.is_not(None), Assignment.arrived_at >= begin
                ).label("arrived"),
            )
        )
    ).one()
    return DeskCounts(**{name: int(value) for name, value in row._mapping.items()})


def to_refresh(uow: UnitOfWork) -> tuple[Any, ...]:
    """Return the SQL test of posts on the board whose employer should be asked whether people are still wanted (R056)."""
    return (
        uow.scope.clause(Order.tenant),
        Order.state == "O_OPEN",
        Order.starts_at > uow.now,
        sa.or_(~Order.hiring, Order.refreshed_at < uow.now - STILL_WANTED_AFTER),
    )


async def call_backs(uow: UnitOfWork, *, limit: int = 50) -> list[tuple[UUID, str, str]]:
    """Return (order, its title, worker's call) of hires that await a call-back by a colleague, the oldest first."""
    rows = await uow.execute(
        sa.select(Engagement.order_id, Order.title, Engagement.worker_name)
        .join(Order, Order.id == Engagement.order_id)
        .where(uow.scope.clause(Engagement.tenant), Engagement.single_witness)
        .order_by(Engagement.confirmed_at)
        .limit(limit)
    )
    return [(row.order_id, row.title, row.worker_name) for row in rows]


async def last_orders(uow: UnitOfWork, employer_ids: Iterable[UUID]) -> dict[UUID, LastOrder]:
    """Return each employer's latest order in the scope, for 照上次再来一单. One query."""
    wanted = sorted(set(employer_ids))
    if not wanted:
        return {}
    fields = LastOrder.__struct_fields__
    rows = await uow.execute(
        sa.select(Order.employer_id, *(getattr(Order, name) for name in fields))
        .where(uow.scope.clause(Order.tenant), Order.employer_id.in_(wanted))
        .ext(distinct_on(Order.employer_id))
        .order_by(Order.employer_id, Order.id.desc())
    )
    return {row.employer_id: LastOrder(**{n: getattr(row, n) for n in fields}) for row in rows}
