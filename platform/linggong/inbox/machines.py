"""What becomes of a notice or a task at one receiving office, as data (R017: the bureau guides and supervises).

A notice ends when the office signs for it. A task is signed for, answered, and closed by whoever sent it, who may also
return the answer for more. Overdue is a mark and no state: late work is still to be done.
"""

from __future__ import annotations

from typing import Final

from linggong.kernel.machine import NEW, machine, rows

_DOING = "M_SENT M_DOING M_RETURNED"

MEMO = machine(
    "memo",
    "通知和督办",
    (
        rows("9a", NEW, "M_SENT", "send", "C O B S", "发出", guard="from a street, an operator or a bureau, to offices below it; the machine: a notice of what it found", effects="the receiving office's badge; a task's deadline in working days"),
        rows("9b", "M_SENT", "M_NOTED", "note", "C O B", "签收", guard="a notice; the receiving office"),
        rows("9c", "M_SENT", "M_DOING", "sign", "C O B", "签收，去办", guard="a task; the receiving office"),
        rows("9d", _DOING, "M_ANSWERED", "answer", "C O B", "回复", guard="a task; the receiving office", effects="the sender's badge"),
        rows("9e", "M_ANSWERED", "M_RETURNED", "return", "C O B", "退回补充", guard="the sending office, with a reason", effects="a new deadline in working days; the receiving office's badge"),
        rows("9f", "M_ANSWERED", "M_CLOSED", "close", "C O B", "办结", guard="the sending office"),
        rows("9g", f"M_ANSWERED {_DOING}", "M_WITHDRAWN", "withdraw", "C O B", "撤回", guard="the sending office, with a reason"),
        rows("9h", _DOING, "=", "remind", "S", "快到期", guard="09:00 of the last day", follows=True),
        rows("9i", _DOING, "=", "overdue", "S", "逾期", guard="24:00 of the last working day", effects="marked; told to the sender", follows=True),
    ),
    {
        "M_SENT": "未签收", "M_DOING": "办理中", "M_ANSWERED": "已回复，待审", "M_RETURNED": "退回补充", "M_NOTED": "已签收",
        "M_CLOSED": "办结", "M_WITHDRAWN": "已撤回",
    },
    ends=("M_NOTED", "M_CLOSED", "M_WITHDRAWN"),
)  # fmt: skip

KINDS: Final = {"notice": "通知", "task": "督办"}
OPEN: Final = ("M_SENT", "M_DOING", "M_RETURNED")
"""The receiving office's turn."""
