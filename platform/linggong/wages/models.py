"""Wage bills and payment proofs. The platform records instructions and proofs; it never holds a wage (no pool)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.money import Fen
from linggong.kernel.orm import Base, RowScope, UuidPk, one_of
from linggong.wages.machines import BILL, OVERDUE
from linggong.work.models import Sided, sided_keys, sides

LINE_KINDS = (
    "base", "overtime", "meal", "travel", "allowance", "compensation", "waiting", "agreed_deduction",
)  # fmt: skip
"""A fee, deposit or fine cannot be written down (invariant 7, R083)."""
BILL_CAUSES = ("work", "cancel_after_lock", "employer_no_show", "differs", "rain_on_site")
"""Work that was done, or what is owed for a shift that came to nothing (ruling 2)."""
LATE_STATES = ("W_OVERDUE", "W_ARREARS", "W_REFERRED")
"""Wages overdue past the grace: the employer may not post (64)."""


def indexes() -> tuple[sa.Index, ...]:
    """Return the indexes of a two-sided row's references."""
    return (
        sa.Index(None, "order_id"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "worker_id"),
        sa.Index(None, "employer_id"),
    )


def kept(why: str) -> dict[str, Any]:
    """Return the declaration of a two-sided table that nobody changes; `why` it needs no trail."""
    return RowScope(
        cls="shared",
        tenant="tenant",
        via="via",
        person="worker_id",
        employer="employer_id",
        append_only=True,
        audit=why,
    ).info()


class Bill(Sided, Base):
    """工资单: what an employer owes a worker for an assignment, or for an engagement that came to nothing (ruling 2).

    Two machines run on it: the payment (`state`) and the overdue region W (`wage_state`).
    """

    __tablename__ = "bills"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"]),
        one_of("state", BILL.states),
        one_of("settled_by", ("confirmed", "evidence", "nothing_owed", "ruled")),
        one_of("cause", BILL_CAUSES),
        one_of("wage_state", OVERDUE.states),
        sa.CheckConstraint("total_fen >= 0 AND paid_fen >= 0 AND paid_fen <= total_fen", name="amounts"),
        sa.CheckConstraint("held_fen >= 0 AND paid_fen + held_fen <= total_fen", name="held"),
        sa.UniqueConstraint("assignment_id"),
        sa.Index(
            "uq_bills_engagement", "engagement_id", unique=True, postgresql_where=sa.text("assignment_id IS NULL")
        ),
        sa.Index(None, "engagement_id"),
        sa.Index(
            "ix_bills_unpaid",
            "employer_id",
            "wage_state",
            postgresql_where=sa.text("wage_state IN ('W_OVERDUE', 'W_ARREARS', 'W_REFERRED')"),
        ),
        sa.Index(None, "tenant", "state", "due_at"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "worker_id", "created_at"),
        sa.Index(None, "employer_id", "state"),
        sa.Index(None, "order_id"),
        {"info": sides()},
    )

    id: Mapped[UuidPk]
    engagement_id: Mapped[UUID]
    assignment_id: Mapped[UUID | None]
    cause: Mapped[str]
    state: Mapped[str]
    wage_state: Mapped[str]
    wage_since: Mapped[datetime]
    total_fen: Mapped[Fen]
    paid_fen: Mapped[Fen] = mapped_column(default=0)
    held_fen: Mapped[Fen] = mapped_column(default=0)
    """What live disputes hold aside: a part of what is still open (invariant 8)."""
    referral_no: Mapped[str] = mapped_column(default="")
    """Number under which an authority took the arrears over (66)."""
    due_at: Mapped[datetime]
    terms_version: Mapped[int]
    terms_hash: Mapped[bytes]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
    created_at: Mapped[datetime]


class BillLine(Sided, Base):
    """One line of a bill."""

    __tablename__ = "bill_lines"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"]),
        one_of("kind", LINE_KINDS),
        sa.CheckConstraint(
            "CASE WHEN kind = 'agreed_deduction' THEN amount_fen < 0 WHEN case_id IS NULL THEN amount_fen >= 0 ELSE true END",
            name="sign",
        ),
        sa.Index(None, "bill_id"),
        sa.Index(None, "order_id"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        {"info": sides()},
    )

    id: Mapped[UuidPk]
    bill_id: Mapped[UUID]
    kind: Mapped[str]
    words: Mapped[str]
    quantity: Mapped[float] = mapped_column(sa.Numeric(12, 2, asdecimal=False))
    rate_fen: Mapped[Fen]
    amount_fen: Mapped[Fen]
    case_id: Mapped[UUID | None]
    """The case whose settlement wrote the line."""
    created_at: Mapped[datetime]


class Payment(Sided, Base):
    """A payment that the employer says was made, with its proof, and what the worker says to it (56, 57, 59)."""

    __tablename__ = "payments"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"]),
        one_of("channel", ("cash", "bank", "wechat", "card")),
        one_of("state", ("claimed", "confirmed", "denied")),
        one_of("payee", ("own_account", "in_person")),
        one_of("proof", ("none", "voucher", "photo", "slip", "bank_line")),
        sa.CheckConstraint("(channel = 'cash') = (payee = 'in_person')", name="in_person"),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.Index(None, "bill_id"),
        sa.Index(None, "order_id"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        {"info": sides("witness")},
    )

    id: Mapped[UuidPk]
    bill_id: Mapped[UUID]
    amount_fen: Mapped[Fen]
    channel: Mapped[str]
    payee: Mapped[str]
    """The worker's own account, or himself for cash; nobody else (56)."""
    proof: Mapped[str] = mapped_column(default="none")
    voucher: Mapped[str] = mapped_column(default="")
    witness: Mapped[str] = mapped_column(default="")
    """Who saw cash change hands."""
    tries: Mapped[int] = mapped_column(default=0)
    """How often the worker was asked whether it came (57)."""
    state: Mapped[str]
    claimed_by: Mapped[str]
    claimed_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    answered_channel: Mapped[str | None]
    answered_proof: Mapped[str] = mapped_column(default="")
    """How he said so to a clerk: signature, fingerprint, sms, keypad, spoken."""
    single_witness: Mapped[bool] = mapped_column(default=False)
    """One clerk wrote down both that it was paid and that it came."""


class PaymentProof(Sided, Base):
    """A screenshot or the photo of a signed slip, sealed; its hash shows that it is the one handed in."""

    __tablename__ = "payment_proofs"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"]),
        one_of("kind", ("screenshot", "slip")),
        sa.Index(None, "payment_id"),
        *indexes(),
        {"info": kept("append-only: the file's hash is in the event of the payment")},
    )

    id: Mapped[UuidPk]
    payment_id: Mapped[UUID]
    kind: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[bytes]
    size: Mapped[int]
    content_sealed: Mapped[bytes]
    """Base64 of the file, sealed for payment_proofs.content_sealed.<id>."""
    added_by: Mapped[str]
    added_at: Mapped[datetime]


class SettlementChoice(Sided, Base):
    """The worker himself wants his wages by the week: without it one-off work is payable on completion (ruling 16)."""

    __tablename__ = "settlement_choices"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        *indexes(),
        {"info": sides()},
    )

    engagement_id: Mapped[UuidPk]
    chosen_at: Mapped[datetime]
    chosen_by: Mapped[str]
