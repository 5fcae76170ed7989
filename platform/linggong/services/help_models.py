"""Guidance, start-up and hardship help: one case a person with a plan and a next contact (R066-R068, R107)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.money import Fen
from linggong.kernel.orm import Base, UuidPk, one_of
from linggong.services import codes
from linggong.services.models import Told, of_person, told


class HelpCase(Told, Base):
    """Help for one person: what is planned, who keeps it up, when he is spoken with next."""

    __tablename__ = "help_cases"
    __table_args__ = (
        *of_person(),
        one_of("kind", codes.HELP_KINDS),
        one_of("stage", codes.STAGES),
        one_of("outcome", codes.OUTCOMES),
        sa.CheckConstraint("tier BETWEEN 0 AND 3", name="tier"),
        sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="end"),
        sa.CheckConstraint("ended_at IS NOT NULL OR next_on IS NOT NULL", name="next"),
        sa.Index(None, "tenant", "next_on"),
        sa.Index(None, "tenant", "kind", "happened_at"),
        {"info": told("name", "topic", "plan", "result")},
    )

    id: Mapped[UuidPk]
    trace_code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[str]
    phone_sealed: Mapped[bytes | None]
    tier: Mapped[int]
    """0 to 3 as on the day it was opened (R066); says how often he is spoken with."""
    topic: Mapped[str]
    plan: Mapped[str]
    stage: Mapped[str | None]
    """Of a start-up alone."""
    next_on: Mapped[date | None]
    owner_id: Mapped[UUID | None]
    happened_at: Mapped[datetime]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    result: Mapped[str]


class HelpNote(Told, Base):
    """One thing done for him: a talk with its minutes, a step, a stage with its money."""

    __tablename__ = "help_notes"
    __table_args__ = (
        *of_person(),
        sa.ForeignKeyConstraint(["help_id"], ["help_cases.id"]),
        one_of("kind", codes.HELP_NOTES),
        one_of("stage", codes.STAGES),
        sa.CheckConstraint("minutes > 0", name="minutes"),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.Index(None, "help_id"),
        sa.Index(None, "tenant", "happened_at"),
        {"info": told("words", append_only=True)},
    )

    id: Mapped[UuidPk]
    help_id: Mapped[UUID]
    kind: Mapped[str]
    words: Mapped[str]
    minutes: Mapped[int | None]
    stage: Mapped[str | None]
    amount_fen: Mapped[Fen | None]
    """The loan or the subsidy."""
    paper: Mapped[str]
    """The number of the paper by which it was granted."""
    next_on: Mapped[date | None]
    happened_at: Mapped[datetime]
    created_at: Mapped[datetime]
    by_id: Mapped[UUID | None]
