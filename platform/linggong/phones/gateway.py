"""The gateway as we ask it: send a text, ring a number. Never called inside a transaction."""

from __future__ import annotations

from typing import Protocol

import httpx
import msgspec

from linggong.kernel.outbox import Unanswered
from linggong.kernel.signed import SignedClient
from linggong.phones import protocol
from linggong.phones.protocol import Ring, Send, Taken


class Gateway(Protocol):
    """What a gateway does for us. Each raises Unanswered when there is no answer that can be relied on."""

    async def send(self, asked: Send) -> Taken:
        """Send a text message."""
        ...

    async def ring(self, asked: Ring) -> Taken:
        """Ring a number for the keypad dialogue."""
        ...


class HttpGateway:
    """A gateway at an address. The same request under the same id is one message to it, so asking again is safe."""

    def __init__(
        self,
        base_url: str,
        key: bytes,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        seconds: float = 8.0,
        in_all: float = 12.0,
    ) -> None:
        self._client = SignedClient(
            base_url,
            key,
            header=protocol.SIGNATURE,
            whom="短信平台",
            transport=transport,
            seconds=seconds,
            in_all=in_all,
        )

    async def send(self, asked: Send) -> Taken:
        """Send a text message."""
        return await self._ask("send", asked)

    async def ring(self, asked: Ring) -> Taken:
        """Ring a number."""
        return await self._ask("ring", asked)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ask(self, kind: str, asked: Send | Ring) -> Taken:
        answer = await self._client.ask(protocol.PATHS[kind], msgspec.json.encode(asked), asked.request_id)
        try:
            taken = msgspec.json.decode(answer, type=Taken)
        except msgspec.MsgspecError:
            raise Unanswered("短信平台的回复看不懂") from None
        if taken.request_id != asked.request_id:
            raise Unanswered("短信平台答的是别的短信")
        return taken
