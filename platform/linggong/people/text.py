"""Typed text as it is kept: trimmed, one kind of dot in names, no characters that cannot be read or stored."""

from __future__ import annotations

import re
import unicodedata

from linggong.kernel.errors import Fault

_DOTS = str.maketrans(dict.fromkeys("•‧・･．", "·"))
_SPACES = re.compile(r"[ \t\u00a0\u3000]+")
# Control, surrogate, private use, unassigned, format (bidirectional overrides change what is read).
_UNREADABLE = frozenset({"Cc", "Cs", "Co", "Cn", "Cf", "Zl", "Zp"})
_NAME_MARKS = frozenset("·'’-. ")


def clean(faults: list[Fault], field: str, raw: str, *, most: int, least: int = 0, lines: bool = False) -> str:
    """Return free text trimmed; adds a fault for unreadable characters or a wrong length. HTML stays text."""
    text = raw.replace("\r\n", "\n") if lines else raw
    text = _SPACES.sub(" ", text).strip()
    if any(unicodedata.category(c) in _UNREADABLE and not (lines and c == "\n") for c in text):
        faults.append(Fault(field, "里面有看不见或不能用的字符，请删掉重填。", "characters"))
        return ""
    if len(text) < least:
        faults.append(Fault(field, "必须填写。", "required"))
    elif len(text) > most:
        faults.append(Fault(field, f"太长了，最多 {most} 个字。", "length"))
    return text


def typed_code(raw: str) -> str:
    """Return a code of digits or letters in its one form, as somebody types it off a phone, a paper or by ear.

    Spaces (an authenticator shows 123 456) and dashes go, full-width signs become plain, small letters large.
    """
    return re.sub(r"[\s—–-]", "", unicodedata.normalize("NFKC", raw)).upper()


def typed_name(raw: str) -> str:
    """Return a user name in its one form, as somebody types it: capitals and full-width letters are read."""
    return unicodedata.normalize("NFKC", raw).strip().lower()


def clean_name(faults: list[Fault], field: str, raw: str) -> str:
    """Return a person's name; letters of any script and the dot of minority names, no digits, no emoji."""
    before = len(faults)
    text = clean(faults, field, raw.translate(_DOTS), most=50, least=2)
    if len(faults) > before:
        if faults[-1].code == "required" and text:
            faults[-1] = Fault(field, "姓名至少两个字，请照身份证填写。", "length")
        return text
    if re.fullmatch(r"[\u2e80-\ufaff\U00020000-\U0003ffff· ]+", text):
        text = text.replace(" ", "")
    if not all(unicodedata.category(c)[0] in "LM" or c in _NAME_MARKS for c in text):
        faults.append(Fault(field, "姓名里只能有文字和间隔号“·”，请照身份证填写。", "characters"))
    return text


def clean_title(faults: list[Fault], field: str, raw: str, *, most: int = 100) -> str:
    """Return an organisation's name: no emoji and no symbols that a licence never has."""
    before = len(faults)
    text = clean(faults, field, raw, most=most, least=2)
    if len(faults) == before and any(unicodedata.category(c) in ("So", "Sk") for c in text):
        faults.append(Fault(field, "名称里有表情或符号，请照营业执照填写。", "characters"))
    return text
