"""A county's system administrator at the console in a real browser: in Chinese, without instructions, in under a minute."""

from __future__ import annotations

import asyncio
import os
import re
import secrets as random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from served import served_for_real

from linggong import tables
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import SYSTEM, Database
from linggong.kernel.paths import EVERYWHERE
from linggong.people import sessions, staff
from tenants import commands

if TYPE_CHECKING:
    from conftest import Server

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--lang=zh-CN"]
STATION = "/4102/02/003/s01/"
ENGLISH = re.compile(r"[A-Za-z]{3,}")


@pytest.fixture(scope="module")
def site(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Kaifeng's tree with a clerk, a county's and the city's administrators, served by the real server."""
    name = f"console_{random.token_hex(4)}"
    folder = tmp_path_factory.mktemp("console")
    tokens: dict[str, str] = {}

    async def prepare() -> None:
        assert tables.metadata
        await server.clone("template_empty", name)
        await commands.load(server.dsn("owner", name), "kaifeng")
        database = Database(server.dsn("app", name), pool_size=2, sealer=Secrets.load(folder).sealer)
        people = (
            ("clerk", "李娜", "station_clerk", STATION),
            ("county", "刘洋", "sysadmin", "/4102/02/"),
            ("city", "周明", "city_bureau", "/4102/"),
        )
        for username, words, role, path in people:
            async with database.begin(SYSTEM, EVERYWHERE) as uow:
                account = await staff.create_staff(uow, username, words, role, path, "dawn-at-the-bridge-5")
                tokens[username] = await sessions.create(uow, "staff", account)
        await database.dispose()

    asyncio.run(prepare())
    with served_for_real(server, name, folder) as base:
        yield base, tokens


@pytest.fixture
def browser(site: tuple[str, dict[str, str]]) -> Iterator[BrowserContext]:
    found = os.environ.get("LINGGONG_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.fail("no Chromium: run scripts/ensure_chromium.sh, or set LINGGONG_CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield chromium.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", base_url=site[0])
        chromium.close()


def _sit_down(browser: BrowserContext, site: tuple[str, dict[str, str]], who: str) -> tuple[Page, list[str]]:
    """Open the console; script errors and failed or foreign requests are collected."""
    base, tokens = site
    browser.add_cookies([{"name": "lg_session", "value": tokens[who], "url": base}])
    page, wrong = browser.new_page(), []
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda e: wrong.append(str(e)))
    page.on("response", lambda r: wrong.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    page.on("request", lambda r: wrong.append(r.url) if not r.url.startswith((base, "data:", "blob:")) else None)
    page.goto("/admin/")
    return page, wrong


def _shoot(page: Page, name: str) -> None:
    """Keep a picture when somebody wants to look: LINGGONG_SHOTS names the folder."""
    if folder := os.environ.get("LINGGONG_SHOTS"):
        page.screenshot(path=str(Path(folder) / name))


def test_an_account_a_session_and_a_telephone_in_under_a_minute(
    browser: BrowserContext, site: tuple[str, dict[str, str]]
) -> None:
    page, wrong = _sit_down(browser, site, "county")
    started = time.monotonic()
    page.get_by_text("工作人员", exact=True).click()
    expect(page.get_by_role("heading", name="工作人员")).to_be_visible()
    _shoot(page, "admin-county.png")
    page.get_by_role("link", name="李娜").click()
    page.get_by_text("结束登录", exact=True).click()
    page.get_by_role("button", name="确认办理").click()
    expect(page.get_by_text("已结束 1 处登录，对方要重新登录。")).to_be_visible()
    page.get_by_role("link", name="回后台首页").click()
    page.get_by_text("机构和站点", exact=True).click()
    page.locator("[data-uitest=filter_button]").click()
    page.locator("input[name=name]").fill("大兴街道零工驿站")
    page.locator("[data-uitest=submit_filter_button]").click()
    page.get_by_role("link", name="大兴街道零工驿站").click()
    # The form is there before what it shows: what is typed too early would be sent with empty fields.
    expect(page.locator("input[name=short_name]")).to_have_value("大兴驿站")
    page.locator("input[name=phone]").fill("0371-22220001")
    _shoot(page, "admin-station.png")
    page.get_by_role("button", name="保存修改").click()
    expect(page.get_by_text("已保存")).to_be_visible()
    seconds = time.monotonic() - started
    assert seconds < 60
    print(f"account, session and telephone: {seconds:.1f} s")
    assert wrong == []


def test_the_frame_speaks_chinese_and_offers_what_may_be_done(
    browser: BrowserContext, site: tuple[str, dict[str, str]]
) -> None:
    page, wrong = _sit_down(browser, site, "city")
    page.get_by_text("机构和站点", exact=True).click()
    expect(page.get_by_role("link", name="中牟街道").or_(page.locator("tbody tr")).first).to_be_visible()
    page.locator("[data-uitest=filter_button]").click()
    expect(page.get_by_role("heading", name="筛选")).to_be_visible()
    _shoot(page, "admin-city.png")
    for locator in (".sidebar", ".title_bar", ".filter_wrapper", ".table_wrapper thead", "#nav", "#page_size"):
        words = page.locator(locator).first.inner_text()
        assert not ENGLISH.search(words), (locator, words)
    assert page.locator("[data-uitest=export_button]").count() == 0
    assert page.locator("[data-uitest=csv_button]").count() == 0
    page.locator("#user").click()
    assert page.locator("#drop_down_menu").first.inner_text().split() == ["退出登录", "夜间模式"]
    page.goto("/admin/#/persons")
    expect(page.get_by_text("没有符合条件的资料")).to_be_visible()
    page.goto("/admin/#/orders")
    expect(page.locator("[data-uitest=export_button]")).to_be_visible()
    page.locator("[data-uitest=export_button]").click()
    page.locator("#export-purpose").fill("核对名单")
    with page.expect_download() as download:
        page.locator("#console-export button[value=go]").click()
    assert re.fullmatch(r"orders-\d{8}\.xlsx", download.value.suggested_filename)
    assert page.evaluate("localStorage.getItem('defaultTimezone')") == "Asia/Shanghai"
    assert wrong == []


def test_an_ended_session_leads_to_our_sign_in(browser: BrowserContext, site: tuple[str, dict[str, str]]) -> None:
    page, _ = _sit_down(browser, site, "city")
    expect(page.get_by_text("工作人员", exact=True)).to_be_visible()
    # A request still on its way would meet the ended session first, and the page would leave before the click.
    page.wait_for_load_state("networkidle")
    browser.clear_cookies()
    page.get_by_text("工作人员", exact=True).click()
    page.wait_for_url(re.compile(r"/sign-in/staff\?next=%2Fadmin%2F|/sign-in/staff\?next=/admin/"))
