"""The insurer: what we ask of one, and the client that asks over HTTP. Never called inside a transaction."""

from __future__ import annotations

import asyncio
from typing import Protocol

import httpx
import msgspec

from linggong.cover import protocol
from linggong.cover.protocol import Change, Enrolment, InjuryNotice, Reply, Withdrawal
from linggong.kernel import clock
from linggong.kernel.outbox import Unanswered

_IN_ALL = 12.0
"""Seconds after which a call is given up, however slowly its answer drips in."""


class Insurer(Protocol):
    """What an insurer does for us. Each raises Unanswered when there is no answer that can be relied on."""

    async def enrol(self, asked: Enrolment) -> Reply:
        """Insure a person: accepted with a policy number, refused with a code, or pending."""
        ...

    async def change(self, asked: Change) -> Reply:
        """Let a policy follow other hours."""
        ...

    async def withdraw(self, asked: Withdrawal) -> Reply:
        """Take him off again."""
        ...

    async def notify_injury(self, asked: InjuryNotice) -> Reply:
        """Report an injury; accepted with the insurer's case number."""
        ...


class HttpInsurer:
    """An insurer at an address. The same request under the same id is one request to it, so asking again is safe."""

    def __init__(
        self,
        base_url: str,
        key: bytes,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        seconds: float = 8.0,
        in_all: float = _IN_ALL,
    ) -> None:
        self._base, self._key, self._transport, self._in_all = base_url.rstrip("/"), key, transport, in_all
        self._timeout = httpx.Timeout(seconds, connect=min(3.0, seconds))
        self._client: httpx.AsyncClient | None = None

    async def enrol(self, asked: Enrolment) -> Reply:
        """Insure a person."""
        return _whole(await self._ask("enrol", asked))

    async def change(self, asked: Change) -> Reply:
        """Let a policy follow other hours."""
        return _whole(await self._ask("change", asked))

    async def withdraw(self, asked: Withdrawal) -> Reply:
        """Take him off again."""
        return await self._ask("withdraw", asked)

    async def notify_injury(self, asked: InjuryNotice) -> Reply:
        """Report an injury."""
        return await self._ask("notify_injury", asked)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ask(self, kind: str, asked: Enrolment | Change | Withdrawal | InjuryNotice) -> Reply:
        path, body = protocol.PATHS[kind], msgspec.json.encode(asked)
        try:
            async with asyncio.timeout(self._in_all):
                status, signature, answer = await self._post(path, body, asked.request_id)
        except TimeoutError:
            raise Unanswered("保险公司超时没回") from None
        except httpx.HTTPError as error:
            raise Unanswered(f"连不上保险公司：{type(error).__name__}") from None
        if status != 200:
            raise Unanswered(f"保险公司系统出错：{status}")
        if not protocol.verify(self._key, signature, path, answer, clock.now()):
            raise Unanswered("保险公司的回复签名不对")
        try:
            reply = msgspec.json.decode(answer, type=Reply)
        except msgspec.MsgspecError:
            raise Unanswered("保险公司的回复看不懂") from None
        if reply.request_id != asked.request_id or reply.reference != asked.reference:
            raise Unanswered("保险公司答的是别的保单")
        return reply

    async def _post(self, path: str, body: bytes, request_id: str) -> tuple[int, str, bytes]:
        if self._client is None:
            self._client = httpx.AsyncClient(
                base_url=self._base, timeout=self._timeout, transport=self._transport, follow_redirects=False
            )
        headers = {
            "content-type": "application/json",
            protocol.IDEMPOTENCY: request_id,
            protocol.SIGNATURE: protocol.sign(self._key, clock.now(), path, body),
        }
        async with self._client.stream("POST", path, content=body, headers=headers) as response:
            read = b""
            async for piece in response.aiter_bytes():
                read += piece
                if len(read) > protocol.MOST_BYTES:
                    raise Unanswered("保险公司的回复太长")
            return response.status_code, response.headers.get(protocol.SIGNATURE, ""), read


def _whole(reply: Reply) -> Reply:
    if reply.result == "accepted" and not (reply.policy_no and reply.effective_at):
        raise Unanswered("保险公司说承保了，却没有保单号或生效时间")
    return reply
