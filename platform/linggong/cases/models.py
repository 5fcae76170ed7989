"""Cases and what belongs to them: notes, offers, asked-for papers, referrals; the roster of mediators."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.cases import codes
from linggong.cases.machines import DISPUTE
from linggong.kernel.money import Fen
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk


def case_sides(*personal: str, append_only: bool = False) -> dict[str, Any]:
    """Return the declaration of a case's table: the place in charge, the worker's place, and the parties who may read it."""
    return RowScope(
        cls="shared",
        tenant="tenant",
        via="via",
        person="worker_id",
        employer="employer_id",
        personal=personal,
        append_only=append_only,
    ).info()


class CaseSided:
    """Who may see the row: `worker_id` and `employer_id` are set for a party who takes part, not for whom is reported."""

    tenant: Mapped[PathColumn]
    via: Mapped[PathColumn | None]
    worker_id: Mapped[UUID | None]
    employer_id: Mapped[UUID | None]


def case_keys() -> tuple[Any, ...]:
    """Return the references and indexes of a case's row."""
    return (
        tenant_fk(),
        tenant_fk("via"),
        sa.ForeignKeyConstraint(["worker_id"], ["persons.id"]),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        sa.Index(None, "tenant"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "worker_id", postgresql_where=sa.text("worker_id IS NOT NULL")),
        sa.Index(None, "employer_id", postgresql_where=sa.text("employer_id IS NOT NULL")),
    )


def of_case() -> tuple[Any, ...]:
    """Return the same for a row that belongs to a case."""
    return (*case_keys(), sa.ForeignKeyConstraint(["case_id"], ["cases.id"]), sa.Index(None, "case_id"))


class Case(CaseSided, Base):
    """A complaint or dispute (region D): one receipt, one owner who stays accountable (R096), clocks (R097)."""

    __tablename__ = "cases"
    __table_args__ = (
        *case_keys(),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"]),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"]),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"]),
        one_of("kind", codes.KINDS),
        one_of("channel", codes.CHANNELS),
        one_of("state", DISPUTE.states),
        one_of("claimant", codes.CLAIMANTS),
        one_of("against", codes.AGAINST),
        one_of("ended_how", codes.ENDED_HOW),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        one_of("asks", ("none", "unpaid", "less", "more")),
        sa.CheckConstraint("worker_stars BETWEEN 1 AND 5 AND employer_stars BETWEEN 1 AND 5", name="stars"),
        sa.Index(None, "order_id", "state"),
        sa.Index(None, "engagement_id", postgresql_where=sa.text("engagement_id IS NOT NULL")),
        sa.Index(None, "assignment_id", postgresql_where=sa.text("assignment_id IS NOT NULL")),
        sa.Index(None, "bill_id", postgresql_where=sa.text("bill_id IS NOT NULL")),
        sa.Index("ix_cases_tenant_state", "tenant", "state", "close_due_at"),
        {"info": case_sides("claimant_name", "claim", "wanted", "outcome")},
    )

    id: Mapped[UuidPk]
    receipt: Mapped[str] = mapped_column(unique=True)
    """What the claimant asks by; read aloud over the telephone."""
    digits: Mapped[str]
    """Four digits on the receipt's slip, for whoever left no telephone."""
    kind: Mapped[str]
    channel: Mapped[str]
    state: Mapped[str]
    claimant: Mapped[str]
    claimant_name: Mapped[str] = mapped_column(default="")
    phone_sealed: Mapped[bytes | None]
    """The claimant's own telephone where he gave one, sealed for cases.phone_sealed.<id>."""
    against: Mapped[str]
    against_employer_id: Mapped[UUID | None]
    against_worker_id: Mapped[UUID | None]
    against_path: Mapped[str | None]
    """The station, or the place that the operator runs."""
    order_id: Mapped[UUID | None]
    engagement_id: Mapped[UUID | None]
    assignment_id: Mapped[UUID | None]
    bill_id: Mapped[UUID | None]
    legal_form: Mapped[str] = mapped_column(default="")
    claim: Mapped[str]
    wanted: Mapped[str] = mapped_column(default="")
    amount_fen: Mapped[Fen | None]
    asks: Mapped[str] = mapped_column(default="none")
    """What the amount is to the bill: a part of it that is unpaid, a part that is too much (less), or more on top of it."""
    owner_id: Mapped[UUID | None]
    """The first receiver (首问负责); a hand-over changes the handler, never the owner."""
    handler_id: Mapped[UUID | None]
    mediator_id: Mapped[UUID | None]
    is_group: Mapped[bool] = mapped_column(default=False)
    """Ten people or more, or much money: referred the same day (65, 66)."""
    created_at: Mapped[datetime]
    ack_due_at: Mapped[datetime]
    acked_at: Mapped[datetime | None]
    first_due_at: Mapped[datetime]
    contacted_at: Mapped[datetime | None]
    close_due_at: Mapped[datetime]
    mediate_until: Mapped[datetime | None]
    withdraw_asked_at: Mapped[datetime | None]
    withdraw_asked_by: Mapped[str | None]
    resolved_at: Mapped[datetime | None]
    ended_how: Mapped[str | None]
    outcome: Mapped[str] = mapped_column(default="")
    settled_fen: Mapped[Fen | None]
    worker_stars: Mapped[int | None]
    employer_stars: Mapped[int | None]
    claimant_stars: Mapped[int | None]
    closed_at: Mapped[datetime | None]
    reopened: Mapped[int] = mapped_column(default=0)
    breaches: Mapped[list[str]] = mapped_column(default=list)
    """Which clocks were missed and which promises broken; a fact of the case, never taken back."""


