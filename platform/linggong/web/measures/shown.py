"""Measures as the pages and workbooks show them: a figure in words, tables of parts, and lines drawn by the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from linggong.measures.answers import Answer, Value
from linggong.measures.definitions import BY_ID, DEFINITIONS
from linggong.web.bureau.tables import Cell, Head, Table, words
from linggong.web.filters import yuan
from linggong.web.measures import stations
from linggong.web.measures.asking import Asked

HIDDEN: Final = "人数太少不公布"
SECTIONS: Final = (
    ("供需和招工", ("M01", "M02", "M03", "M04", "M05", "M06")),
    ("干活和工钱", ("M07", "M08", "M09", "M12", "M13", "M14")),
    ("人和保障", ("M10", "M11", "M15", "M16", "M17", "M22")),
    ("站点和数据", ("M18", "M19", "M20", "M21", "M24", "M25", "M23")),
)
"""All of them in the order in which a city looks at them."""
_MINUTES: Final = 100
_FEN: Final = "分/"
_MONEY: Final = "分"
_AT_A_GLANCE: Final = 4
"""Figures of one measure that the glance shows; the rest stands on its own page."""


def text(value: Value) -> str:
    """Return a figure as it is read: a dash for none, words for one that may not be told."""
    if value.hidden:
        return HIDDEN
    if value.value is None:
        return "—"
    number = value.value
    if value.unit == "%":
        return f"{number * 100:.1f}%"
    if value.unit == "分钟" and number >= _MINUTES:
        return f"{number / 60:.1f} 小时"
    if value.unit.startswith(_FEN):
        return f"{yuan(round(number))} 元/{value.unit.removeprefix(_FEN)}"
    if value.unit == _MONEY:
        return f"{yuan(round(number))} 元"
    return f"{number:,.2f}".rstrip("0").rstrip(".") + (f" {value.unit}" if value.unit else "")


def raw(value: Value) -> float | str:
    """Return a figure as a workbook keeps it: money in yuan, a share as a number, nothing for none."""
    if value.hidden:
        return HIDDEN
    if value.value is None:
        return ""
    return value.value / 100 if value.unit.startswith(_FEN) or value.unit == _MONEY else value.value


def unit(value: Value) -> str:
    """Return the unit of what a workbook keeps."""
    if value.unit == "%":
        return "比率"
    if value.unit == _MONEY:
        return "元"
    return f"元/{value.unit.removeprefix(_FEN)}" if value.unit.startswith(_FEN) else value.unit


def divided(value: Value) -> str:
    """Return from what a figure was divided, in words; '' where that is not told."""
    if value.hidden or value.above is None:
        return ""
    said = [yuan(n) if value.money else f"{n:,}" for n in (value.above, value.below) if n is not None]
    return " / ".join(said) + (" 元" if value.money else "")


def _cell(value: Value) -> Cell:
    return Cell(text(value), raw(value) if value.value is not None else None)


def card(answer: Answer, asked: Asked, most: int | None = None) -> dict[str, Any]:
    """Return a measure with its figures, or with the first `most` of them."""
    definition = BY_ID[answer.id]
    return {
        "id": answer.id, "name": answer.name, "version": answer.version, "leaves_out": definition.leaves_out,
        "href": asked.href(f"/{answer.id}", metrics=(), by=""), "waits": "",
        "figures": [
            {"label": v.label, "text": text(v), "hidden": v.hidden, "none": v.value is None, "of": divided(v)} for v in answer.figures[:most]
        ],
        "more": max(0, len(answer.figures) - (most or len(answer.figures))),
    }  # fmt: skip


def uncounted(metric: str, asked: Asked) -> dict[str, Any]:
    """Return a measure that nothing counts yet."""
    definition = BY_ID[metric]
    return {
        "id": metric, "name": definition.name, "version": definition.version, "leaves_out": "",
        "href": asked.href(f"/{metric}", metrics=(), by=""), "figures": [], "more": 0,
        "waits": stations.WAITS if metric in stations.OF_STATIONS else definition.waits or "有定义，还没有开始统计。",
    }  # fmt: skip


def cards(answers: dict[str, Answer], asked: Asked) -> list[dict[str, Any]]:
    """Return the glance by sections; of chosen measures one section alone."""

    def made(metric: str) -> dict[str, Any]:
        return card(answers[metric], asked, _AT_A_GLANCE) if metric in answers else uncounted(metric, asked)

    if asked.metrics:
        return [{"title": "选的指标", "cards": [made(m) for m in asked.metrics]}]
    return [{"title": title, "cards": [made(m) for m in metrics]} for title, metrics in SECTIONS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A line of a split: a place or some days, with the answers for it by measure."""

    name: str
    href: str
    answers: dict[str, Answer]


