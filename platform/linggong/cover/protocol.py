"""What we and an insurer say to each other: signed JSON over HTTP, made for this platform until an insurer brings its own.

Both sides hold one key. A message is signed over its time, its path and its body; what is older than five minutes is
refused. Each request carries our call's id (the idempotency key) and our policy's id; a reply that names others is none.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import date, datetime, timedelta
from typing import Final, Literal

import msgspec

PATHS: Final = {
    "enrol": "/v1/enrolments",
    "change": "/v1/changes",
    "withdraw": "/v1/withdrawals",
    "notify_injury": "/v1/injuries",
}
CALLBACK_PATH: Final = "/api/v1/insurer/callback"
SIGNATURE: Final = "x-cover-signature"
IDEMPOTENCY: Final = "idempotency-key"
FRESH: Final = timedelta(minutes=5)
MOST_BYTES: Final = 64_000

Result = Literal["accepted", "refused", "pending"]


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """Insure this person for this work. Personal data: built when it is sent, never stored."""

    request_id: str
    reference: str
    product: str
    name: str
    id_number: str
    birth_date: date
    occupation_class: int
    place: str = ""
    starts_at: datetime
    ends_at: datetime
    days: int
    premium_fen: int


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Other hours or another place were agreed (25): let the policy follow them."""

    request_id: str
    reference: str
    policy_no: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """Take a person off again, before his cover began."""

    request_id: str
    reference: str
    policy_no: str
    reason: str


class InjuryNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody insured was hurt (81): told at the report, details follow."""

    request_id: str
    reference: str
    policy_no: str
    happened_at: datetime
    place: str


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What an insurer decided. `pending`: received, the decision follows at our callback, or at the next asking.

    `policy_no` is the policy's, or the insurer's case number for an injury; `effective_at` is from when cover holds.
    """

    request_id: str
    reference: str
    result: Result
    policy_no: str = ""
    effective_at: datetime | None = None
    code: str = ""
    words: str = ""


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
