"""What becomes of a finding and of a card, as data (R120, R131; ruling 22)."""

from __future__ import annotations

from typing import Final

from linggong.kernel.machine import NEW, machine, rows

FINDING = machine(
    "finding",
    "检查整改",
    (
        rows("101", NEW, "F_OPEN", "find", "B S", "发现问题", guard="an item that did not pass, or a yellow card", deadline="inspection.rectify, card.rectify", effects="the station's and its operator's list"),
        rows("102", "F_OPEN", "F_MENDED", "mend", "C O", "报整改", guard="the station or its operator, with a photo that says when", effects="the inspectors' list"),
        rows("103", "F_MENDED", "F_CLOSED", "pass", "B", "复查合格", guard="another hand than the one that rectified, with a photo; never the place's own staff"),
        rows("104", "F_MENDED", "F_OPEN", "fail", "B", "复查不合格", guard="as 103, with a reason and a new deadline"),
        rows("105", "F_OPEN", "=", "overdue", "S", "逾期", guard="24:00 of the deadline", effects="marked; a finding: yellow card proposed; a yellow card: circular proposed", follows=True),
        rows("106", "F_OPEN F_MENDED", "F_ENDED", "end", "B S", "随站点结束", guard="the place was removed", follows=True),
    ),
    {"F_OPEN": "待整改", "F_MENDED": "已整改，待复查", "F_CLOSED": "复查合格", "F_ENDED": "随站点结束"},
    ends=("F_CLOSED", "F_ENDED"),
)  # fmt: skip

CARD = machine(
    "card",
    "红黄牌",
    (
        rows("111", NEW, "C_AWARDED", "award", "B", "给予奖励", guard="a person of the bureau, with evidence; where card.red_is_award it is called a red card", effects="a letter of praise"),
        rows("112", NEW, "C_OPEN", "warn", "B", "亮黄牌", guard="a person of the bureau, with evidence", deadline="card.rectify", effects="a letter, and a finding to put right"),
        rows("113", "C_OPEN C_CIRCULATED", "C_CLEARED", "clear", "B", "整改合格，黄牌解除", guard="the finding passed its check", follows=True),
        rows("114", "C_OPEN", "C_CIRCULATED", "circulate", "B", "通报", guard="overdue, or a third month under the zombie rule; a person of the bureau", effects="a letter; removal is proposed"),
        rows("115", "C_OPEN C_CIRCULATED", "C_ENDED", "end", "B", "随站点除名结束", guard="the place was removed", follows=True),
    ),
    {"C_AWARDED": "奖励", "C_OPEN": "黄牌，整改中", "C_CIRCULATED": "黄牌，已通报", "C_CLEARED": "黄牌已解除", "C_ENDED": "随站点结束"},
    ends=("C_AWARDED", "C_CLEARED", "C_ENDED"),
)  # fmt: skip

LIVE_CARD: Final = ("C_OPEN", "C_CIRCULATED")
LIVE_FINDING: Final = ("F_OPEN", "F_MENDED")
