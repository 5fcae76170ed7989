"""Ledgers and month reports as sheets that go to a superior: title, period, headings, rows, total, who signs. One `Paper`, as xlsx or PDF."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

from linggong.contracts.typeset import fonts, lacking
from linggong.kernel import clock
from linggong.kernel.sheets import wide
from linggong.ledgers import columns
from linggong.ledgers.codes import LEDGERS
from linggong.ledgers.columns import COLUMNS
from linggong.ledgers.layouts import Layout
from linggong.ledgers.queries import Line
from linggong.ledgers.reports import ReportView
from linggong.ledgers.rollup import Part, Rollup

TEMPLATE: Final = Path(__file__).parent / "paper.typ"
_lock = threading.Lock()
Cell = str | int | float | None


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet: what stands on it, cell by cell. `kinds` of the columns: text, count, share, money, score."""

    title: str
    place: str
    period: str
    head: list[str]
    kinds: list[str]
    rows: list[list[Cell]]
    total: list[Cell]
    """[] where there is none."""
    notes: list[str]
    signers: list[str]
    made: str


def of_ledger(layout: Layout, place: str, period: str, lines: Sequence[Line], made: str) -> Paper:
    """Return a ledger's lines, the earliest first, as its place wants them. Names stand as they were read."""
    heads = _heads(layout)
    rows = [[_ledger_cell(key, n, line) for key, _ in heads] for n, line in enumerate(reversed(lines), 1)]
    late = sum(line.late for line in lines)
    one = LEDGERS[layout.form]
    return Paper(
        title=_titled(place, layout.title), place=place, period=period, head=[word for _, word in heads],
        kinds=["count" if key in ("no", "n") else "text" for key, _ in heads], rows=rows, total=[],
        notes=[
            f"共 {len(lines)} 条，其中超时补记 {late} 条。由系统按业务记录生成，溯源码可查原始记录。",
            *(["姓名已遮盖；需要全名的，按个人信息管理规定另行申请。"] if one.person else []),
        ],
        signers=layout.signers, made=made,
    )  # fmt: skip


def _titled(place: str, title: str) -> str:
    """Return a title without what the place's name ends with: 大兴街道零工驿站月报表 says 零工驿站 once."""
    twice = next((n for n in range(min(len(place), len(title)), 1, -1) if place.endswith(title[:n])), 0)
    return title[twice:] or title


def _heads(layout: Layout) -> list[tuple[str, str]]:
    return [(key, word) for key, word in layout.columns if word]


def _ledger_cell(key: str, n: int, line: Line) -> Cell:
    at = {"happened": line.happened_at, "written": line.written_at}.get(key)
    if at is not None:
        return f"{clock.shanghai(at):%Y-%m-%d %H:%M}"
    marks: dict[str, Cell] = {"no": n, "late": "补记" if line.late else "", "n": line.n}
    return marks[key] if key in marks else str(getattr(line, key))


def of_reports(layout: Layout, rolled: Rollup, made: str) -> Paper:
    """Return a month of a place: a line a county or station, the sum, who is missing."""
    heads = _heads(layout)
    views = {one.path: one for one in rolled.reports}
    rows = [[_part_cell(key, part, views.get(part.path)) for key, _ in heads] for part in rolled.parts]
    total = ["合计" if key == "station" else _part_cell(key, rolled.whole, None) for key, _ in heads]
    missing = rolled.missing
    notes = [
        f"应报 {rolled.whole.due} 个站点，已报 {rolled.whole.sent} 个，已审定 {rolled.whole.approved} 个，迟报 {rolled.whole.late} 个。合计只含已报的。",
        *([f"未报 {len(missing)} 个：{'、'.join(missing)}。"] if missing else []),
        "各站服务人数相加，同一人在两个站点办事算两次。没有分母的写“—”，不补数。",
    ]
    return Paper(
        title=_titled(rolled.name, layout.title), place=rolled.name, period=period_words(rolled.month), head=[word for _, word in heads],
        kinds=[COLUMNS[key].kind if key in COLUMNS else "text" for key, _ in heads], rows=rows, total=total, notes=notes,
        signers=layout.signers, made=made,
    )  # fmt: skip


