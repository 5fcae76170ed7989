"""100,000 steps of everybody over everything, other ones each time; `LINGGONG_STEPS` asks for more."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from linggong.kernel.crypto import Secrets
from tests.loop.playing import Stage, play

if TYPE_CHECKING:
    from conftest import Server

pytestmark = [pytest.mark.prove, pytest.mark.timeout(10_800)]
STEPS = int(os.environ.get("LINGGONG_STEPS", "100000"))


def test_hundred_thousand_steps(server: Server, secrets: Secrets, capsys: pytest.CaptureFixture[str]) -> None:
    stage = Stage(server, secrets, look_every=50)
    try:
        play(stage, STEPS, length=400, derandomize=False)
    finally:
        stage.close()
        with capsys.disabled():
            print(f"\n  {stage.line()}")
    assert stage.steps >= STEPS
