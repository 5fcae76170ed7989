"""A real browser walks one job from post to paid, as the people on it do: employer, clerk, worker, city bureau."""

from __future__ import annotations

import itertools
import os
import re
import secrets as random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from linggong.demo import sign_ins
from linggong.kernel.clock import SHANGHAI
from linggong.people import trial

from .conftest import AXE
from .pressing import press

pytestmark = pytest.mark.browser
_NEXT = itertools.count()


@contextmanager
def somebody(browser: Browser, base: str, width: int, height: int) -> Iterator[Page]:
    """A browser of one's own; any script error, failed asset or foreign request fails the test."""
    context = browser.new_context(viewport={"width": width, "height": height}, base_url=base)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: None if request.url.startswith((base, "data:")) else wrong.append(request.url))
    page.on("response", lambda answer: wrong.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None)
    yield page
    context.close()
    assert wrong == []


def by_phone(page: Page, browser: Browser, base: str, phone: str) -> None:
    page.goto("/sign-in")
    page.fill("#phone", phone)
    press(page, "text=要验证码")
    page.fill("#code", last_code(browser, base, phone, "登录验证码"))
    press(page, "button:has-text('进来')")


def last_code(browser: Browser, base: str, phone: str, what: str) -> str:
    """Read the code that came to somebody's own phone last, as the demonstration shows it."""
    with somebody(browser, base, 1366, 768) as other:
        other.goto("/dev/messages")
        mine = other.locator("tbody tr", has_text=f"{phone[:3]}****{phone[-4:]}").filter(has_text=what)
        return mine.first.locator("td").nth(3).inner_text()


def sign(page: Page, browser: Browser, base: str, phone: str) -> None:
    """Have a code sent to one's own phone, waiting as long as the page says, and sign what the page shows."""
    press(page, "button:has-text('发验证码到我的手机')")
    if early := re.search(r"验证码发得太勤了，请 (\d+) 秒后再试", page.inner_text("body")):
        page.wait_for_timeout(int(early[1]) * 1000 + 500)
        press(page, "button:has-text('发验证码到我的手机')")
    expect(page.locator("body")).to_contain_text("验证码发到")
    page.fill("#code", last_code(browser, base, phone, "签约验证码"))
    press(page, "#sign form:has(#code) button")


def as_staff(page: Page, username: str) -> None:
    page.goto("/sign-in/staff")
    page.fill("#username", username)
    page.fill("#password", sign_ins.PASSWORD)
    press(page, "button:has-text('下一步')")
    # Clerks carry a sheet, of which no code works twice; the others have a telephone.
    code = trial.sheet_of(username)[next(_NEXT)] if username == "clerk" else pyotp.TOTP(trial.secret_of(username)).now()
    page.fill("#totp", code)
    press(page, "button:has-text('登录')")


def test_a_job_goes_from_post_to_paid(site: str, browser: Browser) -> None:
    start = datetime.now(SHANGHAI) + timedelta(minutes=25)
    title = "搬砖小工" + random.choice("甲乙丙丁戊己庚辛")
    with (
        somebody(browser, site, 390, 844) as employer,
        somebody(browser, site, 1366, 768) as clerk,
        somebody(browser, site, 390, 844) as worker,
        somebody(browser, site, 1920, 1080) as city,
    ):
        by_phone(employer, browser, site, sign_ins.EMPLOYER.phone)
        expect(employer).to_have_url(re.compile(r"/employer$"))
        employer.goto("/employer/orders/new")
        employer.fill("#title", title)
        employer.fill("#wanted", "2")
        employer.fill("#date", f"{start:%Y-%m-%d}")
        employer.fill("#start", f"{start:%H:%M}")
        employer.fill("#end", f"{start + timedelta(hours=5):%H:%M}")
        employer.fill("#pay", "200")
        employer.select_option("#street", "410202003000")
        employer.fill("#address", "东关大街 12 号工地")
        press(employer, "button:has-text('交上去审核')")
        expect(employer.locator("main")).to_contain_text(title)

        as_staff(clerk, "clerk")
        expect(clerk).to_have_url(re.compile(r"/desk$"))
        clerk.goto("/desk/review")
        box = clerk.locator("input[name=call_back]").first
        if box.count():
            box.check()
        press(clerk, "form[action*='/approve'] button")

        by_phone(worker, browser, site, sign_ins.WORKERS[0].phone)
        worker.goto("/")
        worker.fill("#q", title)
        press(worker, "button:has-text('找')")
        worker.click(f".job-title >> text={title}")
        employer.goto("/employer")
        employer.click(f"a:has-text('{title}')")
        press(worker, "button:has-text('报名')")
        expect(employer.locator("main")).to_contain_text("报名等你选（1）", timeout=10_000)  # nobody reloads that page

        clerk.goto("/desk/orders")
        clerk.click(f"tbody a:has-text('{title}')")
        order_url = clerk.url
        press(clerk, "tbody button:has-text('选他')")

        worker.goto("/my/jobs")
        worker.click(f"a:has-text('{title}')")
        press(worker, "button:has-text('我去')")
        expect(worker.locator("body")).to_contain_text("签约")

        clerk.goto(order_url)
        contract = clerk.locator("tbody a[href^='/desk/contracts/']").first.get_attribute("href") or ""
        worker.goto(contract.removeprefix("/desk"))
        sign(worker, browser, site, sign_ins.WORKERS[0].phone)
        expect(worker.locator("body")).to_contain_text("你这边签好了")
        employer.goto(f"/employer/orders/{order_url.rsplit('/', 1)[1]}")
        press(employer, "a:has-text('和选好的人签约')")
        sign(employer, browser, site, sign_ins.EMPLOYER.phone)
        expect(employer.locator("body")).to_contain_text("签了 1 个人：1 个已经签好约")

        for _ in ("arrive", "start", "finish", "accept"):
            clerk.goto(order_url)
            press(clerk, "tbody tr td:last-child button[name=one]")
        clerk.goto(order_url)
        expect(clerk.locator("tbody")).to_contain_text("待付款")

        employer.goto("/employer")
        employer.goto("/employer/orders/" + order_url.rsplit("/", 1)[1])
        press(employer, "button:has-text('记付款')")
        expect(employer.locator("body")).to_contain_text(re.compile("付款|待确认"))

        worker.goto("/my/wages")
        press(worker, "button:has-text('收到了')")
        expect(worker.locator("body")).to_contain_text("已收到")

        as_staff(city, "city")
        expect(city).to_have_url(re.compile(r"/bureau"))
        row = city.locator("tbody tr", has_text="龙亭")
        expect(row.first).to_contain_text("1")
        picture = (
            Path(os.environ.get("LINGGONG_PICTURES", "")) / "city.png" if os.environ.get("LINGGONG_PICTURES") else None
        )
        if picture is not None:
            city.screenshot(path=picture)


