"""What the wall of a station shows to whoever stands before it: masked names, no telephone, no mark of hardship (R052, R058)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.paths import TenantPath, ancestors
from linggong.market.models import DAY_PAY
from linggong.people.identity_numbers import surname_call
from linggong.people.models import Person, ServiceLink, Worker
from linggong.stations.models import Ticket
from linggong.stations.queue import WAITING
from linggong.work.models import Assignment, Engagement
from tenants.kinds import NodeKind
from tenants.models import Node

CALL_SHOWN = timedelta(minutes=3)
"""For so long a called number stands on the wall."""
LATELY = timedelta(days=14)
WAGES_OF = timedelta(days=30)
LEAST_POSTS, LEAST_EMPLOYERS = 10, 3
"""Below this a median tells about single employers, and is not shown."""


class Seeker(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who looks for work, as everybody may see him."""

    call: str
    trades: list[str]
    pay_fen: int
    pay_unit: str
    here: bool
    """He waits in this station now."""


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """A number that is called."""

    number: int
    call: str
    at: datetime


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """Today in figures: the area's board, this station's day."""

    posts: int
    places: int
    signed_in: int
    waiting: int
    placed: int
    arrived: int


class Wage(msgspec.Struct, frozen=True, kw_only=True):
    """What a trade is offered a day: the median of an area's posts of thirty days; None when there are too few."""

    trade_code: str
    posts: int
    employers: int
    median_fen: int | None


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """The county in which a station stands, with the telephone of its office."""

    path: str
    name: str
    phone: str


async def area_of(uow: UnitOfWork, tenant: TenantPath) -> Area:
    """Return the county (or zone) of a node, else the node itself."""
    rows = (
        await uow.execute(
            sa.select(Node.path, Node.name, Node.kind, Node.phone)
            .where(Node.path.in_(ancestors(tenant)))
            .order_by(sa.func.length(Node.path))
        )
    ).all()
    county = next((r for r in rows if r.kind in (NodeKind.COUNTY, NodeKind.ZONE)), rows[-1])
    return Area(path=county.path, name=county.name, phone=county.phone or "")


async def seekers(uow: UnitOfWork, tenant: TenantPath, *, limit: int = 24) -> list[Seeker]:
    """Return who waits here today in the order of coming, then who came lately and has no job today."""
    today = clock.business_date(uow.now)
    begin, end = clock.day_bounds(today)
    own = sa.and_(Ticket.person_id == Person.id, Ticket.tenant == tenant, Ticket.day == today)
    busy = sa.exists().where(
        Assignment.worker_id == Person.id, Assignment.starts_at < end, Assignment.ends_at > begin,
        Assignment.state.not_like("X%"),
    )  # fmt: skip
    came = sa.exists().where(
        ServiceLink.subject_id == Person.id,
        ServiceLink.tenant == tenant,
        ServiceLink.kind.in_(("signed_in", "registered", "showed_code")),
        ServiceLink.started_at > uow.now - LATELY,
        ServiceLink.ends_at > uow.now,
    )
    waits = Ticket.state.in_(WAITING)
    rows = await uow.execute(
        sa.select(Person.name, Person.sex, Worker, Ticket.trades, waits.label("here"))
        .join(Worker, Worker.person_id == Person.id)
        .outerjoin(Ticket, own)
        .where(Person.status == "active", sa.or_(waits, sa.and_(Ticket.id.is_(None), came, ~busy)))
        .order_by(Ticket.number.asc().nulls_last(), Worker.updated_at.desc(), Person.id)
        .limit(limit)
    )
    return [
        Seeker(
            call=surname_call(name, sex), trades=wanted or worker.trades, pay_fen=worker.pay_fen, pay_unit=worker.pay_unit,
            here=bool(here),
        )
        for name, sex, worker, wanted, here in rows
    ]  # fmt: skip


