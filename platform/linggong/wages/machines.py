"""The wage floor's machines as data: the bill, and what happens when it is not paid (transitions 54 to 69, rulings 2 and 3)."""

from __future__ import annotations

from linggong.kernel.machine import NEW, machine, rows

BILL = machine(
    "bill",
    "工资单",
    (
        rows("54", NEW, "OPEN", "bill", "S E C W O B", "生成工资单", effects="lines; journal"),
        rows("54", NEW, "SETTLED", "bill_nothing", "S E C W O B", "无应付"),
        rows("56", "OPEN CLAIMED", "CLAIMED", "record_payment", "E C S", "登记付款", guard="payee is the worker; not beyond what is open; S: a transfer by WeChat that the employer ordered"),
        rows("57", "CLAIMED", "SETTLED", "confirm_payment", "W C", "收到了", guard="all of it", deadline="t.receipt"),
        rows("60", "CLAIMED", "OPEN", "confirm_part", "W C S", "收到一部分", effects="the rest keeps its due date"),
        rows("57b", "CLAIMED", "=", "answer_one", "W C S", "回了其中一笔", guard="others still wait"),
        rows("58", "CLAIMED", "SETTLED", "settle_by_evidence", "S", "凭凭证结清", guard="bank or WeChat record; three tries"),
        rows("59", "CLAIMED SETTLED", "OPEN", "deny_payment", "W C", "没收到", deadline="t.receipt.deny", effects="dispute of the gap"),
        rows("72", "SETTLED", "OPEN", "add_lines", "S E C W O B M", "加行", guard="a settlement or a ruling names them"),
        rows("72b", "OPEN CLAIMED", "=", "change_lines", "S E C W O B M", "改行", guard="a settlement or a ruling names them"),
        rows("68", "OPEN CLAIMED", "RULED", "rule", "B O", "按裁决结案"),
        rows("68a", "RULED", "=", "record_ruled", "E C S", "登记裁决后的付款", guard="payee is the worker; not beyond what is open",
             effects="the file for the authority says so"),
        rows("68b", "RULED", "=", "answer_ruled", "W C S", "裁决后的付款收没收到", deadline="t.receipt",
             effects="paid and journal follow; no dispute opens, the authority has ruled"),
        rows("72c", "OPEN CLAIMED", "SETTLED", "settle_down", "S E C W O B M", "按协议结清", guard="nothing is left to pay"),
    ),
    {"OPEN": "待付款", "CLAIMED": "待确认收款", "SETTLED": "已收到", "RULED": "按裁决结案"},
    ends=("SETTLED", "RULED"),
)  # fmt: skip

OVERDUE = machine(
    "overdue",
    "欠薪",
    (
        rows("54", NEW, "W_NOTDUE", "bill", "S E C W O B", "未到付款日"),
        rows("55", "W_NOTDUE", "W_DUE", "due", "S", "到付款日", deadline="t.pay.daily t.pay.once t.pay.weekly t.pay.max"),
        rows("63", "W_DUE", "W_GRACE", "grace", "S", "到期未付", effects="employer reminded, worker told"),
        rows("64", "W_GRACE", "W_OVERDUE", "overdue", "S", "逾期", deadline="t.grace", effects="call task; no new orders"),
        rows("65", "W_DUE W_GRACE W_OVERDUE", "W_ARREARS", "arrears", "S C W", "立为欠薪线索", deadline="t.arrears", effects="case file"),
        rows("66", "W_ARREARS", "W_REFERRED", "refer", "O B W", "转交", deadline="t.refer"),
        rows("67", "W_OVERDUE W_ARREARS W_REFERRED", "W_PAIDLATE", "paid_late", "S E C W O B M", "补付"),
        rows("68", "W_REFERRED", "W_RULED", "rule", "B O", "裁决"),
        rows("57", "W_NOTDUE W_DUE W_GRACE", "W_PAID", "paid", "S E C W O B M", "按时付清"),
        rows("59", "W_PAID", "W_NOTDUE", "reopen_early", "W C S", "退回待付", guard="the due date is still ahead"),
        rows("59", "W_PAID W_PAIDLATE", "W_DUE", "reopen", "W C S E O B M", "重新计时"),
    ),
    {
        "W_NOTDUE": "没到付款日", "W_DUE": "今天该付", "W_GRACE": "到期未付", "W_OVERDUE": "逾期未付", "W_ARREARS": "欠薪",
        "W_REFERRED": "已转劳动监察", "W_PAID": "按时付清", "W_PAIDLATE": "已补付", "W_RULED": "按裁决结案",
    },
    ends=("W_PAID", "W_PAIDLATE", "W_RULED"),
)  # fmt: skip
