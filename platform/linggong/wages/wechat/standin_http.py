"""A stand-in of WeChat over HTTP: on the loopback, or in this process without a socket."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Protocol

import httpx
import structlog

from linggong.kernel.signed import MOST_BYTES
from linggong.wages.wechat.standin import Bringing, Said

log = structlog.get_logger(__name__)
_AGAIN: Final = 15
"""Times that a notice is brought, two seconds apart: the platform may be starting, or away for a moment."""


class Speaking(Protocol):
    """What a stand-in of WeChat answers."""

    def handle(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Said:
        """Answer one request."""
        ...

    def page(self) -> bytes:
        """Return the page that shows what came."""
        ...

    def confirm(self, number: str) -> list[Bringing]:
        """Take a press on that page; returns the notices that follow."""
        ...


class InProcess(httpx.AsyncBaseTransport):
    """Carries HTTP messages to a stand-in in this process: for filling a demo city, and for tests without a socket."""

    def __init__(self, standin: Speaking) -> None:
        self.standin = standin
        self.later: list[Bringing] = []
        """The notices that it would bring."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        body = await request.aread()
        said = self.standin.handle(request.method, request.url.raw_path.decode(), dict(request.headers), body)
        self.later += said.later
        if said.delay:
            await asyncio.sleep(said.delay)
        return httpx.Response(said.status, headers=said.headers, content=said.body)


def serve(standin: Speaking, port: int = 0, *, platform_url: str = "", wait: float = 1.0) -> ThreadingHTTPServer:
    """Serve a stand-in on the loopback in a thread; `server_address` tells the port, `shutdown` ends it.

    With `platform_url` it brings its notices there, `wait` seconds after its answer.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/":
                self._answer(Said(200, standin.page(), {"content-type": "text/html; charset=utf-8"}))
            else:
                self._handle()

        def do_POST(self) -> None:
            if not self.path.startswith("/take/"):
                self._handle()
                return
            later = standin.confirm(self.path.removeprefix("/take/"))
            self._answer(Said(303, b"", {"location": "/"}, later=later))

        def _handle(self) -> None:
            length = min(int(self.headers.get("content-length") or 0), MOST_BYTES)
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._answer(standin.handle(self.command, self.path, headers, self.rfile.read(length)))

        def _answer(self, said: Said) -> None:
            if said.early and platform_url:
                bring(platform_url, said.later)
            time.sleep(said.delay)
            with contextlib.suppress(OSError):  # whoever asked has hung up
                self.send_response(said.status)
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(said.body)))
                self.end_headers()
                self.wfile.write(said.body)
            if said.later and platform_url and not said.early:
                threading.Thread(target=bring, args=(platform_url, said.later, wait), daemon=True).start()

        def log_message(self, *_: Any) -> None:
            log.debug("wechat_standin", path=self.path.partition("?")[0])

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def bring(platform_url: str, later: list[Bringing], wait: float = 0.0) -> list[int]:
    """Bring notices to the platform over HTTP; returns the status of each, 0 where nobody answered."""
    said = []
    for notice in later:
        time.sleep(wait)
        for _ in range(_AGAIN):
            if status := _brought(platform_url, notice):
                break
            time.sleep(2)
        said.append(status)
    return said


def _brought(platform_url: str, notice: Bringing) -> int:
    request = urllib.request.Request(platform_url + notice.path, notice.body, notice.headers)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError as error:
        log.warning("standin_unheard", error=type(error).__name__)
        return 0
