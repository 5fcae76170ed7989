"""A stand-in for WeChat's messages: gives tokens out, takes messages, and misbehaves when told to. Its page shows what came."""

from __future__ import annotations

import html
import secrets
import threading
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from linggong.kernel import clock
from linggong.phones.wechat import protocol
from linggong.phones.wechat.client import App
from linggong.phones.wechat.protocol import Message
from linggong.wages.wechat.standin import Bringing, Said

Mode = Literal[
    "good", "not_wanted", "no_user", "no_template", "wrong_data", "limited", "busy", "expired", "slow", "fail", "lost", "garbage",
]  # fmt: skip
APP: Final = App("wxstandin00000000", "the secret of the stand-in", "standInTemplate0000000000000000000000000000")
LIVES: Final = timedelta(seconds=7200)
_CODES: Final[dict[str, int]] = {
    "not_wanted": protocol.NOT_WANTED, "no_user": 40003, "no_template": 40037, "wrong_data": 47003, "limited": 45009, "busy": -1,
}  # fmt: skip


class StandIn:
    """The memory of a WeChat that takes messages, and how it behaves the next times."""

    def __init__(self, app: App = APP, *, delay: float = 30.0, platform_url: str = "") -> None:
        self._app, self._lock, self._platform = app, threading.RLock(), platform_url
        self.delay = delay
        self.mode: Mode = "good"
        self.times = -1
        """How many more messages follow the mode; -1 for ever."""
        self.tokens: dict[str, datetime] = {}
        """Every token that it gave out, and its end."""
        self.sent: list[Message] = []

    def behave(self, mode: Mode, times: int = -1) -> None:
        """Behave like this for the next messages, then well again."""
        self.mode, self.times = mode, times

    def handle(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Said:
        """Answer one request."""
        url = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        with self._lock:
            if (method, url.path) == ("GET", protocol.TOKEN):
                return self._token(query)
            if (method, url.path) == ("POST", protocol.SEND):
                return self._message(query.get("access_token", ""), body)
            return Said(404, b"{}")

    def confirm(self, number: str) -> list[Bringing]:
        """Nothing is pressed on its page."""
        return []

    def page(self) -> bytes:
        """Return the page that shows what was sent, the newest first, each with the address that it opens."""
        with self._lock:
            rows = "".join(
                f"<tr><td>****{html.escape(m.touser[-4:])}</td><td>"
                + "<br>".join(html.escape(m.data[name]["value"]) for name in sorted(m.data))
                + f"</td><td><a href='{html.escape(self._platform + opened(m))}'>{html.escape(opened(m))}</a></td></tr>"
                for m in reversed(self.sent)
            )
        return (
            "<!doctype html><html lang=zh-CN><meta charset=utf-8><title>微信通知替身</title>"
            "<style>body{font:18px sans-serif;margin:24px}td,th{padding:8px;border:1px solid #999}a{padding:12px}</style>"
            f"<h1>微信通知替身</h1><p>这里没有真的微信。收到 {len(self.sent)} 条。</p>"
            f"<table><tr><th>给谁<th>内容<th>点开</tr>{rows}</table></html>"
        ).encode()

    def _token(self, query: dict[str, str]) -> Said:
        if query.get("grant_type") != "client_credential":
            return _say(40002, "invalid grant_type")
        if query.get("appid") != self._app.appid:
            return _say(40013, "invalid appid")
        if query.get("secret") != self._app.secret:
            return _say(40125, "invalid appsecret")
        token = secrets.token_urlsafe(64)
        self.tokens[token] = clock.now() + LIVES
        return Said(200, msgspec.json.encode({"access_token": token, "expires_in": int(LIVES.total_seconds())}))

    def _message(self, token: str, body: bytes) -> Said:
        mode = self._next_mode()
        if mode == "expired":
            self.tokens = dict.fromkeys(self.tokens, clock.now())
        if mode == "fail":
            return Said(500, b"down")
        if token not in self.tokens:
            return _say(40001, "invalid credential, access_token is invalid or not latest")
        if self.tokens[token] <= clock.now():
            return _say(42001, "access_token expired")
        try:
            message = msgspec.json.decode(body, type=Message)
        except msgspec.MsgspecError:
            return _say(47001, "data format error")
        if code := _CODES.get(mode) or self._fault(message):
            return _say(code, mode)
        self.sent.append(message)
        said = _say(protocol.SENT, "ok")
        if mode == "garbage":
            said.body = b"<html>under repair</html>"
        elif mode == "lost":
            said.status, said.body = 504, b""
        elif mode == "slow":
            said.delay = self.delay
        return said

    def _fault(self, message: Message) -> int:
        if not message.touser.startswith("o"):
            return 40003
        if message.template_id != self._app.template:
            return 40037
        values = [message.data.get(f"thing{n}", {}).get("value", "") for n in (1, 2, 3)]
        return 0 if all(0 < len(v) <= protocol.THING for v in values) else 47003

    def _next_mode(self) -> Mode:
        mode = self.mode
        if self.times > 0:
            self.times -= 1
            if self.times == 0:
                self.mode, self.times = "good", -1
        return mode


def opened(message: Message) -> str:
    """Return our page that a message opens."""
    return unquote(message.page.partition("to=")[2])


def _say(code: int, words: str) -> Said:
    body: dict[str, Any] = {"errcode": code, "errmsg": words}
    return Said(200, msgspec.json.encode(body), {"content-type": "application/json"})
