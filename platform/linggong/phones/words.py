"""The words of text messages and of the keypad: one message has at most 70 characters; what is read out is plain speech."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from linggong.kernel import clock
from linggong.kernel.money import format_yuan
from linggong.market.codes import PAY_UNIT_LABELS, SETTLEMENT_LABELS, PayUnit, Settlement

LIMIT: Final = 70
_PARTS: Final = ((5, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
SIGNED: Final = "【零工市场】"
_YES_NO: Final = {
    "invitation": ("去", "不去"),
    "offer": ("去", "不去"),
    "terms": ("同意", "不同意"),
    "payment": ("收到", "没收到"),
}
_ALSO: Final = {
    "invitation": {"要去": "1", "去不了": "2"},
    "offer": {"要去": "1", "去不了": "2"},
    "terms": {},
    "payment": {"收到了": "1", "没有收到": "2", "未收到": "2"},
}
HELP: Final = "要答复请回1或2；3查我的活；0让驿站给您打电话；退订回TD。"
UNKNOWN: Final = "这个号码没有登记。请到就近的驿站登记，或请驿站加上这个号码。"
MORE: Final = "3查我的活；0让驿站给您打电话。"
"""What else can be replied; never read out."""
UNCLEAR: Final = f"没看懂。请只回一个数字：1或2；{MORE}"
NOTHING_ASKED: Final = f"现在没有要您答复的事。{MORE}"
GONE: Final = "这件事已经过期，或者答过了。"
DONE: Final = "已经记下了。"
BY_CALL: Final = "这件事在电话里听完再答复：请接我们的来电。要驿站的人打给您，回0。"
TOO_MANY_CODES: Final = "编号错得太多，今天不能用短信答复。请接我们的来电；要驿站的人打给您，回0。"
ONLY_CONTACT: Final = "这个号码只转告消息，不能替他答复。请他本人联系驿站；要驿站打来请回0。"
NO_MATTER: Final = "您现在没有在办的事。要办事请到驿站；要驿站打来回0。"
CALL_COMING: Final = "记下了，驿站会给这个号码打电话。"
NO_OFFICE: Final = "这个号码没有登记，没法回电。请到就近的驿站。"
STOPPED: Final = "已退订，不再发短信；要紧的事驿站打电话。要恢复回DY。"
STARTED: Final = "已恢复，有事会发短信给您。"
FOR_EMPLOYERS: Final = "雇主请登录网页办理；要驿站回电请回0。"
TRY_LATER: Final = "没办成，请过一会儿再回一次，或回0让驿站打给您。"


def signed(text: str) -> str:
    """Return a message as it goes out: with our sign, and never longer than one message."""
    return SIGNED + trimmed(text, LIMIT - len(SIGNED))


def trimmed(text: str, most: int) -> str:
    """Return a text of at most `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def keys(kind: str, code: str) -> str:
    """Return what to reply: 去回1，不去回2, with the code where others use the number too."""
    yes, no = _YES_NO[kind]
    tail = f" {code}" if code else ""
    return f"{yes}回1{tail}，{no}回2{tail}"


def answer_words(kind: str) -> dict[str, str]:
    """Return the words that answer this kind of question, and the key of each: no other word answers it."""
    yes, no = _YES_NO[kind]
    return {yes: "1", no: "2", **_ALSO[kind]}


def spoken_keys(kind: str) -> str:
    """Return which keys to press."""
    yes, no = _YES_NO[kind]
    return f"{yes}请按1，{no}请按2，找人工请按0。"


def with_title(before: str, title: str, after: str, end: str) -> str | None:
    """Return a question that fits one message, with its title shortened as far as it may be; None when it cannot fit."""
    room = LIMIT - len(SIGNED) - len(before) - len(after) - len(end) - 3
    if room < min(4, len(title)):
        return None
    return f"{SIGNED}{before}“{trimmed(title, room)}”{after}。{end}"


def moment(at: datetime) -> str:
    """Return 11月27日5:40."""
    at = clock.shanghai(at)
    return f"{at.month}月{at.day}日{at.hour}:{at.minute:02d}"


def spoken_moment(at: datetime) -> str:
    """Return 11月27日早上5点40分, as it is read out."""
    at = clock.shanghai(at)
    return f"{at.month}月{at.day}日{spoken_hour(at)}"


def spoken_hour(at: datetime) -> str:
    """Return 早上5点40分, 下午2点."""
    at = clock.shanghai(at)
    part = next(name for until, name in _PARTS if at.hour < until)
    minute = f"{at.minute}分" if at.minute else ""
    return f"{part}{at.hour - 12 if at.hour > 12 else at.hour}点{minute}"


def pay(fen: int, unit: str, piece_name: str = "") -> str:
    """Return 200元/天."""
    word = piece_name if unit == PayUnit.PIECE and piece_name else PAY_UNIT_LABELS.get(PayUnit(unit), unit)
    return f"{format_yuan(fen)}元/{word}"


def spoken_pay(fen: int, unit: str, piece_name: str = "") -> str:
    """Return 一天200元, as it is read out."""
    word = piece_name if unit == PayUnit.PIECE and piece_name else PAY_UNIT_LABELS.get(PayUnit(unit), unit)
    return f"一{'个' if unit in (PayUnit.MONTH, PayUnit.GONG, PayUnit.HOUR) else ''}{word}{format_yuan(fen)}元"


def settlement(code: str) -> str:
    """Return 日结 and so on."""
    return SETTLEMENT_LABELS.get(Settlement(code), code)


def digits(number: str) -> str:
    """Return a number as it is read out, digit by digit."""
    return " ".join(number)
