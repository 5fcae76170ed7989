"""The clerk's hands, measured: registration, posting, match and confirm by keyboard alone (screens.md, keystroke-level model).

The page itself counts what the browser sends: each keydown is 0.28 s, each pointing 1.1 s. A decision, declared where the
expert has to think or to look, is 1.35 s. Chinese is typed as its pinyin through an input method, key by key.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from linggong.people.identity_numbers import check_digit

from .pressing import leaving, press
from .test_walk import as_staff, somebody

pytestmark = pytest.mark.browser
KEY, POINTING, DECISION = 0.28, 1.1, 1.35
COUNT = """(() => {
  const add = (what) => sessionStorage.setItem(what, Number(sessionStorage.getItem(what) || 0) + 1);
  addEventListener('keydown', (e) => { if (!e.repeat) { add('klm_keys'); } }, true);
  addEventListener('pointerdown', () => add('klm_points'), true);
})()"""


@dataclass
class Hands:
    """An expert at the keyboard."""

    page: Page
    input_method: CDPSession
    decisions: int = 0

    def begin(self) -> None:
        self.page.evaluate("sessionStorage.removeItem('klm_keys'); sessionStorage.removeItem('klm_points')")
        self.decisions = 0

    def think(self) -> Hands:
        self.decisions += 1
        return self

    def keys(self, *names: str) -> Hands:
        for name in names:
            self.page.keyboard.press(name)
        return self

    def type(self, text: str) -> Hands:
        return self.keys(*text)

    def pinyin(self, letters: str, text: str) -> Hands:
        """Letters that the input method swallows, the space that takes its first guess, and what it gives."""
        for letter in [*letters.upper(), " "]:
            code = "Space" if letter == " " else f"Key{letter}"
            for kind in ("rawKeyDown", "keyUp"):
                self.input_method.send(
                    "Input.dispatchKeyEvent",
                    {"type": kind, "key": "Process", "code": code, "windowsVirtualKeyCode": 229},
                )
        self.input_method.send("Input.insertText", {"text": text})
        return self

    def away(self, name: str) -> None:
        """A key that leads to another page."""
        with leaving(self.page):
            self.page.keyboard.press(name)

    def took(self, what: str, most: float) -> None:
        found = self.page.evaluate("[sessionStorage.getItem('klm_keys'), sessionStorage.getItem('klm_points')]")
        keys, points = (int(n or 0) for n in found)
        seconds = keys * KEY + points * POINTING + self.decisions * DECISION
        print(f"{what}: {keys} keys, {points} pointings, {self.decisions} decisions: {seconds:.1f} s of {most:g} s")
        assert points == 0, "wholly by keyboard"
        assert keys > 0
        assert seconds <= most


def id_number() -> str:
    first = f"41020219660412{random.randrange(1, 999, 2):03d}"
    return first + check_digit(first)


def test_an_expert_is_fast_enough_by_keyboard(site: str, browser: Browser) -> None:
    with somebody(browser, site, 1366, 768) as page, somebody(browser, site, 1366, 768) as colleague:
        page.context.add_init_script(COUNT)
        hands = Hands(page, page.context.new_cdp_session(page))
        as_staff(page, "clerk")
        page.goto("/desk")

        # A worker with his card at the counter: number, name, telephone, trade, pay, the slip's number.
        hands.begin()
        hands.think().away("F2")
        expect(page.locator("#id_number")).to_be_focused()
        hands.think().type(id_number()).keys("Enter")
        hands.think().pinyin("zhoudashan", "周大山").keys("Enter")
        hands.think().type("13703780123").keys("Enter")
        hands.think().type("12").keys("Enter")  # two trades by their keys
        expect(page.locator("#trades input:checked")).to_have_count(2)
        hands.think().type("200").keys("Enter")
        hands.think().type("0417").think().away("Enter")
        expect(page.locator("main")).to_contain_text("周师傅是新人，登记好了")
        expect(page.locator("#id_number")).to_be_focused()  # the next one, in an empty form
        expect(page.locator("#id_number")).to_have_value("")
        hands.took("registration", 40)

        # An employer on the telephone.
        hands.begin()
        hands.think().away("F3")
        expect(page.locator("#q")).to_be_focused()
        hands.think().pinyin("bianshui", "汴水").away("Enter")  # the only one of that name
        expect(page.locator("#title")).to_be_focused()
        hands.think().pinyin("banzhuanxiaogong", "搬砖小工").keys("Enter")
        expect(page.locator("#trade-guess input").first).to_be_checked()
        expect(page.locator("#trade-guess kbd").first).to_have_text("1")
        hands.think().type("6").keys("Enter")
        hands.think()  # tomorrow from seven to half past five, as it stands
        hands.think().type("220").keys("Enter")
        hands.think()  # paid by the day, in this street, as it stands
        hands.think().pinyin("dongguandajieshierhaogongdi", "东关大街十二号工地")
        hands.think().think().away("Enter")  # read aloud, agreed
        expect(page.locator("main")).to_contain_text("搬砖小工")
        expect(page.locator("main")).to_contain_text("审")
        hands.took("posting", 60)

        # The same again, for an employer who calls each day: his line in the list.
        hands.begin()
        hands.think().away("F3")
        hands.think().type("1").away("Enter")
        expect(page.locator("#title")).to_have_value("搬砖小工")
        hands.think().think().away("Enter")
        hands.took("posting like the last one", 60)

        as_staff(colleague, "operator")
        for _ in range(2):
            colleague.goto("/desk/review")
            box = colleague.locator("input[name=call_back]").first
            if box.count():
                box.check()
            press(colleague, "form[action*='/approve'] button")

        # The two are brought together: who, for which job, agreed.
        page.goto("/desk")
        expect(page.locator("input[name=worker]").first).to_be_focused()
        hands.begin()
        chosen = page.locator(".choice", has=page.locator("input[name=worker]:checked"))
        hands.think()
        for _ in range(6):  # down to the man himself, whoever came before him
            if "周大山" in chosen.inner_text():
                break
            hands.keys("ArrowDown")
        hands.keys("Tab").think().keys("2")
        expect(page.locator("input[name=order]").nth(1)).to_be_checked()
        hands.think().think().away("Enter")
        expect(page.locator("main")).to_contain_text("周师傅派好了：价钱说定，约也签了")
        expect(page.locator("main")).not_to_contain_text("没有交上去")
        hands.took("match and confirm", 15)


def test_the_desk_goes_on_without_a_network(site: str, browser: Browser) -> None:
    """R010: written down in the page, also after a reload; sent later with its own time; what is refused stays to be mended."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=site)
    page = context.new_page()
    as_staff(page, "clerk")
    page.goto("/desk/register")
    page.wait_for_selector("html[data-kept]", state="attached")  # the browser holds the page

    context.set_offline(True)
    page.fill("#id_number", id_number())
    page.fill("#name", "田小满")
    page.select_option("#contact_kind", "station")
    page.check("#trades input >> nth=0", force=True)
    page.fill("#pay", "180")
    page.fill("#proof", "0501")
    page.keyboard.press("Enter")
    expect(page.locator("#offline-note")).to_contain_text("网络断了：登记、签到、到岗照常记")
    expect(page.locator("#offline-note")).to_contain_text("1 条待上传")
    expect(page.locator("#id_number")).to_have_value("")
    page.goto("/desk")  # nothing answers: the page that the browser kept
    expect(page.locator("h1")).to_have_text("断网登记台")
    page.reload()
    for typed in ("13703780555", "12"):
        page.fill("#sign", typed)
        page.keyboard.press("Enter")
    expect(page.locator("#offline-note")).to_contain_text("3 条待上传")
    if pictures := os.environ.get("LINGGONG_PICTURES"):
        page.screenshot(path=f"{pictures}/desk-offline.png")
    page.click("button:has-text('退出')")
    expect(page.locator("#offline-note")).to_contain_text("还有 3 条没上传，退出就没了")

    context.set_offline(False)
    expect(page.locator("#offline-note")).to_contain_text("2 条断网时记的已经上传", timeout=30_000)
    expect(page.locator("#kept-list")).to_contain_text("没通过：现在是 2 位，位数不对")
    page.click("#kept-list button:has-text('改')")
    page.fill("#sign", "13703780556")
    page.keyboard.press("Enter")
    expect(page.locator("#kept-none")).to_be_visible(timeout=30_000)
    page.goto("/desk")
    expect(page.locator("main")).to_contain_text("田小满")
    expect(page.locator(".queue-no-new")).to_have_count(2)
    press(page, "button:has-text('退出')")
    assert page.evaluate("[localStorage.getItem('lg_offline'), null]")[0] is None
    assert page.evaluate("caches.has('lg-desk')") is False
    context.close()
