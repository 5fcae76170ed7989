"""The cover floor's machines as data: a policy with the insurer, and a waiver between the two sides (20, 21)."""

from __future__ import annotations

from linggong.kernel.machine import NEW, machine, rows

POLICY = machine(
    "cover",
    "参保",
    (
        rows("20", NEW, "pending", "request", "W E C O L S", "申请参保", follows=True, deadline="t.cover",
             guard="eligible by age, class and hours as far as the products say", effects="asks the insurer, outside the transaction"),
        rows("21", NEW, "refused", "turn_down", "W E C O L S", "不能参保", follows=True, guard="no product takes him",
             effects="told before work; free to leave"),
        rows("20", "pending", "active", "accept", "S I", "承保", follows=True, guard="policy number; holds from a time on"),
        rows("21", "pending", "refused", "refuse", "S I", "拒保", follows=True, effects="told before work; free to leave"),
        rows("27", "pending active", "ended", "end", "W E C O B L S", "退保", follows=True, guard="cover has not begun",
             effects="withdrawn with the insurer"),
    ),
    {"pending": "等保险公司回复", "active": "已参保", "refused": "不能参保", "ended": "已退保"},
    ends=("refused", "ended"),
)  # fmt: skip

WAIVER = machine(
    "waiver",
    "放弃参保",
    (
        rows("20", NEW, "asked", "waive", "E C", "声明不参保", guard="no cover; no 工伤保险 owed (ruling 16)",
             effects="the worker is warned"),
        rows("20", "asked", "waived", "acknowledge", "W C", "知道了，还去", guard="he saw or heard the warning in force"),
    ),
    {"asked": "等零工知情确认", "waived": "已放弃参保"},
    ends=("waived",),
)  # fmt: skip