def test_the_board_and_sign_in_work_without_scripts(site: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=site, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto("/")
    expect(page.locator("h1")).to_have_text("今天有活")
    page.goto("/my/jobs")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    page.fill("#phone", "12345")
    press(page, "text=要验证码")
    expect(page.locator("main")).to_contain_text("11 位")
    context.close()


def test_what_was_typed_survives_the_end_of_the_session(site: str, browser: Browser) -> None:
    """He signs in again and finds his words; somebody else at the same computer does not."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, base_url=site)
    page = context.new_page()
    by_phone(page, browser, site, sign_ins.EMPLOYER.phone)
    for again, kept in ((sign_ins.EMPLOYER.phone, "摘大蒜，要手快的"), (sign_ins.WORKERS[0].phone, "")):
        page.goto("/employer/orders/new")
        page.fill("#title", "摘大蒜，要手快的")
        context.clear_cookies()
        press(page, "button:has-text('交上去审核')")
        press(page, "a:has-text('去登录')")
        page.fill("#phone", again)
        press(page, "text=要验证码")
        page.fill("#code", last_code(browser, site, again, "登录验证码"))
        press(page, "button:has-text('进来')")
        if kept:
            expect(page.locator("#title")).to_have_value(kept)
            expect(page.locator("main")).to_contain_text("刚才填的还在")
        assert (page.evaluate("sessionStorage.getItem('lg_kept')") or "").count("大蒜") == (1 if kept else 0)
    context.close()


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1366, 768), (1920, 1080)])
def test_pages_are_accessible(site: str, browser: Browser, width: int, height: int) -> None:
    """axe-core finds nothing on the public pages and the desk, at a phone's and two desks' sizes."""
    script = AXE.read_text(encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": height}, base_url=site, bypass_csp=True)
    page = context.new_page()
    as_staff(page, "clerk")
    found = []
    for path in (
        "/",
        "/sign-in",
        "/register",
        "/desk",
        "/desk/register",
        "/desk/post",
        "/desk/review",
        "/desk/orders",
        "/me",
        "/me/security",
        "/me/security/totp",
        "/dev/codes",
        "/sign-in/staff",
    ):
        page.goto(path)
        page.evaluate(script)
        result = page.evaluate("axe.run({resultTypes: ['violations']})")
        found += [f"{path}: {v['id']} {v['nodes'][0]['target']}" for v in result["violations"]]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} scrolls sideways by {wide} px"
    context.close()
    assert found == []


def test_colleagues_change_over_in_seconds(site: str, browser: Browser) -> None:
    """After a full sign-in of both: one key and six digits, one step, a session of the other's own; without a mouse."""
    with somebody(browser, site, 1366, 768) as hall:
        as_staff(hall, "clerk")
        hall.goto("/me/security")
        hall.fill("#name", f"大厅 {random.randbelow(10_000)} 号机")
        press(hall, "button:has-text('设成共用电脑')")
        as_staff(hall, "operator2")
        expect(hall.locator(".tools")).to_contain_text("王磊")
        hall.goto("/desk")
        started, keys = time.monotonic(), 0
        with hall.expect_navigation(url=re.compile(r"/desk/switch")):
            hall.keyboard.press("F8")
            keys += 1
        expect(hall.locator("#pin")).to_be_focused()
        with hall.expect_navigation(url=re.compile(r"/desk$")):
            for digit in trial.PIN:
                hall.keyboard.press(digit)
                keys += 1
        took = time.monotonic() - started
        expect(hall.locator(".tools")).to_contain_text("李娜")
        assert keys == 7
        assert took < 5, f"{took:.1f} s"
        print(f"changed over with {keys} keys in {took:.2f} s")
