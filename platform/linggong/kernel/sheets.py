"""Tables that people hand in (csv, xlsx): read as typed, given back with a column that says what is wrong in each row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec

from linggong.kernel.errors import Fault, Invalid, TooLarge

Cell = str | int | float | bool | datetime | date | time | timedelta
FAULT_HEADER = "错误"
_ENCODINGS = ("utf-8-sig", "gb18030")


class RowFault(msgspec.Struct, frozen=True):
    """One thing wrong in one row; row 1 is the heading, '' is the row as a whole."""

    row: int
    column: str
    message: str
    value: str = ""
    """What stands in that cell, as the page tells it; '' where nothing does."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: headings, and rows of raw cells ('' is empty). The first row below the heading is row 2."""

    kind: str
    headers: list[str]
    rows: list[list[Cell]]


def read_sheet(data: bytes, name: str, *, max_rows: int) -> Sheet:
    """Read a csv (UTF-8 or GB 18030) or the first sheet of an xlsx; raises Invalid or TooLarge with what to do."""
    kind = name.rpartition(".")[2].lower()
    if kind == "csv":
        table = _read_csv(data)
    elif kind == "xlsx":
        table = _read_xlsx(data)
    else:
        raise Invalid([Fault("file", "请交 csv 或 xlsx 文件。", "kind")])
    while table and not any(cell != "" for cell in table[-1]):
        table.pop()
    if not table:
        raise Invalid([Fault("file", "文件是空的，请先填写。", "empty")])
    headers = [str(cell).strip() for cell in table[0]]
    rows = table[1:]
    if len(rows) > max_rows:
        raise TooLarge(f"一次最多 {max_rows} 行，这个文件有 {len(rows)} 行，请分几次交。")
    return Sheet(kind, headers, rows)


def _read_csv(data: bytes) -> list[list[Cell]]:
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Invalid([Fault("file", "文件的文字编码认不出，请另存为 UTF-8 的 csv 再交。", "encoding")])
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""))]
    except csv.Error:
        raise Invalid([Fault("file", "csv 格式不对，请用表格软件另存为 csv 再交。", "csv")]) from None


def _read_xlsx(data: bytes) -> list[list[Cell]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        table: list[list[Cell]] = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, IndexError, OSError, ValueError):
        raise Invalid([Fault("file", "打不开这个表格，请用表格软件另存为 xlsx 再交。", "xlsx")]) from None
    return [[cell.strip() if isinstance(cell, str) else cell for cell in row] for row in table]


def annotated(sheet: Sheet, faults: Mapping[int, Sequence[str]]) -> bytes:
    """Return the table as it came with a last column that names each row's faults, in the format that it came in.

    `faults` is keyed by row number (the heading is row 1). A copy that was handed in again keeps one such column.
    """
    at = sheet.headers.index(FAULT_HEADER) if FAULT_HEADER in sheet.headers else len(sheet.headers)
    table: list[list[Any]] = [[*sheet.headers[:at], FAULT_HEADER]]
    for number, row in enumerate(sheet.rows, start=2):
        cells = [*row[:at], *([""] * (at - len(row)))]
        table.append([*cells, "；".join(faults.get(number, ()))])
    if faults.get(1):
        table[0][-1] = f"{FAULT_HEADER}：{'；'.join(faults[1])}"
    return write_csv(table) if sheet.kind == "csv" else write_xlsx(table)


_MOST_TOLD = 30
_LONG_NUMBER = re.compile(r"\d{13,17}[\dXx]")


def told(sheet: Sheet, faults: Sequence[RowFault]) -> list[RowFault]:
    """Return faults with what stands in their cells: cut where it is long, an identity number with its middle veiled."""
    at = {header: n for n, header in enumerate(sheet.headers)}
    return [msgspec.structs.replace(one, value=_value(sheet, one.row, at.get(one.column))) for one in faults]


