"""Priority of hardship workers (R052, R065, R066): tiers, the window after publication, what either adds to a proposal.

None of this is an employer's business, nor a screen's: it enters the order of a station's proposals and is said nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

CATEGORIES: Final = {
    "long_wait": "待工时间长", "low_income": "低收入家庭", "subsistence": "低保", "disabled": "残疾人", "veteran": "退役军人",
    "woman": "妇女", "land_lost": "被征地农民", "older": "大龄和困难人员",
}  # fmt: skip
"""The target groups of R052."""
_HEAVY: Final = frozenset({"subsistence", "disabled", "low_income"})
OLDER_FROM: Final = 55
LONG_WAIT: Final = 7
"""Days without work after which somebody counts as waiting long, also without any proof."""
TIER_BONUS: Final = (0.0, 4.0, 8.0, 12.0)
"""Points of the score by tier: as much as half a trade's worth, never enough to send somebody to what he cannot do."""
WINDOW_FACTOR: Final = 2.0
"""Within the window after publication the bonus counts twice."""


def tier_of(categories: Sequence[str], *, idle_days: int | None, age: int) -> int:
    """Return the tier: 3 for a proof of hardship and a long wait, or two proofs; 2 for one; 1 for a long wait, age, other groups."""
    heavy = len(_HEAVY & set(categories))
    long = idle_days is not None and idle_days >= LONG_WAIT
    if heavy >= 2 or (heavy and long):
        return 3
    if heavy:
        return 2
    return 1 if categories or long or age >= OLDER_FROM else 0


def bonus(tier: int, *, since_published: timedelta, window: timedelta) -> float:
    """Return what a tier adds to the value of a pair when places are given out."""
    return TIER_BONUS[tier] * (WINDOW_FACTOR if since_published < window else 1.0)
