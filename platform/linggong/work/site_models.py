"""What happens on site, as rows: pauses of work, what somebody reported there, and no-shows with their contest."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, RowScope, UuidPk, one_of
from linggong.work.models import Sided, sided_keys, sides

CAUSES = ("rain", "heat", "material", "power", "safety", "other")
REPORTS = ("arrival", "employer_no_show", "differs", "early_end", "void", "disputed", "count", "evidence")
CONTEST_REASONS = ("illness", "address", "employer_absent", "was_there", "other")


class Pause(Sided, Base):
    """停工待命: work stands still from one minute to another (41 to 43), and why; the bill pays the waiting by cause (ruling 16)."""

    __tablename__ = "pauses"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"]),
        sa.ForeignKeyConstraint(["alert_id"], ["weather_alerts.id"]),
        one_of("cause", CAUSES),
        one_of("outcome", ("open", "resumed", "ended", "left")),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= began_at", name="times"),
        sa.Index("uq_pauses_open", "assignment_id", unique=True, postgresql_where=sa.text("ended_at IS NULL")),
        sa.Index(None, "assignment_id"),
        sa.Index(None, "order_id"),
        sa.Index(None, "tenant"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "worker_id"),
        sa.Index(None, "employer_id"),
        sa.Index(None, "alert_id", postgresql_where=sa.text("alert_id IS NOT NULL")),
        {"info": sides("note")},
    )

    id: Mapped[UuidPk]
    assignment_id: Mapped[UUID]
    cause: Mapped[str]
    fault: Mapped[bool]
    """The employer's doing: material, power, or what he or a clerk says."""
    alert_id: Mapped[UUID | None]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="open")
    said_by: Mapped[str]
    """self, proxy:<staff id> or system."""
    side: Mapped[str]
    """worker or employer: whose word it was."""
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class SiteReport(Sided, Base):
    """What somebody said or showed about a shift, with its proof; never changed afterwards (order-states section 7)."""

    __tablename__ = "site_reports"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"]),
        one_of("kind", REPORTS),
        sa.Index(None, "assignment_id", "kind"),
        sa.Index(None, "order_id"),
        sa.Index(None, "tenant"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "worker_id"),
        sa.Index(None, "employer_id"),
        sa.Index(None, "leader_id", postgresql_where=sa.text("leader_id IS NOT NULL")),
        {
            "info": RowScope(
                cls="shared",
                tenant="tenant",
                via="via",
                person="worker_id",
                employer="employer_id",
                deputy="leader_id",
                append_only=True,
                personal=("statement", "details"),
            ).info()
        },
    )

    id: Mapped[UuidPk]
    assignment_id: Mapped[UUID]
    kind: Mapped[str]
    statement: Mapped[str] = mapped_column(default="")
    details: Mapped[dict[str, Any]]
    """Method, rounded point, distance, calls, reason: what the kind asks for."""
    photo_sealed: Mapped[bytes | None]
    """Base64 text sealed for site_reports.photo_sealed.<id>."""
    photo_sha256: Mapped[bytes | None]
    said_by: Mapped[str]
    leader_id: Mapped[UUID | None]
    """The worker's crew leader, who may check in for him (36 L)."""
    channel: Mapped[str]
    late: Mapped[bool]
    """Written down more than a day after it happened: legal, and flagged (order-states section 0 no. 7)."""
    happened_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class NoShow(Sided, Base):
    """零工未到 (38): who said it, whom he called first, and the worker's contest (38b). It counts only once upheld."""

    __tablename__ = "no_shows"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"]),
        one_of("contest_reason", ("none", *CONTEST_REASONS)),
        one_of("outcome", ("open", "upheld", "withdrawn", "arrived")),
        sa.CheckConstraint("(outcome = 'open') = (decided_at IS NULL)", name="decided"),
        sa.UniqueConstraint("assignment_id"),
        sa.Index(None, "order_id"),
        sa.Index(None, "tenant"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "worker_id"),
        sa.Index(None, "employer_id"),
        {"info": sides("call_note", "statement", "contest_words", "decision_note")},
    )

    id: Mapped[UuidPk]
    assignment_id: Mapped[UUID]
    reported_by: Mapped[UUID | None]
    """The person who said it: he never decides about the contest (invariant 13)."""
    reported_side: Mapped[str]
    call_note: Mapped[str]
    """The call that came first: when, and what was said."""
    statement: Mapped[str] = mapped_column(default="")
    reported_at: Mapped[datetime]
    contest_until: Mapped[datetime]
    contested_at: Mapped[datetime | None]
    contested_by: Mapped[UUID | None]
    contest_reason: Mapped[str] = mapped_column(default="none")
    contest_words: Mapped[str] = mapped_column(default="")
    decide_by: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="open")
    """open: nothing is decided; upheld: it counts; withdrawn: without fault; arrived: he was there, entered late."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decision_note: Mapped[str] = mapped_column(default="")
