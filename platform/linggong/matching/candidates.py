"""Which pairs are worth solving for: each person's best orders, without all of them standing before the same doors.

A coarse score comes from tables (trade by trade, place by place, wish by wish), so that a hundred million pairs are looked over
in seconds and a megabyte. Of it each person keeps his best, equals told apart by chance; an order accepts only its quota, the
next best take the rest; orders that few have chosen choose for themselves. What is kept is then scored exactly.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from linggong.matching.certificates import NEEDS
from linggong.matching.columns import AGES, Floats, Openings, People
from linggong.matching.rules import ADULT_AGE, MIN_AGE
from linggong.matching.score import WEIGHTS, can_do, kilometres, near, pay, same_trade

Rows = NDArray[Any]
_TRADE, _DISTANCE, _WINDOW, _PAY = (float(WEIGHTS[n]) for n in (0, 2, 3, 4))
_UNKNOWN: Final = 0.5
_NEVER: Final = np.float32(-1e6)
_CELLS: Final = 2_000_000
"""How many pairs are held at a time."""
JITTER: Final = 2.0
"""Points by which equals are told apart by chance."""
CROWD: Final = 2.0
"""An order accepts at most this many times its share of all candidates."""
FEW: Final = 3
"""An order with fewer candidates a place than this chooses for itself."""


class Coarse:
    """The coarse score of any block of people and orders."""

    def __init__(self, seekers: People, orders: Openings, seed: int) -> None:
        self.seekers, self.orders = seekers, orders
        self._jitter = np.random.default_rng(seed).random(2 * len(orders.of) + 8191, dtype=np.float32) * JITTER
        ages = np.arange(AGES)[:, None]
        allowed = (ages >= MIN_AGE) & ((ages >= ADULT_AGE) | ~orders.adults_only[None, :])
        allowed &= orders.asked_ages.T & orders.insurable_ages.T
        self._ages = np.where(allowed, np.float32(0), _NEVER)
        papers = np.arange(1 << len(NEEDS))[:, None]
        self._papers = np.where(papers & orders.needs[None, :] == orders.needs[None, :], np.float32(0), _NEVER)

    def block(self, rows: Rows, columns: Rows) -> Floats:
        """Return the scores of people `rows` with orders `columns`; far below zero where a rule refuses."""
        s, o = self.seekers, self.orders
        kinds, at = np.unique(s.trades[rows], axis=0, return_inverse=True)
        asked, back = np.unique(o.trade[columns], return_inverse=True)
        one, other = (a.ravel() for a in np.indices((len(kinds), len(asked))))
        same = same_trade(kinds[one], asked[other])
        by_trade = _TRADE * _filled(same) + np.where(can_do(same, asked[other]), np.float32(0), _NEVER)
        by_trade = by_trade.reshape(len(kinds), len(asked))
        found = by_trade[:, back][at.ravel()]
        where = np.stack([s.latitude[rows], s.longitude[rows], s.radius[rows], s.speed[rows]], axis=1)
        places, at = np.unique(where, axis=0, return_inverse=True)
        lat, lng, radius, speed = (places[:, n : n + 1] for n in range(4))
        km = kilometres(lat, lng, o.latitude[columns][None, :], o.longitude[columns][None, :])
        there = _DISTANCE * _filled(near(km, radius, speed, o.ride[columns][None, :]))
        there -= _WINDOW * (np.nan_to_num(km) / speed * 60 > o.minutes[columns][None, :] + 15)
        found += there[at.ravel()]
        wishes, at = np.unique(s.wish[rows], return_inverse=True)
        found += (_PAY * _filled(pay(o.day[columns][None, :], wishes[:, None])))[at]
        days, at = np.unique(s.weekdays[rows], return_inverse=True)
        asked_days = o.weekdays[columns][None, :]
        free = (days[:, None] == 0) | (days[:, None] & asked_days == asked_days)
        found += np.where(free, np.float32(_WINDOW), np.float32(0))[at]
        found += self._ages[:, columns][s.age[rows]]
        found += self._papers[:, columns][s.certificates[rows]]
        found[~s.fit[rows] | (s.level[rows] >= 3)] = _NEVER
        return np.asarray(found, dtype=np.float32)

    def jitter(self, rows: Rows, wide: int) -> Floats:
        """Return what tells equals apart, the same for the same row."""
        start = (rows * 7919) % 8191 % max(1, len(self._jitter) - wide)
        return np.asarray(np.lib.stride_tricks.sliding_window_view(self._jitter, wide)[start])


def _filled(values: Floats) -> Floats:
    return np.asarray(np.where(np.isnan(values), _UNKNOWN, values), dtype=np.float32)


def dense(seekers: People, orders: Openings) -> tuple[Rows, Rows]:
    """Return every pair."""
    i, j = np.indices((len(seekers.of), len(orders.of)), dtype=np.int64)
    return i.ravel(), j.ravel()


def sparse(
    seekers: People, orders: Openings, *, each: int = 16, seed: int = 1, whatever: bool = False
) -> tuple[Rows, Rows]:
    """Return the pairs worth solving for, about `each` a person; all of them where they are few, unless `whatever`."""
    people, many = len(seekers.of), len(orders.of)
    if people == 0 or many == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    if people * many <= _CELLS // 8 and not whatever:
        return dense(seekers, orders)
    coarse = Coarse(seekers, orders, seed)
    wide = min(many, 2 * each)
    best, scores = _best(coarse, wide)
    kept_i, kept_j = _quotas(best, scores, orders.places, min(each, many))
    more_i, more_j = _chosen(coarse, np.bincount(kept_j, minlength=many), orders.places)
    both = np.unique(np.concatenate([kept_i * many + kept_j, more_i * many + more_j]))
    return both // many, both % many


def _best(coarse: Coarse, wide: int) -> tuple[Rows, Floats]:
    """Return each person's best orders and their scores, the best first."""
    s, many = coarse.seekers, len(coarse.orders.of)
    # People from the same place with the same trade stand together, so that the tables of a block stay small.
    order = np.lexsort((s.speed, s.radius, s.longitude, s.latitude))
    best = np.zeros((len(s.of), wide), dtype=np.int32)
    scores = np.zeros((len(s.of), wide), dtype=np.float32)
    columns = np.arange(many)
    step = max(1, _CELLS // many)
    for begin in range(0, len(order), step):
        rows = order[begin : begin + step]
        found = coarse.block(rows, columns) + coarse.jitter(rows, many)
        top = (
            np.argpartition(found, many - wide, axis=1)[:, many - wide :]
            if wide < many
            else np.tile(columns, (len(rows), 1))
        )
        value = np.take_along_axis(found, top, axis=1)
        rank = np.argsort(-value, axis=1)
        best[rows] = np.take_along_axis(top, rank, axis=1)
        scores[rows] = np.take_along_axis(value, rank, axis=1)
    return best, scores


def _quotas(best: Rows, scores: Floats, places: Rows, each: int) -> tuple[Rows, Rows]:
    """Let everybody choose in turn, first his best: an order that has its quota takes nobody more."""
    people, wide = best.shape
    share = people * each * places / max(1, int(places.sum()))
    quota = np.maximum(8, np.ceil(CROWD * share)).astype(np.int64)
    taken = np.zeros(len(places), dtype=np.int64)
    has = np.zeros(people, dtype=np.int64)
    kept: list[tuple[Rows, Rows]] = []
    for rank in range(wide):
        who = np.flatnonzero((scores[:, rank] > 0) & (has < each))
        where = best[who, rank]
        line = np.lexsort((-scores[who, rank], where))
        who, where = who[line], where[line]
        starts = np.r_[True, where[1:] != where[:-1]] if len(where) else np.zeros(0, np.bool_)
        first = np.flatnonzero(starts)
        number = np.arange(len(where)) - np.repeat(first, np.diff(np.r_[first, len(where)]))
        fits = number + taken[where] < quota[where]
        who, where = who[fits], where[fits]
        taken += np.bincount(where, minlength=len(places))
        has[who] += 1
        kept.append((who, where.astype(np.int64)))
    # Whoever found every door full keeps his best one.
    left = np.flatnonzero((has == 0) & (scores[:, 0] > 0))
    kept.append((left, best[left, 0].astype(np.int64)))
    return np.concatenate([k[0] for k in kept]), np.concatenate([k[1] for k in kept])


def _chosen(coarse: Coarse, have: Rows, places: Rows) -> tuple[Rows, Rows]:
    """Let orders that few have chosen choose for themselves."""
    people = len(coarse.seekers.of)
    short = np.flatnonzero(have < FEW * places)
    everybody = np.arange(people)
    found_i: list[Rows] = [np.zeros(0, np.int64)]
    found_j: list[Rows] = [np.zeros(0, np.int64)]
    step = max(1, _CELLS // max(1, people))
    for begin in range(0, len(short), step):
        columns = short[begin : begin + step]
        values = coarse.block(everybody, columns)
        values += coarse.jitter(everybody, len(columns))
        for n, j in enumerate(columns):
            wanted = int(min(people, 2 * FEW * places[j]))
            top = np.argpartition(values[:, n], people - wanted)[people - wanted :]
            top = top[values[top, n] > 0]
            found_i.append(top.astype(np.int64))
            found_j.append(np.full(len(top), j, dtype=np.int64))
    return np.concatenate(found_i), np.concatenate(found_j)
