"""The ten worked paths of order-states section 9 end where they should, and every invariant holds at their end."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from linggong.demo.paths.book import PATHS
from linggong.demo.paths.stage import Stage
from linggong.invariants import run

ENDS: dict[str, dict[str, Any]] = {
    "a": {"order": "O_CLOSED", "bills": ["SETTLED"] * 6},
    "b": {"late": "X_WITHDRAWN", "promoted": "A_WORKING", "waiting": "A_CONTRACTED", "order": "O_ACTIVE"},
    "c": {"order": "O_CLOSED", "bills": ["SETTLED"] * 8, "refused": 2},
    "d": {"case": "D_RESOLVED", "bill": "SETTLED", "held": 30_000, "total": 135_000, "order": "O_CLOSED"},
    "e": {"bills": 12, "arrears": ["W_ARREARS"], "now": ["W_REFERRED"], "refused": 2},
    "f": {
        "cover": "refused",
        "before": "A_CONFIRMED",
        "after": "A_CONTRACTED",
        "injury": "I_VERIFIED",
        "cases": ["D_OPEN"],
        "wage": "W_GRACE",
        "paid_for": True,
    },
    "h": {"moved": True, "stayed": "O_CANCELLED", "why": "weather", "worker": "X_CANCEL_W"},
    "i": {"shifts": ["X_CANCEL_E"], "order": "O_SUSPENDED", "bills": 4, "kinds": ["compensation"], "totals": [6_000]},
    "j": {"bill": "OPEN", "left": 8_000, "claim": "denied", "voucher": "截图：微信转账 200 元", "order": "O_SETTLING"},
    "g": {"reason": "证件上未满 16 周岁，不能登记找活：法律禁止招用未满 16 周岁的人。没有保存任何资料。", "found": 0},
}


@pytest.mark.parametrize("letter", sorted(ENDS))
async def test_a_path_ends_as_written(letter: str, stage: Stage, owner_of: asyncpg.Connection[Any]) -> None:
    ends = await PATHS[letter].play(stage)
    assert {name: ends.get(name) for name in ENDS[letter]} == ENDS[letter]
    assert stage.lines
    assert all(line.who and line.what for line in stage.lines)
    report = await run.check(owner_of)
    assert report.violations == []


def test_every_path_says_what_it_is_about() -> None:
    assert all(path.title for path in PATHS.values())
