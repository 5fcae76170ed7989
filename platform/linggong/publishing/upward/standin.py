"""A stand-in for a province's platform: takes records, refuses lines that make no sense, misbehaves when told to (`kernel.standin`)."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from linggong.kernel import standin
from linggong.kernel.standin import InProcess, Spoken, serve
from linggong.publishing.upward import protocol
from linggong.publishing.upward.protocol import Receipt, Record, Refusal

__all__ = ["InProcess", "Mode", "StandIn", "serve"]
Mode = Literal["good", "slow", "fail", "garbage"]


class StandIn(standin.StandIn[Mode]):
    """The platform's memory: each record by its id."""

    header = protocol.SIGNATURE
    later_path = ""
    shapes: ClassVar[dict[str, type]] = {protocol.PATH: Record}

    def decide(self, path: str, asked: Any, mode: Mode | None) -> Spoken:
        """Receive a record: a line where more came than were wanted is refused with its reason."""
        self.asked[asked.request_id] = asked
        refused = tuple(
            Refusal(trade=line.trade, why="到岗人数多于要人数") for line in asked.lines if line.arrived > line.wanted
        )
        return self.say(
            path, Receipt(request_id=asked.request_id, number=f"S-{asked.request_id[-12:]}", refused=refused)
        )
