"""Who may take work and which orders have places, read for the acting post: one query a kind of fact, whatever the number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.cover import queries as cover
from linggong.cover.classes import class_of
from linggong.cover.rules import EMPLOYED
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import Scope
from linggong.market.models import BoardPost, Order, Shift
from linggong.matching import priority
from linggong.matching.facts import Opening, Past, Pasts, Seeker, Span
from linggong.matching.tiers import tier_of
from linggong.people.identity_numbers import veil_name
from linggong.people.models import Person, ServiceLink, Worker
from linggong.people.queries import age_on
from linggong.stations.models import Ticket
from linggong.stations.queue import WAITING
from linggong.work.machines import HOLDING
from linggong.work.models import Engagement
from tenants.models import Node

CAME = ("registered", "signed_in", "showed_code")
"""Links by which a worker came to the post himself."""
_DONE = """
SELECT worker_id, count(*) FILTER (WHERE state = 'A_ACCEPTED') AS done, count(*) FILTER (WHERE state = 'X_NOSHOW_W') AS failed,
  max(work_date) FILTER (WHERE state IN ('A_FINISHED', 'A_ACCEPTED')) AS last
FROM assignments
WHERE worker_id = ANY ($1::uuid[]) AND (tenant >= $2 AND tenant < $2 || '~' OR via >= $2 AND via < $2 || '~') GROUP BY worker_id"""
_BUSY = """
SELECT worker_id, starts_at, ends_at FROM assignments
WHERE worker_id = ANY ($1::uuid[]) AND state = ANY ($2::text[]) AND ends_at > $3"""
_PENDING = """
SELECT e.worker_id, p.starts_at, p.ends_at FROM engagements e JOIN board_posts p ON p.order_id = e.order_id
WHERE e.worker_id = ANY ($1::uuid[]) AND e.state IN ('A_INVITED', 'A_OFFERED') AND p.ends_at > $2"""
_ASKED = r"""
SELECT DISTINCT worker_id, order_id FROM engagements
WHERE worker_id = ANY ($1::uuid[]) AND order_id = ANY ($2::uuid[]) AND (state NOT LIKE 'X\_%' OR state = 'X_DECLINED')"""
_LEVELS = "SELECT w AS worker_id, (standing_of(w, NULL, $2)).level AS level FROM unnest($1::uuid[]) w"
_STARS = """
SELECT person_id, sum(stars * greatest(ratings, 1)) / sum(greatest(ratings, 1)) AS stars FROM worker_stars
WHERE person_id = ANY ($1::uuid[]) GROUP BY person_id"""
_CREWS = """
SELECT m.person_id, m.crew_id FROM crew_members m JOIN crews c ON c.id = m.crew_id
WHERE m.person_id = ANY ($1::uuid[]) AND m.left_at IS NULL AND c.ended_at IS NULL
UNION SELECT c.leader_id, c.id FROM crews c WHERE c.leader_id = ANY ($1::uuid[]) AND c.ended_at IS NULL"""
_TOGETHER = """
SELECT worker_id, employer_id, count(*) AS days FROM assignments
WHERE worker_id = ANY ($1::uuid[]) AND employer_id = ANY ($2::uuid[]) AND state = 'A_ACCEPTED'
  AND (tenant >= $3 AND tenant < $3 || '~' OR via >= $3 AND via < $3 || '~') GROUP BY 1, 2"""
_RATED = """
SELECT worker_id, employer_id, side, avg(stars)::float8 AS stars FROM ratings
WHERE worker_id = ANY ($1::uuid[]) AND employer_id = ANY ($2::uuid[]) AND open_at <= $3
  AND (tenant >= $4 AND tenant < $4 || '~' OR via >= $4 AND via < $4 || '~') GROUP BY 1, 2, 3"""
_A_DAY_OF_HOURS, _DAYS_A_MONTH = 8, 22


async def openings(
    uow: UnitOfWork,
    within: Scope,
    *,
    until: datetime | None = None,
    only: Sequence[UUID] | None = None,
    gap: bool = False,
) -> list[Opening]:
    """Return orders of the scope that take people now, the soonest first; those that begin by `until`, or `only` these.

    `gap`: one whose people are at work counts, too, because somebody of them is missing.
    """
    waiting = (
        sa.select(sa.func.count())
        .where(Engagement.order_id == Order.id, Engagement.state.in_(("A_INVITED", "A_OFFERED")))
        .correlate(Order)
        .scalar_subquery()
    )
    # Places for which somebody is asked already are not given out again; a page about one order shows who else would fit.
    left = BoardPost.places_left if only is not None else BoardPost.places_left - waiting
    asked = (
        sa.select(Order, left.label("places_left"), BoardPost.near_latitude, BoardPost.near_longitude)
        .join(BoardPost, BoardPost.order_id == Order.id)
        .where(within.clause(Order.tenant), sa.true() if gap else BoardPost.listed, Order.ends_at > uow.now, left > 0)
        .order_by(Order.starts_at, Order.id)
    )
    if only is not None:
        asked = asked.where(Order.id.in_(only))
    if until is not None:
        asked = asked.where(Order.starts_at < until)
    rows = (await uow.execute(asked)).all()
    spans: dict[UUID, list[Span]] = defaultdict(list)
    for order_id, start, end in await uow.execute(
        sa.select(Shift.order_id, Shift.starts_at, Shift.ends_at)
        .where(Shift.order_id.in_([r.Order.id for r in rows]))
        .order_by(Shift.starts_at)
    ):
        spans[order_id].append((start, end))
    return [
        Opening(
            id=order.id, title=order.title, trade=order.trade_code, employer_id=order.employer_id,
            employer_name=order.employer_name, tenant=order.tenant, place=order.place, latitude=latitude, longitude=longitude,
            ride=bool(order.ride) or "transport" in order.benefits,
            shifts=tuple(spans[order.id]) or ((order.starts_at, order.ends_at),), work_date=order.work_date,
            published_at=order.published_at or order.created_at, day_fen=_day(order.pay_fen, order.pay_unit, order.hourly_fen),
            places=places, min_skill=order.min_skill, min_age=order.min_age, max_age=order.max_age,
            sex=order.gender_limit_code, conditions=tuple(order.conditions), insurable=await _insurable(uow, order),
            crew_allowed=order.crew_allowed,
        )
        for order, places, latitude, longitude in rows
    ]  # fmt: skip


async def neighbours(uow: UnitOfWork, within: Scope, at: str, until: datetime, *, city: bool = False) -> list[Opening]:
    """Return what the board tells of the orders of the county's other stations, or of the whole city's, that begin by then."""
    around = "/".join(at.split("/")[: 2 if city else 3]) + "/"
    rows = await uow.session.scalars(
        sa.select(BoardPost)
        .where(
            BoardPost.listed,
            BoardPost.tenant.startswith(around, autoescape=True),
            sa.not_(within.clause(BoardPost.tenant)),
            BoardPost.starts_at < until,
            BoardPost.ends_at > uow.now,
        )
        .order_by(BoardPost.starts_at, BoardPost.order_id)
    )
    return [
        Opening(
            id=p.order_id, title=p.title, trade=p.trade_code, employer_id=p.employer_id, employer_name=p.employer_name,
            tenant=p.tenant, place=p.place, latitude=p.near_latitude, longitude=p.near_longitude,
            ride="transport" in p.benefits, shifts=((p.starts_at, p.ends_at),), work_date=p.work_date,
            published_at=p.published_at, day_fen=_day(p.pay_fen, p.pay_unit, p.hourly_fen), places=p.places_left,
            min_age=p.min_age, max_age=p.max_age, conditions=tuple(p.conditions),
        )
        for p in rows
    ]  # fmt: skip


def _day(fen: int, unit: str, hourly: int | None) -> int | None:
    """Return the pay of a day as people compare posts (`market.models.DAY_PAY`)."""
    if unit in ("day", "gong"):
        return fen
    return hourly * _A_DAY_OF_HOURS if hourly else None


def _wish(fen: int, unit: str) -> int | None:
    match unit:
        case "day" | "gong":
            return fen
        case "hour":
            return fen * _A_DAY_OF_HOURS
        case "month":
            return fen // _DAYS_A_MONTH
    return None


async def _insurable(uow: UnitOfWork, order: Order) -> tuple[tuple[int, int], ...] | None:
    """Return the ages that some product takes for this work; None where nobody needs one, or the employer owes 工伤保险."""
    if order.legal_form in EMPLOYED or not await cover.required(uow, order.tenant):
        return None
    risk = class_of(order.trade_code, order.conditions)
    return tuple((p.min_age, p.max_age) for p in await cover.products(uow, order.tenant) if risk in p.classes)


async def seekers(
    uow: UnitOfWork,
    within: Scope,
    orders: Sequence[Opening],
    *,
    at: str,
    only: Sequence[UUID] | None = None,
    pending: bool = False,
) -> list[Seeker]:
    """Return workers who came to posts of the scope by themselves: who is here today first, the longest wait on top.

    Whose number of today is over, because he was placed or left, does not wait. `at` is the post that looks. With `pending`
    the time of an invitation that waits for his answer is taken, too.
    """
    today = clock.business_date(uow.now)
    begin, _ = clock.day_bounds(today)
    links = (
        sa.select(
            ServiceLink.subject_id,
            sa.func.max(ServiceLink.started_at).label("came_at"),
            sa.func.min(ServiceLink.started_at).label("since"),
            sa.func.bool_or(sa.and_(ServiceLink.tenant == at, ServiceLink.started_at >= begin)).label("here"),
            sa.func.min(ServiceLink.tenant).label("place"),
        )
        .where(within.clause(ServiceLink.tenant), ServiceLink.kind.in_(CAME), ServiceLink.ends_at > uow.now)
        .group_by(ServiceLink.subject_id)
        .subquery()
    )
    tickets = (
        sa.select(
            Ticket.person_id,
            sa.func.bool_or(Ticket.state.in_(WAITING)).label("waits"),
            sa.func.min(Ticket.came_at).label("came"),
            sa.func.max(sa.cast(Ticket.trades, sa.Text)).label("wanted"),
            sa.func.min(Ticket.tenant).label("place"),
        )
        .where(within.clause(Ticket.tenant), Ticket.day == today, Ticket.person_id.is_not(None))
        .group_by(Ticket.person_id)
        .subquery()
    )
    asked = (
        sa.select(
            Person.id, Person.name, Person.sex, Person.birth_date, Person.status, Person.verified_level,
            Worker.trades, Worker.skill_level, Worker.pay_fen, Worker.pay_unit, Worker.radius_km, Worker.weekdays,
            Worker.transport, Worker.certificates, links.c.since, links.c.here, tickets.c.waits, tickets.c.came,
            tickets.c.wanted, Node.latitude, Node.longitude,
        )
        .join(Worker, Worker.person_id == Person.id)
        .join(links, links.c.subject_id == Person.id)
        .outerjoin(tickets, tickets.c.person_id == Person.id)
        .outerjoin(Node, Node.path == sa.func.coalesce(tickets.c.place, links.c.place))
        .where(Person.status == "active", sa.or_(tickets.c.waits.is_(None), tickets.c.waits))
        .order_by(tickets.c.came.nulls_last(), links.c.came_at.desc(), Person.id)
    )  # fmt: skip
    if only is not None:
        asked = asked.where(Person.id.in_(only))
    rows = (await uow.execute(asked)).all()
    ids = [r.id for r in rows]
    done = {r["worker_id"]: r for r in await uow.fetch(_DONE, ids, at)}
    busy: dict[UUID, list[Span]] = defaultdict(list)
    for r in await uow.fetch(_BUSY, ids, list(HOLDING), uow.now):
        busy[r["worker_id"]].append((r["starts_at"], r["ends_at"]))
    for r in await uow.fetch(_PENDING, ids, uow.now) if pending else ():
        busy[r["worker_id"]].append((r["starts_at"], r["ends_at"]))
    answered: dict[UUID, set[UUID]] = defaultdict(set)
    for r in await uow.fetch(_ASKED, ids, [o.id for o in orders]):
        answered[r["worker_id"]].add(r["order_id"])
    levels = {r["worker_id"]: r["level"] or 0 for r in await uow.fetch(_LEVELS, ids, at)}
    stars = {r["person_id"]: float(r["stars"]) for r in await uow.fetch(_STARS, ids)}
    proofs = await priority.of(uow, ids)
    crews = {r["person_id"]: r["crew_id"] for r in await uow.fetch(_CREWS, ids)}
    found = []
    for r in rows:
        own = done.get(r.id)
        since = own["last"] if own is not None and own["last"] is not None else clock.business_date(r.since)
        idle = max(0, (today - since).days)
        age = age_on(r.birth_date, today)
        found.append(
            Seeker(
                id=r.id, name=r.name if r.here else veil_name(r.name), age=age, sex=r.sex,
                trades=tuple((msgspec.json.decode(r.wanted) if r.wanted else None) or r.trades), skill=r.skill_level, latitude=r.latitude,
                longitude=r.longitude, radius_km=r.radius_km, transport=r.transport, weekdays=tuple(r.weekdays),
                wish_fen=_wish(r.pay_fen, r.pay_unit), certificates=tuple(r.certificates),
                done=own["done"] if own is not None else 0, failed=own["failed"] if own is not None else 0,
                stars=stars.get(r.id), idle_days=idle, active=r.status == "active", verified=r.verified_level >= 1,
                level=levels.get(r.id, 0), busy=tuple(busy[r.id]), asked=frozenset(answered[r.id]),
                tier=tier_of(proofs.get(r.id, ()), idle_days=idle, age=age), crew_id=crews.get(r.id), came=r.came if r.waits else None,
            )
        )  # fmt: skip
    return found


async def pasts(uow: UnitOfWork, people: Sequence[Seeker], orders: Sequence[Opening], *, at: str) -> Pasts:
    """Return what these people and these employers know of each other; ratings that are still blind are not known."""
    ids, employers = [s.id for s in people], list({o.employer_id for o in orders})
    stars = {
        (r["worker_id"], r["employer_id"], r["side"]): r["stars"]
        for r in await uow.fetch(_RATED, ids, employers, uow.now, at)
    }
    return {
        (r["worker_id"], r["employer_id"]): Past(
            days=r["days"],
            by_employer=stars.get((r["worker_id"], r["employer_id"], "employer")),
            by_worker=stars.get((r["worker_id"], r["employer_id"], "worker")),
        )
        for r in await uow.fetch(_TOGETHER, ids, employers, at)
    }


def horizon(now: datetime) -> datetime:
    """Return until when work begins that is given out now: today and tomorrow."""
    return clock.day_bounds(clock.business_date(now) + timedelta(days=1))[1]
