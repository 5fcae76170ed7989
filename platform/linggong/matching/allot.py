"""From the people and orders of a post to lines of a proposal: reads, solves, and says why somebody stays without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from msgspec.structs import replace as changed

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import Scope
from linggong.matching import queries, rules, solve
from linggong.matching.facts import Opening, Pasts, Seeker
from linggong.matching.rules import FREE
from linggong.matching.score import Scores
from linggong.matching.solve import Problem, Settings
from tenants.service import parameters

WINDOW, RESERVED, CAP = "matching.priority_window", "matching.reserved_percent", "matching.employer_cap"
Pair = tuple[UUID, UUID]
"""(worker, order)."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal was asked for."""

    reserved: bool = True
    """Keep places for whoever has priority."""
    neighbours: bool = False
    """Also orders of the county's other stations, as far as the board tells them."""
    city: bool = False
    """With `neighbours`: also those of other counties."""
    minutes: int = 0
    """As if it were so many minutes later."""
    here_only: bool = False
    """Only people who are here today with a number."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One person's line."""

    seeker: Seeker
    order: Opening | None
    score: int | None
    why: str
    crew_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Allotted:
    """What came out: lines in the order of the people, and figures beside greedy."""

    lines: list[Drawn]
    figures: dict[str, Any]


@dataclass(slots=True)
class Dawn:
    """Who waits and what is open, read once and solved as often as somebody asks what if."""

    seekers: list[Seeker]
    orders: list[Opening]
    pasts: Pasts
    settings: Settings


async def read(uow: UnitOfWork, within: Scope, at: str, options: Options) -> Dawn:
    """Read what a proposal for the post `at` is made of; of each order a share of places is reserved."""
    found = await parameters(uow, at, WINDOW, RESERVED, CAP)
    window, percent, cap = found[WINDOW], found[RESERVED], found[CAP]
    until = queries.horizon(uow.now)
    orders = await queries.openings(uow, within, until=until)
    if options.neighbours:
        orders += await queries.neighbours(uow, within, at, until, city=options.city)
    share = int(percent) if isinstance(percent, int) else 0
    orders = [changed(o, reserved=o.places * share // 100) for o in orders]
    people = await queries.seekers(uow, within, orders, at=at, pending=True)
    if options.here_only:
        people = [s for s in people if s.came is not None]
    settings = Settings(
        window=window if isinstance(window, timedelta) else timedelta(minutes=30),
        reserved=options.reserved,
        employer_cap=int(cap) if isinstance(cap, int) and cap else None,
    )
    return Dawn(people, orders, await queries.pasts(uow, people, orders, at=at), settings)


def solved(dawn: Dawn, now: Any, *, locked: Collection[Pair] = (), forbidden: Collection[Pair] = ()) -> Allotted:
    """Give out the places: `locked` pairs stay, `forbidden` ones are not proposed again."""
    held, worker_at = dict(locked), {s.id: n for n, s in enumerate(dawn.seekers)}
    order_at = {o.id: n for n, o in enumerate(dawn.orders)}
    taken = Counter(held.values())
    orders = [changed(o, places=max(0, o.places - taken[o.id])) for o in dawn.orders]
    people = [changed(s, active=False) if s.id in held else s for s in dawn.seekers]
    scores = Scores(people, orders, dawn.pasts, now)
    task = solve.problem(scores, dawn.settings)
    if forbidden:
        task = _without(task, forbidden)
    best, plain = solve.optimum(task), solve.greedy(task)
    went = {int(task.i[n]): int(n) for n in best.pairs}
    whole = Scores(dawn.seekers, dawn.orders, dawn.pasts, now)
    lines = []
    for n, seeker in enumerate(dawn.seekers):
        if seeker.id in held and held[seeker.id] in order_at:
            j = order_at[held[seeker.id]]
            fit = whole.fit(worker_at[seeker.id], j)
            lines.append(Drawn(seeker, dawn.orders[j], fit.score, fit.why))
        elif n in went:
            pair = went[n]
            j = int(task.j[pair])
            fit = whole.told(n, j, float(task.score[pair]), task.parts[:, pair])
            lines.append(Drawn(seeker, dawn.orders[j], fit.score, fit.why, best.crew_of.get(pair)))
        else:
            lines.append(Drawn(seeker, None, None, _why_without(task, n)))
    placed = [line for line in lines if line.order is not None]
    return Allotted(
        lines,
        {
            "people": len(lines),
            "places": int(sum(o.places for o in dawn.orders)),
            "placed": len(placed),
            "mean": round(sum(line.score or 0 for line in placed) / len(placed)) if placed else None,
            "greedy_placed": len(plain.pairs) + len(lines) - len(people) + len(held),
            "greedy_mean": round(float(task.score[plain.pairs].mean())) if len(plain.pairs) else None,
            "lead": round(100 * (best.value / plain.value - 1), 1) if plain.value else None,
        },
    )


def _without(task: Problem, forbidden: Collection[Pair]) -> Problem:
    people, orders = task.scores.people.of, task.scores.orders.of
    barred = {(w, o) for w, o in forbidden}
    keep = np.array(
        [(people[i].id, orders[j].id) not in barred for i, j in zip(task.i, task.j, strict=True)], dtype=np.bool_
    )
    return replace(
        task, i=task.i[keep], j=task.j[keep], score=task.score[keep], parts=task.parts[:, keep], value=task.value[keep]
    )


def _why_without(task: Problem, n: int) -> str:
    """Say why somebody stays without: no order, a rule that bars him everywhere, nothing that fits, or all places given away."""
    orders = task.scores.orders
    if not len(orders.of):
        return "现在没有缺人的活"
    if task.scores.people.of[n].crew_id in task.crews:
        return "全班没有能一起去的活"
    j = np.arange(len(orders.of))
    barred = rules.refusals(task.scores.people, orders, np.full(len(j), n), j)
    if (barred != FREE).all():
        most = Counter(barred.tolist()).most_common(1)[0][0]
        return rules.words(int(most), orders, int(j[barred == most][0]))
    if not (task.i == n).any():
        return "没有他会干又合适的活"
    return "合适的活都招满了"
