"""A market that asks the city to be recognised as a model (示范性零工市场, R134), and what was said at each step."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.assessment.machines import RECOGNITION
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk

STEPS: Final = (*RECOGNITION.events, "objection", "answer")


class Recognition(Base):
    """An application of a market and what became of it. One at a time is under way for a market."""

    __tablename__ = "recognitions"
    __table_args__ = (
        tenant_fk(),
        one_of("state", RECOGNITION.states),
        sa.Index(None, "tenant"),
        sa.Index(
            "uq_recognitions_live", "tenant", unique=True, postgresql_where=sa.text("state NOT IN ('R_REVOKED', 'R_REFUSED')")
        ),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )  # fmt: skip

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    """The market."""
    state: Mapped[str]
    applied_at: Mapped[datetime]
    checks: Mapped[dict[str, Any]]
    """By the checklist's keys: passed or not, and what shows it."""
    public_until: Mapped[datetime | None]
    granted_at: Mapped[datetime | None]
    plaque: Mapped[str] = mapped_column(default="")
    recheck_due: Mapped[date | None]
    ended_at: Mapped[datetime | None]


class RecognitionWord(Base):
    """What was said at a step of a recognition: who, when. Never changed."""

    __tablename__ = "recognition_words"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["recognition_id"], ["recognitions.id"]),
        one_of("kind", STEPS),
        sa.Index(None, "recognition_id", "said_at"),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="tenant", tenant="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    recognition_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    words: Mapped[str]
    said_by: Mapped[UUID | None]
    said_name: Mapped[str]
    said_at: Mapped[datetime]
