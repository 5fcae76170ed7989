"""What is filled in for a case, by a party or by whoever takes it down for him."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from linggong.cases.codes import Against, Channel, Kind

Words = Annotated[str, msgspec.Meta(max_length=2000)]
Short = Annotated[str, msgspec.Meta(max_length=100)]
Money = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]


class CaseForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A claim. A party leaves out who he is; staff name him, or take it down from anybody, also nameless (R115)."""

    kind: Kind
    claim: Words
    wanted: Words = ""
    amount_fen: Money | None = None
    asks: Literal["unpaid", "more"] | None = None
    """The worker's claim about a bill: it was not paid, or it is too little. An employer's is always that it is too much."""
    against: Against = "employer"
    against_path: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    """The station or the operator's place."""
    order_id: UUID | None = None
    engagement_id: UUID | None = None
    assignment_id: UUID | None = None
    bill_id: UUID | None = None
    channel: Channel = "web"
    claimant: Literal["worker", "employer", "person", "anonymous"] | None = None
    claimant_id: UUID | None = None
    """The worker or employer for whom staff take it down."""
    name: Short = ""
    phone: Annotated[str, msgspec.Meta(max_length=30)] = ""
    """Where a text about the case goes, and what the public page asks the last four digits of."""


class OfferForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An offer; staff say for which side, and how they know."""

    amount_fen: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
    words: Words = ""
    side: Literal["worker", "employer", "mediator"] | None = None


class SignForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A signature under an offer; staff say for which side, with the proof (the signed paper)."""

    side: Literal["worker", "employer"] | None = None
    proof: Words = ""


class ReferForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """To whom a case goes, with the number there."""

    body: Literal["arbitration", "inspection", "legal_aid", "court", "centre", "police", "peoples_mediation"]
    number: Short = ""
    reason: Words = ""


class RulingForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What an authority answered: the document, what it says, and what the worker gets where it names money."""

    outcome: Words
    document: Short
    amount_fen: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] | None = None
    rule_assignment: bool = False
    """The shift that was never accepted ends by the ruling (X_RULED)."""


class InjuryForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An injury at work. Everything but the shift may be filled in later: the button comes first."""

    assignment_id: UUID
    happened_minutes_ago: Annotated[int, msgspec.Meta(ge=0, le=2880)] = 0
    place: Short = ""
    words: Words = ""
    can_go_on: bool = True
    channel: Channel = "web"
    as_co_worker: bool = False


class MateForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A co-worker who was hurt, by the name he goes by on the shift (李师傅)."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
    happened_minutes_ago: Annotated[int, msgspec.Meta(ge=0, le=2880)] = 0
    place: Short = ""
    words: Words = ""
    can_go_on: bool = True
