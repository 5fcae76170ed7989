"""A stand-in for a gateway: takes messages, brings receipts and answers, and misbehaves when told to (`kernel.standin`)."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec

from linggong.kernel import standin
from linggong.kernel.standin import Spoken, serve
from linggong.phones import protocol
from linggong.phones.protocol import Inbound, Receipt, Ring, Send, Taken

__all__ = ["Mode", "StandIn", "serve"]
Mode = Literal["good", "slow", "fail", "undelivered", "delayed", "twice", "refuse", "forged", "garbage", "silent"]


class StandIn(standin.StandIn[Mode]):
    """The gateway's memory: what it was asked to send and to ring."""

    header = protocol.SIGNATURE
    later_path = protocol.RECEIPT_PATH
    shapes: ClassVar[dict[str, type]] = {protocol.PATHS["send"]: Send, protocol.PATHS["ring"]: Ring}

    @property
    def messages(self) -> dict[str, Send]:
        """What it was asked to send, by request, the oldest first."""
        return {k: m for k, m in self.asked.items() if isinstance(m, Send)}

    @property
    def calls(self) -> dict[str, Ring]:
        """Whom it was asked to ring, by request."""
        return {k: m for k, m in self.asked.items() if isinstance(m, Ring)}

    def texts(self, number: str) -> list[str]:
        """Return what was sent to a number, the oldest first."""
        return [m.text for m in self.messages.values() if m.number == number]

    def decide(self, path: str, asked: Any, mode: Mode | None) -> Spoken:
        """Take what is asked, and bring a receipt of each new message."""
        if mode == "refuse":
            return self.say(path, Taken(request_id=asked.request_id, result="refused", code="bad_number"))
        fresh = asked.request_id not in self.asked
        self.asked[asked.request_id] = asked
        said = self.say(path, Taken(request_id=asked.request_id, result="accepted"))
        if fresh and isinstance(asked, Send):
            said.later = _receipts(asked.request_id, mode)
        if mode == "delayed":
            said.wait = self.delay
        elif mode == "forged":
            said.body = said.body.replace(b"accepted", b"refused")
        return said

    def text_back(self, base_url: str, number: str, text: str, *, message_id: str, **more: Any) -> int:
        """Somebody texts back; returns the platform's status, 0 where nobody answered."""
        body = msgspec.json.encode(Inbound(message_id=message_id, number=number, text=text, **more))
        return self.bring(base_url, protocol.INBOUND_PATH, body)


def _receipts(request_id: str, mode: Mode | None) -> list[bytes]:
    if mode in ("silent", "forged", "garbage"):
        return []
    receipt = msgspec.json.encode(
        Receipt(request_id=request_id, result="failed" if mode == "undelivered" else "delivered")
    )
    return [receipt, receipt] if mode == "twice" else [receipt]
