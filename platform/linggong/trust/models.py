"""Credit entries, restrictions, the stars of workers and the payment records of employers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.trust.machines import ENTRY, LEVEL, REASONS


def _one_side() -> tuple[sa.Constraint | sa.Index, ...]:
    return (
        tenant_fk(),
        tenant_fk("via"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        sa.CheckConstraint("(person_id IS NULL) <> (employer_id IS NULL)", name="one_side"),
        sa.Index(None, "tenant", "state"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "person_id", postgresql_where=sa.text("person_id IS NOT NULL")),
        sa.Index(None, "employer_id", postgresql_where=sa.text("employer_id IS NOT NULL")),
    )


class _Objected:
    """Whose row it is, and what was said against it and decided."""

    tenant: Mapped[PathColumn]
    via: Mapped[PathColumn | None]
    """The node that serves the worker."""
    person_id: Mapped[UUID | None]
    employer_id: Mapped[UUID | None]
    state: Mapped[str]
    objection: Mapped[str] = mapped_column(default="")
    objected_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]


class CreditEntry(_Objected, Base):
    """记分: points for one happening, noted once, objected to within five working days, gone after the window (section 6)."""

    __tablename__ = "credit_entries"
    __table_args__ = (
        *_one_side(),
        one_of("state", ENTRY.states),
        one_of("reason", REASONS),
        sa.CheckConstraint("points > 0", name="points"),
        sa.CheckConstraint("expires_at > occurred_at", name="decays"),
        sa.UniqueConstraint("subject_id", "reason", "part"),
        {
            "info": RowScope(
                cls="shared", tenant="tenant", via="via", person="person_id", employer="employer_id",
                personal=("objection", "decision"),
            ).info()
        },
    )  # fmt: skip

    id: Mapped[UuidPk]
    reason: Mapped[str]
    points: Mapped[int]
    order_id: Mapped[UUID | None]
    subject_id: Mapped[UUID]
    """The engagement, assignment, bill or order from which it came."""
    part: Mapped[int]
    """The day of late payment; 1 for everything else."""
    source: Mapped[str]
    """Type of the event from which it came."""
    occurred_at: Mapped[datetime]
    counts_from: Mapped[datetime]
    """A no-show counts only after its own contest period (38)."""
    expires_at: Mapped[datetime]
    noted_at: Mapped[datetime]
    object_until: Mapped[datetime]


class Restriction(_Objected, Base):
    """提醒、限制、禁止: what points or a bureau's decision cost somebody, always with an end."""

    __tablename__ = "restrictions"
    __table_args__ = (
        *_one_side(),
        one_of("state", LEVEL.states),
        one_of("kind", ("points", "decision")),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name="level"),
        sa.CheckConstraint("ends_at > starts_at", name="never_lifelong"),
        sa.CheckConstraint("kind = 'points' OR evidence <> ''", name="evidence"),
        {
            "info": RowScope(
                cls="shared", tenant="tenant", via="via", person="person_id", employer="employer_id",
                personal=("objection", "decision", "grounds", "evidence"),
            ).info()
        },
    )  # fmt: skip

    id: Mapped[UuidPk]
    kind: Mapped[str]
    level: Mapped[int]
    points: Mapped[int]
    grounds: Mapped[str]
    evidence: Mapped[str] = mapped_column(default="")
    proposed_by: Mapped[UUID | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    object_until: Mapped[datetime | None]
    """Set when he was told."""
    created_at: Mapped[datetime]


class WorkerStars(Base):
    """星级: what employers' ratings and reliability make of a worker in one group of trades (R137)."""

    __tablename__ = "worker_stars"
    __table_args__ = (
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        {
            "info": RowScope(
                cls="person",
                person="person_id",
                subject="person_id",
                audit="derived from ratings and assignments",
            ).info()
        },
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    trade_group: Mapped[str] = mapped_column(primary_key=True)
    stars: Mapped[float] = mapped_column(sa.Numeric(3, 2, asdecimal=False))
    ratings: Mapped[int]
    completed: Mapped[int]
    failed: Mapped[int]
    """Counted no-shows and late withdrawals; refusals of an offer never count."""
    made_at: Mapped[datetime]


class ListedWorker(Base):
    """优秀零工推荐榜: one line of the public list, of people who agreed to it; no line says who exactly it is."""

    __tablename__ = "listed_workers"
    __table_args__ = (
        sa.Index(None, "trade_group", "stars"),
        {"info": RowScope(cls="city", write="system", audit="derived from stars and consents, rebuilt").info()},
    )

    id: Mapped[UuidPk]
    county: Mapped[PathColumn]
    name: Mapped[str]
    """The public form, 李师傅."""
    trade_group: Mapped[str]
    stars: Mapped[float] = mapped_column(sa.Numeric(3, 2, asdecimal=False))
    ratings: Mapped[int]
    completed: Mapped[int]
    made_at: Mapped[datetime]


class PayRecord(Base):
    """按时付钱记录: how an employer paid what fell due in the window (M12), public like his posts."""

    __tablename__ = "pay_records"
    __table_args__ = (
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        sa.CheckConstraint("on_time <= due AND confirmed <= on_time", name="counts"),
        {"info": RowScope(cls="city", write="system", audit="derived from bills and payments").info()},
    )

    employer_id: Mapped[UUID] = mapped_column(primary_key=True)
    due: Mapped[int]
    """Bills that fell due in the window and had something to pay."""
    on_time: Mapped[int]
    confirmed: Mapped[int]
    """Of those, said by the worker himself; the rest by the bank's record."""
    same_day_due: Mapped[int]
    same_day_on_time: Mapped[int]
    late: Mapped[int]
    open: Mapped[int]
    """Due and still not paid."""
    rating: Mapped[float | None] = mapped_column(sa.Numeric(3, 2, asdecimal=False))
    ratings: Mapped[int]
    made_at: Mapped[datetime]
