"""What we and an insurer say to each other: signed JSON over HTTP, made for this platform until an insurer brings its own.

Both sides hold one key. A message is signed over its time, its path and its body; what is older than five minutes is
refused. Each request carries our call's id (the idempotency key) and our policy's id; a reply that names others is none.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Literal

import msgspec

from linggong.kernel.signed import IDEMPOTENCY, MOST_BYTES, sign, verify

PATHS: Final = {
    "enrol": "/v1/enrolments",
    "change": "/v1/changes",
    "withdraw": "/v1/withdrawals",
    "notify_injury": "/v1/injuries",
}
CALLBACK_PATH: Final = "/api/v1/insurer/callback"
SIGNATURE: Final = "x-cover-signature"
__all__ = [
    "CALLBACK_PATH", "IDEMPOTENCY", "MOST_BYTES", "PATHS", "SIGNATURE", "Change", "Enrolment", "InjuryNotice", "Reply",
    "Result", "Withdrawal", "sign", "verify",
]  # fmt: skip

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
