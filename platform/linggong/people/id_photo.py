"""What stands on the photo of an identity card: read by the optional package `rapidocr` on this machine, shown, never kept.

Its models come inside the package, nothing is fetched at run time. Without it (`make ocr` installs it) the desk types, or uses a reader.
"""

from __future__ import annotations

import asyncio
import io
import re
from functools import cache
from importlib.util import find_spec
from typing import Any

import msgspec

from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.people.identity_numbers import check_digit

MOST_BYTES = 8_000_000
MOST_PIXELS = 50_000_000
_SIDE = 1600
"""Pixels of the longer side that reading needs; a larger photo is made smaller first."""
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")
_NUMBER = re.compile(r"(?<![0-9])([1-9][0-9]{16}[0-9X])(?![0-9])")
_NAME = re.compile(r"^姓?名[:：]?([\u3400-\u9fff·]{2,20})$")
_one_at_a_time = asyncio.Lock()


class CardRead(msgspec.Struct, frozen=True, kw_only=True):
    """What was read; '' for what could not be."""

    name: str
    id_number: str
    number_fits: bool
    """The check digit fits; else a digit was misread."""


def available() -> bool:
    """Tell whether this server can read photos."""
    return find_spec("rapidocr") is not None and find_spec("PIL") is not None


async def read(photo: bytes) -> CardRead:
    """Read a photo of the card's front. Raises Invalid for no photo, one too large or without a card, Conflict where nothing reads it."""
    check(photo)
    if not available():
        raise Conflict("这台服务器没装认证件的功能，请手输号码，或用读卡器。")
    async with _one_at_a_time:
        lines = await asyncio.to_thread(_lines, photo)
    found = parse(lines)
    if not found.name and not found.id_number:
        raise Invalid([Fault("photo", "没认出身份证。请把有照片的一面放平、拍满、别反光，再拍一张。", "unread")])
    return found


def check(photo: bytes) -> None:
    """Refuse what is no photo or too large, before anything opens it; raises Invalid."""
    if not photo:
        raise Invalid([Fault("photo", "请先拍一张，或选一张照片。", "required")])
    if len(photo) > MOST_BYTES:
        raise Invalid(
            [
                Fault(
                    "photo",
                    f"照片太大（{len(photo) / 1e6:.0f} MB），请用 {MOST_BYTES // 1_000_000} MB 以内的。",
                    "too_large",
                )
            ]
        )
    if not photo.startswith(_PICTURES):
        raise Invalid([Fault("photo", "这不是照片。请拍 JPG、PNG 或 WebP 格式的照片。", "format")])


def parse(lines: list[str]) -> CardRead:
    """Return name and number from the lines of a card; spaces and full-width letters do not matter."""
    plain = [re.sub(r"\s+", "", line).replace("Ｘ", "X").replace("x", "X") for line in lines]
    number = next((m.group(1) for line in plain if (m := _NUMBER.search(line))), "")
    name = next((m.group(1) for line in plain if (m := _NAME.match(line))), "")
    if not name:
        # The word and the name may be two lines.
        at = next((i for i, line in enumerate(plain) if line in ("姓名", "名")), None)
        after = plain[at + 1] if at is not None and at + 1 < len(plain) else ""
        name = after if re.fullmatch(r"[\u3400-\u9fff·]{2,20}", after) else ""
    fits = bool(number) and check_digit(number[:17]) == number[17]
    return CardRead(name=name, id_number=number, number_fits=fits)


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "error"})


def _lines(photo: bytes) -> list[str]:
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(photo)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Invalid([Fault("photo", "照片的像素太多，请用普通大小的照片。", "too_large")])
            opened.draft("RGB", (_SIDE, _SIDE))
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Invalid([Fault("photo", "这张照片打不开，请再拍一张。", "broken")]) from None
    picture.thumbnail((_SIDE, _SIDE))
    found = _engine()(np.asarray(picture)[:, :, ::-1])
    return [str(text) for text in (found.txts or ())]
