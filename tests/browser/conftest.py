"""One Chromium a file, the demo's people behind a real server, and pages shown as the app answered them."""

from __future__ import annotations

import asyncio
import os
import secrets as random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, Route, expect, sync_playwright
from served import served_for_real

from linggong.demo import sign_ins
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.web.environment import STATIC
from tenants import commands

from .pages import Page

if TYPE_CHECKING:
    from conftest import Server

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
# A page is waited for longer on a machine that is busy: what is held is what it says, not how soon.
expect.set_options(timeout=20_000)


def chromium() -> str:
    found = os.environ.get("LINGGONG_CHROMIUM") or next(
        (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
    )
    if found is None:
        pytest.fail("no Chromium: run scripts/ensure_chromium.sh, or set LINGGONG_CHROMIUM")
    return found


@pytest.fixture(scope="module")
def site(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Kaifeng's tree and the demo's accounts, served by the real server."""
    name = f"walk_{random.token_hex(4)}"
    folder = tmp_path_factory.mktemp("walk")

    async def prepare() -> None:
        await server.clone("template_empty", name)
        await commands.load(server.dsn("owner", name), "kaifeng")
        database = Database(server.dsn("app", name), pool_size=2)
        await sign_ins.create(database, Secrets.load(folder).sealer)
        await database.dispose()

    asyncio.run(prepare())
    with served_for_real(server, name, folder) as base:
        yield base


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started: Playwright = playwright
        found = started.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield found
        found.close()


class Shown:
    """A browser that gets the pages as the app answered them, and nothing from anywhere else."""

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.html = ""
        self.foreign: list[str] = []
        self.page.route("**/*", self._serve)

    def _serve(self, route: Route) -> None:
        address = urlparse(route.request.url)
        file = STATIC / address.path.removeprefix("/static/")
        if address.hostname != "market.test":
            self.foreign.append(route.request.url)
            route.abort()
        elif route.request.is_navigation_request():
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8")
        elif address.path.startswith("/static/") and file.is_file():
            route.fulfill(path=str(file))
        else:
            route.fulfill(status=204)

    def show(self, page: Page) -> None:
        self.html = page.html
        self.page.set_viewport_size({"width": 390, "height": 844})
        self.page.goto("http://market.test" + page.url)

    def at(self, width: int, height: int, *, big: bool) -> None:
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.evaluate("big => document.documentElement.classList.toggle('big', big)", big)


@pytest.fixture
def shown(browser: Browser) -> Iterator[Shown]:
    """A window of one's own for pages as they came."""
    context = browser.new_context(bypass_csp=True)
    yield Shown(context)
    context.close()
