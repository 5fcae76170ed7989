"""Bad input that only a browser shows: two quick presses, the back button, a huge photo, names that are far too long, no camera."""

from __future__ import annotations

import os
import re
import struct
import zlib
from functools import cache
from typing import Any

import pytest
from jinja2 import Environment
from markupsafe import Markup
from playwright.sync_api import Route

from linggong.web.environment import STATIC, make_environment
from linggong.web.pages import asset
from tests.web import sample_pages

from .conftest import Shown
from .pages import Page
from .test_every_page import MEASURE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LONG = "甲乙丙丁戊己庚辛壬癸" * 6
"""Sixty characters without a place to break a line."""
UNBROKEN = "Supercalifragilisticexpialidocious" * 2
NAMED = frozenset({"name", "title", "place", "address", "employer", "who", "said", "line", "sub"})
FIRST = (
    "board", "order-open", "my-jobs", "my-wages", "me", "employer-home", "employer-order", "stations-county", "told",
    "desk-home", "overview", "rules",
)  # fmt: skip


def samples() -> dict[str, tuple[str, dict[str, Any]]]:
    return {name: (template, context) for name, template, context in sample_pages.pages()}


@cache
def _environment() -> Environment:
    # One for all pages: each page's own would compile every macro anew.
    return make_environment(asset, site_name="开封市公共零工市场")


def rendered(template: str, context: dict[str, Any]) -> str:
    html: str = _environment().get_template(template).render(context)
    return re.sub(r'<meta http-equiv="refresh"[^>]*>', "", html)


def stretched(value: Any, key: str = "", word: str = LONG) -> Any:
    """Return a context whose names are as long as a form takes them."""
    if isinstance(value, dict):
        return {k: stretched(v, k, word) for k, v in value.items()}
    if isinstance(value, list):
        return [stretched(v, key, word) for v in value]
    return word if isinstance(value, str) and not isinstance(value, Markup) and key in NAMED and value else value


@pytest.mark.parametrize("word", [LONG, UNBROKEN], ids=["chinese", "latin"])
def test_sixty_characters_break_no_page(shown: Shown, word: str) -> None:
    wrong, known = [], samples()
    for name in FIRST:
        if name not in known:
            continue
        template, context = known[name]
        shown.show(Page(name, "anybody", f"/{name}", rendered(template, stretched(context, word=word))))
        for width in (390, 1366):
            shown.at(width, 844, big=False)
            wrong += [f"{name} at {width}: {fault}" for fault in shown.page.evaluate(MEASURE) if "sideways" in fault]
    assert wrong == []


def test_two_quick_presses_send_once_and_going_back_sends_again(shown: Shown) -> None:
    template, context = samples()["order-open"]
    sent: list[str] = []

    def slowly(route: Route) -> None:
        sent.append(route.request.method)
        route.fulfill(status=204)  # a slow line: the page still stands there

    shown.page.route(re.compile("/apply$"), slowly)
    shown.show(Page("order", "worker", "/orders/KF-1", rendered(template, context)))
    button = shown.page.locator("form[action$='/apply'] button")
    button.dblclick()
    button.click()
    shown.page.wait_for_timeout(200)
    assert sent == ["POST"]
    shown.page.goto("http://market.test/my/jobs")
    shown.page.go_back()
    shown.page.locator("form[action$='/apply'] button").click()
    shown.page.wait_for_timeout(200)
    assert sent == ["POST", "POST"]


def photo(side: int) -> bytes:
    """A picture of noise, which no format makes small: twenty megabytes."""
    lines = b"".join(b"\0" + os.urandom(side * 3) for _ in range(side))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(lines, 0)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )


def test_a_photo_of_twenty_megabytes_is_made_smaller_before_it_is_sent(shown: Shown) -> None:
    form = '<form method="post" action="/x"><label>照片 <input type="file" name="p" accept="image/*"></label></form>'
    page = f'<!doctype html><html lang="zh-CN"><title>x</title><script src="{asset("app.js")}" defer></script>{form}'
    shown.show(Page("photo", "worker", "/photo", page))
    field = shown.page.locator("input[type=file]")
    field.set_input_files({"name": "DCIM0001.png", "mimeType": "image/png", "buffer": photo(2600)})
    shown.page.wait_for_function("document.querySelector('input').files[0].name === 'DCIM0001.jpg'", timeout=20_000)
    assert field.evaluate("e => e.files[0].size") < 3_000_000
    field.set_input_files({"name": "odd.png", "mimeType": "image/png", "buffer": b"MZ" + bytes(2_000_000)})
    shown.page.wait_for_timeout(300)
    assert field.evaluate("e => e.files[0].name") == "odd.png", "what is no picture stays as it is: the server says so"


def test_nothing_needs_a_camera() -> None:
    """Codes have digits to type, photos may come from the album, and no script asks for the camera."""
    for source in STATIC.glob("*.js"):
        assert "getUserMedia" not in source.read_text("utf-8"), source.name
    for name, (template, context) in samples().items():
        html = rendered(template, context)
        for field in re.findall(r'<input[^>]*type="file"[^>]*>', html):
            assert "capture" not in field, f"{name}: the album must do as well"
