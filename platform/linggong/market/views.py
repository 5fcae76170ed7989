"""What readers of orders get: never ORM objects, never a phone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec


class FindingView(msgspec.Struct, frozen=True):
    """A finding kept with the order: severity 'error' or 'warning', field, rule code, Chinese words."""

    severity: str
    field: str
    code: str
    message: str


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One order in a list of the employer's or of a post's own."""

    id: UUID
    tenant: str
    state: str
    trace_code: str
    title: str
    trade_code: str
    headcount: int
    confirmed: int
    place: str
    work_date: date
    starts_at: datetime
    ends_at: datetime
    days: int
    pay_fen: int
    pay_unit: str
    piece_name: str
    settlement: str
    hiring: bool
    employer_id: UUID
    employer_name: str
    created_at: datetime
    submitted_at: datetime | None
    published_at: datetime | None
    refreshed_at: datetime | None
    end_reason: str


class QueueLine(msgspec.Struct, frozen=True, kw_only=True):
    """An order that waits for a reviewer (transition 3), with what he must know."""

    id: UUID
    tenant: str
    trace_code: str
    title: str
    trade_code: str
    headcount: int
    place: str
    work_date: date
    starts_at: datetime
    ends_at: datetime
    pay_fen: int
    pay_unit: str
    piece_name: str
    hourly_fen: int | None
    settlement: str
    employer_id: UUID
    employer_name: str
    employer_level: int
    first_time: bool
    """No order of this employer was ever published: a call-back is owed."""
    own_entry: bool
    """The reader entered it by proxy and may not review it (invariant 13)."""
    findings: list[FindingView]
    description: str
    submitted_at: datetime
    due_at: datetime | None


class OrderView(OrderLine, frozen=True, kw_only=True):
    """One order as its employer and its node's staff see it; the phone is revealed by an action of its own."""

    min_crew: int
    division_code: str | None
    latitude: float | None
    longitude: float | None
    last_date: date
    first_ends_at: datetime
    meal_minutes: int
    minutes_per_gong: int | None
    pieces_per_day: int | None
    hourly_fen: int | None
    choice_of_settlement: bool
    pay_channel: str
    job_form: str
    legal_form: str
    conditions: list[str]
    benefits: list[str]
    meals: str
    ride: str
    tools: str
    min_skill: int
    min_age: int | None
    max_age: int | None
    gender_limit_code: str | None
    crew_allowed: bool
    insurance_payer: str
    rain_rule: str
    cancel_rule: str
    contact_name: str
    description: str
    source_channel: str
    repeat_of: UUID | None
    findings: list[FindingView]
    terms_version: int
    reviewed_at: datetime | None
    review_note: str
    rescheduled_from: UUID | None
    crew_choice: str | None
    actions: list[str]
    """The events that the reader's hand may say to the order as it stands; guards may still refuse."""


class SuspensionView(msgspec.Struct, frozen=True, kw_only=True):
    """One freezing of an order: why, until when a decision is due, what became of it."""

    id: UUID
    reason: str
    note: str
    suspended_at: datetime
    decide_due_at: datetime
    proposed: bool
    findings: str
    outcome: str | None
    decided_at: datetime | None
    objection_due_at: datetime | None
    objection: str
    answer: str | None
    answer_note: str


class Twin(msgspec.Struct, frozen=True):
    """Another place of a post that says the same thing."""

    trace_code: str
    tenant: str
    place: str
    places_left: int
    employer_name: str


class BoardLine(msgspec.Struct, frozen=True):
    """One post on the board; the order of the fields is the order of the columns. `distance_m` is None without a point.

    `twins` are the other posts that say the same thing and are shown with this one (at most 20), where each is shown once.
    """

    order_id: UUID
    tenant: str
    state: str
    trace_code: str
    title: str
    trade_code: str
    headcount: int
    places_left: int
    place: str
    latitude: float | None
    longitude: float | None
    work_date: date
    starts_at: datetime
    ends_at: datetime
    pay_fen: int
    pay_unit: str
    piece_name: str
    hourly_fen: int | None
    settlement: str
    pay_channel: str
    job_form: str
    benefits: list[str]
    conditions: list[str]
    min_age: int | None
    max_age: int | None
    employer_name: str
    employer_level: int
    published_at: datetime
    refreshed_at: datetime
    distance_m: int | None = None
    twins: list[Twin] = []


class TraceLine(msgspec.Struct, frozen=True):
    """A line of a post's public history (R048)."""

    at: datetime
    state: str
    what: str


class BoardPostView(msgspec.Struct, frozen=True, kw_only=True):
    """One published order as the public sees it, with its terms and its history."""

    post: BoardLine
    listed: bool
    description: str
    employer_id: UUID
    terms_version: int | None
    terms: dict[str, Any] | None
    history: list[TraceLine]
