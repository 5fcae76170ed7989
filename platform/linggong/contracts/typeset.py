"""Sets a contract as PDF/A-2b with the bundled font. A character that no font here can draw is named, never dropped.

PDF/A refuses a missing glyph, and some names are written with rare characters (𠮷): they are drawn with a font of the
machine where one has them, else as 〔U+20BB7〕 with a note that the identity card decides.
"""

from __future__ import annotations

import io
import json
import struct
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import segno
import typst

import linggong

_HERE = Path(__file__).parent
TEMPLATE: Final = _HERE / "contract.typ"
RARE_NOTE: Final = "文中〔U+…〕为字库未收的汉字（括号内是它的国际编码），以身份证件所载为准。"
_lock = threading.Lock()


def fonts() -> Path:
    """Return the folder of the bundled fonts, built with the browser's assets. Raises FileNotFoundError without them."""
    found = Path(linggong.__path__[0]) / "web" / "static" / "vendor" / "fonts"
    if not found.is_dir():
        raise FileNotFoundError(f"the fonts of contracts are missing in {found}: run `make setup`")
    return found


@lru_cache(maxsize=4)
def _compiler(template: Path, system_fonts: bool) -> typst.Compiler:
    return typst.Compiler(str(template), font_paths=[str(fonts())], ignore_system_fonts=not system_fonts)


def pdf(data: dict[str, Any], template: Path = TEMPLATE) -> bytes:
    """Return the document drawn from `data` (`wording.document`, or what another template asks for).

    CPU-bound (25 ms): call it in a thread. `data` has the `url` that is drawn as a code, and may have `notes`.
    """
    data = data | {"qr": _qr(data["url"]), "notes": list(data.get("notes", ()))}
    rare = lacking(json.dumps(data, ensure_ascii=False))
    if not rare:
        return _compile(data, template, system_fonts=False)
    try:
        return _compile(data, template, system_fonts=True)
    except typst.TypstError:
        spelt: dict[str, Any] = json.loads(
            json.dumps(data, ensure_ascii=False).translate({ord(c): f"〔U+{ord(c):04X}〕" for c in rare})
        )
        spelt["notes"].append(RARE_NOTE)
        return _compile(spelt, template, system_fonts=False)


def _compile(data: dict[str, Any], template: Path, *, system_fonts: bool) -> bytes:
    with _lock:
        made = _compiler(template, system_fonts).compile(
            format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, pdf_standards=["a-2b"]
        )
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made


def _qr(url: str) -> str:
    out = io.BytesIO()
    segno.make(url, error="m").save(out, kind="svg", scale=4, border=1)
    return out.getvalue().decode()


# --- what the bundled font can draw -----------------------------------------------------------------------------------


def lacking(text: str) -> set[str]:
    """Return the characters of a text that the bundled font has no glyph for."""
    have = _covered()
    return {c for c in set(text) if ord(c) >= 0x80 and not any(low <= ord(c) <= high for low, high in have)}


@lru_cache(maxsize=1)
def _covered() -> tuple[tuple[int, int], ...]:
    """Return the ranges of characters in both weights of the bundled font, widest first."""
    files = sorted(fonts().glob("*.ttf"))
    if not files:
        raise FileNotFoundError("the bundled fonts are missing: run `make setup`")
    return _ranges(files[0].read_bytes())


def _ranges(font: bytes) -> tuple[tuple[int, int], ...]:
    """Read the character map (a format 12 table) of a TrueType file."""
    tables = {
        font[at : at + 4]: struct.unpack(">II", font[at + 8 : at + 16])
        for at in range(12, 12 + 16 * struct.unpack(">H", font[4:6])[0], 16)
    }
    start = tables[b"cmap"][0]
    for n in range(struct.unpack(">H", font[start + 2 : start + 4])[0]):
        offset = struct.unpack(">I", font[start + 8 + 8 * n : start + 12 + 8 * n])[0]
        at = start + offset
        if struct.unpack(">H", font[at : at + 2])[0] == 12:
            count = struct.unpack(">I", font[at + 12 : at + 16])[0]
            groups = [struct.unpack(">III", font[at + 16 + 12 * i : at + 28 + 12 * i]) for i in range(count)]
            merged: list[tuple[int, int]] = []
            for low, high, _ in sorted(groups):
                if merged and low == merged[-1][1] + 1:
                    merged[-1] = (merged[-1][0], high)
                else:
                    merged.append((low, high))
            return tuple(sorted(merged, key=lambda r: r[0] - r[1]))
    raise ValueError("the font has no map of all characters")
