"""Signed messages between this deployment and an outside system: both sides hold one key.

A message is signed over its time, its path and its body; what is older than five minutes is refused.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Final, Protocol, TypeVar

import httpx
import msgspec

from linggong.kernel import clock
from linggong.kernel.outbox import Unanswered

FRESH: Final = timedelta(minutes=5)
MOST_BYTES: Final = 64_000
IDEMPOTENCY: Final = "idempotency-key"


def sign(key: bytes, at: datetime, path: str, body: bytes) -> str:
    """Return the signature header of a message."""
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v={_mac(key, stamp, path, body)}"


def verify(key: bytes, header: str, path: str, body: bytes, now: datetime) -> bool:
    """Tell whether a message was signed with the key, for this path, within five minutes of now."""
    fields = dict(part.partition("=")[::2] for part in header.split(","))
    stamp, mac = fields.get("t", ""), fields.get("v", "")
    if not stamp.isdigit() or len(stamp) > 12 or abs(int(stamp) - now.timestamp()) > FRESH.total_seconds():
        return False
    return hmac.compare_digest(_mac(key, stamp, path, body).encode(), mac.encode())


def _mac(key: bytes, stamp: str, path: str, body: bytes) -> str:
    text = f"{stamp}\n{path}\n{hashlib.sha256(body).hexdigest()}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class Request(Protocol):
    """What is asked and what is answered: both name the request by the id of our call."""

    @property
    def request_id(self) -> str:
        """The id; the same one again is the same request."""
        ...


Reply = TypeVar("Reply", bound=Request)


class Lost(Unanswered):
    """It went out and no answer came whole: whether it was acted on is not known."""


class OutsideClient:
    """Speaks HTTP to one outside system, within a bounded time and size. Never called inside a transaction."""

    whom: ClassVar[str]
    """What the system is called in what is told of a failure."""

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        seconds: float = 8.0,
        in_all: float = 12.0,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._transport, self._in_all = transport, in_all
        self._timeout = httpx.Timeout(seconds, connect=min(3.0, seconds))
        self._client: httpx.AsyncClient | None = None

    async def exchange(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, httpx.Headers, bytes]:
        """Return status, headers and body of one answer. Raises Unanswered when it was not reached, Lost when no answer came whole."""
        try:
            async with asyncio.timeout(self._in_all):
                return await self._exchanged(method, path, body, headers)
        except TimeoutError:
            raise Lost(f"{self.whom}超时没回") from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unanswered(f"连不上{self.whom}：{type(error).__name__}") from None
        except httpx.HTTPError as error:
            raise Lost(f"连不上{self.whom}：{type(error).__name__}") from None

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _exchanged(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, httpx.Headers, bytes]:
        if self._client is None:
            self._client = httpx.AsyncClient(
                base_url=self._base, timeout=self._timeout, transport=self._transport, follow_redirects=False
            )
        async with self._client.stream(method, path, content=body, headers=dict(headers)) as response:
            read = b""
            async for piece in response.aiter_bytes():
                read += piece
                if len(read) > MOST_BYTES:
                    raise Lost(f"{self.whom}的回复太长")
            return response.status_code, response.headers, read


class SignedClient(OutsideClient):
    """Asks one outside system over HTTP, and believes only what it signed.

    The same request under the same id is one request to it, so asking again is safe.
    """

    header: ClassVar[str]
    """The header that carries a signature."""

    def __init__(
        self,
        base_url: str,
        key: bytes,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        seconds: float = 8.0,
        in_all: float = 12.0,
    ) -> None:
        super().__init__(base_url, transport=transport, seconds=seconds, in_all=in_all)
        self._key = key

    async def ask(self, path: str, asked: Request, answer: type[Reply]) -> Reply:
        """Return the signed answer to one request. Raises Unanswered when there is none that can be relied on."""
        said = await self._said(path, msgspec.json.encode(asked), asked.request_id)
        try:
            reply = msgspec.json.decode(said, type=answer)
        except msgspec.MsgspecError:
            raise Unanswered(f"{self.whom}的回复看不懂") from None
        if reply.request_id != asked.request_id:
            raise Unanswered(f"{self.whom}答的是别的请求")
        return reply

    async def _said(self, path: str, body: bytes, request_id: str) -> bytes:
        headers = {
            "content-type": "application/json",
            IDEMPOTENCY: request_id,
            self.header: sign(self._key, clock.now(), path, body),
        }
        status, answered, answer = await self.exchange("POST", path, body, headers)
        if status != 200:
            raise Unanswered(f"{self.whom}系统出错：{status}")
        if not verify(self._key, answered.get(self.header, ""), path, answer, clock.now()):
            raise Unanswered(f"{self.whom}的回复签名不对")
        return answer