class CaseNote(CaseSided, Base):
    """What was done and said in a case: contacts, hand-overs, hearings, answers. Both sides' columns are empty on what stays inside."""

    __tablename__ = "case_notes"
    __table_args__ = (
        *of_case(),
        one_of("kind", ("claim", "note", "contact", "hand_over", "hearing", "call_back", "answer", "file")),
        {"info": case_sides("words", "by_name", append_only=True)},
    )

    id: Mapped[UuidPk]
    case_id: Mapped[UUID]
    kind: Mapped[str]
    words: Mapped[str]
    by_kind: Mapped[str]
    by_id: Mapped[UUID | None]
    by_name: Mapped[str] = mapped_column(default="")
    to_id: Mapped[UUID | None]
    """Who took the case over."""
    at: Mapped[datetime]


class CaseOffer(CaseSided, Base):
    """What one side offers to end a money dispute; the settlement is the offer that both have signed (72)."""

    __tablename__ = "case_offers"
    __table_args__ = (
        *of_case(),
        one_of("side", ("worker", "employer", "mediator")),
        one_of("state", ("open", "signed", "declined", "replaced")),
        sa.CheckConstraint("amount_fen >= 0", name="amount"),
        sa.CheckConstraint(
            "(state = 'signed') = (worker_signed_at IS NOT NULL AND employer_signed_at IS NOT NULL)", name="both"
        ),
        sa.Index("uq_case_offers_open", "case_id", unique=True, postgresql_where=sa.text("state = 'open'")),
        {"info": case_sides("words", "worker_proof", "employer_proof")},
    )

    id: Mapped[UuidPk]
    case_id: Mapped[UUID]
    side: Mapped[str]
    amount_fen: Mapped[Fen]
    """What the worker gets of the disputed amount, or on top of the bill where he claims more."""
    words: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    worker_signed_at: Mapped[datetime | None]
    worker_signed_by: Mapped[str | None]
    worker_proof: Mapped[str] = mapped_column(default="")
    employer_signed_at: Mapped[datetime | None]
    employer_signed_by: Mapped[str | None]
    employer_proof: Mapped[str] = mapped_column(default="")


class CaseMaterial(CaseSided, Base):
    """A paper that the claimant is asked for. All are asked for at once (一次性告知, R098); a second batch is a breach."""

    __tablename__ = "case_materials"
    __table_args__ = (
        *of_case(),
        sa.UniqueConstraint("case_id", "name"),
        {"info": case_sides("note")},
    )

    id: Mapped[UuidPk]
    case_id: Mapped[UUID]
    name: Mapped[str]
    batch: Mapped[int]
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None]
    received_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")


class CaseReferral(CaseSided, Base):
    """A case handed to an authority: its number, the authority's own clock, what came back (66, 74, 75, R117)."""

    __tablename__ = "case_referrals"
    __table_args__ = (
        *of_case(),
        one_of("body", codes.BODIES),
        sa.Index(None, "tenant", "body", "answered_at"),
        {"info": case_sides("outcome", "reason", "extension_reason")},
    )

    id: Mapped[UuidPk]
    case_id: Mapped[UUID]
    body: Mapped[str]
    number: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    referred_at: Mapped[datetime]
    referred_by: Mapped[str]
    accept_due_at: Mapped[datetime | None]
    decide_due_at: Mapped[datetime | None]
    extended_at: Mapped[datetime | None]
    """When the authority said that it needs longer, once; `decide_due_at` is the longer time then."""
    extension_reason: Mapped[str] = mapped_column(default="")
    asked: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    """When the authority took it on, by its own entry."""
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
    """Who wrote the answer back: the authority's own desk, or the office that had asked it."""
    outcome: Mapped[str] = mapped_column(default="")
    document: Mapped[str] = mapped_column(default="")


class OutsideDesk(Base):
    """For which authority, or which insurer, somebody from outside sits at his post: he sees what is theirs and nothing else."""

    __tablename__ = "outside_desks"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        one_of("kind", ("department", "insurer")),
        sa.CheckConstraint("stands_for <> ''", name="stands_for"),
        sa.UniqueConstraint("tenant", "staff_id"),
        sa.Index(None, "staff_id"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    """Where he holds his post."""
    staff_id: Mapped[UUID]
    kind: Mapped[str]
    stands_for: Mapped[str]
    """A body's code, or the insurer as its products name it."""
    set_by: Mapped[UUID | None]
    set_at: Mapped[datetime]


class Mediator(Base):
    """A certified mediator of labour relations on the county's roster (R118)."""

    __tablename__ = "mediators"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.CheckConstraint("valid_to >= valid_from", name="valid"),
        sa.UniqueConstraint("tenant", "certificate"),
        sa.Index(None, "staff_id"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    """The county, zone or street for which he mediates."""
    staff_id: Mapped[UUID]
    name: Mapped[str]
    certificate: Mapped[str]
    issued_by: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    """The last day on which the certificate is good."""
    added_by: Mapped[UUID | None]
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
