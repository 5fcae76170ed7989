"""30 kills of app, worker process and PostgreSQL at write points from confirm to settlement: nothing lost, nothing twice."""

from __future__ import annotations

from random import Random

import pytest

from tests.loop.crashed_loop import LOOP, whole_loop
from tests.loop.crashing import wreck

HOWS = ("live", "kill", "kill", "kill", "pause")
"""The first subject shows the points; three die with the app or the worker, one with the database, at each of the nine steps."""


@pytest.mark.timeout(900)
def test_thirty_kills(capsys: pytest.CaptureFixture[str]) -> None:
    with wreck(len(HOWS)) as made:
        points = whole_loop(made, HOWS, Random(20260310), at_random=2)
    with capsys.disabled():
        print(
            f"\n  {sum(made.kills.values())} kills {dict(made.kills)}, points {points}, {made.acknowledged} acknowledged"
        )
    assert sum(made.kills.values()) >= 30
    assert made.kills["worker"] >= 9
    assert made.kills["postgres"] == len(LOOP)
