"""What the states of order-to-payment are called on pages, and the tone each is drawn in.

The codes are those of the state machines (orders O_*, engagements and assignments A_* and X_*, bills B_*,
wage clock W_*). A tone is one of: 'go' (open, well), 'wait' (somebody must act), 'work' (under way),
'danger' (money or safety), 'done' (finished), 'off' (ended, nothing to do). Red is kept for money and danger.
"""

from __future__ import annotations

from typing import Final

STATES: Final[dict[str, tuple[str, str]]] = {
    "M_SENT": ("未签收", "wait"),
    "M_DOING": ("办理中", "work"),
    "M_ANSWERED": ("已回复，待审", "wait"),
    "M_RETURNED": ("退回补充", "wait"),
    "M_NOTED": ("已签收", "done"),
    "M_CLOSED": ("办结", "done"),
    "M_WITHDRAWN": ("已撤回", "off"),
    "O_DRAFT": ("草稿", "off"),
    "O_REVIEW": ("待审核", "wait"),
    "O_RETURNED": ("退回修改", "wait"),
    "O_OPEN": ("招工中", "go"),
    "O_FULL": ("已招满", "done"),
    "O_LOCKED": ("快开工了", "work"),
    "O_ACTIVE": ("用工中", "work"),
    "O_DONE": ("已完工", "done"),
    "O_SETTLING": ("结算中", "wait"),
    "O_CLOSED": ("已结清", "done"),
    "O_ARCHIVED": ("已归档", "off"),
    "O_CANCELLED": ("已取消", "off"),
    "O_EXPIRED": ("已过期", "off"),
    "O_SUSPENDED": ("核查中", "danger"),
    "O_TAKENDOWN": ("已下架", "off"),
    "A_INVITED": ("请你去", "wait"),
    "A_APPLIED": ("已报名", "wait"),
    "A_WAITLIST": ("候补", "wait"),
    "A_OFFERED": ("待确认价格", "wait"),
    "A_CONFIRMED": ("双方已确认", "go"),
    "A_CONTRACTED": ("已签约", "go"),
    "A_ARRIVED": ("已到岗", "work"),
    "A_WORKING": ("在干活", "work"),
    "A_PAUSED": ("停工待命", "wait"),
    "A_FINISHED": ("完工待认定", "wait"),
    "A_ACCEPTED": ("完工已认定", "done"),
    "A_BILLED": ("待付款", "danger"),
    "A_PAYCLAIMED": ("待确认收款", "wait"),
    "A_SETTLED": ("已结清", "done"),
    "X_DECLINED": ("未录用", "off"),
    "X_WITHDRAWN": ("已退出", "off"),
    "X_CANCEL_E": ("雇主取消", "off"),
    "X_CANCEL_W": ("天气取消", "off"),
    "X_CANCEL_A": ("政府叫停", "off"),
    "X_NOSHOW_W": ("没到岗", "off"),
    "X_NOSHOW_E": ("雇主失约", "danger"),
    "X_REPLACED": ("已换人", "off"),
    "X_VOID": ("作废", "off"),
    "X_RULED": ("按裁决结案", "done"),
    "B_OPEN": ("待付款", "danger"),
    "B_CLAIMED": ("雇主说已付", "wait"),
    "B_SETTLED": ("已收到", "done"),
    "W_NOTDUE": ("没到付款日", "off"),
    "W_DUE": ("今天该付", "danger"),
    "W_GRACE": ("到期未付", "danger"),
    "W_OVERDUE": ("逾期未付", "danger"),
    "W_ARREARS": ("欠薪", "danger"),
    "W_REFERRED": ("已转劳动监察", "danger"),
    "W_PAIDLATE": ("已补付", "done"),
    "W_RULED": ("按裁决结案", "done"),
}


def label_of(code: str) -> str:
    """Return the Chinese name of a state code; an unknown code reads as itself, so that it is noticed."""
    return STATES.get(code, (code, "off"))[0]


def tone_of(code: str) -> str:
    """Return the tone a state is drawn in; unknown codes are neutral ('off')."""
    return STATES.get(code, (code, "off"))[1]
