"""What is asked of the measures, as it stands in the address: which of them, when, where, of which trade and group, how split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from linggong.market import trades
from linggong.measures.answers import MOST_DAYS
from linggong.measures.definitions import BY_ID
from linggong.measures.subject import GROUPS

HOME: Final = "/bureau/measures"
PERIODS: Final = {
    "day": "一天",
    "week": "一周",
    "month": "一个月",
    "quarter": "一个季度",
    "year": "一年",
    "free": "自己选起止",
}
SPLITS: Final = {"": "一个数", "day": "按天", "week": "按周", "month": "按月", "place": "按下一级地方"}
MOST_LINES: Final = 92
MOST_SPLIT: Final = 6
"""Measures that are shown side by side where they are split."""
_LAST_DAYS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days from the first to the last."""

    first: date
    last: date

    @property
    def words(self) -> str:
        """Return the days as a reader says them."""
        first, last = self.first, self.last
        if first == last:
            return f"{first.year}年{first.month}月{first.day}日"
        year = "" if last.year == first.year else f"{last.year}年"
        return f"{first.year}年{first.month}月{first.day}日至{year}{last.month}月{last.day}日"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that can be answered."""

    metrics: tuple[str, ...]
    """None chosen: all of them."""
    period: str
    span: Span
    path: str
    trade: str = ""
    group: str = ""
    by: str = ""

    def href(self, below: str = "", **changes: Any) -> str:
        """Return the address of this question, or of one that differs in something."""
        asked = replace(self, **changes)
        query: dict[str, Any] = {
            "path": asked.path, "period": asked.period, "first": asked.span.first.isoformat(),
            "last": asked.span.last.isoformat(), "trade": asked.trade, "group": asked.group, "by": asked.by,
        }  # fmt: skip
        kept = {name: value for name, value in query.items() if value} | {"m": asked.metrics}
        return f"{HOME}{below}?{urlencode(kept, doseq=True)}"


@dataclass(slots=True)
class Form:
    """What was typed, and what is wrong with it by field."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def around(period: str, day: date) -> Span:
    """Return the days of the week, month, quarter or year that a day lies in."""
    if period == "week":
        first = day - timedelta(days=day.weekday())
        return Span(first=first, last=first + timedelta(days=6))
    if period == "month":
        return Span(first=day.replace(day=1), last=_end(day.year, day.month))
    if period == "quarter":
        month = (day.month - 1) // 3 * 3 + 1
        return Span(first=date(day.year, month, 1), last=_end(day.year, month + 2))
    if period == "year":
        return Span(first=date(day.year, 1, 1), last=date(day.year, 12, 31))
    return Span(first=day, last=day)


def _end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def read(query: Mapping[str, Sequence[str]], today: date) -> tuple[Asked, Form]:
    """Read an address. Where something is wrong the form says so, and the question falls back to what can be answered."""

    def one(name: str) -> str:
        return (query.get(name) or [""])[0].strip()

    form = Form({name: one(name) for name in ("period", "first", "last", "trade", "group", "by")})
    chosen = [name for name in query.get("m") or [] if name]
    form.values["m"] = chosen
    unknown = [name for name in chosen if name not in BY_ID]
    if unknown:
        form.errors["m"] = f"没有 {unknown[0][:12]} 这个指标，请从 M01 到 M25 里选。"
    asked = Asked(
        metrics=tuple(dict.fromkeys(name for name in chosen if name in BY_ID)), path="",
        period=_choice(form, "period", PERIODS, "没有这种时间段，请重新选。", "free"),
        span=Span(first=today - timedelta(days=_LAST_DAYS - 1), last=today),
        trade=_trade(form), group=_choice(form, "group", GROUPS, "没有这个人群，请重新选。", ""),
        by=_choice(form, "by", SPLITS, "不能这样分，请重新选。", ""),
    )  # fmt: skip
    days = one("days")
    if days.isdecimal() and 1 <= int(days) <= MOST_DAYS and not (form.values["first"] or form.values["last"]):
        # As the overview counts: so many days that end today.
        form.values["first"] = (today - timedelta(days=int(days) - 1)).isoformat()
    asked = replace(asked, span=_span(form, asked, today))
    _split(form, asked)
    form.values |= {"period": asked.period, "first": form.values["first"] or asked.span.first.isoformat()}
    form.values["last"] = form.values["last"] or asked.span.last.isoformat()
    if form.errors:
        asked = replace(asked, by="" if "by" in form.errors else asked.by)
    return asked, form


def _choice(form: Form, name: str, known: Mapping[str, Any], words: str, blank: str) -> str:
    value = str(form.values[name]) or blank
    if value and value not in known:
        form.errors[name] = words
        return blank
    return value


def _trade(form: Form) -> str:
    typed = str(form.values["trade"])
    code = typed.partition(" ")[0]
    if not typed or trades.trade(code) is not None:
        return code
    named = [t.code for t in trades.trades() if t.name == typed] or [t.code for t in trades.search_trades(typed, 1)]
    if named:
        return named[0]
    form.errors["trade"] = f"没有“{typed[:20]}”这个工种，请从列表里选，或者写工种代码。"
    return ""


def _date(form: Form, name: str) -> date | None:
    typed = str(form.values[name])
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        form.errors[name] = "日期写法不对，例如 2026-11-27。"
        return None


def _span(form: Form, asked: Asked, today: date) -> Span:
    first, last = _date(form, "first"), _date(form, "last")
    if asked.period != "free":
        span = around(asked.period, first or today)
        # Of a time that is not over yet, what has passed: tomorrow's posts are nobody's failure today.
        return replace(span, last=today) if span.first <= today < span.last else span
    if form.errors.keys() & {"first", "last"}:
        return asked.span
    last = last or max(first or today, today)
    first = first or last - timedelta(days=_LAST_DAYS - 1)
    if last < first:
        form.errors["last"] = "最后一天不能早于第一天，请改一下。"
    elif (last - first).days >= MOST_DAYS:
        form.errors["last"] = f"一次最多看 {MOST_DAYS} 天，请缩短时间。"
    return asked.span if "last" in form.errors else Span(first=first, last=last)


def _split(form: Form, asked: Asked) -> None:
    if not asked.by:
        return
    if not 1 <= len(asked.metrics) <= MOST_SPLIT:
        form.errors["by"] = f"分开看时，请先勾选 1 到 {MOST_SPLIT} 个指标。"
    elif asked.by != "place" and len(spans(asked)) > MOST_LINES:
        form.errors["by"] = f"按天一次最多看 {MOST_LINES} 天，请改成按周或按月，或者缩短时间。"


def spans(asked: Asked) -> list[Span]:
    """Return the days, weeks or months of a question, those at its ends as far as they lie in it."""
    whole, found = asked.span, []
    day = whole.first
    while day <= whole.last:
        part = around(asked.by, day)
        found.append(Span(first=max(part.first, whole.first), last=min(part.last, whole.last)))
        day = part.last + timedelta(days=1)
    return found
