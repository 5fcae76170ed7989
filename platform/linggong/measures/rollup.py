"""Sums of the daily facts over a county and a city, by day and by finished month, so that a city's year is a small read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def keyed(definition: Definition) -> set[str]:
    """Return those of them whose keys are persons or employers."""
    uses = definition.uses
    found = {name for f in definition.figures if f.kind == "persons" for name in (f.above, f.below)}
    found.update(uses.people, uses.person_days, *uses.together, definition.guard)
    return found | ({"avail.person", "done.person"} if uses.waits else set())


_WHOLE: Final = [d for d in DEFINITIONS if not d.group]
_HARD: Final = [d for d in DEFINITIONS if d.group]
_KEYED: Final = set().union(*(keyed(d) for d in DEFINITIONS))
_ALL: Final = set().union(*(names(d) for d in _WHOLE))
_ALL_HARD: Final = set().union(*(names(d) for d in _HARD))
_LISTS: Final = {"depths": list(DEPTHS), "plain": sorted(_ALL - _KEYED), "plain_hard": sorted(_ALL_HARD - _KEYED)}
_PEOPLE: Final = {"depths": list(DEPTHS), "all": sorted(_ALL & _KEYED), "hard": sorted(_ALL_HARD & _KEYED)}
_COUNTED: Final = """counted AS (
  SELECT p.path, f.* FROM metric_facts f JOIN nodes p ON f.tenant >= p.path AND f.tenant < p.path || '~'
  WHERE f.day = ANY (cast(:days AS date[])) AND array_length(string_to_array(p.path, '/'), 1) - 2 = ANY (cast(:depths AS integer[])))"""
_FORGET_DAYS: Final = sa.text("DELETE FROM metric_sums WHERE span = 'day' AND first = ANY (cast(:days AS date[]))")
_DAYS: Final = sa.text(
    """INSERT INTO metric_sums (tenant, span, grp, component, first, key, value) WITH @counted
SELECT path, 'day', '', component, day, key, sum(value) FROM counted WHERE component = ANY (cast(:plain AS text[]))
  GROUP BY path, component, day, key
UNION ALL SELECT path, 'day', 'h', component, day, key, sum(value) FROM counted
  WHERE component = ANY (cast(:plain_hard AS text[])) AND grp LIKE '%h' GROUP BY path, component, day, key""".replace(
        "@counted", _COUNTED
    )
)
_NUMBER: Final = sa.text("""INSERT INTO metric_numbers (key) SELECT DISTINCT f.key FROM metric_facts f
  WHERE f.day = ANY (cast(:days AS date[])) AND f.component = ANY (cast(:names AS text[]))
    AND NOT EXISTS (SELECT FROM metric_numbers m WHERE m.key = f.key)""")
_NUMBERED: Final = sa.text(
    """WITH @counted, told AS (
  SELECT path, '' AS grp, component, day, key, value FROM counted WHERE component = ANY (cast(:all AS text[]))
  UNION ALL SELECT path, 'h', component, day, key, value FROM counted WHERE component = ANY (cast(:hard AS text[])) AND grp LIKE '%h')
SELECT t.path, t.grp, t.component, t.day, sum(t.value) AS value, array_agg(DISTINCT m.n) AS numbers
  FROM told t JOIN metric_numbers m ON m.key = t.key GROUP BY 1, 2, 3, 4""".replace("@counted", _COUNTED)
)
_FORGET_MONTH: Final = sa.text("DELETE FROM metric_sums WHERE span = 'month' AND first = :first")
_MONTH: Final = sa.text(
    """INSERT INTO metric_sums (tenant, span, grp, component, first, key, value)
SELECT tenant, 'month', grp, component, cast(:first AS date), key, sum(value)
  FROM metric_sums WHERE span = 'day' AND first >= :first AND first < :next AND bits = '' GROUP BY tenant, grp, component, key
UNION ALL SELECT path, 'month', '', :done, cast(:first AS date), '', 1
  FROM nodes WHERE array_length(string_to_array(path, '/'), 1) - 2 = ANY (cast(:depths AS integer[]))"""
)
_MONTHS: Final = sa.text(
    "SELECT DISTINCT cast(date_trunc('month', first) AS date) AS first FROM metric_sums WHERE span = 'day' AND first < :this"
    " EXCEPT SELECT first FROM metric_sums WHERE span = 'month' AND component = :done"
)


async def write(uow: UnitOfWork, days: Iterable[date]) -> None:
    """Sum the facts of some days up anew, and the finished months in which they lie."""
    touched = sorted(set(days))
    this = clock.business_date(uow.now).replace(day=1)
    for n in range(0, len(touched), _AT_ONCE):
        bound = {"days": touched[n : n + _AT_ONCE]}
        await uow.execute(_FORGET_DAYS, bound)
        await uow.execute(_DAYS, bound | _LISTS)
        await uow.execute(_NUMBER, bound | {"names": sorted(_KEYED)})
        rows = [
            _row(r.path, "day", r.grp, r.component, r.day, int(r.value), _bits(r.numbers))
            for r in await uow.execute(_NUMBERED, bound | _PEOPLE)
        ]
        if rows:
            await uow.execute(sa.insert(MetricSum), rows)
    months = {day.replace(day=1) for day in touched}
    months |= {row.first for row in await uow.execute(_MONTHS, {"this": this, "done": DONE})}
    for first in sorted(month for month in months if month < this):
        await _month(uow, first)


async def _month(uow: UnitOfWork, first: date) -> None:
    await uow.execute(_FORGET_MONTH, {"first": first})
    await uow.execute(_MONTH, {"first": first, "next": after(first), "done": DONE, "depths": list(DEPTHS)})
    one = MetricSum
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for row in await uow.execute(
        sa.select(one.tenant, one.grp, one.component, one.value, one.bits).where(
            one.span == "day", one.first >= first, one.first < after(first), one.bits != b""
        )
    ):
        value, bits = found.get((row.tenant, row.grp, row.component), (0, 0))
        found[row.tenant, row.grp, row.component] = (value + row.value, bits | number_of(row.bits))
    rows = [_row(path, "month", grp, name, first, value, bits) for (path, grp, name), (value, bits) in found.items()]
    if rows:
        await uow.execute(sa.insert(MetricSum), rows)


def _row(path: str, span: str, grp: str, component: str, first: date, value: int, bits: int) -> dict[str, Any]:
    kept_bits = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    return {
        "tenant": path, "span": span, "grp": grp, "component": component, "first": first, "key": "", "value": value, "bits": kept_bits,
    }  # fmt: skip


def number_of(bits: bytes) -> int:
    """Return bits as one number, to be laid over others."""
    return int.from_bytes(bits, "little")


def _bits(numbers: Sequence[int]) -> int:
    """Return a number with these bits."""
    room = bytearray(max(numbers) // 8 + 1)
    for n in numbers:
        room[n >> 3] |= 1 << (n & 7)
    return number_of(bytes(room))


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
