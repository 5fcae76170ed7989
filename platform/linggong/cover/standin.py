"""A stand-in for an insurer: speaks the protocol, decides by age and occupation class, and misbehaves when told to.

It is what a machine without a contract with an insurer runs, and what tests ask. `StandIn.handle` is the whole of it; it is
reached over HTTP on the loopback (`serve`), or through `InProcess`, which carries the same HTTP messages without a socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Literal

import httpx
import msgspec
import structlog

from linggong.cover import protocol
from linggong.cover.protocol import Change, Enrolment, InjuryNotice, Reply, Withdrawal
from linggong.kernel import clock

log = structlog.get_logger(__name__)
Mode = Literal[
    "good", "slow", "fail", "pending", "twice", "contradict", "wrong_policy", "forged", "garbage", "no_policy"
]
_SHAPES: Final[dict[str, type]] = {
    protocol.PATHS["enrol"]: Enrolment,
    protocol.PATHS["change"]: Change,
    protocol.PATHS["withdraw"]: Withdrawal,
    protocol.PATHS["notify_injury"]: InjuryNotice,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """Whom a product takes."""

    ages: tuple[int, int]
    classes: frozenset[int]


RULES: Final = {
    "JB-A1": Rule((16, 65), frozenset({1, 2, 3, 4, 5})),
    "JB-A2": Rule((16, 70), frozenset({1, 2, 3, 4})),
    "ZJ-B1": Rule((18, 60), frozenset({1, 2, 3, 4})),
}
_ANY: Final = Rule((16, 65), frozenset({1, 2, 3, 4}))


@dataclass(slots=True)
class Spoken:
    """One HTTP answer, and the messages that follow it at the callback."""

    status: int
    body: bytes
    signature: str = ""
    delay: float = 0.0
    later: list[bytes] = field(default_factory=list)


class StandIn:
    """The stand-in's memory: what it answered to each request, and how it behaves the next times."""

    def __init__(self, key: bytes, *, delay: float = 30.0) -> None:
        self._key, self._delay = key, delay
        self._lock = threading.Lock()
        self.mode: Mode = "good"
        self.times = -1
        """How many more answers follow the mode; -1 for ever."""
        self.answers: dict[str, Reply] = {}
        self.asked: dict[str, Enrolment | Change | Withdrawal | InjuryNotice] = {}
        self.requests = 0

    def behave(self, mode: Mode, times: int = -1) -> None:
        """Behave like this for the next answers, then well again."""
        self.mode, self.times = mode, times

    def handle(self, path: str, signature: str, body: bytes) -> Spoken:
        """Answer one request."""
        with self._lock:
            return self._handle(path, signature, body)

    def _handle(self, path: str, signature: str, body: bytes) -> Spoken:
        self.requests += 1
        if path not in _SHAPES:
            return Spoken(404, b"{}")
        if not protocol.verify(self._key, signature, path, body, clock.now()):
            return Spoken(401, b"{}")
        mode = self._next_mode()
        if mode == "fail":
            return Spoken(500, b"down")
        try:
            asked: Any = msgspec.json.decode(body, type=_SHAPES[path])
        except msgspec.MsgspecError:
            return Spoken(400, b"{}")
        known = self.asked.get(asked.request_id)
        if known is not None and known != asked:
            return Spoken(409, b"{}")
        self.asked[asked.request_id] = asked
        decided = self.answers.get(asked.request_id) or self._decide(asked)
        if mode == "pending":
            waiting = msgspec.structs.replace(decided, result="pending", policy_no="", effective_at=None)
            self.answers[asked.request_id] = decided
            return self._say(path, waiting, later=[decided])
        self.answers[asked.request_id] = decided
        return self._misbehave(path, mode, decided)

    def _next_mode(self) -> Mode:
        mode = self.mode
        if self.times > 0:
            self.times -= 1
            if self.times == 0:
                self.mode, self.times = "good", -1
        return mode

    def _misbehave(self, path: str, mode: Mode, decided: Reply) -> Spoken:
        match mode:
            case "twice":
                return self._say(path, decided, later=[decided, decided])
            case "contradict":
                other = "refused" if decided.result == "accepted" else "accepted"
                changed = msgspec.structs.replace(decided, result=other, code="changed", words="改口了")
                return self._say(path, decided, later=[changed])
            case "wrong_policy":
                return self._say(path, msgspec.structs.replace(decided, reference="0190-somebody-else"))
            case "no_policy":
                return self._say(path, msgspec.structs.replace(decided, policy_no=""))
            case "forged":
                said = self._say(path, decided)
                said.body = said.body.replace(b"refused", b"accepted").replace(b"P", b"Q")
                return said
            case "garbage":
                body = b"<html>under repair</html>"
                return Spoken(200, body, protocol.sign(self._key, clock.now(), path, body))
            case "slow":
                said = self._say(path, decided)
                said.delay = self._delay
                return said
            case _:
                return self._say(path, decided)

    def _say(self, path: str, reply: Reply, later: list[Reply] | None = None) -> Spoken:
        body = msgspec.json.encode(reply)
        return Spoken(
            200,
            body,
            protocol.sign(self._key, clock.now(), path, body),
            later=[msgspec.json.encode(one) for one in later or []],
        )

    def callback_headers(self, body: bytes) -> dict[str, str]:
        """Return the headers with which a message goes to the platform's callback."""
        return {
            "content-type": "application/json",
            protocol.SIGNATURE: protocol.sign(self._key, clock.now(), protocol.CALLBACK_PATH, body),
        }

    @staticmethod
    def _decide(asked: Enrolment | Change | Withdrawal | InjuryNotice) -> Reply:
        number = f"P-{asked.request_id[-12:]}"
        if isinstance(asked, Change):
            late = clock.now() >= asked.ends_at
            return Reply(
                request_id=asked.request_id,
                reference=asked.reference,
                result="refused" if late else "accepted",
                policy_no="" if late else asked.policy_no,
                effective_at=None if late else max(asked.starts_at, clock.now()),
                code="late" if late else "",
                words="保险期间已过" if late else "",
            )
        if not isinstance(asked, Enrolment):
            return Reply(request_id=asked.request_id, reference=asked.reference, result="accepted", policy_no=number)
        code, words = refusal(asked, clock.now())
        if code:
            return Reply(
                request_id=asked.request_id, reference=asked.reference, result="refused", code=code, words=words
            )
        return Reply(
            request_id=asked.request_id,
            reference=asked.reference,
            result="accepted",
            policy_no=number,
            # Nothing is insured backwards.
            effective_at=max(asked.starts_at, clock.now()),
        )