def of_report(layout: Layout, report: ReportView, made: str) -> Paper:
    """Return one station's report: a line a figure, as the station signs it."""
    keys = [
        (key, word)
        for key, word in _heads(layout)
        if key in COLUMNS and COLUMNS[key].kind != "text" and key != "late_days"
    ]
    rows: list[list[Cell]] = [[n, word, columns.words(key, report.figures)] for n, (key, word) in enumerate(keys, 1)]
    signed = report.signed_at
    notes = [
        f"第 {report.version} 版，{report.state_words}；截止 {due_day(report.due_at)}"
        + (f"，迟报 {report.late_days} 天。" if report.late_days else "。"),
        *([f"说明：{report.remark}"] if report.remark else []),
        *([f"{report.signed_name} 于 {clock.shanghai(signed):%Y-%m-%d %H:%M} 签报，校验码 {report.hash[:16]}。"] if signed else ["还没有签报，数字可能再变。"]),
        *([f"{report.decided_name} 于 {clock.shanghai(report.decided_at):%Y-%m-%d %H:%M} {'审定' if report.state == 'approved' else '退回'}。"] if report.decided_at else []),
    ]  # fmt: skip
    return Paper(
        title=_titled(report.station, layout.title), place=report.station, period=period_words(report.month), head=["序号", "项目", "数"],
        kinds=["count", "text", "right"], rows=rows, total=[], notes=notes, signers=layout.signers, made=made,
    )  # fmt: skip


def _part_cell(key: str, part: Part, report: ReportView | None) -> Cell:
    if key == "station":
        return part.name
    if key in COLUMNS and COLUMNS[key].kind != "text" and key != "late_days":
        told = report is None or report.state in ("signed", "approved")
        return columns.value(key, part.figures) if told else None
    if report is None:
        return {"late_days": f"{part.late} 个站" if part.late else "", "state": f"{part.sent}/{part.due} 已报"}.get(
            key, ""
        )
    cells: dict[str, Cell] = {
        "state": report.state_words, "signed": report.signed_name, "signed_on": _short(report.signed_at) if report.signed_at else "未报",
        "due_on": due_day(report.due_at), "late_days": report.late_days, "approved": report.decided_name, "remark": report.remark,
        "code": report.hash[:16],
    }  # fmt: skip
    return cells.get(key, "")


def _day(at: datetime) -> str:
    return f"{clock.shanghai(at):%Y-%m-%d}"


def _short(at: datetime) -> str:
    day = clock.business_date(at)
    return f"{day.month}月{day.day}日"


def due_day(at: datetime) -> str:
    """Return the day of a deadline: one at 24:00 belongs to the day that ends there."""
    return _day(at - timedelta(microseconds=1))


def period_words(month: date) -> str:
    """Return a month as papers write it."""
    return f"{month.year}年{month.month}月"


# --- as a workbook ----------------------------------------------------------------------------------------------------

_FORMATS: Final = {"count": "#,##0", "share": "0%", "money": "#,##0.00", "score": "0.0"}


