"""From records to daily facts: every count is written once, for the refresh and for counting from scratch.

`refresh` counts the days anew that the audit trail says are touched (`follow`); `recompute` counts all of them. Both see one state
of the city from their start, so that facts are exactly what the records of that moment give.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from linggong.kernel.db import Database, UnitOfWork
from linggong.measures import facts_cases, facts_money, facts_people, facts_posts, facts_sites, facts_work, rollup
from linggong.measures.follow import Pair, Trail, every
from linggong.measures.models import MetricFact, MetricPosition
from linggong.measures.shape import VERSION
from linggong.measures.subject import ARRIVED, HELD, Subject, said

__all__ = ["ARRIVED", "HELD", "SUBJECTS", "counted", "keep_fresh", "kept", "recompute", "refresh"]

SUBJECTS: Final[tuple[Subject, ...]] = (
    facts_work.WORK,
    facts_work.SAID,
    facts_posts.POSTS,
    facts_money.MONEY,
    facts_people.PEOPLE,
    facts_cases.CASES,
    facts_sites.SITES,
)
"""All that is counted. A further subject is a file of its own and a line here."""

_AT_ONCE: Final = 5000
_TRIES: Final = 3
_FOLLOWS: Final = tuple(follow for subject in SUBJECTS for follow in subject.follows)
_PAIRS: Final = """WITH pairs AS MATERIALIZED (SELECT DISTINCT tenant COLLATE "C" AS tenant, day
  FROM unnest(cast(:tenants AS text[]), cast(:days AS date[])) AS u (tenant, day)) """
_COLUMNS: Final = ("tenant", "day", "component", "trade_code", "grp", "key", "value")
_FOUND: Final = said(" UNION ALL ".join(query for subject in SUBJECTS for query in subject.counts))
_SUM: Final = "SELECT u.* FROM (@found) u (tenant, day, component, trade_code, grp, key, value)"


def _counting() -> str:
    return (_PAIRS + _SUM.replace("@found", _FOUND)).replace("::", r"\:\:")


_COUNT: Final = sa.text(_counting())
_HOW_MANY: Final = sa.text(_counting().replace("SELECT u.*", "SELECT count(u.value)"))
_WRITE: Final = sa.text(
    "INSERT INTO metric_facts (tenant, day, component, trade_code, grp, key, value, version)"
    + _counting().replace("SELECT u.*", "SELECT u.*, cast(:version AS integer)")
)
_GONE: Final = "DELETE FROM metric_facts m USING pairs WHERE m.tenant = pairs.tenant AND m.day = pairs.day"
_FORGET: Final = sa.text(_PAIRS + _GONE)
_EVERY: Final = sa.text(every(_FOLLOWS).replace("::", r"\:\:"))

Fact = tuple[Any, ...]


async def refresh(database: Database) -> int:
    """Count anew the days that were touched since the last time; return how many. The first time, and for new rules, all of them."""
    return await _alone(database, _follow)


async def recompute(database: Database) -> int:
    """Forget all facts and count them from the records; return how many days of places."""
    return await _alone(database, _all)


async def _alone(database: Database, work: Callable[[UnitOfWork, Trail], Awaitable[int]]) -> int:
    """Do something with the facts that nobody else does meanwhile, again where a move of a subtree came between."""
    for left in reversed(range(_TRIES)):
        try:
            async with database.system() as uow:
                await uow.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
                # A lock of a table waits before the transaction's state is fixed; any query would fix it first.
                await uow.execute(sa.text("LOCK TABLE metric_positions IN EXCLUSIVE MODE"))
                trail = await Trail.new(uow)
                days = await work(uow, trail)
                await trail.keep(uow)
                return days
        except DBAPIError as error:
            if not left or getattr(error.orig, "sqlstate", "") != "40001":
                raise
    raise AssertionError


async def _follow(uow: UnitOfWork, trail: Trail) -> int:
    started = await uow.session.scalar(sa.select(sa.exists().select_from(MetricPosition)))
    if not started or await uow.session.scalar(sa.select(sa.exists().where(MetricFact.version != VERSION))):
        return await _all(uow, trail)
    pairs = await trail.pairs(uow, _FOLLOWS)
    if pairs is None:
        return await _all(uow, trail)
    days = await _write(uow, pairs)
    # What moved counts in other cities and counties than before, on all its days.
    moved = await trail.moved(uow)
    await rollup.write(
        uow, await uow.session.scalars(sa.select(MetricFact.day).distinct()) if moved else {day for _, day in pairs}
    )
    return days


async def _all(uow: UnitOfWork, _trail: Trail) -> int:
    await uow.execute(sa.delete(MetricFact))
    await rollup.forget(uow)
    pairs = await _every_pair(uow)
    days = await _write(uow, pairs)
    await rollup.write(uow, {day for _, day in pairs})
    return days


async def counted(uow: UnitOfWork, first: date = date.min, last: date = date.max) -> set[Fact]:
    """Return all facts as the records give them now, of all days or of some, without writing any."""
    pairs = [pair for pair in await _every_pair(uow) if first <= pair[1] <= last]
    return {tuple(row) for row in await uow.execute(_COUNT, _bound(pairs))}


async def count(uow: UnitOfWork, first: date, last: date) -> int:
    """Return how many facts of some days the records give now: the whole work of counting, of which nothing is kept."""
    pairs = [pair for pair in await _every_pair(uow) if first <= pair[1] <= last]
    return int((await uow.execute(_HOW_MANY, _bound(pairs))).scalar_one())


async def kept(uow: UnitOfWork) -> set[Fact]:
    """Return all facts as they are kept."""
    rows = await uow.execute(sa.select(*(getattr(MetricFact, name) for name in _COLUMNS)))
    return {tuple(row) for row in rows}


async def _every_pair(uow: UnitOfWork) -> list[Pair]:
    return [(row.tenant, row.day) for row in await uow.execute(_EVERY)]


def _bound(pairs: list[Pair]) -> dict[str, Any]:
    tenants: list[str] = [tenant for tenant, _ in pairs]
    days: list[date] = [day for _, day in pairs]
    return {"tenants": tenants, "days": days}


async def _write(uow: UnitOfWork, pairs: list[Pair]) -> int:
    """Replace the facts of some days of places, so many at a time that a statement stays small."""
    for n in range(0, len(pairs), _AT_ONCE):
        some = _bound(pairs[n : n + _AT_ONCE])
        await uow.execute(_FORGET, some)
        await uow.execute(_WRITE, some | {"version": VERSION})
    return len(pairs)


async def keep_fresh(database: Database) -> None:
    """Refresh as the machine's own job."""
    await refresh(database)
