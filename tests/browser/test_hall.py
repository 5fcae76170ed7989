"""The screens of the hall in a real browser: they keep the limits, a wall survives a lost network, a kiosk takes what a reader types."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sample_hall
from markupsafe import Markup
from playwright.sync_api import Page as Tab
from playwright.sync_api import Route

from linggong.web.environment import make_environment
from linggong.web.pages import asset

from .conftest import AXE, Shown
from .pages import Page
from .pressing import leaving
from .test_every_page import MEASURE, SIZES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
NOW = datetime(2026, 11, 24, 5, 12, tzinfo=ZoneInfo("Asia/Shanghai"))


def csrf_field() -> Markup:
    return Markup('<input type="hidden" name="_csrf" value="sample">')


def rendered() -> dict[str, str]:
    environment = make_environment(asset, site_name="开封市公共零工市场")
    anyone: dict[str, Any] = {"now": NOW, "me": None, "flash": [], "big": False, "csrf_field": csrf_field}
    staff = anyone | {"me": {"kind": "staff", "name": "李敏", "post_name": "东关驿站"}, "nav": [], "posts_held": 1}
    return {
        name: environment.get_template(template).render(context)
        for name, template, context in sample_hall.pages(anyone, staff, NOW)
    }


def test_the_hall_can_be_read_and_pressed(shown: Shown) -> None:
    script, wrong = AXE.read_text(encoding="utf-8"), []
    for name, html in rendered().items():
        html = re.sub(r'<meta http-equiv="refresh"[^>]*>', "", html)  # it would lead away in the middle
        html = html.replace('data-turn="12"', 'data-turn="9999"')
        shown.show(
            Page(name, "anybody", f"/sample/{name}", html.replace("/share/orders/KF-1124-7QX2/poster.png", "/none.png"))
        )
        shown.page.evaluate(script)
        for big in (False, True):
            for width, height in SIZES:
                shown.at(width, height, big=big)
                what = f"{name} at {width}{' in large letters' if big else ''}"
                wrong += [f"{what}: {fault}" for fault in shown.page.evaluate(MEASURE)]
                if (width, big) in ((390, True), (1920, False)):
                    result = shown.page.evaluate("axe.run({resultTypes: ['violations']})")
                    wrong += [f"{what}: {v['id']} {v['nodes'][0]['target']}" for v in result["violations"]]
        if name.startswith("wall"):
            shown.at(1920, 1080, big=False)
            shown.page.evaluate(
                "document.getElementById('lost').textContent = '网络断了，这是 05:12 的内容'; document.getElementById('lost').hidden = false"
            )
            # Read from three to eight metres: nothing below 40 px, nothing below the edge.
            small = shown.page.evaluate(
                "Array.from(document.querySelectorAll('.wall *')).filter(e => e.offsetParent && e.childElementCount === 0 && e.textContent.trim()"
                " && !e.closest('.visually-hidden, .skip, svg') && parseFloat(getComputedStyle(e).fontSize) < 40).map(e => e.textContent)"
            )
            wrong += [f"{name}: below 40 px: {words}" for words in small]
            over = shown.page.evaluate(
                "Array.from(document.querySelectorAll('.panel:not([hidden]) tr, .panel:not([hidden]) p, .panel:not([hidden]) li, .wall-foot'))"
                ".filter(e => e.getBoundingClientRect().bottom > document.querySelector('.wall-foot').getBoundingClientRect().top + 1"
                " && !e.closest('.wall-foot')).length"
            )
            wrong += [f"{name}: {over} things below the edge"] if over else []
    assert wrong == []
    assert shown.foreign == []


def test_a_wall_turns_and_survives_a_lost_network(shown: Shown) -> None:
    shown.html = rendered()["wall-0"].replace('data-turn="12"', 'data-turn="1"')
    tab: Tab = shown.page
    tab.goto("http://market.test/screen/t")
    tab.wait_for_function("document.querySelectorAll('.panel:not([hidden]).panel-seekers').length === 1")
    assert tab.inner_text("#clock") == "05:12", "the time of the city, whatever zone the old computer is in"
    # The next fetch finds no network: the page stays, and says of when it is.
    tab.unroute("**/*")
    tab.route("**/*", lambda route: route.abort())
    tab.evaluate("window.dispatchEvent(new Event('online'))")
    tab.wait_for_selector("#lost:not([hidden])")
    assert tab.inner_text("#lost") == "网络断了，这是 05:12 的内容"
    assert tab.locator(".panel:not([hidden])").count() == 1
    # It is back: with fresh content the note goes.
    fresh = shown.html.replace('data-at="05:12"', 'data-at="05:20"')
    tab.route("**/screen/t", lambda route: route.fulfill(body=fresh, content_type="text/html; charset=utf-8"))
    tab.evaluate("window.dispatchEvent(new Event('online'))")
    tab.wait_for_selector("#lost[hidden]", state="attached")
    assert tab.get_attribute("#hall", "data-at") == "05:20"


def test_a_kiosk_takes_keys_and_what_a_reader_types(shown: Shown) -> None:
    tab, sent = shown.page, []
    html = rendered()["kiosk"]

    def serve(route: Route) -> None:
        if route.request.method == "POST" and route.request.is_navigation_request():
            sent.append(route.request.post_data or "")
        shown.html = html
        shown._serve(route)

    tab.unroute("**/*")
    tab.route("**/*", serve)
    tab.set_viewport_size({"width": 1366, "height": 768})
    tab.goto("http://market.test/kiosk/t")
    for key in "138":
        tab.click(f".kiosk-key[value='{key}']")
    tab.click(".kiosk-key[value='back']")
    assert tab.input_value("#number") == "13"
    tab.evaluate("document.activeElement.blur()")
    # A reader types as a keyboard does, wherever the cursor stands, and ends with Enter.
    tab.keyboard.type("900000001X")
    assert tab.input_value("#number") == "13900000001X"
    with leaving(tab):
        tab.keyboard.press("Enter")
    assert len(sent) == 1
    assert "number=13900000001X" in sent[0]
    assert "key=" not in sent[0]


def test_what_is_to_be_passed_on_is_copied_with_one_press(shown: Shown) -> None:
    tab, html = shown.page, rendered()
    for name, field in (("share", "words"), ("screens-made", "made-url")):
        shown.html = html[name]
        tab.goto(f"http://market.test/sample/{name}")
        tab.click(f"[data-copy={field}]")
        selected = tab.evaluate(
            "document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)"
        )
        assert selected == tab.input_value(f"#{field}")
        assert "复制好了" in tab.inner_text("main")
