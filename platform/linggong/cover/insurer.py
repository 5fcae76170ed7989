"""The insurer: what we ask of one, and the client that asks over HTTP. Never called inside a transaction."""

from __future__ import annotations

from typing import Protocol

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


class HttpInsurer(SignedClient):
    """An insurer at an address."""

    header = protocol.SIGNATURE
    whom = "保险公司"

    async def enrol(self, asked: Enrolment) -> Reply:
        """Insure a person."""
        return _whole(await self._reply("enrol", asked))

    async def change(self, asked: Change) -> Reply:
        """Let a policy follow other hours."""
        return _whole(await self._reply("change", asked))

    async def withdraw(self, asked: Withdrawal) -> Reply:
        """Take him off again."""
        return await self._reply("withdraw", asked)

    async def notify_injury(self, asked: InjuryNotice) -> Reply:
        """Report an injury."""
        return await self._reply("notify_injury", asked)

    async def _reply(self, kind: str, asked: Enrolment | Change | Withdrawal | InjuryNotice) -> Reply:
        reply = await self.ask(protocol.PATHS[kind], asked, Reply)
        if reply.reference != asked.reference:
            raise Unanswered("保险公司答的是别的保单")
        return reply


def _whole(reply: Reply) -> Reply:
    if reply.result == "accepted" and not (reply.policy_no and reply.effective_at):
        raise Unanswered("保险公司说承保了，却没有保单号或生效时间")
    return reply
