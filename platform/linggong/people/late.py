"""What is entered after it happened, because there was no network: kept and told with its original time (R010)."""

from __future__ import annotations

from datetime import datetime, timedelta

from linggong.kernel.errors import Fault

LATE_AFTER = timedelta(minutes=5)
"""What is entered later than this after it happened is marked."""
OLDEST = timedelta(hours=72)
AHEAD = timedelta(minutes=1)
"""Clocks of two computers differ by so much without anybody's fault."""


def implausible(now: datetime, at: datetime, what: str) -> list[Fault]:
    """Return what is wrong with an original time: later than now, or too long ago. `what`: 登记, 签到."""
    if at > now + AHEAD:
        return [Fault("at", f"{what}的时间比现在还晚，请核对电脑的时间。", "future")]
    if at < now - OLDEST:
        return [Fault("at", f"只能补三天以内的{what}。", "old")]
    return []