def xlsx(paper: Paper) -> bytes:
    """Return a paper as a workbook that prints on A4: title over all columns, headings on each page, page numbers, lines to sign."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(out, options) as book:
        page = book.add_worksheet(paper.title[:31].translate({ord(c): "_" for c in "[]:*?/\\"}))
        last = max(len(paper.head) - 1, 1)
        base = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
        grid = base | {"border": 1, "text_wrap": True}
        title = book.add_format(base | {"font_name": "黑体", "font_size": 18, "align": "center"})
        sub, note = book.add_format(base), book.add_format(base | {"text_wrap": True, "valign": "top"})
        head = book.add_format(grid | {"bold": True, "align": "center", "bg_color": "#E8EEF5"})
        kinds = {
            kind: book.add_format(grid | ({"num_format": _FORMATS[kind]} if kind in _FORMATS else {"num_format": "@"}))
            for kind in (*_FORMATS, "text", "right")
        }
        bold = {kind: book.add_format(grid | {"bold": True, "num_format": _FORMATS.get(kind, "@")}) for kind in kinds}
        page.merge_range(0, 0, 0, last, f"{paper.place}{paper.title}", title)
        page.set_row(0, 32)
        page.merge_range(1, 0, 1, last, f"统计期间：{paper.period}　　生成时间：{paper.made}", sub)
        for column, word in enumerate(paper.head):
            page.write_string(2, column, word, head)
            page.set_column(column, column, _width(paper, column))
        page.set_row(2, 16 * max(1 + int(wide(word) // _width(paper, n)) for n, word in enumerate(paper.head)) + 8)
        at = 3
        for row, formats in [*((row, kinds) for row in paper.rows), *([(paper.total, bold)] if paper.total else [])]:
            for column, cell in enumerate(row):
                _write(page, at, column, cell, formats[paper.kinds[column]], formats["text"])
            if (height := _height(paper, row)) > 1:
                page.set_row(at, 16 * height)
            at += 1
        for words in paper.notes:
            page.merge_range(at, 0, at, last, words, note)
            page.set_row(
                at, 16 * (1 + len(words) * 2 // max(40, sum(_width(paper, c) for c in range(len(paper.head)))))
            )
            at += 1
        page.merge_range(
            at + 1,
            0,
            at + 1,
            last,
            "　　　　　　".join(f"{name}：" for name in paper.signers) + "　　　　　　日期：",
            sub,
        )
        page.set_row(at + 1, 30)
        page.set_paper(9)
        if len(paper.head) > 5:
            page.set_landscape()
        page.fit_to_pages(1, 0)
        page.repeat_rows(0, 2)
        page.freeze_panes(3, 1 if len(paper.head) > 6 else 0)
        page.set_margins(0.4, 0.4, 0.5, 0.6)
        page.set_footer(
            "&L&9" + f"{paper.place}{paper.title} {paper.period}".replace("&", "&&") + "&R&9第 &P 页，共 &N 页"
        )
    return out.getvalue()


def _width(paper: Paper, column: int) -> float:
    """Return a column's width by its longest word: a Chinese character takes two."""
    said = [wide(_words(row[column], paper.kinds[column])) for row in paper.rows[:200]]
    heading = 10 if paper.kinds[column] == "text" else 6
    longest = max([*said, min(wide(paper.head[column]), heading)], default=8)
    return max(6.5, min(longest + 2, 36))


def _height(paper: Paper, row: Sequence[Cell]) -> int:
    """Return how many lines a row needs in its columns' widths: not every program finds that out by itself."""
    said = [(_words(cell, paper.kinds[column]), _width(paper, column) - 1) for column, cell in enumerate(row)]
    return max(
        (sum(1 + int(wide(line) // (room + 0.5)) for line in text.split("\n")) for text, room in said), default=1
    )


def _write(page: Any, row: int, column: int, cell: Cell, formed: Any, plain: Any) -> None:
    if cell is None:
        page.write_string(row, column, "—", plain)
    elif isinstance(cell, str):
        page.write_string(row, column, cell, plain)
    else:
        page.write_number(row, column, cell, formed)


# --- as paper ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(str(TEMPLATE), font_paths=[str(fonts())], ignore_system_fonts=True)


def pdf(paper: Paper) -> bytes:
    """Return a paper as PDF/A. CPU-bound: call it in a thread. A character that the font lacks is spelt by its number."""
    told = msgspec.to_builtins(paper) | {
        "rows": [_said(row, paper.kinds) for row in paper.rows],
        "total": _said(paper.total, paper.kinds),
        "right": [kind not in ("text",) for kind in paper.kinds],
    }
    text = json.dumps(told, ensure_ascii=False)
    text = text.translate({ord(c): f"〔U+{ord(c):04X}〕" for c in lacking(text)})
    with _lock:
        made = _compiler().compile(format="pdf", sys_inputs={"data": text}, pdf_standards=["a-2b"])
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made


def _said(row: Sequence[Cell], kinds: Sequence[str]) -> list[str]:
    return [_words(cell, kinds[n]) for n, cell in enumerate(row)]


def _words(cell: Cell, kind: str) -> str:
    if cell is None:
        return "—"
    if isinstance(cell, str):
        return cell
    if kind == "share":
        return f"{cell:.0%}"
    return {"money": f"{cell:,.2f}", "score": f"{cell:.1f}"}.get(kind, f"{cell:,}")
