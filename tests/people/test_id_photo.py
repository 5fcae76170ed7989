"""The photo of an identity card: what is refused, what is understood of its lines, and, with the optional package, a drawn card read."""

from __future__ import annotations

import io
from typing import Any

import pytest

from linggong.contracts.typeset import fonts
from linggong.kernel.errors import Invalid
from linggong.people import id_photo

NUMBER = "41022519680512011" + "0"


def card(name: str = "赵大明", number: str = "") -> bytes:
    """Draw a card's front, as a telephone would see it."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (1012, 638), (214, 228, 240))
    draw, font = ImageDraw.Draw(picture), ImageFont.truetype(str(next(fonts().glob("*.[ot]tf"))), 40)
    for y, line in ((60, f"姓名  {name}"), (140, "性别  男    民族  汉"), (220, "出生  1968年5月12日"), (300, "住址  河南省开封市兰考县东关村12号"), (520, f"公民身份号码  {number}")):  # fmt: skip
        draw.text((60, y), line, font=font, fill=(20, 20, 30))
    draw.rectangle((720, 60, 960, 380), fill=(150, 150, 160))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def test_what_is_no_photo_is_refused_with_words() -> None:
    for photo, words in (
        (b"", "请先拍一张"),
        (b"\xff\xd8\xff" + b"0" * 20_000_000, "照片太大（20 MB）"),
        (b"%PDF-1.7", "这不是照片"),
    ):
        with pytest.raises(Invalid) as refused:
            id_photo.check(photo)
        assert words in refused.value.faults[0].message


@pytest.mark.parametrize(
    ("lines", "name", "number", "fits"),
    [
        (["姓名赵大明", "性别男民族汉", "公民身份号码 410225196805120111"], "赵大明", "410225196805120111", None),
        (["姓名", "买买提·艾力", "公民身份号码", "41022519680512012x"], "买买提·艾力", "41022519680512012X", None),
        (["中华人民共和国居民身份证", "签发机关"], "", "", False),
    ],
)
def test_lines_of_a_card_are_understood(lines: list[str], name: str, number: str, fits: Any) -> None:
    found = id_photo.parse(lines)
    assert (found.name, found.id_number) == (name, number)
    assert found.number_fits is (id_photo.check_digit(number[:17]) == number[17:] if fits is None else fits)


@pytest.mark.ocr
async def test_a_drawn_card_is_read() -> None:
    first = NUMBER[:17]
    number = first + id_photo.check_digit(first)
    found = await id_photo.read(card(number=number))
    assert (found.name, found.id_number, found.number_fits) == ("赵大明", number, True)
    for broken, words in ((card()[:3000], "打不开"), (b"\xff\xd8\xff" + b"0" * 5000, "打不开")):
        with pytest.raises(Invalid) as refused:
            await id_photo.read(broken)
        assert words in refused.value.faults[0].message
