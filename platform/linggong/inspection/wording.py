"""How cards are called. A red card is an award and a yellow one a warning, everywhere and always (R131): the words stand here once."""

from __future__ import annotations

from typing import Final

from linggong.kernel.db import UnitOfWork
from tenants.service import parameters

RED_AWARD: Final = "红牌（奖励）"
PRAISE: Final = "表扬"
YELLOW: Final = "黄牌（警告）"
PROPOSAL_WORDS: Final = {"notice": "警示函", "yellow": "黄牌（警告）", "circular": "通报批评", "removal": "除名"}
SOURCE_WORDS: Final = {"zombie": "僵尸驿站、挂空牌", "finding": "整改逾期", "card": "黄牌逾期", "stars": "星级低"}
NEVER: Final = (
    "红牌警告", "红牌（警告）", "红牌处罚", "红牌批评", "亮红牌", "红牌整改", "黄牌奖励", "黄牌（奖励）", "黄牌表扬", "黄牌表彰",
)  # fmt: skip
"""What no page and no letter may ever say."""


async def award_title(uow: UnitOfWork, path: str) -> str:
    """Return what an award is called at a place: 红牌 only where its own paper says that a red card is one."""
    found = await parameters(uow, path, "card.red_is_award")
    return RED_AWARD if found["card.red_is_award"] is True else PRAISE
