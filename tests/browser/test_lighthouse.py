"""Lighthouse on the two pages that most people open on a phone: the board and one job (screens.md)."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.screens.city import City, standing
from tests.screens.shots import open_order

from .conftest import chromium

pytestmark = [pytest.mark.prove, pytest.mark.browser, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
LEAST = 95
CATEGORIES = ("performance", "accessibility", "best-practices")


@pytest.fixture(scope="module")
def market() -> Iterator[City]:
    with standing(days=2, scale=0.12) as city:
        yield city


def report(url: str) -> dict[str, Any]:
    """Run Lighthouse as it comes: a middling phone on a slow line."""
    with tempfile.TemporaryDirectory(prefix="linggong-lighthouse-") as folder:
        out = Path(folder) / "report.json"
        command = [
            "sh", "scripts/with_node.sh", "node", "tests/lighthouse/node_modules/lighthouse/cli/index.js", url, "--quiet",
            "--output=json", f"--output-path={out}", f"--only-categories={','.join(CATEGORIES)}",
            "--no-enable-error-reporting", "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        ]  # fmt: skip
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {"CHROME_PATH": chromium()},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found: dict[str, Any] = json.loads(out.read_text("utf-8"))
        return found


@pytest.mark.parametrize("page", ["board", "order"])
def test_a_phone_gets_a_fast_and_clear_page(market: City, page: str) -> None:
    """The best of three runs counts: what else the machine does makes a run slower, and none faster."""
    url = market.base + ("/" if page == "board" else open_order(market))
    scores: dict[str, int] = {}
    wrong: list[str] = []
    for _ in range(3):
        found = report(url)
        scores = {n: max(scores.get(n, 0), round(found["categories"][n]["score"] * 100)) for n in CATEGORIES}
        wrong = [
            f"{audit['id']}: {audit['title']} {audit.get('displayValue', '')}"
            for audit in found["audits"].values()
            if audit.get("score") is not None and audit["score"] < 0.9
        ]
        if min(scores.values()) >= LEAST:
            break
    assert min(scores.values()) >= LEAST, (scores, wrong)
    # What is asked for comes from us alone (R140).
    asked = [r["url"] for r in found["audits"]["network-requests"]["details"]["items"]]
    assert [u for u in asked if not u.startswith((market.base, "data:"))] == []