def refusal(asked: Enrolment, now: datetime) -> tuple[str, str]:
    """Return why a person is not taken, as a code and in words; two empty texts when he is."""
    rule = RULES.get(asked.product, _ANY)
    day, born = asked.starts_at.astimezone(clock.SHANGHAI).date(), asked.birth_date
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    if not rule.ages[0] <= age <= rule.ages[1]:
        return "age", f"年龄{age}岁，承保{rule.ages[0]}至{rule.ages[1]}岁"
    if asked.occupation_class not in rule.classes:
        return "class", f"职业{asked.occupation_class}类不在承保范围"
    if now >= asked.ends_at:
        return "late", "保险期间已过"
    return "", ""


# --- ways to reach it -------------------------------------------------------------------------------------------------


class InProcess(httpx.AsyncBaseTransport):
    """Carries HTTP messages to a stand-in in this process: for filling a demo city, and for tests without a socket."""

    def __init__(self, standin: StandIn) -> None:
        self.standin = standin
        self.later: list[bytes] = []
        """What the stand-in would say at the callback."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        body = await request.aread()
        said = self.standin.handle(request.url.path, request.headers.get(protocol.SIGNATURE, ""), body)
        if said.delay:
            await asyncio.sleep(said.delay)
        self.later += said.later
        return httpx.Response(said.status, headers={protocol.SIGNATURE: said.signature}, content=said.body)


def serve(standin: StandIn, port: int = 0, *, callback_url: str = "", wait: float = 1.0) -> ThreadingHTTPServer:
    """Serve a stand-in on the loopback in a thread; `server_address` tells the port, `shutdown` ends it.

    With `callback_url` it brings later answers there, signed, a moment after its reply.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = min(int(self.headers.get("content-length") or 0), protocol.MOST_BYTES)
            said = standin.handle(self.path, self.headers.get(protocol.SIGNATURE, ""), self.rfile.read(length))
            time.sleep(said.delay)
            with contextlib.suppress(OSError):  # whoever asked has hung up
                self.send_response(said.status)
                self.send_header(protocol.SIGNATURE, said.signature)
                self.send_header("content-length", str(len(said.body)))
                self.end_headers()
                self.wfile.write(said.body)
            if said.later and callback_url:
                threading.Thread(target=_bring, args=(standin, callback_url, said.later, wait), daemon=True).start()

        def log_message(self, *_: Any) -> None:
            log.debug("standin", path=self.path)

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _bring(standin: StandIn, url: str, messages: list[bytes], wait: float) -> None:
    for body in messages:
        time.sleep(wait)
        request = urllib.request.Request(url, body, standin.callback_headers(body))  # noqa: S310 - our own address
        try:
            with urllib.request.urlopen(request, timeout=5):  # noqa: S310
                pass
        except (urllib.error.URLError, OSError) as error:
            log.warning("standin_callback_failed", error=type(error).__name__)
