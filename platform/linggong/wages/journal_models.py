"""The double-entry journal of obligations, what disputes hold aside, and whom overdue wages keep from posting."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.money import Fen
from linggong.kernel.orm import Base, RowScope, UuidPk, one_of
from linggong.wages.models import indexes, kept
from linggong.work.models import Sided, sided_keys, sides

ACCOUNTS = ("employer_owes", "worker_owed", "held", "paid")
"""What the employer owes undisputed, what the worker has earned (a credit), what disputes hold aside, what was paid."""
CAUSES = ("billed", "line_added", "confirmed", "denied", "held", "released", "settled", "ruled")


class JournalEntry(Sided, Base):
    """One change of what is owed; its postings sum to 0, which the database checks at the end of the transaction."""

    __tablename__ = "journal_entries"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"]),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"]),
        one_of("cause", CAUSES),
        sa.Index(None, "bill_id"),
        sa.Index(None, "payment_id", postgresql_where=sa.text("payment_id IS NOT NULL")),
        *indexes(),
        {"info": kept("append-only: the record of an event on the order's chain")},
    )

    id: Mapped[UuidPk]
    bill_id: Mapped[UUID]
    cause: Mapped[str]
    payment_id: Mapped[UUID | None]
    case_id: Mapped[UUID | None]
    at: Mapped[datetime]


class Posting(Sided, Base):
    """One leg of an entry: debits are positive, credits negative."""

    __tablename__ = "postings"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entries.id"]),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"]),
        one_of("account", ACCOUNTS),
        sa.CheckConstraint("amount_fen <> 0", name="amount"),
        sa.Index(None, "entry_id"),
        sa.Index(None, "bill_id", "account"),
        *indexes(),
        {"info": kept("append-only: the record of an event on the order's chain")},
    )

    id: Mapped[UuidPk]
    entry_id: Mapped[UUID]
    bill_id: Mapped[UUID]
    account: Mapped[str]
    amount_fen: Mapped[Fen]


class BillHold(Sided, Base):
    """The amount of a bill that a running case takes out of the overdue clock, for a while (69)."""

    __tablename__ = "bill_holds"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"]),
        one_of("state", ("live", "released", "settled", "lapsed")),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.Index("uq_bill_holds_live", "bill_id", "case_id", unique=True, postgresql_where=sa.text("state = 'live'")),
        sa.Index(None, "bill_id"),
        *indexes(),
        {"info": sides()},
    )

    id: Mapped[UuidPk]
    bill_id: Mapped[UUID]
    case_id: Mapped[UUID]
    amount_fen: Mapped[Fen]
    state: Mapped[str]
    held_at: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PostingBan(Base):
    """How many bills of an employer are overdue in the whole city; above 0 he may not post in any county (64)."""

    __tablename__ = "posting_bans"
    __table_args__ = (
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        sa.CheckConstraint("bills >= 0", name="bills"),
        {"info": RowScope(cls="city", write="owner", audit="derived: counted from bills by a trigger").info()},
    )

    employer_id: Mapped[UuidPk]
    bills: Mapped[int] = mapped_column(sa.Integer)
    since: Mapped[datetime | None]
