"""30 kills of app and PostgreSQL at write points of confirm, contract, bill, payment and receipt: nothing lost, nothing twice."""

from __future__ import annotations

from random import Random

import pytest

from tests.loop.crashing import whole_loop, wreck

HOWS = ("live", "kill", "kill", "kill", "kill", "kill", "pause")
"""The first subject shows the points; five die with the app, one with the database, at each of the five steps."""


@pytest.mark.timeout(600)
def test_thirty_kills(capsys: pytest.CaptureFixture[str]) -> None:
    with wreck(len(HOWS)) as made:
        points = whole_loop(made, HOWS, Random(20260310))
    with capsys.disabled():
        print(
            f"\n  {sum(made.kills.values())} kills {dict(made.kills)}, points {points}, {made.acknowledged} acknowledged"
        )
    assert made.kills["app"] + made.kills["postgres"] >= 30
    assert made.kills["postgres"] == 5
