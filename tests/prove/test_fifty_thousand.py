"""Fifty thousand generated requests, and every hole in every wall, through the command line as an operator runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Server

pytestmark = [pytest.mark.prove, pytest.mark.timeout(5400)]


def test_nothing_foreign_and_every_hole_noticed(server: Server) -> None:
    command = [
        sys.executable,
        "-m",
        "linggong",
        "prove",
        "isolation",
        "--requests",
        "50000",
        "--seed",
        "11",
        "--mutate",
    ]
    environment = os.environ | {"LINGGONG_DATA_DIR": str(server.data_dir)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    last = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert last["requests"] >= 50_000
    assert (last["leaks"], last["writes_outside"], last["oracle_mismatches"]) == (0, 0, 0)
    assert last["covered"] == last["operations"]
    assert last["mutants"]["survived"] == []
    assert last["mutants"]["killed"] > 150