def _value(sheet: Sheet, row: int, column: int | None) -> str:
    if column is None or row < 2 or column >= len(sheet.rows[row - 2]):
        return ""
    cell = sheet.rows[row - 2][column]
    try:
        words = text(cell)
    except ValueError:
        words = str(cell)
    words = _LONG_NUMBER.sub(lambda found: f"{found[0][:6]}****{found[0][-4:]}", " ".join(words.split()))
    return words if len(words) <= _MOST_TOLD else f"{words[:_MOST_TOLD]}…"


def wide(text: str) -> int:
    """Return how many Latin letters a text is wide: a Chinese character is two."""
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)


_MOST_WIDE = 50
_MEASURED = 200


def _widths(table: Sequence[Sequence[Any]]) -> dict[int, int]:
    """Return the width of each column by what its first rows hold."""
    found: dict[int, int] = {}
    for row in table[:_MEASURED]:
        for column, cell in enumerate(row):
            found[column] = min(_MOST_WIDE, max(found.get(column, 8), wide(str(cell)) + 2))
    return found


def write_csv(table: Sequence[Sequence[Any]]) -> bytes:
    """Return a table as csv in UTF-8 with a mark, which the spreadsheets here need to see."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(table)
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(table: Sequence[Sequence[Any]]) -> bytes:
    """Return a table as the one sheet of a workbook: texts as texts, numbers as numbers."""
    return write_book({"Sheet1": table})


def write_book(tables: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """Return tables as the sheets of a workbook, by their names: texts as texts, numbers as numbers."""
    import xlsxwriter

    out = io.BytesIO()
    # What people typed stays text: a cell that begins with = must not come back as a formula.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(out, options) as book:
        text = book.add_format({"num_format": "@"})
        for name, table in tables.items():
            page = book.add_worksheet(name)
            for column, width in _widths(table).items():
                page.set_column(column, column, width)
            for number, row in enumerate(table):
                for column, cell in enumerate(row):
                    if isinstance(cell, int | float) and not isinstance(cell, bool):
                        page.write_number(number, column, cell)
                    else:
                        page.write_string(number, column, str(cell), text)
    return out.getvalue()


def whole(cell: Cell) -> int:
    """Read a whole number; raises ValueError."""
    if isinstance(cell, bool | datetime | date | time | timedelta):
        raise ValueError("not a number")
    if isinstance(cell, float):
        if not cell.is_integer():
            raise ValueError("not whole")
        return int(cell)
    if isinstance(cell, str):
        if len(cell) > 15:
            raise ValueError("too long")
        return int(cell.removesuffix(".0"))
    return cell


def day(cell: Cell) -> date:
    """Read a date cell, or text such as 2026-03-11, 2026/3/11 or 2026年3月11日; raises ValueError."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if not isinstance(cell, str):
        raise ValueError("not a date")
    parts = cell.replace("年", "-").replace("月", "-").replace("日", "").replace("/", "-").replace(".", "-").split("-")
    if len(parts) != 3:
        raise ValueError("not a date")
    return date(*(int(part) for part in parts))


def clock_time(cell: Cell) -> time:
    """Read a time cell, or text such as 7:30, 07：30 or 7点半; raises ValueError."""
    if isinstance(cell, datetime):
        return cell.time()
    if isinstance(cell, time):
        return cell
    if isinstance(cell, timedelta):
        minutes = round(cell.total_seconds() / 60)
        return time(minutes // 60, minutes % 60)
    if isinstance(cell, float) and 0 <= cell < 1:
        minutes = round(cell * 1440)
        return time(minutes // 60 % 24, minutes % 60)
    if not isinstance(cell, str):
        raise ValueError("not a time")
    text = cell.replace("：", ":").replace("点半", ":30").replace("点", ":").replace("分", "").rstrip(":")
    hour, _, rest = text.partition(":")
    return time(int(hour), int(rest.split(":")[0]) if rest else 0)


def number(cell: Cell) -> float:
    """Read a decimal number; raises ValueError."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise ValueError("not a number")
    return float(cell)


def text(cell: Cell) -> str:
    """Read a cell as the text that a person sees: 13800000000 although the table made it a number; raises ValueError."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell)
    raise ValueError("not a text")
