"""The score sheet as a workbook that prints on A4 (R122): the rows as on the paper, then what was said and filed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

from linggong.assessment import sheet
from linggong.assessment.queries import AssessmentDetail
from linggong.kernel import clock
from linggong.kernel.sheets import wide

_WIDTHS: Final = (6, 14, 34, 10, 7, 7, 38, 38)
_SAID: Final = ((18, 12, 10, 90), ("时间", "谁", "哪一步", "内容"))
_FILED: Final = ((6, 40, 50, 10, 12, 18), ("行", "材料", "说明", "数", "谁交的", "时间"))
_SIGNERS: Final = ("评审人（签字）", "定案人（签字）", "运营方（签字）")
_LINE: Final = 15.75


def book(found: AssessmentDetail) -> bytes:
    """Return the sheet as a workbook. CPU-bound: call it in a thread."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(out, options) as made:
        base = {"font_name": "宋体", "font_size": 11, "valign": "vcenter", "text_wrap": True}
        forms = {
            "title": base | {"font_name": "黑体", "font_size": 18, "align": "center"},
            "plain": base, "strong": base | {"bold": True}, "cell": base | {"border": 1}, "number": base | {"border": 1, "align": "center"},
            "head": base | {"border": 1, "bold": True, "align": "center", "bg_color": "#E8EEF5"},
        }  # fmt: skip
        ready = {name: made.add_format(of) for name, of in forms.items()}
        _rows(made.add_worksheet("考核表"), found, ready)
        said = [[f"{clock.shanghai(s.at):%Y-%m-%d %H:%M}", s.by, s.kind_words, s.words] for s in found.said]
        _listed(made.add_worksheet("经过"), *_SAID, said, ready)
        filed = [
            [one.row, one.name, one.words, "" if one.number is None else one.number, one.by, f"{clock.shanghai(one.at):%Y-%m-%d %H:%M}"]
            for one in found.materials
        ]  # fmt: skip
        _listed(made.add_worksheet("材料"), *_FILED, filed, ready)
    return out.getvalue()


def _rows(page: Any, found: AssessmentDetail, ready: dict[str, Any]) -> None:
    one, last = found.assessment, len(_WIDTHS) - 1
    _paper(page, _WIDTHS, one.card_title)
    page.merge_range(0, 0, 0, last, one.card_title, ready["title"])
    page.set_row(0, 32)
    at = 1
    for name, value in sheet.facts(found):
        page.merge_range(at, 0, at, 1, name, ready["plain"])
        page.merge_range(at, 2, at, last, value, ready["plain"])
        at += 1
    page.write_row(at, 0, sheet.HEAD, ready["head"])
    page.repeat_rows(at)
    page.freeze_panes(at + 1, 0)
    at += 1
    for words, row in zip(sheet.rows(found), found.score.rows, strict=True):
        numbers = [row.most, "" if row.missing else row.points] if one.scored else ["", ""]
        _put(page, at, [row.n, *words[1:4], *numbers, *words[6:]], _WIDTHS, ready)
        at += 1
    follows = found.score.follows if one.state == "S_FINAL" else ""
    for text in (sheet.outcome(found), f"后续：{follows}" if follows else ""):
        if text:
            page.merge_range(at, 0, at, last, text, ready["strong"])
            page.set_row(at, 24)
            at += 1
    page.merge_range(
        at + 1, 0, at + 1, last, "　　　　　　　　　　　　".join(f"{who}：" for who in _SIGNERS), ready["plain"]
    )
    page.set_row(at + 1, 30)


def _listed(
    page: Any, widths: Sequence[int], head: Sequence[str], lines: Sequence[list[Any]], ready: dict[str, Any]
) -> None:
    _paper(page, widths, page.get_name())
    page.write_row(0, 0, head, ready["head"])
    page.repeat_rows(0)
    for n, line in enumerate(lines, 1):
        _put(page, n, line, widths, ready)


def _put(page: Any, at: int, line: Sequence[Any], widths: Sequence[int], ready: dict[str, Any]) -> None:
    for column, value in enumerate(line):
        if isinstance(value, str):
            page.write_string(at, column, value, ready["cell"])
        else:
            page.write_number(at, column, value, ready["number"])
    lines = max(1 + wide(str(value)) // (widths[column] - 1) for column, value in enumerate(line))
    page.set_row(at, _LINE * max(lines, 1) + 3)


def _paper(page: Any, widths: Sequence[int], title: str) -> None:
    for column, width in enumerate(widths):
        page.set_column(column, column, width)
    page.set_paper(9)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_margins(0.4, 0.4, 0.5, 0.6)
    page.set_footer("&L&9" + title.replace("&", "&&") + "&R&9第 &P 页，共 &N 页")
