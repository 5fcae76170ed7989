"""The gateway as we ask it: send a text, ring a number. Never called inside a transaction."""

from __future__ import annotations

from typing import Protocol

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


class HttpGateway(SignedClient):
    """A gateway at an address."""

    header = protocol.SIGNATURE
    whom = "短信平台"

    async def send(self, asked: Send) -> Taken:
        """Send a text message."""
        return await self.ask(protocol.PATHS["send"], asked, Taken)

    async def ring(self, asked: Ring) -> Taken:
        """Ring a number."""
        return await self.ask(protocol.PATHS["ring"], asked, Taken)
