"""A town on a moved clock, served on the loopback, and a browser for everybody who acts in it.

People are registered and their sessions opened beforehand (signing in and registering have walks of their own); from then on
everybody acts on pages only. The clock is moved as the demo's paths move it: what falls due on the way happens at its own time.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets as random
import shutil
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from demo_city import load_city
from granian.constants import Interfaces
from granian.server.embed import Server as Granian
from playwright.sync_api import Browser, BrowserContext, Dialog, Page

from linggong.app.application import build
from linggong.demo.paths.stage import DAY, Stage
from linggong.invariants import run
from linggong.invariants.subjects import BY_NAME
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.settings import Settings
from linggong.people import notices
from linggong.phones import line, standin
from linggong.phones.gateway import HttpGateway

from .pressing import press

if TYPE_CHECKING:
    from conftest import Server

T = TypeVar("T")
logging.getLogger("_granian").setLevel(logging.CRITICAL)
YESTERDAY = DAY - timedelta(days=1)


class Town:
    """The stage of a path, and the browsers of those who act on it."""

    def __init__(self, stage: Stage, base: str, loop: asyncio.AbstractEventLoop, browser: Browser, dsn: str) -> None:
        self.stage, self.base, self._loop, self._browser, self._dsn = stage, base, loop, browser, dsn
        self._tabs: dict[str, tuple[BrowserContext, Page]] = {}
        self._opened: dict[str, datetime] = {}
        self.wrong: list[str] = []
        self.scripts = True

    def do(self, what: Coroutine[Any, Any, T]) -> T:
        """Let something happen in the town's own loop."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(60)

    def until(self, hour: int, minute: int = 0, *, day: date = DAY) -> None:
        """Move the clock; what falls due on the way happens, and what is to be told is sent."""
        self.do(self.stage.until(self.stage.at(hour, minute, day=day)))
        self.work()

    def work(self) -> None:
        """What the worker process does between two steps: deadlines, and messages that wait."""
        self.do(self.stage.sweep())
        self.do(notices.send(self.stage.database, self.stage.secrets.sealer))
        self.do(line.work(self.stage.database))

    def of(self, name: str, width: int = 390, height: int = 844) -> Page:
        """Return somebody's browser, signed in."""
        who = self.stage.people.get(name)
        if name not in self._tabs:
            context = self._browser.new_context(
                viewport={"width": width, "height": height}, base_url=self.base, java_script_enabled=self.scripts
            )
            page = context.new_page()
            page.set_default_timeout(20_000)
            page.on("pageerror", lambda error: self.wrong.append(f"{name}: {error}"))
            page.on("dialog", lambda dialog: _take(dialog))
            page.on(
                "response",
                lambda answer: (
                    self.wrong.append(f"{name}: {answer.status} {answer.url}") if answer.status >= 500 else None
                ),
            )
            self._tabs[name] = (context, page)
        context, page = self._tabs[name]
        if who is not None and self._opened.get(name, datetime.min.replace(tzinfo=UTC)) < clock.now() - timedelta(
            minutes=4
        ):
            self.do(self.stage.sign_in(who))
            context.add_cookies([{"name": "lg_session", "value": who.token, "url": self.base}])
            self._opened[name] = clock.now()
        return page

    def code_for(self, name: str, what: str = "签约验证码") -> str:
        """Return the code that came to somebody's telephone last, as the demonstration shows messages."""
        phone = self.stage.people[name].facts["phone"]
        page = self.of("短信", 1366, 768)
        page.goto("/dev/messages")
        mine = page.locator("tbody tr", has_text=f"{phone[:3]}****{phone[-4:]}").filter(has_text=what)
        return mine.first.locator("td").nth(3).inner_text()

    def sign(self, name: str, address: str) -> None:
        """Have a code sent to one's own telephone and sign what the page shows."""
        page = self.of(name)
        if page.url.partition("#")[0].removeprefix(self.base) != address.removeprefix(self.base):
            page.goto(address)
        press(page, "button:has-text('发验证码到我的手机')")
        page.fill("#code", self.code_for(name))
        press(page, "#sign form:has(#code) button")

    def sound(self) -> None:
        """Nothing went wrong in any browser, and every invariant holds."""
        assert self.wrong == []
        assert self.do(self._violations()) == []

    async def _violations(self) -> list[Any]:
        import asyncpg

        owner = await asyncpg.connect(self._dsn)
        try:
            return list((await run.check(owner)).violations)
        finally:
            await owner.close()

    def close(self) -> None:
        """Close every browser."""
        for context, _ in self._tabs.values():
            context.close()


def _take(dialog: Dialog) -> None:
    dialog.accept()


def order_of(page: Page) -> str:
    """Return the id of the order at whose page a browser is."""
    found = re.search(r"/orders/([0-9a-f-]{36})", page.url)
    assert found, page.url
    return found[1]


def post_order(page: Page, title: str, wanted: int, **more: str) -> str:
    """Post an order on the employer's form; returns its id. Times are of the path's day."""
    page.goto("/employer/orders/new")
    values = {
        "title": title, "wanted": str(wanted), "date": f"{DAY:%Y-%m-%d}", "start": "07:30", "end": "16:30", "pay": "200",
        "address": "东关大街12号工地南门",
    } | more  # fmt: skip
    ticks = [name for name, value in values.items() if value == "tick"]
    for name, value in values.items():
        if name not in ticks:
            page.fill(f"#{name}", value)
    page.select_option("#street", "410202003000")
    if ticks:
        page.locator("summary", has_text="更多").click()
    for name in ticks:
        page.locator(f"input[name={name}]").check()
    press(page, "button[value=submit]")
    assert not page.url.endswith("/new"), page.inner_text("main")[:800]
    return order_of(page)


@contextmanager
def town(server: Server, browser: Browser, secrets: Secrets, tmp: Path) -> Iterator[Town]:
    """Serve Kaifeng's places on a database of their own, the clock at the morning before the path's day."""
    name = f"town_{random.token_hex(4)}"
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def do(what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, loop).result(120)

    do(load_city(server, name))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings.from_env(
        {"LINGGONG_DATA_DIR": str(tmp), "LINGGONG_POOL_SIZE": "4", "LINGGONG_PORT": str(port), "LINGGONG_DEV": "1"}
    )
    movable = clock.MovableClock(datetime(2026, 5, 19, 0, 0, tzinfo=UTC))
    with clock.clock_set(movable):
        app = build(settings, server.dsn("app", name), secrets=secrets)

        async def serve() -> tuple[Granian, asyncio.Task[None]]:
            served = Granian(app, port=port, interface=Interfaces.ASGI, log_enabled=False, websockets=False)
            return served, asyncio.get_running_loop().create_task(served.serve())

        served, serving = do(serve())
        base = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"{base}/health/live", timeout=2):
                    break
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        # As in dev mode: whoever answers a message has got it.
        key = b"the one key of both"
        sms = standin.serve(standin.StandIn(key))
        gateway = HttpGateway(f"http://127.0.0.1:{sms.server_address[1]}", key)
        line.use(gateway, secrets.sealer)
        stage = Stage(app, app.state.database, secrets, movable, {n: s.machine for n, s in BY_NAME.items()})
        made = Town(stage, base, loop, browser, server.dsn("owner", name))
        try:
            yield made
        finally:
            made.close()

            async def end() -> None:
                line.use(None, None)
                await gateway.aclose()
                served.stop()
                await serving

            do(end())
            sms.shutdown()
            sms.server_close()
    do(server.drop(name))
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
    shutil.rmtree(tmp, ignore_errors=True)
