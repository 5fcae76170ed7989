"""The score of a worker and an order, the rules before it, and the tiers beside it (R052, R062, R065, R066)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from linggong.matching import rules, solve, tiers
from linggong.matching.facts import Opening, Past, Seeker
from linggong.matching.score import PARTS, Scores

NOW = datetime(2026, 3, 9, 21, 10, tzinfo=UTC)
"""Tuesday 05:10 in Kaifeng."""


def seeker(**changes: Any) -> Seeker:
    """A man who fits."""
    values: dict[str, Any] = {
        "id": uuid4(), "name": "李**", "age": 45, "sex": "男", "trades": ("6-29-99-00",), "latitude": 34.80, "longitude": 114.30,
        "wish_fen": 20000,
    }  # fmt: skip
    return Seeker(**(values | changes))


def opening(**changes: Any) -> Opening:
    """Work of this morning, a kilometre away."""
    values: dict[str, Any] = {
        "id": uuid4(), "title": "搬砖小工", "trade": "6-29-99-00", "employer_id": uuid4(), "latitude": 34.81, "longitude": 114.30,
        "shifts": ((NOW + timedelta(hours=2), NOW + timedelta(hours=11)),), "work_date": date(2026, 3, 10),
        "published_at": NOW, "day_fen": 20000, "places": 4,
    }  # fmt: skip
    return Opening(**(values | changes))


def test_each_part_moves_the_score_and_the_unknown_is_left_out() -> None:
    assert sum(part.weight for part in PARTS) == 100
    job = opening(min_skill=3, trade="6-29-01-01")
    base = seeker(trades=("6-29-01-01",), skill=3, done=10, idle_days=7, weekdays=(2,))
    worse = {
        "trade": {"trades": ("4-09-08-01",)}, "skill": {"skill": 1}, "distance": {"longitude": 114.45}, "window": {"weekdays": (7,)},
        "pay": {"wish_fen": 30000}, "reliability": {"failed": 5}, "fairness": {"idle_days": 0},
    }  # fmt: skip
    people = [
        base,
        *(
            seeker(**({"trades": ("6-29-01-01",), "skill": 3, "done": 10, "idle_days": 7, "weekdays": (2,)} | c))
            for c in worse.values()
        ),
    ]
    scores = Scores(people, [job], {}, NOW)
    first = scores.fit(0, 0)
    for row, part in enumerate(worse, start=1):
        other = scores.fit(row, 0)
        assert other.parts[part] < first.parts[part], part
        assert other.score < first.score, part
    assert first.why == "会瓦工，离得近，1.1 公里，工钱够他的价"
    # A man who filled in nothing is scored by what is known alone.
    bare = Scores([seeker(trades=(), latitude=None, longitude=None, wish_fen=None)], [opening()], {}, NOW).fit(0, 0)
    assert bare.parts == {}
    known = Scores([seeker(idle_days=7, latitude=None, longitude=None, wish_fen=None)], [opening()], {}, NOW).fit(0, 0)
    assert known.score == 100


def test_skilled_work_is_proposed_to_those_who_know_it() -> None:
    people = [seeker(), seeker(trades=("4-09-08-01",)), seeker(trades=())]
    jobs = [opening(trade="6-29-04-01"), opening(trade="4-02-05-01")]
    task = solve.problem(Scores(people, jobs, {}, NOW), solve.Settings())
    assert set(zip(task.i.tolist(), task.j.tolist(), strict=True)) == {(0, 1), (1, 1), (2, 0), (2, 1)}, (
        "a tiler's work is a tiler's"
    )


def test_work_done_together_counts_both_ways() -> None:
    man, job = seeker(), opening()
    liked, disliked = (
        Scores([man], [job], {(man.id, job.employer_id): Past(5, stars, stars)}, NOW).fit(0, 0) for stars in (5.0, 1.0)
    )
    assert liked.parts["past"] == 1.0
    assert disliked.parts["past"] == pytest.approx(0.3)
    assert "past" not in Scores([man], [job], {}, NOW).fit(0, 0).parts


@pytest.mark.parametrize(
    ("rule", "man", "job"),
    [
        ("account", {"verified": False}, {}),
        ("child", {"age": 15}, {}),
        ("minor", {"age": 17}, {"conditions": ("heavy",)}),
        ("age_asked", {"age": 60}, {"max_age": 55}),
        ("ban", {"level": 3}, {}),
        ("ban_today", {"level": 2}, {}),
        ("certificate", {}, {"conditions": ("height",)}),
        ("insurable", {"age": 70}, {"insurable": ((16, 65),)}),
        ("insurable", {}, {"insurable": ()}),
        ("overlap", {"busy": ((NOW, NOW + timedelta(hours=3)),)}, {}),
    ],
)
def test_a_refused_pair_names_its_rule(rule: str, man: dict[str, Any], job: dict[str, Any]) -> None:
    scores = Scores([seeker(**man), seeker()], [opening(**job), opening()], {}, NOW)
    one = np.array([0])
    assert rules.RULES[rules.refusals(scores.people, scores.orders, one, one)[0]].key == rule
    both = rules.refusals(scores.people, scores.orders, np.array([1]), np.array([1]))
    assert both[0] == rules.FREE


def test_who_holds_the_paper_or_is_free_again_may_go() -> None:
    people = [
        seeker(certificates=("高处作业操作证",)),
        seeker(busy=((NOW - timedelta(hours=9), NOW + timedelta(hours=2)),)),
    ]
    scores = Scores(people, [opening(conditions=("height",)), opening()], {}, NOW)
    rows = np.array([0, 1])
    assert (rules.refusals(scores.people, scores.orders, rows, rows) == rules.FREE).all()


def test_tiers_come_from_proofs_waiting_and_age() -> None:
    tier = tiers.tier_of
    assert tier((), idle_days=2, age=40) == 0
    assert (
        tier((), idle_days=9, age=40) == tier((), idle_days=2, age=58) == tier(("veteran",), idle_days=2, age=40) == 1
    )
    assert tier(("subsistence",), idle_days=2, age=40) == 2
    assert tier(("subsistence",), idle_days=9, age=40) == tier(("subsistence", "disabled"), idle_days=2, age=40) == 3
    minutes = timedelta(minutes=1)
    early = tiers.bonus(2, since_published=10 * minutes, window=30 * minutes)
    assert early > tiers.bonus(2, since_published=40 * minutes, window=30 * minutes) > 0
    assert tiers.bonus(0, since_published=minutes, window=30 * minutes) == 0
