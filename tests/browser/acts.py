"""What people do on their pages in the worked days: a step or two, as fingers would take them."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from .pressing import press
from .town import Town


def apply(place: Town, name: str, title: str) -> None:
    """Find the job on the board and apply for it."""
    page = place.of(name)
    page.goto("/")
    page.fill("#q", title)
    press(page, "button:has-text('找')")
    press(page, f".job-title >> text={title}")
    press(page, "button:has-text('报名'), button:has-text('排候补')")


def agree(place: Town, name: str, title: str) -> None:
    """Look at the price, say yes, and sign with the code that comes to his telephone."""
    page = place.of(name)
    page.goto("/my/jobs")
    press(page, f"a:has-text('{title}')")
    press(page, "button:has-text('我去')")
    place.sign(name, page.url)
    expect(page.locator("main")).to_contain_text("你这边签好了")


def arrive(place: Town, name: str, code: str) -> None:
    """Type the day's code at the gate."""
    page = place.of(name)
    page.goto("/my/jobs")
    page.fill("#code", code)
    press(page, "button:has-text('我到了')")


def day_code(boss: Page, order: str) -> str:
    """Read the day's code off the employer's page."""
    boss.goto(f"/employer/orders/{order}")
    return boss.locator(".note-go b.num").inner_text()


def choose_all(boss: Page, order: str, people: int) -> None:
    """Choose everybody who waits for it."""
    for _ in range(people):
        boss.goto(f"/employer/orders/{order}")
        press(boss, "button:has-text('选他')")


def tick_all(clerk: Page, order: str, step: str) -> None:
    """Tick everybody on the roll and do one step for them; whoever is not at that step is named and left alone."""
    clerk.goto(f"/desk/orders/{order}")
    clerk.locator("label:has([data-tick-all])").click()
    press(clerk, f".stick button:has-text('{step}')")


def handset(place: Town, name: str) -> Page:
    """Take somebody's plain telephone in hand."""
    page = place.of("电话机", 1366, 768)
    page.goto(f"/dev/phone?q={name}")
    press(page, ".phone-who")
    return page


def call(place: Town, name: str, *keys: str) -> None:
    """Dial the line and press keys."""
    page = handset(place, name)
    press(page, ".phone-dial")
    for key in keys:
        press(page, f".phone-key:has-text('{key}')")


def say(page: Page, step: str, **values: str) -> None:
    """Open the form of one step of a shift, fill it and send it."""
    form = page.locator(f"form[action$='/{step}']")
    if not form.is_visible():
        page.locator("details").filter(has=form).locator("summary").click()
    for name, value in values.items():
        field = form.locator(f"[name={name}]")
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    press(page, f"form[action$='/{step}'] button")


def fill_payment(article: Locator, way: str, voucher: str) -> None:
    """Say by what a wage was paid, and under which number."""
    article.locator("select[name=pay_way]").select_option(way)
    article.locator("input[name=voucher]").fill(voucher)
