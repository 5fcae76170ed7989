"""Who waits long for work where a street looks after him (R052 待工时间长, M11); names are masked, no category is shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.people.identity_numbers import veil_name
from linggong.people.models import Person, ServiceLink, Worker
from linggong.people.queries import age_on
from linggong.work.models import Assignment
from tenants.models import Node

WAITS = timedelta(days=7)
LONG = timedelta(days=30)


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A registered worker without work; since his last finished shift that this place knows of, or his registration."""

    id: UUID
    name: str
    age: int
    site: str
    trades: list[str]
    since: datetime
    days: int
    seen_at: datetime
    """When he last came or was last served."""


class Waiters(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the registered wait how long, and the first of them."""

    registered: int
    over_week: int
    over_month: int
    longest: list[Waiting]


async def waiters(uow: UnitOfWork, top: TenantPath, *, limit: int = 20) -> Waiters:
    """Return whom a street should ask after: who waits longest first. Two queries."""
    links = (
        sa.select(
            ServiceLink.subject_id.label("who"),
            sa.func.min(ServiceLink.started_at).label("first"),
            sa.func.max(ServiceLink.started_at).label("seen"),
            sa.func.min(ServiceLink.tenant).label("site"),
        )
        .where(
            in_subtree(ServiceLink.tenant, top),
            uow.scope.clause(ServiceLink.tenant),
            ServiceLink.kind.in_(("registered", "signed_in", "showed_code")),
            ServiceLink.ends_at > uow.now,
        )
        .group_by(ServiceLink.subject_id)
        .subquery()
    )
    worked = (
        sa.select(sa.func.max(Assignment.finished_at))
        .where(Assignment.worker_id == links.c.who, Assignment.finished_at.is_not(None))
        .scalar_subquery()
    )
    people = (
        sa.select(
            links.c.who,
            links.c.seen,
            links.c.site,
            sa.func.greatest(worked, links.c.first).label("since"),
            Person.name,
            Person.birth_date,
            Worker.trades,
        )
        .join(Person, Person.id == links.c.who)
        .join(Worker, Worker.person_id == links.c.who)
        .where(Person.status == "active")
        .subquery()
    )
    count = sa.func.count()
    week, month = people.c.since < uow.now - WAITS, people.c.since < uow.now - LONG
    totals = (await uow.execute(sa.select(count, count.filter(week), count.filter(month)).select_from(people))).one()
    rows = await uow.execute(
        sa.select(people, Node.name.label("at"))
        .outerjoin(Node, Node.path == people.c.site)
        .where(week)
        .order_by(people.c.since, people.c.who)
        .limit(limit)
    )
    today = clock.business_date(uow.now)
    return Waiters(
        registered=totals[0],
        over_week=totals[1],
        over_month=totals[2],
        longest=[
            Waiting(
                id=r.who,
                name=veil_name(r.name),
                age=age_on(r.birth_date, today),
                site=r.at or "",
                trades=r.trades,
                since=r.since,
                days=(uow.now - r.since).days,
                seen_at=r.seen,
            )
            for r in rows
        ],
    )
