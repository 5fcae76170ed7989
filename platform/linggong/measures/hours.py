"""When a station should be open, read from its hours as people write them: `4月到9月 4:30 到 18:00；10月到3月 5:00 到 17:30`."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

_MONTHS: Final = re.compile(r"(\d{1,2})\s*月?\s*[到至—–~-]+\s*(\d{1,2})\s*月")
_DAYS: Final = re.compile(r"周([一二三四五六日天])\s*[到至—–~-]+\s*周?([一二三四五六日天])")
_TIME: Final = re.compile(r"(\d{1,2})[:：](\d{2})")
_WEEK: Final = "一二三四五六日"


def opens(hours: str | None, day: date) -> int | None:
    """Return the minute of the day at which it opens; -1 where nothing says when, None where it is closed that day.

    What cannot be read means open every day: a station gains nothing by writing what nobody understands.
    """
    parts = [part for part in re.split(r"[；;\n]", hours or "") if part.strip()]
    if not parts:
        return -1
    here = [part for part in parts if _of_month(part, day.month)]
    for part in here:
        if _of_weekday(part, day.weekday()):
            time = _TIME.search(part)
            return int(time[1]) * 60 + int(time[2]) if time else -1
    return None if here else -1


def _of_month(part: str, month: int) -> bool:
    found = _MONTHS.search(part)
    if found is None:
        return True
    first, last = int(found[1]), int(found[2])
    return first <= month <= last if first <= last else month >= first or month <= last


def _of_weekday(part: str, weekday: int) -> bool:
    found = _DAYS.search(part)
    if found is None:
        return True
    first, last = (_WEEK.index(word.replace("天", "日")) for word in found.groups())
    return first <= weekday <= last if first <= last else weekday >= first or weekday <= last
