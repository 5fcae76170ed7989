"""The share pack: a picture for chats and an A4 page with a code to scan, drawn with the bundled font; the text beside it."""

from __future__ import annotations

import io
import json
import threading
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import segno
import typst

from linggong.contracts.typeset import fonts, lacking

_TEMPLATE: Final = Path(__file__).parent / "poster.typ"
_PPI: Final = 144.0
"""540 x 720 points are 1080 x 1440 dots: a telephone's screen, upright."""
PROMISE: Final = "公家办的零工市场 · 找活招工都不收钱，谁收钱谁是骗子"
_lock = threading.Lock()
Kind = Literal["png", "pdf"]


class Poster(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on a poster. An order has pay and facts, a station's day has rows (title, pay, when, how many)."""

    site: str
    when: str
    title: str
    url: str
    sub: str = ""
    pay: str = ""
    unit: str = ""
    tags: list[str] = []
    facts: list[tuple[str, str]] = []
    rows: list[tuple[str, str, str, str]] = []
    more: str = ""
    invite: str = "扫码看详情、报名"
    code: str = ""
    contact: list[str] = []
    promise: str = PROMISE


def cut(text: str, width: int) -> str:
    """Return a text that takes no more than so many wide characters: a row of a poster is one line."""
    used = 0
    for at, c in enumerate(text):
        used += 2 if unicodedata.east_asian_width(c) in "WF" else 1
        if used > 2 * width:
            return text[: max(at - 1, 1)] + "…"
    return text


def draw(poster: Poster, kind: Kind) -> bytes:
    """Return the picture (PNG, 1080 x 1440) or the A4 page (PDF). CPU-bound (0.1 s): call it in a thread."""
    return _drawn(json.dumps(msgspec.to_builtins(poster), ensure_ascii=False), kind)


@lru_cache(maxsize=64)
def _drawn(text: str, kind: Kind) -> bytes:
    rare = lacking(text)
    if rare:  # a missing glyph would be an empty box: the character is named instead
        text = text.translate({ord(c): f"〔U+{ord(c):04X}〕" for c in rare})
    data: dict[str, Any] = json.loads(text)
    data |= {"qr": qr(data["url"]), "paper": "a4" if kind == "pdf" else "chat"}
    with _lock:
        made = _compiler().compile(
            format=kind, ppi=_PPI if kind == "png" else None, sys_inputs={"data": json.dumps(data, ensure_ascii=False)}
        )
    if not isinstance(made, bytes):
        raise TypeError("a poster is one page")
    return made


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(str(_TEMPLATE), font_paths=[str(fonts())], ignore_system_fonts=True)


def qr(url: str, *, dark: str = "#000") -> str:
    """Return the code to scan as SVG."""
    out = io.BytesIO()
    segno.make(url, error="m").save(out, kind="svg", scale=4, border=2, dark=dark, light="#fff")
    return out.getvalue().decode()


@lru_cache(maxsize=1024)
def qr_inline(url: str) -> str:
    """Return the code to scan as an SVG element that grows with its box; it needs no request and no style of its own.

    Kept: a wall asks for the same one at every change of its hall, and drawing it was half the page's cost.
    """
    return str(
        segno.make(url, error="m").svg_inline(border=2, light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    )
