"""What the wall of a station shows to whoever stands before it: masked names, no telephone, no mark of hardship (R052, R058)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.paths import TenantPath, ancestors
from linggong.market.models import DAY_PAY
from linggong.people.identity_numbers import surname_call
from linggong.stations.queue import WAITING
from tenants.kinds import NodeKind

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
    rows = await uow.fetch(_ABOVE, ancestors(tenant))
    county = next((r for r in rows if r["kind"] in (NodeKind.COUNTY, NodeKind.ZONE)), rows[-1])
    return Area(path=county["path"], name=county["name"], phone=county["phone"] or "")


_ABOVE = "SELECT path, name, kind, phone FROM nodes WHERE path = ANY ($1::text[]) ORDER BY length(path)"


async def seekers(uow: UnitOfWork, tenant: TenantPath, *, limit: int = 24) -> list[Seeker]:
    """Return who waits here today in the order of coming, then who came lately and has no job today."""
    today = clock.business_date(uow.now)
    begin, end = clock.day_bounds(today)
    rows = await uow.fetch(_HERE, tenant, today, WAITING, limit)
    if len(rows) < limit:
        rows += await uow.fetch(
            _LATELY, tenant, today, uow.now - LATELY, uow.now, begin, end, limit - len(rows)
        )  # fmt: skip
    return [
        Seeker(
            call=surname_call(r["name"], r["sex"]), trades=r["wanted"] or r["trades"], pay_fen=r["pay_fen"],
            pay_unit=r["pay_unit"], here=r["here"],
        )
        for r in rows
    ]  # fmt: skip


_HERE = """
SELECT p.name, p.sex, w.trades, t.trades AS wanted, w.pay_fen, w.pay_unit, true AS here
FROM tickets t JOIN persons p ON p.id = t.person_id JOIN workers w ON w.person_id = p.id
WHERE t.tenant = $1 AND t.day = $2 AND t.state = ANY ($3::text[]) AND p.status = 'active'
ORDER BY t.number LIMIT $4
"""
_LATELY = """
SELECT p.name, p.sex, w.trades, '{}'::text[] AS wanted, w.pay_fen, w.pay_unit, false AS here
FROM persons p JOIN workers w ON w.person_id = p.id
WHERE p.status = 'active' AND p.id IN (
    SELECT l.subject_id FROM service_links l
    WHERE l.tenant = $1 AND l.kind IN ('signed_in', 'registered', 'showed_code') AND l.started_at > $3 AND l.ends_at > $4)
  AND NOT EXISTS (SELECT 1 FROM tickets t WHERE t.tenant = $1 AND t.day = $2 AND t.person_id = p.id)
  AND NOT EXISTS (SELECT 1 FROM assignments a
                  WHERE a.worker_id = p.id AND a.starts_at < $6 AND a.ends_at > $5 AND a.state NOT LIKE 'X%')
ORDER BY w.updated_at DESC, p.id LIMIT $7
"""


async def called(uow: UnitOfWork, tenant: TenantPath) -> list[Called]:
    """Return the numbers that are being called, the latest first."""
    rows = await uow.fetch(_CALLED, tenant, clock.business_date(uow.now), uow.now - CALL_SHOWN)
    return [
        Called(number=r["number"], at=r["called_at"], call=surname_call(r["name"], r["sex"]) if r["name"] else "")
        for r in rows
    ]


_CALLED = """
SELECT t.number, t.called_at, p.name, p.sex FROM tickets t LEFT JOIN persons p ON p.id = t.person_id
WHERE t.tenant = $1 AND t.day = $2 AND t.state = 'called' AND t.called_at > $3 ORDER BY t.called_at DESC LIMIT 3
"""


async def numbers(uow: UnitOfWork, tenant: TenantPath, area: str) -> Numbers:
    """Return today's figures in one round trip."""
    today = clock.business_date(uow.now)
    begin, end = clock.day_bounds(today)

    row = (await uow.fetch(_NUMBERS, tenant, today, WAITING, begin, end, uow.now, area))[0]
    return Numbers(**row)


_NUMBERS = """
SELECT b.posts, b.places, t.signed_in, t.waiting,
       (SELECT count(*) FROM engagements e WHERE (e.tenant = $1 OR e.via = $1) AND e.confirmed_at >= $4) AS placed,
       (SELECT count(*) FROM assignments a
        WHERE (a.tenant = $1 OR a.via = $1) AND a.arrived_at >= $4 AND a.arrived_at < $5) AS arrived
FROM (SELECT count(*) AS posts, coalesce(sum(places_left), 0) AS places FROM board_posts
      WHERE listed AND starts_at > $6 AND tenant >= $7 AND tenant < $7 || '~') b,
     (SELECT count(*) AS signed_in, count(*) FILTER (WHERE state = ANY ($3::text[])) AS waiting FROM tickets
      WHERE tenant = $1 AND day = $2) t
"""


_WAGES = f"""
SELECT trade_code, count(*) AS posts, count(DISTINCT employer_id) AS employers,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY {DAY_PAY}) AS median
FROM board_posts
WHERE tenant >= $1 AND tenant < $1 || '~' AND published_at > $2 AND {DAY_PAY} > 0
GROUP BY trade_code ORDER BY posts DESC, trade_code LIMIT $3
"""  # noqa: S608 - of constants only


async def wages(database: Database, area: str, *, limit: int = 8) -> Sequence[Wage]:
    """Return what the trades with the most posts are offered a day in an area, at most five minutes old.

    The board is public, so nobody asks who asks. Every wall of a county asks again whenever somebody signs in.
    """
    kept = _kept.get((database.url, area, limit))
    if kept is not None and abs(clock.now() - kept[0]) < _KEEP:
        return kept[1]
    rows = await database.fetch_public(_WAGES, area, clock.now() - WAGES_OF, limit)
    found = tuple(
        Wage(
            trade_code=r["trade_code"], posts=r["posts"], employers=r["employers"],
            median_fen=_told(r["median"]) if r["posts"] >= LEAST_POSTS and r["employers"] >= LEAST_EMPLOYERS else None,
        )
        for r in rows
    )  # fmt: skip
    _kept[database.url, area, limit] = (clock.now(), found)
    return found


_KEEP = timedelta(minutes=5)
_kept: dict[tuple[str, str, int], tuple[datetime, tuple[Wage, ...]]] = {}
"""By database, area and number: a process serves one database, a test run many."""


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
