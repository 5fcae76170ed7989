"""Training of staff with its quiz, samples of satisfaction, guidance of employers, labour brands (R041, R069, R103, R119)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.outreach.codes import ASK_OUTCOMES, GUIDANCE_KINDS, GUIDANCE_STATES, SIDES


class StaffCourse(Base):
    """A training for staff of stations, with its quiz: questions, answers to choose from, which is right (R041)."""

    __tablename__ = "staff_courses"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("minutes > 0", name="minutes"),
        sa.CheckConstraint("pass_mark BETWEEN 1 AND 100", name="pass_mark"),
        sa.Index(None, "tenant", "happened_at"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    trace_code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    trainer: Mapped[str]
    place: Mapped[str]
    minutes: Mapped[int]
    pass_mark: Mapped[int]
    quiz: Mapped[list[Any]] = mapped_column(JSONB)
    happened_at: Mapped[datetime]
    written_at: Mapped[datetime]
    done_by: Mapped[UUID | None]


class QuizResult(Base):
    """A member of staff's try at the quiz of a course: kept as it was answered, the next try is a further row."""

    __tablename__ = "quiz_results"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["course_id"], ["staff_courses.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name="score"),
        sa.UniqueConstraint("course_id", "staff_id", "nth"),
        sa.Index(None, "staff_id"),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="tenant", tenant="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    course_id: Mapped[UUID]
    staff_id: Mapped[UUID]
    nth: Mapped[int]
    answers: Mapped[list[int]]
    score: Mapped[int]
    passed: Mapped[bool]
    taken_at: Mapped[datetime]


class SatisfactionSample(Base):
    """A random draw of whom to ask, on both sides, among what was completed in a period (R103). Its seed makes it repeatable."""

    __tablename__ = "satisfaction_samples"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("last >= first", name="period"),
        sa.CheckConstraint("asked_workers BETWEEN 1 AND workers", name="workers"),
        sa.CheckConstraint("asked_employers BETWEEN 1 AND employers", name="employers"),
        sa.Index(None, "tenant", "first"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    trace_code: Mapped[str] = mapped_column(unique=True)
    first: Mapped[date]
    last: Mapped[date]
    asked_workers: Mapped[int]
    asked_employers: Mapped[int]
    workers: Mapped[int]
    """Of how many it was drawn: workers with completed work, and employers."""
    employers: Mapped[int]
    seed: Mapped[int] = mapped_column(sa.BigInteger)
    drawn_at: Mapped[datetime]
    drawn_by: Mapped[UUID | None]


class SatisfactionAsk(Base):
    """One side of one engagement that was drawn. The answer itself is that side's rating: there is no second truth (M22)."""

    __tablename__ = "satisfaction_asks"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["sample_id"], ["satisfaction_samples.id"]),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        sa.ForeignKeyConstraint(["worker_id"], ["persons.id"]),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        one_of("side", SIDES),
        one_of("outcome", ASK_OUTCOMES),
        sa.UniqueConstraint("sample_id", "side", "engagement_id"),
        sa.Index(None, "engagement_id"),
        sa.Index(None, "worker_id"),
        sa.Index(None, "employer_id"),
        sa.Index(None, "tenant", "outcome"),
        {"info": RowScope(cls="shared", tenant="tenant", person="worker_id", employer="employer_id").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    """Where the work was: its station asks."""
    sample_id: Mapped[UUID]
    engagement_id: Mapped[UUID]
    worker_id: Mapped[UUID]
    employer_id: Mapped[UUID]
    asked_at: Mapped[datetime]
    side: Mapped[str]
    outcome: Mapped[str]
    noted_at: Mapped[datetime | None]
    noted_by: Mapped[UUID | None]


class EmployerGuidance(Base):
    """用工指导: an employer was shown what to do better, or warned in writing (R119)."""

    __tablename__ = "employer_guidance"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        one_of("kind", GUIDANCE_KINDS),
        one_of("state", GUIDANCE_STATES),
        sa.CheckConstraint("happened_at <= written_at", name="times"),
        sa.Index(None, "tenant", "happened_at"),
        sa.Index(None, "employer_id"),
        {"info": RowScope(cls="shared", tenant="tenant", employer="employer_id").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    trace_code: Mapped[str] = mapped_column(unique=True)
    employer_id: Mapped[UUID]
    kind: Mapped[str]
    topics: Mapped[list[str]]
    words: Mapped[str]
    fix_by: Mapped[date | None]
    state: Mapped[str]
    happened_at: Mapped[datetime]
    written_at: Mapped[datetime]
    done_by: Mapped[UUID | None]
    checked_at: Mapped[datetime | None]
    checked_by: Mapped[UUID | None]
    checked_words: Mapped[str] = mapped_column(default="")
    letter_id: Mapped[UUID | None]
    """The sealed letter of a warning."""


class LabourBrand(Base):
    """劳务品牌, 一地一品: what a place is known for. Public (R069)."""

    __tablename__ = "labour_brands"
    __table_args__ = (
        tenant_fk(),
        sa.UniqueConstraint("tenant", "name"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    name: Mapped[str]
    story: Mapped[str]
    trade_codes: Mapped[list[str]]
    written_at: Mapped[datetime]
    done_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]


class BrandTag(Base):
    """A worker or a post that goes under a brand: counted, never listed by name (R069)."""

    __tablename__ = "brand_tags"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["brand_id"], ["labour_brands.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"]),
        sa.CheckConstraint("num_nonnulls(person_id, order_id) = 1", name="one"),
        sa.UniqueConstraint("brand_id", "person_id"),
        sa.UniqueConstraint("brand_id", "order_id"),
        sa.Index(None, "tenant"),
        sa.Index(None, "person_id", postgresql_where=sa.text("person_id IS NOT NULL")),
        sa.Index(None, "order_id", postgresql_where=sa.text("order_id IS NOT NULL")),
        {"info": RowScope(cls="shared", tenant="tenant", person="person_id").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    brand_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    order_id: Mapped[UUID | None]
    added_at: Mapped[datetime]
    done_by: Mapped[UUID | None]
