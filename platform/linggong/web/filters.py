"""Pure text filters for pages: money, days, clock times and ages, as a reader in China says them.

Every function takes the present moment as an argument where it needs one, so a test or a replayed page
reads the same. `install` binds them to a Jinja environment, where `now` comes from the page's context.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from linggong.kernel.money import yuan as yuan
from linggong.web.labels import label_of, tone_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_NEAR = {-2: "前天", -1: "昨天", 0: "今天", 1: "明天", 2: "后天"}
_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def _shanghai(moment: datetime) -> datetime:
    """Return the moment on Shanghai's clock; a naive one is a fault of the caller (ValueError)."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no place on a page")
    return moment.astimezone(SHANGHAI)


def day(value: date, now: datetime) -> str:
    """Name a business day as seen from `now`: 前天 to 后天 by word, then '周三 11月25日', with the year if it differs.

    A datetime is taken to its day in Shanghai.
    """
    own = _shanghai(value).date() if isinstance(value, datetime) else value
    today = _shanghai(now).date()
    near = _NEAR.get((own - today).days)
    if near is not None:
        return near
    text = f"{own.month}月{own.day}日"
    if own.year != today.year:
        return f"{own.year}年{text}"
    return f"{_WEEKDAYS[own.weekday()]} {text}"


def hm(moment: datetime) -> str:
    """Write the clock time in Shanghai: '06:30'."""
    return _shanghai(moment).strftime("%H:%M")


_RULE: Final = re.compile(r"\s*[（(]?\s*R\d{3}(?:[\s,，、和-]+R\d{3})*\s*[)）]?")


def cited(source: str) -> str:
    """Return a source as the public reads it: the paper, without the numbers of requirements that stand beside it for staff."""
    return _RULE.sub("", source).strip(" ；;，,、")


def stamp(moment: datetime) -> str:
    """Write a full moment in Shanghai for records and traces: '2026-11-23 06:30'."""
    return _shanghai(moment).strftime("%Y-%m-%d %H:%M")


def until(moment: datetime) -> str:
    """Write the end of a time in Shanghai: a day ends at 24:00, not at 00:00 of the next."""
    at = _shanghai(moment)
    return f"{at - timedelta(days=1):%Y-%m-%d} 24:00" if (at.hour, at.minute, at.second) == (0, 0, 0) else stamp(moment)


def ago(moment: datetime, now: datetime) -> str:
    """Say how long ago (or in how long) a moment is: '刚刚', '12 分钟前', '3 小时后'; beyond 30 days its date."""
    seconds = (_shanghai(now) - _shanghai(moment)).total_seconds()
    side, size = ("前", seconds) if seconds >= 0 else ("后", -seconds)
    if size < _MINUTE:
        return "刚刚" if side == "前" else "马上"
    if size < _HOUR:
        return f"{int(size // _MINUTE)} 分钟{side}"
    if size < _DAY:
        return f"{int(size // _HOUR)} 小时{side}"
    if size <= 30 * _DAY:
        return f"{int(size // _DAY)} 天{side}"
    return _shanghai(moment).strftime("%Y-%m-%d")


def deadline(moment: datetime, now: datetime) -> tuple[str, str]:
    """Say how a deadline stands, and its tone: ('还有 2 小时 10 分', 'wait'), ('超过 3 天', 'danger'); far off is plain.

    Within two hours it asks for attention; what is over is a danger.
    """
    seconds = (_shanghai(moment) - _shanghai(now)).total_seconds()
    size = abs(seconds)
    if size < _HOUR:
        words = f"{max(1, int(size // _MINUTE))} 分钟"
    elif size < _DAY:
        hours, minutes = divmod(int(size // _MINUTE), 60)
        words = f"{hours} 小时" + (f" {minutes} 分" if minutes else "")
    else:
        words = f"{int(size // _DAY)} 天"
    if seconds < 0:
        return f"超过 {words}", "danger"
    return f"还有 {words}", "wait" if seconds < 2 * _HOUR else "done"


def distance(metres: int) -> str:
    """Write a distance: '300 米', '1.2 公里', from 10 km on whole kilometres."""
    if metres < 1000:
        return f"{round(metres, -1)} 米"
    return f"{metres / 1000:.1f} 公里" if metres < 10_000 else f"{metres / 1000:.0f} 公里"


def percent(part: float, whole: float) -> int:
    """Return part of whole as 0 to 100, clamped, for bars; an empty whole is 0."""
    return 0 if whole <= 0 else max(0, min(100, round(100 * part / whole)))


def spoken(parts: Sequence[str | None]) -> str:
    """Join the words of a job as it is called out: '搬砖 · 200/天 · 日结'; empty parts vanish."""
    return " · ".join(part for part in parts if part)


def _now(context: Context) -> datetime:
    moment = context["now"]
    if not isinstance(moment, datetime):
        raise TypeError("a page needs `now` in its context")
    return moment


@pass_context
def _day_filter(context: Context, value: date) -> str:
    return day(value, _now(context))


@pass_context
def _ago_filter(context: Context, value: datetime) -> str:
    return ago(value, _now(context))


@pass_context
def _deadline_filter(context: Context, value: datetime) -> tuple[str, str]:
    return deadline(value, _now(context))


def install(environment: Environment) -> None:
    """Bind all filters to an environment; `day` and `ago` read `now` from the page's context.

    Macros that use them must be imported `with context`.
    """
    bound: dict[str, Any] = {
        "yuan": yuan,
        "day": _day_filter,
        "hm": hm,
        "cited": cited,
        "stamp": stamp,
        "until": until,
        "ago": _ago_filter,
        "deadline": _deadline_filter,
        "distance": distance,
        "percent": percent,
        "spoken": spoken,
        "state_label": label_of,
        "state_tone": tone_of,
    }
    environment.filters.update(bound)
