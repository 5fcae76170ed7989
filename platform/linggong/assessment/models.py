"""Score cards as data, a year's assessment with its materials and steps, and the log of upkeep (R079, R122 to R125, R129)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from linggong.assessment.machines import ASSESSMENT
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk

SAID: Final = {
    "report": "自评",
    "review": "评审",
    "appeal": "申诉",
    "decision": "答复申诉",
    "final": "定案",
    "refused": "封存后交来，没有采用",
}
UPKEEP: Final = {
    "function": "系统功能维护",
    "database": "数据库维护",
    "platform": "平台技术维护",
    "security": "网络安全维护",
}
"""The four kinds of row 2 (R129)."""
UPKEEP_WHAT: Final = {
    "upkeep": "日常维护",
    "backup_drill": "备份演练",
    "patch": "补丁更新",
    "incident": "故障",
    "penetration": "渗透测试",
}


class ScoreCard(Base):
    """A version of a card at a place: it holds there and below, for years that begin on or after its first day. Never changed."""

    __tablename__ = "score_cards"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("version > 0", name="version"),
        sa.UniqueConstraint("tenant", "card", "version"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    card: Mapped[str]
    version: Mapped[int]
    title: Mapped[str]
    paper: Mapped[bool]
    """The place's own paper; else a proposal, which counts from its adoption on."""
    first: Mapped[date]
    body: Mapped[dict[str, Any]]
    """The card as `assessment.card.Card` reads it."""
    reason: Mapped[str]
    """From which paper it comes, or why it was changed."""
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]


class CardAdoption(Base):
    """A bureau made a proposed card its own: only then does it count (ruling 19). Once for a card and place."""

    __tablename__ = "card_adoptions"
    __table_args__ = (
        tenant_fk(),
        sa.UniqueConstraint("tenant", "card"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    card: Mapped[str]
    document: Mapped[str]
    adopted_at: Mapped[datetime]
    adopted_by: Mapped[UUID | None]


class Assessment(Base):
    """One year of an operator's contract, or of a station, on one version of a card."""

    __tablename__ = "assessments"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["contract_id"], ["operator_contracts.id"]),
        sa.ForeignKeyConstraint(["card_id"], ["score_cards.id"]),
        one_of("state", ASSESSMENT.states),
        sa.CheckConstraint("last >= first", name="period"),
        sa.CheckConstraint("(frozen IS NULL) = (frozen_hash IS NULL)", name="frozen"),
        sa.CheckConstraint("(state = 'S_FINAL') = (final_at IS NOT NULL)", name="final"),
        sa.UniqueConstraint("contract_id", "year"),
        sa.Index(
            "uq_assessments_station_year",
            "tenant",
            "year",
            unique=True,
            postgresql_where=sa.text("contract_id IS NULL"),
        ),
        sa.Index(None, "tenant", "year"),
        sa.Index(None, "card_id"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    """The county of the contract, or the station."""
    contract_id: Mapped[UUID | None]
    year: Mapped[int]
    """The calendar year in which the assessed year begins."""
    first: Mapped[date]
    last: Mapped[date]
    card_id: Mapped[UUID]
    state: Mapped[str]
    options: Mapped[dict[str, Any]]
    begun_at: Mapped[datetime]
    begun_by: Mapped[UUID | None]
    frozen: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    frozen_hash: Mapped[str | None]
    """SHA-256 of the frozen evidence as canonical JSON."""
    frozen_at: Mapped[datetime | None]
    frozen_by: Mapped[UUID | None]
    report_until: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[UUID | None]
    appeal_until: Mapped[datetime | None]
    score: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The score of the review, or of the decision about the appeal."""
    points: Mapped[int | None]
    """Whole points as the grade reads them; none for a card that evaluates in words."""
    grade: Mapped[str | None]
    final_at: Mapped[datetime | None]
    final_by: Mapped[UUID | None]


class AssessmentMaterial(Base):
    """A named piece of evidence for a row, filed while the year runs: by the operator or the bureau. Never changed."""

    __tablename__ = "assessment_materials"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessments.id"]),
        sa.Index(None, "assessment_id", "row_no"),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="tenant", tenant="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    assessment_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    row_no: Mapped[int]
    name: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    number: Mapped[int | None]
    """What the row counts, as this paper says it: followers, people in training; the latest one holds."""
    by_operator: Mapped[bool]
    filed_by: Mapped[UUID | None]
    filed_name: Mapped[str]
    filed_at: Mapped[datetime]


class AssessmentWord(Base):
    """What was said at a step, and what came after the freeze and was not taken: who, when. Never changed."""

    __tablename__ = "assessment_words"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessments.id"]),
        one_of("kind", SAID),
        sa.Index(None, "assessment_id", "said_at"),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="tenant", tenant="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    assessment_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    words: Mapped[str]
    body: Mapped[dict[str, Any]]
    """Points by row, where some were claimed or given."""
    said_by: Mapped[UUID | None]
    said_name: Mapped[str]
    said_at: Mapped[datetime]


class Upkeep(Base):
    """An entry of the operator's log of upkeep (R129): which of the four kinds, what was done, how long the service was down."""

    __tablename__ = "upkeep_entries"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", UPKEEP),
        one_of("what", UPKEEP_WHAT),
        sa.CheckConstraint("down_minutes BETWEEN 0 AND 43200", name="down"),
        sa.Index(None, "tenant", "day"),
        {"info": RowScope(cls="tenant", tenant="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    what: Mapped[str]
    day: Mapped[date]
    words: Mapped[str]
    down_minutes: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
    made_name: Mapped[str]


class UptimeDay(Base):
    """How often in a day the running system noted that it runs: once in five minutes by its own clock, and nobody can add one."""

    __tablename__ = "uptime_days"
    __table_args__ = (
        sa.CheckConstraint("beats > 0", name="beats"),
        {"info": RowScope(cls="city", write="system", audit="the machine's own: a count of its own beats").info()},
    )

    day: Mapped[date] = mapped_column(primary_key=True)
    beats: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
