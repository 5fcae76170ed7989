"""What may stand in a text that a user types: no control characters, no emoji, a bounded length."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Never meant in a post: control, format (zero-width, bidi), surrogate, private, unassigned.
_BAD_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_EMOJI: Final = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2300-\u23ff\ufe00-\ufe0f\u20e3\u3030\u303d\u3297\u3299]"
)
_BLANKS: Final = re.compile(r"[^\S\n]+")
_BLANK_LINES: Final = re.compile(r"\n{3,}")


class TextTooLong(ValueError):
    """A text is longer than its field; `limit` and `length` are in characters."""

    def __init__(self, limit: int, length: int) -> None:
        self.limit = limit
        self.length = length
        super().__init__(f"text of {length} characters, at most {limit}")


def _allowed(char: str) -> bool:
    return unicodedata.category(char) not in _BAD_CATEGORIES and not _EMOJI.match(char)


def has_bad_chars(text: str) -> bool:
    """Whether a text holds control characters other than line breaks and tabs, invisible marks or emoji."""
    return any(char not in "\n\r\t" and not _allowed(char) for char in text)


def clean_text(text: str, max_len: int, *, multiline: bool = False) -> str:
    """The text as it is stored: composed (NFC), without control characters and emoji, blanks folded, trimmed.

    Markup stays as it was typed: pages escape it. Rare name characters (𠮷) and units (㎡ ℃) stay.
    A text that is still too long raises `TextTooLong`, because a silent cut loses what the user meant.
    """
    unified = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = "".join(char for char in unified if char == "\n" or _allowed(char))
    if not multiline:
        kept = kept.replace("\n", " ")
    folded = "\n".join(line.strip() for line in _BLANKS.sub(" ", kept).split("\n"))
    result = _BLANK_LINES.sub("\n\n", folded).strip()
    if len(result) > max_len:
        raise TextTooLong(max_len, len(result))
    return result
