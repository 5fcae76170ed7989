"""What we and a gateway for text messages and calls say to each other: signed JSON over HTTP (`kernel.signed`).

Made for this platform until a carrier's own is attached. Towards the gateway each request carries our call's id; the same
id again is the same message. Towards us a message carries the gateway's id, a keypad step its call and its number.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from linggong.kernel.signed import MOST_BYTES, sign, verify

__all__ = [
    "MOST_BYTES", "PATHS", "SIGNATURE", "Attested", "Inbound", "Press", "Receipt", "Ring", "Send", "Spoken", "Taken", "sign",
    "verify",
]  # fmt: skip
PATHS: Final = {"send": "/v1/messages", "ring": "/v1/calls"}
INBOUND_PATH: Final = "/api/v1/sms/inbound"
RECEIPT_PATH: Final = "/api/v1/sms/receipts"
KEYPAD_PATH: Final = "/api/v1/keypad"
SIGNATURE: Final = "x-sms-signature"
Ref = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Attested = Literal["unknown", "full", "failed"]
"""What the carrier says of the sender's number: nothing, that it is truly his, that it was made up."""
Number = Annotated[str, msgspec.Meta(min_length=3, max_length=30)]


class Send(msgspec.Struct, frozen=True, kw_only=True):
    """Send this text. Personal data: built when it is sent, never stored in clear."""

    request_id: str
    number: str
    text: str


class Ring(msgspec.Struct, frozen=True, kw_only=True):
    """Call this number, and bring the keys that are pressed to the keypad address with this request's id."""

    request_id: str
    number: str


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway says at once: it has it, or it will not (a number that cannot be)."""

    request_id: str
    result: Literal["accepted", "refused"]
    code: str = ""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message (delivered, failed) or of a call (answered, no_answer)."""

    request_id: Ref
    result: Literal["delivered", "failed", "answered", "no_answer"]
    code: Annotated[str, msgspec.Meta(max_length=40)] = ""


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """A text message from somebody."""

    message_id: Ref
    number: Number
    text: Annotated[str, msgspec.Meta(max_length=1000)]
    sent_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """When he sent it, with its zone: it answers nothing that was asked later."""
    attested: Attested = "unknown"


class Press(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a call: `step` 0 when it is picked up, then one for each entry of keys.

    `call_id` names our request when it was we who called; else `attested` tells what the carrier knows of the number.
    """

    session: Ref
    step: Annotated[int, msgspec.Meta(ge=0, le=500)]
    number: Number
    keys: Annotated[str, msgspec.Meta(max_length=8)] = ""
    call_id: Annotated[str, msgspec.Meta(max_length=100)] = ""
    attested: Attested = "unknown"


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """What the exchange reads out, and whether it then waits for a key or hangs up."""

    session: str
    step: int
    say: str
    then: Literal["keys", "hang_up"]
