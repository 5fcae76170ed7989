"""500 kills: each write point of each step of the loop with the app, and the database under every step again and again."""

from __future__ import annotations

from random import Random

import pytest

from tests.loop.crashing import whole_loop, wreck

pytestmark = [pytest.mark.prove, pytest.mark.timeout(7_200)]
SUBJECTS = 104
"""Five steps each: more subjects than a step has points, so that every point is died at; every eighth with the database."""


def test_five_hundred_kills(capsys: pytest.CaptureFixture[str]) -> None:
    hows = ["live", *("pause" if n % 8 == 0 else "kill" for n in range(1, SUBJECTS))]
    with wreck(SUBJECTS) as made:
        points = whole_loop(made, hows, Random(), every=True)
    with capsys.disabled():
        print(
            f"\n  {sum(made.kills.values())} kills {dict(made.kills)}, points {points}, {made.acknowledged} acknowledged"
        )
    assert sum(made.kills.values()) >= 500
    assert max(points.values()) < SUBJECTS
