"""The two helps of the worker's pages that need scripts: asking the telephone where it is, and the voice (docs/worker.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Route, expect
from web import sample_pages

from linggong.web.environment import STATIC, make_environment

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
_VOICE = """() => {
  const said = window.said = [];
  window.SpeechSynthesisUtterance = function (text) { this.text = text; };
  Object.defineProperty(window, 'speechSynthesis', { value: {
    getVoices: () => [{ lang: 'en-US' }, { lang: 'zh-CN' }], cancel: () => {}, speak: (one) => said.push(one.text) } });
}"""


class Site:
    """The samples of two pages, served under a host name; what was asked for besides."""

    def __init__(self, page: Page) -> None:
        samples = {name: (template, context) for name, template, context in sample_pages.pages()}
        environment = make_environment(site_name="开封市公共零工市场")
        self.html = {
            path: environment.get_template(samples[name][0]).render(samples[name][1])
            for path, name in (("/here", "here"), ("/orders/7", "order-open"))
        }
        self.asked: list[tuple[str, str, str]] = []
        page.route("**/*", self._serve)

    def _serve(self, route: Route) -> None:
        request, path = route.request, urlparse(route.request.url).path
        file = STATIC / path.removeprefix("/static/")
        if request.method == "GET" and path in self.html:
            route.fulfill(body=self.html[path], content_type="text/html; charset=utf-8")
        elif path.startswith("/static/") and file.is_file():
            route.fulfill(path=str(file))
        elif path.startswith("/static/"):
            route.fulfill(status=204)
        else:
            self.asked.append((request.method, path, request.post_data or ""))
            route.fulfill(status=204)


def test_where_one_is_and_what_is_said(browser: Browser) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, base_url="https://market.test",
        permissions=["geolocation"], geolocation={"latitude": 34.79142, "longitude": 114.31027},
    )  # fmt: skip
    page = context.new_page()
    site = Site(page)
    page.goto("/here")
    assert site.asked == [], "nobody is asked before the button"
    with page.expect_response(lambda r: r.request.method == "POST"):
        page.get_by_role("button", name="用手机定位").click()
    told = parse_qs(site.asked[-1][2])
    assert (told["latitude"], told["longitude"], told["next"]) == (["34.7914"], ["114.3103"], ["/"])
    # Refused: the words say what to do instead.
    context.clear_permissions()
    page.goto("/here")
    page.get_by_role("button", name="用手机定位").click()
    expect(page.get_by_role("status")).to_contain_text("选您的乡镇街道")
    # No Chinese voice in the browser: the server's sound; with one, no sound is fetched.
    page.goto("/orders/7")
    with page.expect_response("**/orders/7/say.wav"):
        page.get_by_role("link", name="念给我听").click()
    # Off the page, so that what the sound still asks for is over before one listens again.
    page.goto("/here")
    site.asked.clear()
    page.add_init_script(f"({_VOICE})()")
    page.goto("/orders/7")
    page.get_by_role("link", name="念给我听").click()
    expect(page.get_by_role("link", name="停")).to_be_visible()
    assert page.evaluate("window.said") == [page.locator("#said").text_content()]
    assert site.asked == []
    context.close()
