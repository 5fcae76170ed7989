"""A station's proposal of who goes where, line by line, and the proofs that give a worker priority (R050, R052, R065)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.matching.tiers import CATEGORIES

STATES = ("open", "sent", "dropped")
LINE_STATES = ("proposed", "locked", "dropped", "without", "sent", "left_out")


class Proposal(Base):
    """快速配岗: one answer to who goes where, for the places and people of a post at one moment; nothing is sent unseen."""

    __tablename__ = "dispatch_proposals"
    __table_args__ = (
        tenant_fk(),
        one_of("state", STATES),
        sa.UniqueConstraint("tenant", "id"),
        sa.Index(None, "tenant", "made_at"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    state: Mapped[str] = mapped_column(default="open")
    day: Mapped[date]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
    """Staff; nobody where the dawn made it by itself."""
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What it came to, and what taking the best pair again and again would have."""
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]


class ProposalLine(Base):
    """One person of a proposal: his order with the reason, or why he stays without."""

    __tablename__ = "dispatch_lines"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant", "proposal_id"], ["dispatch_proposals.tenant", "dispatch_proposals.id"], onupdate="CASCADE"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"]),
        sa.ForeignKeyConstraint(["worker_id"], ["persons.id"]),
        sa.ForeignKeyConstraint(["crew_id"], ["crews.id"]),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        one_of("state", LINE_STATES),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name="score"),
        sa.UniqueConstraint("proposal_id", "worker_id"),
        sa.Index(None, "tenant", "proposal_id"),
        sa.Index(None, "order_id", postgresql_where=sa.text("order_id IS NOT NULL")),
        sa.Index(None, "worker_id"),
        sa.Index(None, "crew_id", postgresql_where=sa.text("crew_id IS NOT NULL")),
        sa.Index(None, "engagement_id", postgresql_where=sa.text("engagement_id IS NOT NULL")),
        {"info": RowScope(cls="tenant", tenant="tenant", audit="derived: a proposal can be made again; what was sent is an engagement").info()},
    )  # fmt: skip

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    proposal_id: Mapped[UUID]
    worker_id: Mapped[UUID]
    order_id: Mapped[UUID | None]
    state: Mapped[str]
    score: Mapped[int | None]
    why: Mapped[str] = mapped_column(default="")
    """Why he fits; why he stays without, was left out or may not go."""
    crew_id: Mapped[UUID | None]
    engagement_id: Mapped[UUID | None]
    """The invitation that was sent."""


class PriorityMark(Base):
    """A proof of hardship (R052): category, who granted it, until when, with the worker's separate consent. Never an employer's."""

    __tablename__ = "priority_marks"
    __table_args__ = (
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"]),
        one_of("category", tuple(CATEGORIES)),
        sa.Index(None, "person_id"),
        sa.Index(None, "consent_id"),
        sa.Index("uq_priority_marks_live", "person_id", "category", unique=True, postgresql_where=sa.text("ended_at IS NULL")),
        {
            "info": RowScope(
                cls="person", person="person_id", subject="person_id", personal=("category", "grantor", "proof")
            ).info()
        },
    )  # fmt: skip

    id: Mapped[UuidPk]
    person_id: Mapped[UUID]
    category: Mapped[str]
    grantor: Mapped[str]
    proof: Mapped[str]
    """The number of the paper that was seen."""
    valid_to: Mapped[date]
    consent_id: Mapped[UUID]
    recorded_by: Mapped[UUID | None]
    recorded_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
