"""The tone that each state of order-to-payment is drawn in; what a state is called stands in its machine, once.

The codes are those of the machines (memos M_*, orders O_*, engagements and assignments A_* and X_*, wage clock W_*), bills'
with B_ in front. A tone is one of: 'go' (open, well), 'wait' (somebody must act), 'work' (under way), 'danger' (money or
safety), 'done' (finished), 'off' (ended, nothing to do). Red is kept for money and danger.
"""

from __future__ import annotations

from typing import Final

from linggong.inbox.machines import MEMO
from linggong.market.machine import ORDER
from linggong.wages.machines import BILL, OVERDUE
from linggong.work.machines import ASSIGNMENT, ENGAGEMENT

_TONES: Final = {
    "wait": (
        "M_SENT M_ANSWERED M_RETURNED O_REVIEW O_RETURNED O_SETTLING A_INVITED A_APPLIED A_WAITLIST A_OFFERED "
        "A_PAUSED A_FINISHED A_PAYCLAIMED B_CLAIMED"
    ),
    "work": ("M_DOING O_LOCKED O_ACTIVE A_ARRIVED A_WORKING"),
    "done": (
        "M_NOTED M_CLOSED O_FULL O_DONE O_CLOSED A_ACCEPTED A_SETTLED X_RULED B_SETTLED W_PAIDLATE W_RULED "
        "B_RULED W_PAID"
    ),
    "off": (
        "M_WITHDRAWN O_DRAFT O_ARCHIVED O_CANCELLED O_EXPIRED O_TAKENDOWN X_DECLINED X_WITHDRAWN X_CANCEL_E "
        "X_CANCEL_W X_CANCEL_A X_NOSHOW_W X_REPLACED X_VOID W_NOTDUE"
    ),
    "go": ("O_OPEN A_CONFIRMED A_CONTRACTED"),
    "danger": ("O_SUSPENDED A_BILLED X_NOSHOW_E B_OPEN W_DUE W_GRACE W_OVERDUE W_ARREARS W_REFERRED"),
}
_TONE: Final = {code: tone for tone, codes in _TONES.items() for code in codes.split()}
_WORDS: Final = {
    **{code: word for one in (MEMO, ORDER, ENGAGEMENT, ASSIGNMENT, OVERDUE) for code, word in one.labels.items()},
    **{f"B_{code}": word for code, word in BILL.labels.items()},
    # An accepted shift goes on under its bill's name: what is still to do about it is about the money.
    "A_BILLED": BILL.labels["OPEN"],
    "A_PAYCLAIMED": BILL.labels["CLAIMED"],
    "A_SETTLED": ORDER.labels["O_CLOSED"],
}
STATES: Final[dict[str, tuple[str, str]]] = {code: (word, _TONE[code]) for code, word in _WORDS.items()}


def label_of(code: str) -> str:
    """Return the Chinese name of a state code; an unknown code reads as itself, so that it is noticed."""
    return STATES.get(code, (code, "off"))[0]


def tone_of(code: str) -> str:
    """Return the tone a state is drawn in; unknown codes are neutral ('off')."""
    return STATES.get(code, (code, "off"))[1]
