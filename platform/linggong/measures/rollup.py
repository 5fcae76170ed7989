"""Sums of the daily facts over a county and a city, by day and by finished month, so that a city's year is a small read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.measures.definitions import DEFINITIONS
from linggong.measures.models import MetricSum
from linggong.measures.shape import Definition

DEPTHS: Final = (1, 2)
"""How many segments the path of a place has that gets sums: the city and its counties. What lies deeper is small."""
DONE: Final = "rolled.up"
"""A row of this component says that a month of a place is summed up."""
_AT_ONCE: Final = 31


def names(definition: Definition) -> set[str]:
    """Return the components that a definition reads when nobody asks for a trade or group."""
    uses = definition.uses
    found = {name for f in definition.figures for name in (f.above, f.below) if name}
    found.update(uses.keys, uses.people, uses.days, uses.trades, uses.before, *uses.together)
    if definition.group or any(f.guarded for f in definition.figures):
        found.update(name for name in definition.guard if name)
    return found | set(uses.person_days) | ({"avail.person", "done.person"} if uses.waits else set())


def days_of_persons(component: str) -> str:
    """Return the component that counts different persons of a day, which add up over days."""
    return f"#{component}"


_ALL: Final = sorted(set().union(*(names(d) for d in DEFINITIONS if not d.group)))
_HARD: Final = sorted(set().union(*(names(d) for d in DEFINITIONS if d.group)))
_PERSON_DAYS: Final = sorted({name for d in DEFINITIONS for name in d.uses.person_days})
_FORGET_DAYS: Final = sa.text("DELETE FROM metric_sums WHERE span = 'day' AND first = ANY (cast(:days AS date[]))")
_DAYS: Final = sa.text(
    """INSERT INTO metric_sums (tenant, span, grp, component, first, key, value, earliest, latest)
WITH counted AS (
  SELECT p.path, f.* FROM metric_facts f JOIN nodes p ON f.tenant >= p.path AND f.tenant < p.path || '~'
  WHERE f.day = ANY (cast(:days AS date[])) AND array_length(string_to_array(p.path, '/'), 1) - 2 = ANY (cast(:depths AS integer[]))
    AND f.component = ANY (cast(:every AS text[])))
SELECT path, 'day', '', component, day, key, sum(value), day, day FROM counted WHERE component = ANY (cast(:all AS text[])) GROUP BY path, component, day, key
UNION ALL SELECT path, 'day', 'h', component, day, key, sum(value), day, day FROM counted
  WHERE component = ANY (cast(:hard AS text[])) AND grp LIKE '%h' GROUP BY path, component, day, key
UNION ALL SELECT path, 'day', '', '#' || component, day, '', count(DISTINCT key), day, day FROM counted
  WHERE component = ANY (cast(:person_days AS text[])) GROUP BY path, component, day"""
)
_FORGET_MONTH: Final = sa.text("DELETE FROM metric_sums WHERE span = 'month' AND first = :first")
_MONTH: Final = sa.text(
    """INSERT INTO metric_sums (tenant, span, grp, component, first, key, value, earliest, latest)
SELECT tenant, 'month', grp, component, cast(:first AS date), key, sum(value), min(earliest), max(latest)
  FROM metric_sums WHERE span = 'day' AND first >= :first AND first < :next GROUP BY tenant, grp, component, key
UNION ALL SELECT path, 'month', '', :done, cast(:first AS date), '', 1, cast(:first AS date), cast(:first AS date)
  FROM nodes WHERE array_length(string_to_array(path, '/'), 1) - 2 = ANY (cast(:depths AS integer[]))"""
)
_MONTHS: Final = sa.text(
    """SELECT DISTINCT date_trunc('month', first)::date AS first FROM metric_sums WHERE span = 'day' AND first < :this
EXCEPT SELECT first FROM metric_sums WHERE span = 'month' AND component = :done""".replace("::", r"\:\:")
)


async def write(uow: UnitOfWork, days: Iterable[date]) -> None:
    """Sum the facts of some days up anew, and the finished months in which they lie."""
    touched = sorted(set(days))
    this = clock.business_date(uow.now).replace(day=1)
    for n in range(0, len(touched), _AT_ONCE):
        bound = {"days": touched[n : n + _AT_ONCE]}
        await uow.execute(_FORGET_DAYS, bound)
        every = sorted({*_ALL, *_HARD, *_PERSON_DAYS})
        lists = {"depths": list(DEPTHS), "every": every, "all": _ALL, "hard": _HARD, "person_days": _PERSON_DAYS}
        await uow.execute(_DAYS, bound | lists)
    months = {day.replace(day=1) for day in touched}
    months |= {row.first for row in await uow.execute(_MONTHS, {"this": this, "done": DONE})}
    for first in sorted(month for month in months if month < this):
        await uow.execute(_FORGET_MONTH, {"first": first})
        bound_month = {"first": first, "next": after(first), "done": DONE, "depths": list(DEPTHS)}
        await uow.execute(_MONTH, bound_month)


async def forget(uow: UnitOfWork) -> None:
    """Forget all sums."""
    await uow.execute(sa.delete(MetricSum))


def after(first: date) -> date:
    """Return the first day of the next month."""
    return (first + timedelta(days=31)).replace(day=1)


async def kept(uow: UnitOfWork) -> set[tuple[Any, ...]]:
    """Return all sums."""
    return {tuple(row) for row in await uow.execute(sa.select(*MetricSum.__table__.columns))}


def cut(first: date, last: date, months: Iterable[date]) -> sa.ColumnElement[bool]:
    """Return the test of the rows that make up a period: whole months that are summed up, and the days that are left."""
    sum_ = MetricSum
    whole = [month for month in sorted(months) if month >= first and after(month) - timedelta(days=1) <= last]
    parts, at = [], first
    for month in whole:
        if month > at:
            parts.append(sa.and_(sum_.span == "day", sum_.first.between(at, month - timedelta(days=1))))
        at = after(month)
    if at <= last:
        parts.append(sa.and_(sum_.span == "day", sum_.first.between(at, last)))
    if whole:
        parts.append(sa.and_(sum_.span == "month", sum_.first.in_(whole)))
    return sa.or_(sa.false(), *parts)
