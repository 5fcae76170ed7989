"""Who goes where: crews first as blocks, then everybody else by a minimum-cost flow over the candidate pairs.

What is exact: on its candidate pairs the flow is optimal, with capacities, reserved places and caps per employer. What is a
heuristic: which pairs are candidates (`candidates`), and which order a crew takes (largest crew first, its best order).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from linggong.matching import candidates, rules, tiers
from linggong.matching.columns import Floats
from linggong.matching.score import Scores, can_do

Rows = NDArray[Any]
BASE: Final = 100.0
"""What a placed person counts beside his score, so that nobody stays without to make others fit a little better."""
IDLE_BONUS, IDLE_MOST = 0.5, 14
"""Points a day since the last work, and up to how many days."""
LEAST_SCORE: Final = 25
"""Nobody is proposed for what fits worse, nor for skilled work that he does not know."""
_SCALE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run is asked for."""

    window: timedelta = timedelta(minutes=30)
    """How long after publication the bonus of tiers counts twice (R065)."""
    reserved: bool = True
    employer_cap: int | None = None
    """Most people for one employer in this run."""
    each: int = 16
    """Candidates a person."""
    seed: int = 1
    dense: bool = False
    """Every pair; else those of `candidates.sparse`, where few are all of them too."""
    sparse: bool = False
    """Choose candidates also where few are all of them: for measuring."""


