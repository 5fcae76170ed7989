"""Insurance products, the choice of an order, a worker's policies, and waivers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.money import Fen
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.work.models import Sided, sided_keys, sides

KINDS = ("basic", "topup")
PAYERS = ("government", "employer")
POLICY_STATES = ("none", "pending", "active", "refused", "ended")


class CoverProduct(Base):
    """What a place offers: whom it takes, what it pays, when it holds, who pays for it; public like the board."""

    __tablename__ = "cover_products"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", KINDS),
        one_of("payer", PAYERS),
        sa.CheckConstraint("premium_day_fen BETWEEN 0 AND 100000", name="premium"),
        sa.CheckConstraint("min_age BETWEEN 16 AND 100 AND max_age BETWEEN min_age AND 100", name="ages"),
        sa.CheckConstraint("max_hours BETWEEN 1 AND 24", name="max_hours"),
        sa.CheckConstraint("before_minutes BETWEEN 0 AND 240 AND after_minutes BETWEEN 0 AND 240", name="grace"),
        sa.UniqueConstraint("tenant", "code"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    """The place that offers it, to all orders at it and below it."""
    code: Mapped[str]
    """How the insurer calls it."""
    name: Mapped[str]
    insurer: Mapped[str]
    kind: Mapped[str]
    """basic for everybody, or topup that an employer adds (R082)."""
    payer: Mapped[str]
    premium_day_fen: Mapped[Fen]
    """A person and a day."""
    death_fen: Mapped[Fen]
    medical_fen: Mapped[Fen]
    allowance_day_fen: Mapped[Fen] = mapped_column(default=0)
    """For a day in hospital."""
    min_age: Mapped[int]
    max_age: Mapped[int]
    """Full years on the first day of work, both included."""
    classes: Mapped[list[int]]
    """Accident classes of occupations, 1 to 6."""
    max_hours: Mapped[int]
    """Longest shift that it covers."""
    before_minutes: Mapped[int]
    after_minutes: Mapped[int]
    """On the way: how long before a shift cover begins, and after it ends."""
    active: Mapped[bool] = mapped_column(default=True)
    made_up: Mapped[bool] = mapped_column(default=False)
    """A demo product of no real insurer."""
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class CoverChoice(Base):
    """What an employer adds for an order: a top-up for everybody, and that he pays 工伤保险; a worker may know of both."""

    __tablename__ = "cover_choices"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant", "order_id"], ["orders.tenant", "orders.id"], onupdate="CASCADE"),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        sa.ForeignKeyConstraint(["topup_id"], ["cover_products.id"]),
        sa.Index(None, "tenant"),
        sa.Index(None, "employer_id"),
        sa.Index(None, "topup_id", postgresql_where=sa.text("topup_id IS NOT NULL")),
        {"info": RowScope(cls="city", tenant="tenant", employer="employer_id", write="tenant").info()},
    )

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[PathColumn]
    employer_id: Mapped[UUID]
    topup_id: Mapped[UUID | None]
    injury_sealed: Mapped[bytes | None]
    """Number under which the employer pays 工伤保险 for these people, as he states it (ruling 16); sealed."""
    injury_said_by: Mapped[str] = mapped_column(default="")
    """self, or proxy:<staff id>."""
    changed_at: Mapped[datetime]


class CoverPolicy(Sided, Base):
    """One product for one worker on one order, from before the first shift until after the last."""

    __tablename__ = "cover_policies"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        sa.ForeignKeyConstraint(["product_id"], ["cover_products.id"]),
        one_of("kind", KINDS),
        one_of("payer", PAYERS),
        one_of("state", POLICY_STATES),
        sa.CheckConstraint("ends_at > starts_at", name="period"),
        sa.CheckConstraint("(state = 'active') <= (policy_no <> '' AND effective_at IS NOT NULL)", name="active"),
        sa.Index("uq_cover_policies_live", "engagement_id", "product_id", unique=True,
                 postgresql_where=sa.text("state IN ('pending','active')")),
        sa.Index(None, "engagement_id"),
        sa.Index(None, "order_id"),
        sa.Index(None, "product_id"),
        sa.Index(None, "tenant", "starts_at"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "worker_id", "starts_at"),
        sa.Index(None, "employer_id", "starts_at"),
        {"info": sides()},
    )  # fmt: skip

    id: Mapped[UuidPk]
    engagement_id: Mapped[UUID]
    product_id: Mapped[UUID]
    kind: Mapped[str]
    payer: Mapped[str]
    state: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    days: Mapped[int]
    premium_fen: Mapped[Fen]
    """For all days."""
    occupation_class: Mapped[int]
    place: Mapped[str] = mapped_column(default="")
    """Where the insurer knows the work to be: as it was asked, or as it agreed to a change."""
    policy_no: Mapped[str] = mapped_column(default="")
    effective_at: Mapped[datetime | None]
    """From when it really holds, as the insurer says; a shift that began earlier is not covered."""
    refused_code: Mapped[str] = mapped_column(default="")
    refused_words: Mapped[str] = mapped_column(default="")
    disputed: Mapped[bool] = mapped_column(default=False)
    """The insurer has said two things: counts for nothing until a person has asked."""
    requested_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class CoverWaiver(Sided, Base):
    """Work without cover: said by the employer, and by the worker who was warned; never by the worker alone (invariant 3)."""

    __tablename__ = "cover_waivers"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        sa.UniqueConstraint("engagement_id"),
        sa.Index(None, "order_id"),
        sa.Index(None, "tenant"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "worker_id"),
        sa.Index(None, "employer_id"),
        {"info": sides("reason")},
    )

    id: Mapped[UuidPk]
    engagement_id: Mapped[UUID]
    reason: Mapped[str]
    text: Mapped[str]
    """The warning, as it was shown or read aloud."""
    text_hash: Mapped[bytes]
    employer_at: Mapped[datetime]
    employer_by: Mapped[str]
    worker_at: Mapped[datetime | None]
    worker_by: Mapped[str] = mapped_column(default="")
    """Until he has acknowledged it, it is no waiver."""
    single_witness: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
