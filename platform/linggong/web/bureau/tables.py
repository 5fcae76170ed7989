"""A table of figures as one thing: what the page shows, what the chart draws and what the workbook holds are the same cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from linggong.insight.behind import MEASURED
from linggong.insight.matters import Matter
from linggong.kernel import clock
from linggong.web.filters import yuan

Value = int | float | str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table: the words, the number behind them (None: there is none), and where it leads."""

    text: str
    value: Value = None
    href: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """A heading: its words, whether numbers stand below it, and what they mean."""

    text: str
    number: bool = True
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """How a table is drawn: a line, bars or a map, of which columns."""

    kind: str
    columns: tuple[int, ...]
    source: str = ""
    """The address of a map's outline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of figures; the first column names the row."""

    key: str
    title: str
    heads: Sequence[Head]
    rows: list[list[Cell]] = field(default_factory=list)
    total: list[Cell] | None = None
    note: str = ""
    empty: str = "还没有数字。"
    charts: tuple[Chart, ...] = ()
    export: str = ""
    """The address of its workbook, for whoever may take it away."""

    def sheet(self) -> list[list[int | float | str]]:
        """Return it as rows for a workbook: numbers as numbers, what is missing as nothing."""
        lines = [*self.rows, *([self.total] if self.total else [])]
        return [[h.text for h in self.heads], *([_raw(cell) for cell in line] for line in lines)]


def _raw(cell: Cell) -> int | float | str:
    if cell.value is None:
        return "" if cell.text == "—" else cell.text
    return cell.value


def words(text: str, href: str = "", tone: str = "") -> Cell:
    """Return a cell of words."""
    return Cell(text, text, href, tone)


def number(value: int | None, href: str = "", tone: str = "") -> Cell:
    """Return a cell of a whole number; a dash for none."""
    return Cell("—" if value is None else f"{value:,}", value, href if value else "", tone)


def rate(value: float | None) -> Cell:
    """Return a cell of a share; a dash without a denominator."""
    return Cell("—" if value is None else f"{value:.0%}", value)


def money(fen: int | None, href: str = "", tone: str = "") -> Cell:
    """Return a cell of an amount; in the workbook it is yuan."""
    if fen is None:
        return Cell("—")
    return Cell(yuan(fen), fen // 100 if fen % 100 == 0 else fen / 100, href if fen else "", tone)


def at(moment: datetime | None, tone: str = "") -> Cell:
    """Return a cell of a moment in Shanghai."""
    if moment is None:
        return Cell("—", "", "", tone)
    text = f"{clock.shanghai(moment):%m-%d %H:%M}"
    return Cell(text, f"{clock.shanghai(moment):%Y-%m-%d %H:%M}", "", tone)


def span(minutes: int | None) -> Cell:
    """Return a cell of a length of time: 45 分钟, 3.5 小时."""
    if minutes is None:
        return Cell("—")
    if minutes < 100:
        return Cell(f"{minutes} 分钟", minutes)
    return Cell(f"{minutes / 60:.1f} 小时", minutes)


def ago(moment: datetime, now: datetime) -> str:
    """Return how long something waits: 3 小时, 12 天."""
    hours = int((now - moment).total_seconds() // 3600)
    if hours < 1:
        return "不到 1 小时"
    return f"{hours} 小时" if hours < 48 else f"{hours // 24} 天"


def records_href(figure: str, path: str, days: int) -> str:
    """Return the page of the records behind a figure: of a part of a measure, that of the measure."""
    if figure in MEASURED:
        _, metric, component = MEASURED[figure]
        return f"/bureau/measures/{metric}?{urlencode({'path': path, 'days': days, 'of': component})}#records"
    return f"/bureau/records?{urlencode({'figure': figure, 'path': path, 'days': days})}"


def exceptions(found: Sequence[Matter], path: str, days: int, now: datetime, may: dict[str, bool]) -> Table:
    """Return what must be looked at first, as a table; what there is none of stands there with its 0."""
    rows = []
    for one in found:
        href = records_href(one.key, path, days) if may.get(one.key) else ""
        tone = "danger" if one.count else ""
        rows.append(
            [
                words(one.label),
                number(one.count, href, tone),
                Cell("—") if one.oldest is None else Cell(ago(one.oldest, now), ago(one.oldest, now)),
                money(one.fen if one.count else None),
            ]
        )
    heads = (Head("要先看的", number=False), Head("件数"), Head("最久的"), Head("金额（元）"))
    return Table(key="exceptions", title="先看这些", heads=heads, rows=rows)
