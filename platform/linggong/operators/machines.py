"""What becomes of one instalment of an operator's fee, as data (R126): asked for, checked, approved by two people, paid by hand."""

from __future__ import annotations

from typing import Final

from linggong.kernel.machine import NEW, machine, rows

_BEFORE = "P_REQUESTED P_CHECKED P_APPROVED"

SETTLEMENT = machine(
    "settlement",
    "运营费拨付",
    (
        rows("126a", NEW, "P_PLANNED", "plan", "B S", "列入付款计划", guard="the contract's terms are entered and its place has a plan", effects="a timer on the day it falls due", follows=True),
        rows("126b", "P_PLANNED P_RETURNED", "P_REQUESTED", "request", "O B", "申请拨付", guard="the operator of this contract, or the bureau for a request on paper; the day has come; the last part has its grade", deadline="pay.review_days", effects="told to the bureau"),
        rows("126c", "P_REQUESTED", "P_CHECKED", "check", "B", "核对无误", guard="somebody else than who asked, never of the operator"),
        rows("126d", "P_CHECKED", "P_APPROVED", "approve", "B", "初审同意", guard="somebody else than who asked, never of the operator"),
        rows("126e", "P_APPROVED", "P_ORDERED", "confirm", "B", "复审同意，开支付单", guard="another person than who approved first, than who asked, never of the operator", effects="an order of payment with a number; nothing is paid by it"),
        rows("126f", "P_ORDERED", "P_PAID", "pay", "B", "登记已付款", guard="with the voucher and the day"),
        rows("126g", _BEFORE, "P_RETURNED", "return", "B", "退回补正", guard="with a reason; what was approved counts no more"),
        rows("126h", "P_REQUESTED", "P_PLANNED", "withdraw", "O B", "撤回申请", guard="who asked"),
        rows("126i", "P_PLANNED P_RETURNED", "P_CHECKED", "recover", "B", "按等次追回", guard="the whole contract's reading, and more was fixed than the grade pays (较差: 5 %)", effects="the sum is negative; two people approve it like a payment; told to the operator once it is ordered"),
        rows("126j", "P_PLANNED P_RETURNED", "P_LAPSED", "lapse", "B", "这一期不再支付", guard="with a reason: the contract ended before its day, or the grade leaves nothing of it"),
        rows("126k", "P_PLANNED", "=", "remind", "S", "到期可以申请", guard="the day it falls due", effects="told to the operator and the bureau", follows=True),
        rows("126l", _BEFORE, "=", "late", "S", "审得太久", guard="the last working day of the review is over", effects="told to the bureau", follows=True),
    ),
    {
        "P_PLANNED": "未申请", "P_REQUESTED": "已申请，待核对", "P_CHECKED": "已核对，待初审", "P_APPROVED": "初审同意，待复审",
        "P_ORDERED": "已开支付单，待付款", "P_PAID": "已付款", "P_RETURNED": "退回补正", "P_LAPSED": "不再支付",
    },
    ends=("P_PAID", "P_LAPSED"),
)  # fmt: skip

REVIEWED: Final = ("P_REQUESTED", "P_CHECKED", "P_APPROVED")
"""The bureau's turn."""
TONES: Final = {
    "P_PLANNED": "off", "P_REQUESTED": "wait", "P_CHECKED": "wait", "P_APPROVED": "wait", "P_ORDERED": "wait", "P_PAID": "go",
    "P_RETURNED": "danger", "P_LAPSED": "off",
}  # fmt: skip
_BACK: Final = {
    "P_CHECKED": "追回单已起草，待初审", "P_ORDERED": "已开追回单，待退款", "P_PAID": "追回的钱已经收回",
}  # fmt: skip
"""What the same states are called where money comes back."""


def label(state: str, amount_fen: int | None) -> str:
    """Return what a state is called: of a payment, or of money that is paid back."""
    back = amount_fen is not None and amount_fen < 0
    return (_BACK if back else {}).get(state) or SETTLEMENT.labels[state]
