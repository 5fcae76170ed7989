"""Sets a place's brief of a month as PDF: words drafted from the figures, tables, and charts drawn as plain bars and lines."""

from __future__ import annotations

import json
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

from linggong.contracts.typeset import fonts, lacking

TEMPLATE: Final = Path(__file__).parent / "brief.typ"
_lock = threading.Lock()


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """A table of words: its heading, rows, and the last row where it is a total."""

    title: str
    head: list[str]
    rows: list[list[str]]
    total: bool = False
    words: bool = False
    """Its cells are words, set from the left."""


class Bars(msgspec.Struct, frozen=True, kw_only=True):
    """A chart: for each name one bar a series, or for each day one point a series."""

    title: str
    series: list[str]
    names: list[str]
    values: list[list[float]]
    """By name, then by series."""
    kind: str = "bars"
    unit: str = ""


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """All that the page is set from."""

    title: str
    place: str
    period: str
    made: str
    words: list[str]
    grids: list[Grid]
    charts: list[Bars]
    notes: list[str]


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(str(TEMPLATE), font_paths=[str(fonts())], ignore_system_fonts=True)


def pdf(brief: Brief) -> bytes:
    """Return the brief as PDF/A. CPU-bound: call it in a thread. A character that the font lacks is spelt by its number."""
    text = msgspec.json.encode(brief).decode()
    text = text.translate({ord(c): f"〔U+{ord(c):04X}〕" for c in lacking(text)})
    data: dict[str, Any] = json.loads(text)
    with _lock:
        made = _compiler().compile(
            format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, pdf_standards=["a-2b"]
        )
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made
