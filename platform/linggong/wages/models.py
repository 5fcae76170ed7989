"""Wage bills and payment proofs. The platform records instructions and proofs; it never holds a wage (no pool)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.money import Fen
from linggong.kernel.orm import Base, UuidPk, one_of
from linggong.work.models import Sided, sided_keys, sides

LINE_KINDS = (
    "base", "overtime", "meal", "travel", "allowance", "compensation", "waiting", "agreed_deduction",
)  # fmt: skip
"""A fee, deposit or fine cannot be written down (invariant 7, R083)."""


class Bill(Sided, Base):
    """工资单: what an employer owes a worker for an assignment (ruling 2)."""

    __tablename__ = "bills"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"]),
        one_of("state", ("OPEN", "CLAIMED", "SETTLED")),
        one_of("settled_by", ("confirmed", "evidence")),
        sa.CheckConstraint("total_fen >= 0 AND paid_fen >= 0 AND paid_fen <= total_fen", name="amounts"),
        sa.UniqueConstraint("assignment_id"),
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
    state: Mapped[str]
    total_fen: Mapped[Fen]
    paid_fen: Mapped[Fen] = mapped_column(default=0)
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


class Payment(Sided, Base):
    """A payment that the employer says was made, with its proof, and what the worker says to it (56, 57, 59)."""

    __tablename__ = "payments"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"]),
        one_of("channel", ("cash", "bank", "wechat", "card")),
        one_of("state", ("claimed", "confirmed", "denied")),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.Index(None, "bill_id"),
        sa.Index(None, "order_id"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        {"info": sides()},
    )

    id: Mapped[UuidPk]
    bill_id: Mapped[UUID]
    amount_fen: Mapped[Fen]
    channel: Mapped[str]
    voucher: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    claimed_by: Mapped[str]
    claimed_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    answered_channel: Mapped[str | None]
