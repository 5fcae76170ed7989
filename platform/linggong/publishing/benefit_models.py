"""Policies for workers (惠民政策): subsidies and courses that a city or county gives, and how to get them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk

KINDS = ("training", "subsidy", "insurance", "help")


class Benefit(Base):
    """One policy: for whom, what, how to get it, until when. A change is written over; an end keeps the row."""

    __tablename__ = "benefits"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", KINDS),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="days"),
        sa.Index(None, "tenant", "valid_from"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    title: Mapped[str]
    who: Mapped[str]
    """For whom."""
    what: Mapped[str]
    """What one gets."""
    how: Mapped[str]
    """How and where to apply, what to bring."""
    phone: Mapped[str] = mapped_column(default="")
    source: Mapped[str]
    """The paper that it stands in."""
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    written_by: Mapped[UUID | None]
    written_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class BenefitCount(Base):
    """How often a policy was opened or printed on a day (R104); who did it is not kept."""

    __tablename__ = "benefit_counts"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["benefit_id"], ["benefits.id"]),
        one_of("what", ("read", "print")),
        sa.CheckConstraint("n > 0", name="n"),
        sa.UniqueConstraint("benefit_id", "day", "what"),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="city", tenant="tenant", audit="derived: a counter of openings").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    benefit_id: Mapped[UUID]
    day: Mapped[date]
    what: Mapped[str]
    n: Mapped[int]
