"""Reading a text as a person reads it: look-alike characters, spaced-out words, digits spelled in Chinese (R057, M21).

A post that hides a telephone as 幺三八零零… or a messenger as 徽❤信 means it all the same. These forms are for finding only:
nothing that is shown or stored comes from here.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_LIKE: Final = str.maketrans(
    {
        "統": "统", "費": "费", "繳": "缴", "證": "证", "訓": "训", "報": "报", "員": "员", "會": "会", "壓": "压", "錢": "钱",
        "購": "购", "買": "买", "裝": "装", "體": "体", "檢": "检", "業": "业", "號": "号", "絡": "络", "聯": "联", "電": "电",
        "話": "话", "單": "单", "發": "发", "學": "学", "貸": "贷", "扂": "扣", "釦": "扣", "擬": "拟",
        "嶶": "微", "溦": "微", "薇": "微", "徽": "微", "威": "微", "幑": "微", "芯": "信", "伩": "信",
        "➕": "+", "♥": "", "❤": "", "♡": "", "〇": "零", "○": "零",
    }
)  # fmt: skip
_DIGITS: Final = str.maketrans("零幺一二两三四五六七八九壹贰叁肆伍陆柒捌玖", "011223456789123456789")
_GAP: Final = r"[\s*·•._~\-|/\\^+#,。、:;]"
_SPACED: Final = re.compile(r"(?<=[\u3400-\u9fff])[\s*·•._~\-|/\\^#]+(?=[\u3400-\u9fff])")
_SPACED_LATIN: Final = re.compile(r"(?<=[a-z0-9])[_*·•\-. ](?=[a-z0-9](?:[_*·•\-. ]|$|[^a-z0-9]))")
_BETWEEN_DIGITS: Final = re.compile(rf"(?<=\d){_GAP}{{1,3}}(?=\d)")
_MOBILE: Final = re.compile(r"(?<!\d)(?:\+?86)?(1[3-9]\d{9})(?!\d)")


@lru_cache(maxsize=64)
def plain(text: str) -> str:
    """Return the text as rules read it: NFKC, lower case, look-alikes unified, separators inside words taken out.

    Clauses keep their marks (, 。 ; ! ? :), so that a rule may stop at them; marks are the half-width ones but 。
    """
    folded = unicodedata.normalize("NFKC", text).lower().translate(_LIKE)
    return _SPACED_LATIN.sub("", _SPACED.sub("", folded))


def hidden_mobile(text: str) -> bool:
    """Tell whether a mobile number is spelled out in words or pulled apart: eleven digits in one run."""
    folded = unicodedata.normalize("NFKC", text).lower().translate(_LIKE).translate(_DIGITS)
    return _MOBILE.search(_BETWEEN_DIGITS.sub("", folded)) is not None


def number_of(words: str) -> int | None:
    """Return what a small Chinese or Arabic number means (三千八 3800, 一百二 120, 80 80), None when it is none."""
    if words.isdigit():
        return int(words)
    total, last, unit = 0, 0, 1
    for char in words:
        if char in _UNITS:
            unit = _UNITS[char]
            total += (last or 1) * unit
            last = 0
        elif char in _ONES:
            last = _ONES[char]
        else:
            return None
    # 三千八 means 3800: a last figure counts a tenth of the unit before it.
    return total + last * (unit // 10 if unit >= 100 else 1)


_ONES: Final = {char: n for n, char in enumerate("零一二三四五六七八九")} | {"两": 2}
_UNITS: Final = {"十": 10, "百": 100, "千": 1000, "万": 10000}
