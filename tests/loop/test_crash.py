"""Each step from confirm to settlement dies once with its process and once with PostgreSQL: nothing lost, nothing twice.

The 500 kills at every write point are a long proof (tests/prove/test_crash_loop.py).
"""

from __future__ import annotations

from random import Random

import pytest

from tests.loop.crashed_loop import LOOP, whole_loop
from tests.loop.crashing import wreck

HOWS = ("live", "kill", "pause")
"""The first subject shows the points; one dies with the app or the worker, one with the database, at each of the nine steps."""


@pytest.mark.timeout(900)
def test_every_step_dies_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    with wreck(len(HOWS)) as made:
        points = whole_loop(made, HOWS, Random(20260310), at_random=1)
    with capsys.disabled():
        print(
            f"\n  {sum(made.kills.values())} kills {dict(made.kills)}, points {points}, {made.acknowledged} acknowledged"
        )
    assert sum(made.kills.values()) >= 2 * len(LOOP)
    assert made.kills["worker"] >= 3
    assert made.kills["postgres"] == len(LOOP)
