"""2,500 steps of everybody over everything: invariants hold, replay gives the state, refusals have Chinese reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from linggong.kernel.crypto import Secrets
from tests.loop.playing import Stage, play

if TYPE_CHECKING:
    from conftest import Server

STEPS = 2_500
REACHED = {
    "order 3 approve", "order 4 return", "order 7 expire", "order 29 cancel", "engagement 13 accept_invitation",
    "engagement 14 decline", "engagement 14 lapse", "engagement 18 confirm", "engagement 19 lapse", "engagement 20 contract",
    "engagement 27 withdraw", "assignment 36 arrive", "assignment 37 start", "assignment 38 no_show", "assignment 44 finish",
    "assignment 51 accept", "assignment 52 auto_accept", "bill 56 record_payment", "bill 57 confirm_payment", "bill 59 deny_payment",
    "waiver 20 waive",
}  # fmt: skip
"""Transitions that so many steps must have reached, or the game plays at the edges only."""


@pytest.mark.timeout(900)
def test_steps_of_everybody(server: Server, secrets: Secrets, capsys: pytest.CaptureFixture[str]) -> None:
    stage = Stage(server, secrets, look_every=25)
    try:
        play(stage, STEPS, reach=REACHED)
    finally:
        stage.close()
    with capsys.disabled():
        print(f"\n  {stage.line()}")
    assert stage.steps >= STEPS
    assert REACHED - set(stage.made) == set()
