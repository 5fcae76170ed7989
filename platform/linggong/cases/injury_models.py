"""Injuries with their statements and papers, and the register of incidents."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.cases import codes
from linggong.cases.machines import INJURY
from linggong.cases.models import CaseSided, case_keys, case_sides
from linggong.kernel.money import Fen
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk


def _of_injury() -> tuple[Any, ...]:
    return (*case_keys(), sa.ForeignKeyConstraint(["injury_id"], ["injuries.id"]), sa.Index(None, "injury_id"))


class Injury(CaseSided, Base):
    """An injury at work (region I). What it did to his body stands in the sealed papers, never here."""

    __tablename__ = "injuries"
    __table_args__ = (
        *case_keys(),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"]),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"]),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        one_of("state", INJURY.states),
        one_of("channel", codes.CHANNELS),
        one_of("reported_by", ("worker", "employer", "leader", "co_worker", "staff")),
        sa.CheckConstraint("paid_fen >= 0", name="paid"),
        sa.Index(None, "order_id", "state"),
        sa.Index(None, "assignment_id"),
        sa.Index(None, "engagement_id"),
        sa.Index(None, "case_id", postgresql_where=sa.text("case_id IS NOT NULL")),
        {"info": case_sides("words")},
    )

    id: Mapped[UuidPk]
    order_id: Mapped[UUID]
    engagement_id: Mapped[UUID]
    assignment_id: Mapped[UUID]
    state: Mapped[str]
    channel: Mapped[str]
    reported_by: Mapped[str]
    reporter_id: Mapped[UUID | None]
    happened_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(default="")
    words: Mapped[str] = mapped_column(default="")
    can_go_on: Mapped[bool]
    reported_at: Mapped[datetime]
    called_at: Mapped[datetime | None]
    visited_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    insurer_due_at: Mapped[datetime]
    insurer_told_at: Mapped[datetime | None]
    insurer_ref: Mapped[str] = mapped_column(default="")
    policy_no: Mapped[str] = mapped_column(default="")
    claimed_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(default="")
    paid_fen: Mapped[Fen | None]
    paid_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    legal_path: Mapped[str] = mapped_column(default="")
    """What the legal form leads to without cover (82)."""
    case_id: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]
    summary: Mapped[str] = mapped_column(default="")
    breaches: Mapped[list[str]] = mapped_column(default=list)


class InjuryStatement(CaseSided, Base):
    """What somebody saw: two are needed before an injury counts as verified (80)."""

    __tablename__ = "injury_statements"
    __table_args__ = (
        *_of_injury(),
        one_of("role", ("worker", "employer", "co_worker", "leader", "passer_by")),
        {"info": case_sides("name", "words", append_only=True)},
    )

    id: Mapped[UuidPk]
    injury_id: Mapped[UUID]
    name: Mapped[str]
    role: Mapped[str]
    words: Mapped[str]
    taken_by: Mapped[UUID | None]
    at: Mapped[datetime]


class InjuryPaper(CaseSided, Base):
    """A receipt or a diagnosis. Health data: sealed, with a consent of its own, opened only with a record (83)."""

    __tablename__ = "injury_papers"
    __table_args__ = (
        *_of_injury(),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"]),
        one_of("kind", ("receipt", "diagnosis", "record", "disability", "other")),
        sa.Index(None, "consent_id"),
        {"info": case_sides()},
    )

    id: Mapped[UuidPk]
    injury_id: Mapped[UUID]
    kind: Mapped[str]
    content_sealed: Mapped[bytes]
    """Sealed for injury_papers.content_sealed.<id>."""
    amount_fen: Mapped[Fen | None]
    consent_id: Mapped[UUID]
    handed_in_at: Mapped[datetime]
    taken_by: Mapped[UUID | None]


class Incident(Base):
    """治安和违规事件 (R112): everything that is reported stands here, only what is confirmed counts."""

    __tablename__ = "incidents"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"]),
        one_of("kind", codes.INCIDENTS),
        one_of("status", ("reported", "confirmed", "unfounded")),
        sa.CheckConstraint("(status = 'reported') = (decided_at IS NULL)", name="decided"),
        sa.Index(None, "tenant", "happened_at"),
        sa.Index(None, "order_id", postgresql_where=sa.text("order_id IS NOT NULL")),
        {"info": RowScope(cls="tenant", tenant="tenant", personal=("words",)).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    status: Mapped[str]
    happened_at: Mapped[datetime]
    words: Mapped[str]
    order_id: Mapped[UUID | None]
    case_id: Mapped[UUID | None]
    reported_by: Mapped[UUID | None]
    reported_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    findings: Mapped[str] = mapped_column(default="")
