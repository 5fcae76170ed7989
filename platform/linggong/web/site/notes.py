"""What the weather asks of an order, as its pages say it."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.work.weather import queries

_OUTCOMES: Final = {"moved": "已改时间", "cancelled": "已按天气取消", "lifted": "预警解除了，照常"}


async def weather_notes(uow: UnitOfWork, order_id: UUID) -> list[dict[str, Any]]:
    """Return the notes of an order's days, the latest first; `move` where the hours may still be moved."""
    out = []
    for found in await queries.decisions(uow, order_id):
        until = ""
        if "move" in found.actions and found.decide_at is not None:
            until = f"{clock.shanghai(found.decide_at):%m月%d日 %H:%M} 前可以改。"
        said = _OUTCOMES.get(found.outcome, "")
        out.append(
            {
                "text": f"{found.work_date:%m月%d日}：{found.words}{until}{said}",
                "move": "move" in found.actions,
                "tone": "danger" if found.verdict == "stop" and found.outcome == "open" else "wait",
            }
        )
    return out
