"""What goes out to people leaves behind: visits and calls, who looks after an employer, surveys, briefings, publicity (R053, R054, R086, R089, R111)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.outreach.codes import MEDIA, PLATFORMS, PUBLICITY_KINDS, SHEET_KINDS, SITUATIONS, SURVEYED, VISIT_CHANNELS

POINT = "(latitude IS NULL) = (longitude IS NULL)"


class Visit(Base):
    """走访日志: an employer was visited, called, surveyed, or wrote; known to the city or not yet (R054, R087, R089)."""

    __tablename__ = "visits"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        one_of("channel", VISIT_CHANNELS),
        sa.CheckConstraint("employer_id IS NOT NULL OR employer_name <> ''", name="employer"),
        sa.CheckConstraint("headcount > 0", name="headcount"),
        sa.CheckConstraint("happened_at <= written_at", name="times"),
        sa.CheckConstraint(POINT, name="point"),
        sa.Index(None, "tenant", "happened_at"),
        sa.Index(None, "employer_id", postgresql_where=sa.text("employer_id IS NOT NULL")),
        sa.Index(
            "ix_visits_follow_up",
            "tenant",
            "follow_up_on",
            postgresql_where=sa.text("follow_up_on IS NOT NULL AND followed_at IS NULL"),
        ),
        {"info": RowScope(cls="tenant", tenant="tenant", personal=("employer_name", "contact_name", "needs")).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    trace_code: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[str]
    employer_id: Mapped[UUID | None]
    employer_name: Mapped[str]
    """As it was called at the door, for one who is not registered."""
    contact_name: Mapped[str]
    phone_sealed: Mapped[bytes | None]
    """Of one who is not registered; sealed for visits.phone_sealed.<id>."""
    place: Mapped[str]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    needs: Mapped[str]
    trade_code: Mapped[str | None]
    headcount: Mapped[int | None]
    happened_at: Mapped[datetime]
    written_at: Mapped[datetime]
    done_by: Mapped[UUID | None]
    follow_up_on: Mapped[date | None]
    followed_at: Mapped[datetime | None]
    followed_by: Mapped[UUID | None]
    outcome: Mapped[str] = mapped_column(default="")
    """What the follow-up came to."""


class EmployerOfficer(Base):
    """用工专员: who of a place looks after an employer, from when until when; a hand-over ends one and begins the next (R089)."""

    __tablename__ = "employer_officers"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.Index(
            "uq_employer_officers_now",
            "tenant",
            "employer_id",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index(None, "tenant"),
        sa.Index(None, "employer_id"),
        sa.Index(None, "staff_id"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    employer_id: Mapped[UUID]
    staff_id: Mapped[UUID]
    since: Mapped[datetime]
    assigned_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    """Why he handed over, and what the next one must know."""


class SurveySheet(Base):
    """摸排表: a village asked house by house, or a roadside place where people stand and wait for work (R053, R121)."""

    __tablename__ = "survey_sheets"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", SHEET_KINDS),
        sa.CheckConstraint("kind <> 'village' OR division_code IS NOT NULL", name="village"),
        sa.CheckConstraint("happened_at <= written_at", name="times"),
        sa.CheckConstraint("heads >= 0", name="heads"),
        sa.CheckConstraint(POINT, name="point"),
        sa.UniqueConstraint("tenant", "id"),
        sa.Index(None, "tenant", "happened_at"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    trace_code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    division_code: Mapped[str | None]
    """The village's 12 digits."""
    place: Mapped[str]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    heads: Mapped[int | None]
    """How many stood there, as counted."""
    happened_at: Mapped[datetime]
    written_at: Mapped[datetime]
    done_by: Mapped[UUID | None]
    file_name: Mapped[str] = mapped_column(default="")


class SurveyEntry(Base):
    """Somebody of a survey sheet. Without his consent nothing is kept by which he could be named or called (R053).

    `id_index` is the keyed index of his ID number, so that nobody is counted twice; the number itself stands nowhere here.
    """

    __tablename__ = "survey_entries"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(
            ["tenant", "sheet_id"], ["survey_sheets.tenant", "survey_sheets.id"], onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        one_of("outcome", SURVEYED),
        one_of("situation", SITUATIONS),
        sa.CheckConstraint("(outcome = 'counted') = (person_id IS NULL)", name="consent"),
        sa.UniqueConstraint("sheet_id", "id_index"),
        sa.Index(None, "tenant", "sheet_id"),
        sa.Index(None, "person_id", postgresql_where=sa.text("person_id IS NOT NULL")),
        {"info": RowScope(cls="shared", tenant="tenant", person="person_id").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    sheet_id: Mapped[UUID]
    id_index: Mapped[bytes | None]
    person_id: Mapped[UUID | None]
    outcome: Mapped[str]
    situation: Mapped[str]
    trade_code: Mapped[str | None]
    wants_work: Mapped[bool]
    wants_training: Mapped[bool]
    entered_at: Mapped[datetime]


class Briefing(Base):
    """政策宣讲: when, where, about what, to how many; the photo is kept as evidence (R086)."""

    __tablename__ = "briefings"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("audience > 0", name="audience"),
        sa.CheckConstraint("happened_at <= written_at", name="times"),
        sa.CheckConstraint(POINT, name="point"),
        sa.Index(None, "tenant", "happened_at"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    trace_code: Mapped[str] = mapped_column(unique=True)
    topic: Mapped[str]
    place: Mapped[str]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    audience: Mapped[int]
    speaker: Mapped[str]
    happened_at: Mapped[datetime]
    written_at: Mapped[datetime]
    done_by: Mapped[UUID | None]


class PublicityEntry(Base):
    """What was said through which channel: a story about the market, or posts that were published (R059, R111)."""

    __tablename__ = "publicity_entries"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"]),
        one_of("kind", PUBLICITY_KINDS),
        one_of("channel", MEDIA),
        sa.CheckConstraint("happened_at <= written_at", name="times"),
        sa.Index(None, "tenant", "happened_at"),
        sa.Index(None, "order_id", postgresql_where=sa.text("order_id IS NOT NULL")),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    trace_code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    channel: Mapped[str]
    title: Mapped[str]
    link: Mapped[str]
    order_id: Mapped[UUID | None]
    happened_at: Mapped[datetime]
    written_at: Mapped[datetime]
    done_by: Mapped[UUID | None]


class FollowerSnapshot(Base):
    """How many follow an account, in a month, with the screenshot that shows it; never changed afterwards (R111, row 17)."""

    __tablename__ = "follower_snapshots"
    __table_args__ = (
        tenant_fk(),
        one_of("platform", PLATFORMS),
        sa.CheckConstraint("followers >= 0", name="followers"),
        sa.UniqueConstraint("tenant", "account", "month"),
        sa.ForeignKeyConstraint(["photo_id"], ["evidence_photos.id"]),
        sa.Index(None, "photo_id"),
        {"info": RowScope(cls="tenant", tenant="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    account: Mapped[str]
    platform: Mapped[str]
    month: Mapped[date]
    """Its first day."""
    followers: Mapped[int]
    taken_on: Mapped[date]
    photo_id: Mapped[UUID]
    written_at: Mapped[datetime]
    done_by: Mapped[UUID | None]
