"""A stand-in for a gateway: takes messages over real HTTP, brings receipts and answers, and misbehaves when told to.

It is what a machine without a carrier's contract runs, and what tests ask. `StandIn.handle` is the whole of it; it is
reached over HTTP on the loopback (`serve`). `say` is what it would bring when somebody texts back.
"""

from __future__ import annotations

import contextlib
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Literal

import msgspec
import structlog

from linggong.kernel import clock
from linggong.phones import protocol
from linggong.phones.protocol import Inbound, Receipt, Ring, Send, Taken

log = structlog.get_logger(__name__)
Mode = Literal["good", "slow", "fail", "undelivered", "delayed", "twice", "refuse", "forged", "garbage", "silent"]
_AGAIN: Final = 15
_SHAPES: Final[dict[str, type]] = {protocol.PATHS["send"]: Send, protocol.PATHS["ring"]: Ring}


@dataclass(slots=True)
class Answer:
    """One HTTP answer, and the receipts that follow it."""

    status: int
    body: bytes
    signature: str = ""
    delay: float = 0.0
    receipts: list[bytes] = field(default_factory=list)
    wait: float = 0.0


class StandIn:
    """The stand-in's memory: what it was asked to send, and how it behaves the next times."""

    def __init__(self, key: bytes, *, delay: float = 30.0) -> None:
        self._key, self._delay = key, delay
        self._lock = threading.Lock()
        self.mode: Mode = "good"
        self.times = -1
        """How many more answers follow the mode; -1 for ever."""
        self.messages: dict[str, Send] = {}
        self.calls: dict[str, Ring] = {}
        self.requests = 0

    def behave(self, mode: Mode, times: int = -1) -> None:
        """Behave like this for the next answers, then well again."""
        self.mode, self.times = mode, times

    def texts(self, number: str) -> list[str]:
        """Return what was sent to a number, the oldest first."""
        return [m.text for m in self.messages.values() if m.number == number]

    def handle(self, path: str, signature: str, body: bytes) -> Answer:
        """Answer one request."""
        with self._lock:
            return self._handle(path, signature, body)

    def _handle(self, path: str, signature: str, body: bytes) -> Answer:
        self.requests += 1
        if path not in _SHAPES:
            return Answer(404, b"{}")
        if not protocol.verify(self._key, signature, path, body, clock.now()):
            return Answer(401, b"{}")
        mode = self._next_mode()
        if mode == "fail":
            return Answer(500, b"down")
        try:
            asked: Any = msgspec.json.decode(body, type=_SHAPES[path])
        except msgspec.MsgspecError:
            return Answer(400, b"{}")
        kept: dict[str, Any] = self.messages if isinstance(asked, Send) else self.calls
        known = kept.get(asked.request_id)
        if known is not None and known != asked:
            return Answer(409, b"{}")
        if mode == "refuse":
            return self._answer(path, Taken(request_id=asked.request_id, result="refused", code="bad_number"))
        kept[asked.request_id] = asked
        made = self._answer(path, Taken(request_id=asked.request_id, result="accepted"))
        if known is None and isinstance(asked, Send):
            made.receipts = self._receipts(mode, asked.request_id)
        if mode == "slow":
            made.delay = self._delay
        elif mode == "delayed":
            made.wait = self._delay
        elif mode == "forged":
            made.body = made.body.replace(b"accepted", b"refused")
        elif mode == "garbage":
            made.body = b"<html>under repair</html>"
            made.signature = protocol.sign(self._key, clock.now(), path, made.body)
        return made

    def _next_mode(self) -> Mode:
        mode = self.mode
        if self.times > 0:
            self.times -= 1
            if self.times == 0:
                self.mode, self.times = "good", -1
        return mode

    @staticmethod
    def _receipts(mode: Mode, request_id: str) -> list[bytes]:
        if mode in ("silent", "forged", "garbage"):
            return []
        result: Literal["failed", "delivered"] = "failed" if mode == "undelivered" else "delivered"
        receipt = msgspec.json.encode(Receipt(request_id=request_id, result=result))
        return [receipt, receipt] if mode == "twice" else [receipt]

    def _answer(self, path: str, taken: Taken) -> Answer:
        body = msgspec.json.encode(taken)
        return Answer(200, body, protocol.sign(self._key, clock.now(), path, body))

    def headers(self, path: str, body: bytes) -> dict[str, str]:
        """Return the headers with which a message goes to the platform."""
        return {
            "content-type": "application/json",
            protocol.SIGNATURE: protocol.sign(self._key, clock.now(), path, body),
        }

    def bring(self, base_url: str, path: str, body: bytes) -> int:
        """Bring a receipt, a message or a key to the platform over HTTP; returns the status, 0 where nobody answered."""
        request = urllib.request.Request(base_url + path, body, self.headers(path, body))  # noqa: S310 - our own address
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError as error:
            log.warning("standin_unheard", error=type(error).__name__)
            return 0

    def say(self, base_url: str, number: str, text: str, *, message_id: str) -> int:
        """Somebody texts back."""
        body = msgspec.json.encode(Inbound(message_id=message_id, number=number, text=text))
        return self.bring(base_url, protocol.INBOUND_PATH, body)


def serve(standin: StandIn, port: int = 0, *, platform_url: str = "", wait: float = 0.5) -> ThreadingHTTPServer:
    """Serve a stand-in on the loopback in a thread; `server_address` tells the port, `shutdown` ends it.

    With `platform_url` it brings receipts there, signed, a moment after its answer.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = min(int(self.headers.get("content-length") or 0), protocol.MOST_BYTES)
            made = standin.handle(self.path, self.headers.get(protocol.SIGNATURE, ""), self.rfile.read(length))
            time.sleep(made.delay)
            with contextlib.suppress(OSError):  # whoever asked has hung up
                self.send_response(made.status)
                self.send_header(protocol.SIGNATURE, made.signature)
                self.send_header("content-length", str(len(made.body)))
                self.end_headers()
                self.wfile.write(made.body)
            if made.receipts and platform_url:
                threading.Thread(target=_bring, args=(standin, platform_url, made, wait), daemon=True).start()

        def log_message(self, *_: Any) -> None:
            log.debug("standin", path=self.path)

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _bring(standin: StandIn, base_url: str, made: Answer, wait: float) -> None:
    time.sleep(made.wait or wait)
    for receipt in made.receipts:
        for _ in range(_AGAIN):
            # The platform may be starting, or away for a moment; a carrier brings its receipts again, too.
            if standin.bring(base_url, protocol.RECEIPT_PATH, receipt):
                break
            time.sleep(2)