@dataclass(slots=True)
class Problem:
    """The candidate pairs with their scores and what each is worth."""

    scores: Scores
    i: Rows
    j: Rows
    score: Floats
    parts: Floats
    value: NDArray[np.int64]
    settings: Settings
    crews: dict[UUID, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class Answer:
    """Pairs by their number in the problem."""

    pairs: Rows
    value: int
    crew_of: dict[int, UUID] = field(default_factory=dict)
    """Pairs that came as part of a crew."""


def problem(scores: Scores, settings: Settings) -> Problem:
    """Return the candidate pairs that no rule refuses and that fit well enough."""
    people, orders = scores.people, scores.orders
    if settings.dense:
        i, j = candidates.dense(people, orders)
    else:
        i, j = candidates.sparse(people, orders, each=settings.each, seed=settings.seed, whatever=settings.sparse)
    free = rules.refusals(people, orders, i, j) == rules.FREE
    i, j = i[free], j[free]
    total, parts = scores.pairs(i, j)
    fits = (total >= LEAST_SCORE) & can_do(parts[0], orders.trade[j])
    i, j, total, parts = i[fits], j[fits], total[fits], parts[:, fits]
    since = [orders.now - o.published_at for o in orders.of]
    early = np.array([[tiers.bonus(t, since_published=s, window=settings.window) for t in range(4)] for s in since])
    extra = early[j, people.tier[i]] if len(j) else np.zeros(0)
    idle = IDLE_BONUS * np.minimum(np.nan_to_num(people.idle[i]), IDLE_MOST)
    crews: dict[UUID, list[int]] = defaultdict(list)
    for n, seeker in enumerate(people.of):
        if seeker.crew_id is not None:
            crews[seeker.crew_id].append(n)
    return Problem(
        scores=scores, i=i, j=j, score=total, parts=parts,
        value=np.round(_SCALE * (BASE + total + extra + idle)).astype(np.int64), settings=settings,
        crews={c: members for c, members in crews.items() if len(members) > 1},
    )  # fmt: skip


@dataclass(slots=True)
class Room:
    """Places left while they are given out: open ones, reserved ones, and what an employer may still have."""

    open: Rows
    reserved: Rows
    employer: Rows
    cap: Rows

    @classmethod
    def of(cls, task: Problem) -> Room:
        """Return the room before anybody is placed."""
        orders = task.scores.orders
        held = orders.reserved if task.settings.reserved else np.zeros_like(orders.reserved)
        employer = task.scores.past.employer
        cap = task.settings.employer_cap
        most = np.full(
            int(employer.max(initial=-1)) + 1, int(orders.places.sum()) if cap is None else cap, dtype=np.int64
        )
        return cls((orders.places - held).astype(np.int64), held.astype(np.int64), employer, most)

    def takes(self, j: int, tier: int) -> bool:
        """Give a place to one of this tier, if one is left for him."""
        if self.cap[self.employer[j]] < 1:
            return False
        if tier and self.reserved[j] > 0:
            self.reserved[j] -= 1
        elif self.open[j] > 0:
            self.open[j] -= 1
        else:
            return False
        self.cap[self.employer[j]] -= 1
        return True


def _place_crews(task: Problem, room: Room) -> dict[int, UUID]:
    """Place crews, each whole or not at all, the largest first; returns {pair: crew}."""
    placed: dict[int, UUID] = {}
    if not task.crews:
        return placed
    members = {row for crew in task.crews.values() for row in crew}
    inside = np.flatnonzero(np.isin(task.i, np.fromiter(members, dtype=np.int64)))
    pair = {(int(task.i[n]), int(task.j[n])): int(n) for n in inside}
    doors: dict[int, set[int]] = defaultdict(set)
    for i, j in pair:
        doors[i].add(j)
    orders = task.scores.orders.of
    for crew, rows in sorted(task.crews.items(), key=lambda c: (-len(c[1]), c[0])):
        common = [
            j
            for j in set.intersection(*(doors[i] for i in rows))
            if orders[j].crew_allowed and min(room.open[j], room.cap[room.employer[j]]) >= len(rows)
        ]
        if not common:
            continue
        best = max(common, key=lambda j: (sum(int(task.value[pair[i, j]]) for i in rows), -j))
        room.open[best] -= len(rows)
        room.cap[room.employer[best]] -= len(rows)
        placed |= {pair[i, best]: crew for i in rows}
    return placed


def _singles(task: Problem) -> Rows:
    """Return the pairs of whoever comes with no crew."""
    together = [row for crew in task.crews.values() for row in crew]
    return np.flatnonzero(~np.isin(task.i, np.array(together, dtype=np.int64)))


def optimum(task: Problem) -> Answer:
    """Return the best allotment over the candidate pairs, crews placed before."""
    room = Room.of(task)
    crew_of = _place_crews(task, room)
    alone = _flow(task, room, _singles(task))
    pairs = np.concatenate([np.fromiter(crew_of, dtype=np.int64, count=len(crew_of)), alone])
    return Answer(pairs, int(task.value[pairs].sum()), crew_of)


def greedy(task: Problem) -> Answer:
    """Return what taking the best pair again and again gives, for comparison: the same crews, capacities and caps."""
    room = Room.of(task)
    crew_of = _place_crews(task, room)
    alone = _singles(task)
    tier, people = task.scores.people.tier, np.zeros(len(task.scores.people.of), dtype=np.bool_)
    pairs = list(crew_of)
    for n in alone[np.argsort(-task.value[alone], kind="stable")]:
        i = task.i[n]
        if not people[i] and room.takes(int(task.j[n]), int(tier[i])):
            people[i] = True
            pairs.append(int(n))
    chosen = np.array(pairs, dtype=np.int64)
    return Answer(chosen, int(task.value[chosen].sum()), crew_of)


def _flow(task: Problem, room: Room, alone: Rows) -> Rows:
    """Return the pairs of the cheapest flow: person > (reserved places >) order > employer > sink, or person > nobody."""
    if not len(alone):
        return np.zeros(0, np.int64)
    i, j = task.i[alone], task.j[alone]
    people, who = np.unique(i, return_inverse=True)
    orders, where = np.unique(j, return_inverse=True)
    employers, boss = np.unique(room.employer[orders], return_inverse=True)
    n, m, e = len(people), len(orders), len(employers)
    # Nodes: people, orders, their reserved places, employers, sink.
    order_at, held_at, boss_at, sink = n, n + m, n + 2 * m, n + 2 * m + e
    first = task.scores.people.tier[i] > 0
    held = room.reserved[orders]
    to_held = first & (held[where] > 0)
    some = np.flatnonzero(held > 0)
    ones = np.ones(len(alone), dtype=np.int64)
    arcs = [
        (who, np.where(to_held, held_at, order_at) + where, ones, -task.value[alone]),
        (np.arange(n), np.full(n, sink), np.ones(n), np.zeros(n)),
        (held_at + some, boss_at + boss[some], held[some], np.zeros(len(some))),
        (held_at + some, order_at + some, room.open[orders][some], np.zeros(len(some))),
        (order_at + np.arange(m), boss_at + boss, room.open[orders], np.zeros(m)),
        (boss_at + np.arange(e), np.full(e, sink), room.cap[employers], np.zeros(e)),
    ]
    tails, heads, capacities, costs = (np.concatenate([a[k] for a in arcs]) for k in range(4))
    flow = SimpleMinCostFlow()
    numbers = flow.add_arcs_with_capacity_and_unit_cost(
        tails.astype(np.int32), heads.astype(np.int32), capacities.astype(np.int64), costs.astype(np.int64)
    )
    supplies = np.zeros(sink + 1, dtype=np.int64)
    supplies[:n], supplies[sink] = 1, -n
    flow.set_nodes_supplies(np.arange(sink + 1, dtype=np.int32), supplies)
    status = flow.solve()
    if status != SimpleMinCostFlow.OPTIMAL:
        raise RuntimeError(f"the flow has no answer: {status}")
    return np.asarray(alone[np.flatnonzero(np.asarray(flow.flows(np.asarray(numbers)[: len(alone)])))])