def table(parts: Sequence[Part], whole: Part | None, first: str, asked: Asked) -> Table:
    """Return parts as a table with a column for each figure."""
    columns = [(m, figure) for m in asked.metrics for figure in BY_ID[m].figures]

    def line(part: Part, name: Cell) -> list[Cell]:
        told = {(m, v.key): v for m, answer in part.answers.items() for v in answer.figures}
        return [name, *(_cell(told[m, f.key]) if (m, f.key) in told else Cell("—") for m, f in columns)]

    def title(metric: str, label: str) -> str:
        name = BY_ID[metric].name
        return name if label == name else f"{name}：{label}"

    return Table(
        key="parts", title="分开看", heads=[Head(first, number=False), *(Head(title(m, f.label)) for m, f in columns)],
        rows=[line(p, words(p.name, p.href)) for p in parts], total=line(whole, words("合计")) if whole else None,
        empty="这里下面没有地方了。",
    )  # fmt: skip


WIDE, HIGH, _ROOM = 720, 180, 12


def lines(parts: Sequence[Part], asked: Asked) -> list[dict[str, Any]]:
    """Return a line for each figure over the parts, as points of an SVG; where there is no number the line is broken."""
    drawn = []
    for metric in asked.metrics:
        for figure in BY_ID[metric].figures:
            values = [_of(part, metric, figure.key) for part in parts]
            known = [v for v in values if v is not None and v.value is not None]
            if known:
                label = figure.label if figure.label == BY_ID[metric].name else f"{BY_ID[metric].name}：{figure.label}"
                drawn.append({"label": label, **_line(values, [v.value or 0.0 for v in known], figure.unit == "%")}
                             | {"last": text(known[-1]), "least": text(min(known, key=_number)), "most": text(max(known, key=_number)),
                                "from": parts[0].name, "to": parts[-1].name})  # fmt: skip
    return drawn


def _number(value: Value) -> float:
    return value.value or 0.0


def _of(part: Part, metric: str, key: str) -> Value | None:
    answer = part.answers.get(metric)
    return next((v for v in answer.figures if v.key == key), None) if answer else None


def _line(values: Sequence[Value | None], known: list[float], share: bool) -> dict[str, Any]:
    top = 1.0 if share and max(known) <= 1 else max(known) or 1.0
    step = (WIDE - 2 * _ROOM) / max(len(values) - 1, 1)
    pieces: list[list[str]] = [[]]
    dots = []
    for n, value in enumerate(values):
        if value is None or value.value is None:
            pieces.append([])
            continue
        x, y = _ROOM + n * step, HIGH - _ROOM - value.value / top * (HIGH - 2 * _ROOM)
        pieces[-1].append(f"{x:.1f},{y:.1f}")
        dots.append((f"{x:.1f}", f"{y:.1f}"))
    return {
        "pieces": [" ".join(p) for p in pieces if len(p) > 1],
        "dots": dots,
        "wide": WIDE,
        "high": HIGH,
        "base": HIGH - _ROOM,
    }


COUNTED: Final = tuple(d.id for d in DEFINITIONS if d.figures)


def choices() -> list[dict[str, Any]]:
    """Return the counted measures by sections, to be ticked."""
    return [
        {"title": title, "options": [{"value": m, "label": BY_ID[m].name} for m in metrics if m in COUNTED]}
        for title, metrics in SECTIONS
    ]


def beside(asked: Asked) -> list[dict[str, Any]]:
    """Return what stands beside the figures of a split: version and what is left out."""
    return [
        {"id": m, "name": BY_ID[m].name, "version": BY_ID[m].version, "leaves_out": BY_ID[m].leaves_out,
         "href": asked.href(f"/{m}", metrics=(), by="")}
        for m in asked.metrics
    ]  # fmt: skip


def bars(parts: Sequence[Part], asked: Asked) -> list[dict[str, Any]]:
    """Return the first figure of the first measure as a bar for each place that has one, the longest first."""
    metric = asked.metrics[0]
    found = [(part, _of(part, metric, BY_ID[metric].figures[0].key)) for part in parts if BY_ID[metric].figures]
    known = sorted(((part, v) for part, v in found if v and v.value is not None), key=lambda one: -_number(one[1]))
    most = max((_number(v) for _, v in known), default=0) or 1
    return [
        {"name": part.name, "href": part.href, "text": text(v), "share": round(_number(v) / most * 100)} for part, v in known
    ]  # fmt: skip
