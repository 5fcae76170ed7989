"""What a month report may show: every column by its key, and how many stations make one line of a county (R094)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from linggong.ledgers.codes import LEDGERS
from linggong.measures.definitions import BY_ID


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `kind`: text, count (stations add up) or share (sums above and below add up). `unit` stands behind the heading."""

    key: str
    label: str
    kind: str = "count"
    unit: str = ""


_OF_STATION: Final = (
    Column("station", "站点", "text"), Column("state", "状态", "text"), Column("signed", "填报人", "text"),
    Column("signed_on", "填报日期", "text"), Column("due_on", "截止日期", "text"), Column("late_days", "迟报", unit="天"),
    Column("approved", "审核人", "text"), Column("remark", "说明", "text"), Column("code", "校验码", "text"),
)  # fmt: skip
SUMS: Final[Mapping[str, Column]] = MappingProxyType(
    {
        "wanted": Column("wanted", "需要用工", unit="人次"), "confirmed": Column("confirmed", "双方说定", unit="人次"),
        "arrived": Column("arrived", "到岗", unit="人次"), "completed": Column("completed", "认可完工", unit="人次"),
        "bills.due": Column("bills.due", "到期工资单", unit="张"), "cases": Column("cases", "新收纠纷", unit="件"),
    }
)  # fmt: skip
"""Components of the measures that stand as they are."""
PERSONS: Final[Mapping[str, Column]] = MappingProxyType(
    {"served.person": Column("served.person", "服务人数", unit="人")}
)  # fmt: skip
"""People, each once at his station; who came to two stations counts at both."""
SHARES: Final = (
    ("M03", "rate"), ("M04", "rate"), ("M07", "rate"), ("M08", "worker"), ("M12", "rate"), ("M14", "in_time"), ("M15", "rate"),
    ("M16", "rate"), ("M17", "rate"),
)  # fmt: skip
MONEY: Final = (("M14", "recovered"),)
_DAYS: Final = (
    Column("days.expected", "应签日志", unit="天"), Column("days.signed", "已签日志", unit="天"), Column("days.late", "迟签日志", unit="天"),
    Column("days.missing", "缺日志", unit="天"),
)  # fmt: skip
_BOOKS: Final = (
    Column("books.lines", "台账合计", unit="条"), Column("books.late", "超时补记", unit="条"), Column("books.at_once", "当时记", "share"),
    Column("books.filled", "填写齐全", "share"), Column("books.score", "台账分", "score"),
)  # fmt: skip


def _label(metric: str, key: str) -> str:
    figure = next(f for f in BY_ID[metric].figures if f.key == key)
    return figure.label if len(BY_ID[metric].figures) > 1 and key != "rate" else BY_ID[metric].name


_ALL: Final = (
    *_OF_STATION,
    *(Column(f"ledger.{one.code}", one.name.removesuffix("台账"), unit="条") for one in LEDGERS.values()),
    *SUMS.values(), *PERSONS.values(),
    *(Column(f"{metric}.{key}", _label(metric, key), "share") for metric, key in SHARES),
    *(Column(f"{metric}.{key}", _label(metric, key), "money", "元") for metric, key in MONEY),
    *_DAYS, *_BOOKS,
)  # fmt: skip
COLUMNS: Final[Mapping[str, Column]] = MappingProxyType({one.key: one for one in _ALL})
FIGURES: Final = tuple(one.key for one in _ALL if one not in _OF_STATION)
"""The keys that a report's `figures` hold."""
USUAL: Final = (
    "station", "wanted", "arrived", "M04.rate", "completed", "served.person", "M12.rate", "cases", "days.signed", "days.missing",
    "books.score", "signed", "signed_on", "late_days",
)  # fmt: skip
"""The layout of whoever sets none; the ledgers that the place keeps stand after the station."""
SIGNERS: Final = ("填报人", "审核人", "单位（盖章）")
LEDGER_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no": "序号", "code": "溯源码", "happened": "发生时间", "written": "登记时间", "who": "对象", "what": "内容", "place": "地点",
        "n": "人数", "note": "说明", "station": "站点", "late": "补记", "corrected": "更正",
    }
)  # fmt: skip
"""Columns of a ledger's sheet; who, what, place, n and note are called as the ledger calls them."""


def total(figures: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the figures of several stations as one: counts and the two sides of shares added up, a score by its lines."""
    reports = list(figures)
    out: dict[str, Any] = {}
    for key in FIGURES:
        kind = COLUMNS[key].kind
        given = [report[key] for report in reports if report.get(key) is not None]
        if kind == "share":
            out[key] = {side: sum(one[side] or 0 for one in given) for side in ("above", "below")} if given else None
        elif kind == "score":
            weighed = [
                (report[key], report.get("books.lines") or 0) for report in reports if report.get(key) is not None
            ]
            lines = sum(n for _, n in weighed)
            out[key] = round(sum(value * n for value, n in weighed) / lines, 1) if lines else None
        else:
            out[key] = sum(given) if given else None
    return out


def value(key: str, figures: Mapping[str, Any]) -> float | int | None:
    """Return a figure as a number: a share as 0 to 1, money in yuan; None where there is nothing to say."""
    given = figures.get(key)
    if given is None:
        return None
    if COLUMNS[key].kind == "share":
        return given["above"] / given["below"] if given["below"] else None
    if COLUMNS[key].kind == "money":
        return int(given) / 100
    number: float | int = given
    return number


def words(key: str, figures: Mapping[str, Any]) -> str:
    """Return a figure in words: 83 %（10/12）, 12, —."""
    number, given = value(key, figures), figures.get(key)
    if number is None:
        return "—"
    if COLUMNS[key].kind == "share" and isinstance(given, Mapping):
        return f"{number:.0%}（{given['above']:,}/{given['below']:,}）"
    return f"{number:,.1f}" if isinstance(number, float) else f"{number:,}"
