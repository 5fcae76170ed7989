"""Places given out: never more than there are, never an illegal pair, a crew whole or not, never worse than greedy (R050, R065)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import UUID

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.dispatch import NOW as DAWN
from benchmarks.dispatch import town
from linggong.matching import candidates, rules, solve
from linggong.matching.facts import Opening, Seeker
from linggong.matching.score import Scores
from linggong.matching.solve import Settings

from .test_score import NOW, opening, seeker

_TRADES = ("6-29-99-00", "6-29-01-01", "4-02-05-01", "6-29-03-02")


def _town(rng: Random) -> tuple[list[Seeker], list[Opening]]:
    crews = [UUID(int=n + 1) for n in range(3)]
    people = [
        seeker(
            id=UUID(int=rng.getrandbits(120)), trades=tuple(rng.sample(_TRADES, 2)), age=rng.randrange(15, 70), idle_days=rng.randrange(20),
            tier=rng.randrange(4), level=rng.choice((0, 0, 0, 2, 3)), crew_id=rng.choice((None, None, *crews)), longitude=114.3 + rng.random() / 8,
            busy=((NOW, NOW + timedelta(hours=3)),) if rng.random() < 0.2 else (), certificates=("电工证",) if rng.random() < 0.5 else (),
        )
        for _ in range(rng.randrange(1, 25))
    ]  # fmt: skip
    bosses = [UUID(int=n + 9) for n in range(3)]
    orders = [
        opening(
            id=UUID(int=rng.getrandbits(120)), trade=rng.choice(_TRADES), places=(p := rng.randrange(1, 6)), reserved=rng.randrange(p + 1), employer_id=rng.choice(bosses),
            max_age=rng.choice((None, 55)), conditions=rng.choice(((), ("heavy",))), crew_allowed=rng.random() < 0.6, published_at=NOW - timedelta(minutes=rng.randrange(90)),
        )
        for _ in range(rng.randrange(1, 8))
    ]  # fmt: skip
    return people, orders


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.sampled_from([None, 2]))
def test_whatever_the_dawn_the_proposal_holds(seed: int, reserved: bool, cap: int | None) -> None:
    people, orders = _town(Random(seed))
    scores = Scores(people, orders, {}, NOW)
    task = solve.problem(scores, Settings(reserved=reserved, employer_cap=cap))
    best, plain = solve.optimum(task), solve.greedy(task)
    for answer in (best, plain):
        i, j = task.i[answer.pairs], task.j[answer.pairs]
        assert len(set(i.tolist())) == len(i), "nobody goes twice"
        assert (rules.refusals(scores.people, scores.orders, i, j) == rules.FREE).all()
        per = np.bincount(j, minlength=len(orders))
        assert (per <= scores.orders.places).all()
        if reserved:
            others = np.bincount(j[scores.people.tier[i] == 0], minlength=len(orders))
            assert (others <= scores.orders.places - scores.orders.reserved).all(), "reserved places wait"
        if cap is not None:
            assert max(Counter(orders[int(n)].employer_id for n in j).values(), default=0) <= cap
        went = dict(zip(i.tolist(), j.tolist(), strict=True))
        for members in task.crews.values():
            where = {went.get(n) for n in members}
            assert len(where) == 1, "a crew goes whole to one order, or stays"
    assert best.value >= plain.value


def test_the_flow_sees_further_than_the_best_pair() -> None:
    # The all-rounder scores best at the bricklaying, and the bricklayer can do nothing else: greedy leaves one at home.
    both = seeker(trades=("6-29-01-01", "6-29-03-02"), done=30, certificates=("电工证",))
    one = seeker(trades=("6-29-01-01",), wish_fen=24000, radius_km=2)
    bricks = opening(trade="6-29-01-01", places=1)
    wires = opening(trade="6-29-03-02", places=1, day_fen=9000, longitude=114.4)
    task = solve.problem(Scores([both, one], [bricks, wires], {}, NOW), Settings())
    assert len(solve.greedy(task).pairs) == 1
    assert len(solve.optimum(task).pairs) == 2


def test_few_candidates_lose_little_and_do_not_crowd() -> None:
    scores = Scores(*town(400, 300, seed=3), DAWN)
    whole = solve.optimum(solve.problem(scores, Settings(dense=True)))
    task = solve.problem(scores, replace(Settings(), sparse=True))
    best = solve.optimum(task)
    assert len(task.i) < 0.5 * 400 * len(scores.orders.of)
    assert best.value >= 0.99 * whole.value
    i, j = candidates.sparse(scores.people, scores.orders, whatever=True)
    per = np.bincount(j, minlength=len(scores.orders.of)) / scores.orders.places
    assert per.max() <= 8 * np.median(per[per > 0])
    assert len(set(zip(i.tolist(), j.tolist(), strict=True))) == len(i)
    tier = scores.people.tier > 0
    placed, able = (np.isin(np.arange(400), rows) for rows in (task.i[best.pairs], task.i))
    assert placed[tier & able].mean() >= placed[~tier & able].mean(), "places are short: priority comes first (R065)"
