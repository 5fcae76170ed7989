"""The client of WeChat's messages: keeps one token, renews it, and tells a refusal from an answer that did not come."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec

from linggong.kernel import clock
from linggong.kernel.outbox import Unanswered
from linggong.kernel.signed import Lost, OutsideClient
from linggong.phones.wechat import protocol
from linggong.phones.wechat.protocol import Message, Said, Token

_EARLY: Final = timedelta(minutes=5)
"""So long before its end a token is renewed."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
Reply = TypeVar("Reply", Token, Said)


@dataclass(frozen=True, slots=True)
class App:
    """The city's app at WeChat, and the template of its messages."""

    appid: str
    secret: str
    template: str

    def __repr__(self) -> str:
        return f"App({self.appid})"


class HttpMessages(OutsideClient):
    """WeChat at an address."""

    whom = "微信"

    def __init__(
        self,
        base_url: str,
        app: App,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        seconds: float = 8.0,
        in_all: float = 12.0,
    ) -> None:
        super().__init__(base_url, transport=transport, seconds=seconds, in_all=in_all)
        self.app = app
        self._token, self._until = "", _NEVER
        self._fetching = asyncio.Lock()

    async def send(self, message: Message) -> Said:
        """Send one message; a token that WeChat no longer takes is renewed once.

        Raises Unanswered when it was not taken, Lost when nobody can tell.
        """
        for _ in range(2):
            token = await self._fresh()
            query = urlencode({"access_token": token})
            said = await self._ask("POST", f"{protocol.SEND}?{query}", msgspec.json.encode(message), Said)
            if said.errcode not in protocol.STALE_TOKEN:
                return said
            self._forget(token)
        raise Unanswered("微信不认我们的凭证")

    async def _fresh(self) -> str:
        async with self._fetching:
            if clock.now() >= self._until:
                asked = {"grant_type": "client_credential", "appid": self.app.appid, "secret": self.app.secret}
                try:
                    made = await self._ask("GET", f"{protocol.TOKEN}?{urlencode(asked)}", b"", Token)
                except Lost as error:
                    raise Unanswered(str(error)) from None  # no message went out yet
                if not made.access_token or made.expires_in <= 0:
                    raise Unanswered(f"微信没给凭证：{made.errcode}")
                self._token = made.access_token
                self._until = clock.now() + max(timedelta(seconds=made.expires_in) - _EARLY, timedelta(seconds=10))
            return self._token

    def _forget(self, token: str) -> None:
        """Forget a token that was refused, unless another call has renewed it meanwhile."""
        if token == self._token:
            self._until = _NEVER

    async def _ask(self, method: str, path: str, body: bytes, shape: type[Reply]) -> Reply:
        status, _, answer = await self.exchange(method, path, body, {"content-type": "application/json"})
        if status in (502, 504):
            raise Lost(f"微信没有回话：{status}")
        if status != 200:
            raise Unanswered(f"微信系统出错：{status}")
        try:
            return msgspec.json.decode(answer, type=shape)
        except msgspec.MsgspecError:
            raise Lost("微信的回复看不懂") from None
