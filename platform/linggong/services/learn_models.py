"""Courses and who is in them (R105, R106)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.money import Fen
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.services import codes
from linggong.services.models import Told, of_person, told


class Course(Base):
    """A free course that a place holds, or one elsewhere to which it sends people."""

    __tablename__ = "courses"
    __table_args__ = (
        tenant_fk(),
        one_of("mode", codes.COURSE_MODES),
        one_of("need", codes.COURSE_NEEDS),
        sa.CheckConstraint("ends_on >= begins_on", name="days"),
        sa.CheckConstraint("seats > 0 AND lessons > 0", name="size"),
        sa.Index(None, "tenant", "begins_on"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    trace_code: Mapped[str] = mapped_column(unique=True)
    tenant: Mapped[PathColumn]
    title: Mapped[str]
    provider: Mapped[str]
    mode: Mapped[str]
    need: Mapped[str]
    place: Mapped[str]
    """Where it is held, or the address of an online one."""
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    lessons: Mapped[int]
    seats: Mapped[int]
    subsidy: Mapped[str]
    """What the state pays, in words; '' nothing."""
    source: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    cancelled_at: Mapped[datetime | None]


class Enrolment(Told, Base):
    """One person in one course: what he attended, his certificate, and how far his subsidies are."""

    __tablename__ = "course_enrolments"
    __table_args__ = (
        *of_person(),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"]),
        one_of("state", codes.ENROLMENT_STATES),
        one_of("training_subsidy", codes.SUBSIDY_STATES),
        one_of("living_subsidy", codes.SUBSIDY_STATES),
        sa.CheckConstraint("attended >= 0", name="attended"),
        sa.CheckConstraint("training_fen > 0 AND living_fen > 0", name="money"),
        sa.UniqueConstraint("course_id", "worker_id"),
        sa.Index(None, "tenant", "created_at"),
        {"info": told("name")},
    )

    id: Mapped[UuidPk]
    trace_code: Mapped[str] = mapped_column(unique=True)
    course_id: Mapped[UUID]
    name: Mapped[str]
    state: Mapped[str]
    attended: Mapped[int]
    """Lessons."""
    certificate: Mapped[str]
    certified_on: Mapped[date | None]
    training_subsidy: Mapped[str]
    """职业培训补贴."""
    training_fen: Mapped[Fen | None]
    living_subsidy: Mapped[str]
    """生活费补贴."""
    living_fen: Mapped[Fen | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    """The member of staff who helped him into it; empty when he enrolled by himself."""
    ended_at: Mapped[datetime | None]