async def called(uow: UnitOfWork, tenant: TenantPath) -> list[Called]:
    """Return the numbers that are being called, the latest first."""
    rows = await uow.execute(
        sa.select(Ticket.number, Ticket.called_at, Person.name, Person.sex)
        .outerjoin(Person, Person.id == Ticket.person_id)
        .where(
            Ticket.tenant == tenant,
            Ticket.day == clock.business_date(uow.now),
            Ticket.state == "called",
            Ticket.called_at > uow.now - CALL_SHOWN,
        )
        .order_by(Ticket.called_at.desc())
        .limit(3)
    )
    return [Called(number=n, at=at, call=surname_call(name, sex) if name else "") for n, at, name, sex in rows]


async def numbers(uow: UnitOfWork, tenant: TenantPath, area: str) -> Numbers:
    """Return today's figures in one round trip."""
    today = clock.business_date(uow.now)
    begin, end = clock.day_bounds(today)

    def one(what: Any, *where: Any) -> Any:
        return sa.select(what).where(*where).scalar_subquery()

    count = sa.func.count
    mine = (Ticket.tenant == tenant, Ticket.day == today)
    engaged = sa.or_(Engagement.tenant == tenant, Engagement.via == tenant)
    worked = sa.or_(Assignment.tenant == tenant, Assignment.via == tenant)
    board = sa.text(
        "SELECT count(*) AS posts, coalesce(sum(places_left), 0) AS places FROM board_posts "
        "WHERE listed AND starts_at > :now AND tenant >= :area AND tenant < :area || '~'"
    ).bindparams(now=uow.now, area=area)
    posts = (await uow.execute(board)).one()
    row = (
        await uow.execute(
            sa.select(
                one(count(Ticket.id), *mine).label("signed_in"),
                one(count(Ticket.id), *mine, Ticket.state.in_(WAITING)).label("waiting"),
                one(count(Engagement.id), engaged, Engagement.confirmed_at >= begin).label("placed"),
                one(count(Assignment.id), worked, Assignment.arrived_at >= begin, Assignment.arrived_at < end).label(
                    "arrived"
                ),
            )
        )
    ).one()
    return Numbers(posts=int(posts.posts), places=int(posts.places), **{k: int(v) for k, v in row._mapping.items()})


_WAGES = f"""
SELECT trade_code, count(*) AS posts, count(DISTINCT employer_id) AS employers,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY {DAY_PAY}) AS median
FROM board_posts
WHERE tenant >= $1 AND tenant < $1 || '~' AND published_at > $2 AND {DAY_PAY} > 0
GROUP BY trade_code ORDER BY posts DESC, trade_code LIMIT $3
"""  # noqa: S608 - of constants only


async def wages(database: Database, area: str, *, limit: int = 8) -> Sequence[Wage]:
    """Return what the trades with the most posts are offered a day in an area; the board is public, so nobody asks who asks."""
    rows = await database.fetch_public(_WAGES, area, clock.now() - WAGES_OF, limit)
    return [
        Wage(
            trade_code=r["trade_code"], posts=r["posts"], employers=r["employers"],
            median_fen=_told(r["median"]) if r["posts"] >= LEAST_POSTS and r["employers"] >= LEAST_EMPLOYERS else None,
        )
        for r in rows
    ]  # fmt: skip


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """What a trade is offered a day in an area: the middle half and the median, in fen."""

    low_fen: int
    mid_fen: int
    high_fen: int
    posts: int


_OFFERED = f"""
SELECT count(*) AS posts, count(DISTINCT employer_id) AS employers,
       percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY {DAY_PAY}) AS parts
FROM board_posts
WHERE tenant >= $1 AND tenant < $1 || '~' AND published_at > $2 AND {DAY_PAY} > 0 AND trade_code = $3
"""  # noqa: S608 - of constants only


async def offered(database: Database, area: str, trade_code: str) -> Offered | None:
    """Return what a trade is offered in an area; None below ten posts or three employers: that would tell about single ones."""
    row = (await database.fetch_public(_OFFERED, area, clock.now() - WAGES_OF, trade_code))[0]
    if row["posts"] < LEAST_POSTS or row["employers"] < LEAST_EMPLOYERS:
        return None
    low, mid, high = (_told(part) for part in row["parts"])
    return Offered(low_fen=low, mid_fen=mid, high_fen=high, posts=row["posts"])


def _told(median: float) -> int:
    """Round to a whole yuan: a day's pay is said in yuan."""
    return round(float(median) / 100) * 100
