"""500 kills: each write point of each step with the app, the worker at its own, and the database under every step again and again."""

from __future__ import annotations

from random import Random

import pytest

from tests.loop.crashed_loop import LOOP, whole_loop
from tests.loop.crashing import STEPS, wreck

pytestmark = [pytest.mark.prove, pytest.mark.timeout(7_200)]
SUBJECTS = 72
"""Nine steps each: more subjects than a request has points, so that every point is died at; every eighth with the database."""


def test_five_hundred_kills(capsys: pytest.CaptureFixture[str]) -> None:
    hows = ["live", *("pause" if n % 8 == 0 else "kill" for n in range(1, SUBJECTS))]
    with wreck(SUBJECTS) as made:
        points = whole_loop(made, hows, Random(), every=True, at_random=10)
    with capsys.disabled():
        print(
            f"\n  {sum(made.kills.values())} kills {dict(made.kills)}, points {points}, {made.acknowledged} acknowledged"
        )
    assert sum(made.kills.values()) >= 500
    assert made.kills["worker"] >= 100
    assert max(points[name] for name, _ in LOOP if STEPS[name].who != "worker process") < SUBJECTS
