"""Seekers and openings as columns of numbers, so that a million pairs are scored at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from linggong.kernel import clock
from linggong.matching.certificates import holds, needed
from linggong.matching.facts import Opening, Past, Pasts, Seeker
from linggong.work.eligibility import touches_night

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]

NO_TRADE: Final = -1
MOST_TRADES: Final = 4
AGES: Final = 128
SPEED: Final = {"walk": 4.5, "ebike": 18.0, "tricycle": 12.0, "car": 30.0, "none": 10.0}
"""Kilometres an hour from door to door; whoever has nothing takes the bus."""
_BARRED: Final = frozenset({"height", "night", "heavy"})


@cache
def trade_number(code: str) -> int:
    """Return an occupation code as a number of which two digits are cut off a level up; NO_TRADE for what is none."""
    parts = code.split("-")
    if len(parts) != 4 or not all(p.isdigit() for p in parts):
        return NO_TRADE
    major, group, small, fine = (int(p) for p in parts)
    return ((major * 100 + group) * 100 + small) * 100 + fine


@dataclass(slots=True)
class People:
    """Columns of seekers."""

    of: Sequence[Seeker]
    trades: Ints
    skill: Floats
    latitude: Floats
    longitude: Floats
    radius: Floats
    speed: Floats
    weekdays: Ints
    wish: Floats
    done: Floats
    failed: Floats
    stars: Floats
    idle: Floats
    age: Ints
    certificates: Ints
    """Bits of `NEEDS`."""
    tier: Ints
    level: Ints
    fit: Bools
    """Active and verified."""
    woman: Bools


@dataclass(slots=True)
class Openings:
    """Columns of openings, as they stand at `now`."""

    of: Sequence[Opening]
    now: datetime
    trade: Ints
    min_skill: Floats
    latitude: Floats
    longitude: Floats
    ride: Bools
    weekdays: Ints
    day: Floats
    minutes: Floats
    """Until the first shift begins."""
    needs: Ints
    places: Ints
    reserved: Ints
    adults_only: Bools
    asked_ages: Bools
    insurable_ages: Bools
    today: Bools
    sex: Ints
    """0 for anybody, 1 for men, 2 for women."""


def _numbers(values: list[float | None]) -> Floats:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float32)


def people(seekers: Sequence[Seeker]) -> People:
    """Return the columns of seekers."""
    trades = np.full((len(seekers), MOST_TRADES), NO_TRADE, dtype=np.int32)
    for n, seeker in enumerate(seekers):
        for k, code in enumerate(seeker.trades[:MOST_TRADES]):
            trades[n, k] = trade_number(code)
    return People(
        of=seekers,
        trades=trades,
        skill=_numbers([s.skill for s in seekers]),
        latitude=_numbers([s.latitude for s in seekers]),
        longitude=_numbers([s.longitude for s in seekers]),
        radius=_numbers([max(1.0, s.radius_km) for s in seekers]),
        speed=_numbers([SPEED.get(s.transport, SPEED["none"]) for s in seekers]),
        weekdays=np.array([sum(1 << d for d in s.weekdays) for s in seekers], dtype=np.int32),
        wish=_numbers([s.wish_fen or None for s in seekers]),
        done=_numbers([s.done for s in seekers]),
        failed=_numbers([s.failed for s in seekers]),
        stars=_numbers([s.stars for s in seekers]),
        idle=_numbers([s.idle_days for s in seekers]),
        age=np.array([min(max(s.age, 0), AGES - 1) for s in seekers], dtype=np.int32),
        certificates=np.array([holds(s.certificates) for s in seekers], dtype=np.int32),
        tier=np.array([s.tier for s in seekers], dtype=np.int32),
        level=np.array([s.level for s in seekers], dtype=np.int32),
        fit=np.array([s.active and s.verified for s in seekers], dtype=np.bool_),
        woman=np.array([s.sex == "女" for s in seekers], dtype=np.bool_),
    )


def _between(lowest: int | None, highest: int | None) -> Bools:
    ages = np.arange(AGES)
    found: Bools = (ages >= (lowest or 0)) & (ages <= (AGES if highest is None else highest))
    return found


def _insurable(opening: Opening) -> Bools:
    if opening.insurable is None:
        return np.ones(AGES, dtype=np.bool_)
    ages = np.zeros(AGES, dtype=np.bool_)
    for lowest, highest in opening.insurable:
        ages |= _between(lowest, highest)
    return ages


def _adults_only(opening: Opening) -> bool:
    return bool(_BARRED & set(opening.conditions)) or any(touches_night(*s) for s in opening.shifts)


def openings(orders: Sequence[Opening], now: datetime) -> Openings:
    """Return the columns of openings as they stand at `now`."""
    nobody = np.zeros((0, AGES), dtype=np.bool_)
    return Openings(
        of=orders,
        now=now,
        trade=np.array([trade_number(o.trade) for o in orders], dtype=np.int32),
        min_skill=_numbers([o.min_skill for o in orders]),
        latitude=_numbers([o.latitude for o in orders]),
        longitude=_numbers([o.longitude for o in orders]),
        ride=np.array([o.ride for o in orders], dtype=np.bool_),
        weekdays=np.array([_weekdays(o) for o in orders], dtype=np.int32),
        day=_numbers([o.day_fen or None for o in orders]),
        minutes=_numbers([(o.shifts[0][0] - now).total_seconds() / 60 for o in orders]),
        needs=np.array([needed(o.trade, o.conditions) for o in orders], dtype=np.int32),
        places=np.array([o.places for o in orders], dtype=np.int32),
        reserved=np.array([min(o.reserved, o.places) for o in orders], dtype=np.int32),
        adults_only=np.array([_adults_only(o) for o in orders], dtype=np.bool_),
        asked_ages=np.stack([_between(o.min_age, o.max_age) for o in orders]) if orders else nobody,
        insurable_ages=np.stack([_insurable(o) for o in orders]) if orders else nobody,
        today=np.array([_same_day(o, now) for o in orders], dtype=np.bool_),
        sex=np.array([{"男": 1, "女": 2}.get(o.sex or "", 0) for o in orders], dtype=np.int32),
    )


def _same_day(opening: Opening, now: datetime) -> bool:
    return opening.work_date == clock.business_date(now)


def _weekdays(opening: Opening) -> int:
    bits = 0
    for start, _ in opening.shifts:
        bits |= 1 << clock.shanghai(start).isoweekday()
    return bits


@dataclass(slots=True)
class History:
    """Past work of workers and employers, to be looked up for many pairs at once."""

    keys: NDArray[np.int64]
    days: Floats
    both: Floats
    """The mean of what either gave the other; nan where nobody did."""
    employer: NDArray[np.int64]
    """The number of the employer of each opening."""
    many: int

    def at(self, i: NDArray[Any], j: NDArray[Any]) -> tuple[Floats, Floats]:
        """Return days together and mean stars of pairs (worker row, opening row)."""
        asked = i.astype(np.int64) * self.many + self.employer[j]
        if not len(self.keys):
            return np.zeros(len(asked), np.float32), np.full(len(asked), np.nan, np.float32)
        where = np.minimum(np.searchsorted(self.keys, asked), len(self.keys) - 1)
        known = self.keys[where] == asked
        return np.where(known, self.days[where], 0), np.where(known, self.both[where], np.nan)


def history(seekers: Sequence[Seeker], orders: Sequence[Opening], pasts: Pasts) -> History:
    """Return the past of these people with these employers."""
    employers = {e: n for n, e in enumerate(dict.fromkeys(o.employer_id for o in orders))}
    rows = {s.id: n for n, s in enumerate(seekers)}
    many = max(1, len(employers))
    known = [(rows[w] * many + employers[e], past) for (w, e), past in pasts.items() if w in rows and e in employers]
    keys = np.array([k for k, _ in known], dtype=np.int64)
    line = np.argsort(keys)
    return History(
        keys=keys[line],
        days=np.array([p.days for _, p in known], dtype=np.float32)[line],
        both=np.array([_both(p) for _, p in known], dtype=np.float32)[line],
        employer=np.array([employers[o.employer_id] for o in orders], dtype=np.int64),
        many=many,
    )


def _both(past: Past) -> float:
    one, other = past.by_employer, past.by_worker
    if one is None or other is None:
        return one if one is not None else other if other is not None else float("nan")
    return (one + other) / 2
