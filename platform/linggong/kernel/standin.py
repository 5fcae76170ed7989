"""A stand-in for an outside system that signs its messages (`kernel.signed`): the HTTP side that all of them share.

A stand-in is what a machine without a contract runs, and what tests ask; it says who it is, what it takes and what it answers
(`StandIn.decide`). It is reached over real HTTP on the loopback (`serve`), or through `InProcess` without a socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Generic, TypeVar

import httpx
import msgspec
import structlog

from linggong.kernel import clock
from linggong.kernel.signed import MOST_BYTES, sign, verify

log = structlog.get_logger(__name__)
Mode = TypeVar("Mode", bound=str)
_AGAIN = 15
"""Times that a later message is brought, two seconds apart: the platform may be starting, or away for a moment."""


@dataclass(slots=True)
class Spoken:
    """One HTTP answer, and the messages that follow it at the platform's own address."""

    status: int
    body: bytes
    signature: str = ""
    delay: float = 0.0
    """Seconds before the answer."""
    later: list[bytes] = field(default_factory=list)
    wait: float = 0.0
    """Seconds before each later message; 0 is the server's own."""


class StandIn(ABC, Generic[Mode]):
    """What a stand-in remembers, and how it behaves the next times."""

    header: ClassVar[str]
    """The header that carries a signature."""
    shapes: ClassVar[Mapping[str, type]]
    """What is taken at each path; each has a `request_id`."""
    later_path: ClassVar[str]
    """The platform's address for what is said later."""

    def __init__(self, key: bytes, *, delay: float = 30.0) -> None:
        self._key, self.delay = key, delay
        self._lock = threading.Lock()
        self.mode: Mode | None = None
        """None is well behaved."""
        self.times = -1
        """How many more answers follow the mode; -1 for ever."""
        self.asked: dict[str, Any] = {}
        self.requests = 0

    def behave(self, mode: Mode, times: int = -1) -> None:
        """Behave like this for the next answers, then well again."""
        self.mode, self.times = mode, times

    def handle(self, path: str, signature: str, body: bytes) -> Spoken:
        """Answer one request: what is not signed, unknown or contradicts what the same id said before is refused."""
        with self._lock:
            self.requests += 1
            if path not in self.shapes:
                return Spoken(404, b"{}")
            if not verify(self._key, signature, path, body, clock.now()):
                return Spoken(401, b"{}")
            mode = self._next_mode()
            if mode == "fail":
                return Spoken(500, b"down")
            try:
                asked: Any = msgspec.json.decode(body, type=self.shapes[path])
            except msgspec.MsgspecError:
                return Spoken(400, b"{}")
            if self.asked.get(asked.request_id, asked) != asked:
                return Spoken(409, b"{}")
            said = self.decide(path, asked, mode)
            if mode == "slow":
                said.delay = self.delay
            elif mode == "garbage":
                said.body = b"<html>under repair</html>"
                said.signature = sign(self._key, clock.now(), path, said.body)
            return said

    @abstractmethod
    def decide(self, path: str, asked: Any, mode: Mode | None) -> Spoken:
        """Answer what was asked, and remember it in `asked`; slow, failing and garbled answers are made by `handle`."""

    def _next_mode(self) -> Mode | None:
        mode = self.mode
        if self.times > 0:
            self.times -= 1
            if self.times == 0:
                self.mode, self.times = None, -1
        return mode

    def say(self, path: str, reply: msgspec.Struct, later: list[bytes] | None = None) -> Spoken:
        """Return a signed answer."""
        body = msgspec.json.encode(reply)
        return Spoken(200, body, sign(self._key, clock.now(), path, body), later=later or [])

    def headers(self, path: str, body: bytes) -> dict[str, str]:
        """Return the headers with which a message goes to one of the platform's paths."""
        return {"content-type": "application/json", self.header: sign(self._key, clock.now(), path, body)}

    def bring(self, base_url: str, path: str, body: bytes) -> int:
        """Bring a message to the platform over HTTP; returns the status, 0 where nobody answered."""
        request = urllib.request.Request(base_url + path, body, self.headers(path, body))  # noqa: S310 - our own address
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError as error:
            log.warning("standin_unheard", error=type(error).__name__)
            return 0


class InProcess(httpx.AsyncBaseTransport):
    """Carries HTTP messages to a stand-in in this process: for filling a demo city, and for tests without a socket."""

    def __init__(self, standin: StandIn[Any]) -> None:
        self.standin = standin
        self.later: list[bytes] = []
        """What the stand-in would say later."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        body = await request.aread()
        said = self.standin.handle(request.url.path, request.headers.get(self.standin.header, ""), body)
        if said.delay:
            await asyncio.sleep(said.delay)
        self.later += said.later
        return httpx.Response(said.status, headers={self.standin.header: said.signature}, content=said.body)


def serve(standin: StandIn[Any], port: int = 0, *, platform_url: str = "", wait: float = 1.0) -> ThreadingHTTPServer:
    """Serve a stand-in on the loopback in a thread; `server_address` tells the port, `shutdown` ends it.

    With `platform_url` it brings later messages there, signed, `wait` seconds after its answer.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = min(int(self.headers.get("content-length") or 0), MOST_BYTES)
            said = standin.handle(self.path, self.headers.get(standin.header, ""), self.rfile.read(length))
            time.sleep(said.delay)
            with contextlib.suppress(OSError):  # whoever asked has hung up
                self.send_response(said.status)
                self.send_header(standin.header, said.signature)
                self.send_header("content-length", str(len(said.body)))
                self.end_headers()
                self.wfile.write(said.body)
            if said.later and platform_url:
                threading.Thread(target=_bring, args=(standin, platform_url, said, wait), daemon=True).start()

        def log_message(self, *_: Any) -> None:
            log.debug("standin", path=self.path)

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _bring(standin: StandIn[Any], platform_url: str, said: Spoken, wait: float) -> None:
    for message in said.later:
        time.sleep(said.wait or wait)
        for _ in range(_AGAIN):
            if standin.bring(platform_url, standin.later_path, message):
                break
            time.sleep(2)
