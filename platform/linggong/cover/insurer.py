"""The insurer: what we ask of one, and the client that asks over HTTP. Never called inside a transaction."""

from __future__ import annotations

from typing import Protocol

import httpx
import msgspec

from linggong.cover import protocol
from linggong.cover.protocol import Change, Enrolment, InjuryNotice, Reply, Withdrawal
from linggong.kernel.outbox import Unanswered
from linggong.kernel.signed import SignedClient


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
        in_all: float = 12.0,
    ) -> None:
        self._client = SignedClient(
            base_url,
            key,
            header=protocol.SIGNATURE,
            whom="保险公司",
            transport=transport,
            seconds=seconds,
            in_all=in_all,
        )

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
        await self._client.aclose()

    async def _ask(self, kind: str, asked: Enrolment | Change | Withdrawal | InjuryNotice) -> Reply:
        answer = await self._client.ask(protocol.PATHS[kind], msgspec.json.encode(asked), asked.request_id)
        try:
            reply = msgspec.json.decode(answer, type=Reply)
        except msgspec.MsgspecError:
            raise Unanswered("保险公司的回复看不懂") from None
        if reply.request_id != asked.request_id or reply.reference != asked.reference:
            raise Unanswered("保险公司答的是别的保单")
        return reply


def _whole(reply: Reply) -> Reply:
    if reply.result == "accepted" and not (reply.policy_no and reply.effective_at):
        raise Unanswered("保险公司说承保了，却没有保单号或生效时间")
    return reply
