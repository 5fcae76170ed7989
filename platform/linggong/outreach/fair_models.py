"""Fairs: one fair of one or several stations, who came, which posts it was about, what was said before it (R070, R109, R110)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.outreach.codes import FAIR_STATES, PUSHES, SIGNED_HOW
from linggong.outreach.models import POINT


class Fair(Base):
    """A themed fair (专场招聘会). Public: who looks for work reads of it before it begins."""

    __tablename__ = "fairs"
    __table_args__ = (
        tenant_fk(),
        one_of("state", FAIR_STATES),
        sa.CheckConstraint("ends_at > starts_at", name="times"),
        sa.CheckConstraint("visitors >= 0", name="visitors"),
        sa.CheckConstraint("(state = 'held') = (visitors IS NOT NULL AND employers IS NOT NULL)", name="held"),
        sa.CheckConstraint("employers > 0", name="employers"),
        sa.CheckConstraint(POINT, name="point"),
        sa.Index(None, "tenant", "starts_at"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    trace_code: Mapped[str] = mapped_column(unique=True)
    theme: Mapped[str]
    place: Mapped[str]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    notice: Mapped[str]
    state: Mapped[str]
    visitors: Mapped[int | None]
    """Heads counted at the door, said when it was closed."""
    employers: Mapped[int | None]
    """How many had signed in when it was closed: its stations read this, the rows stand where they signed in."""
    closing_note: Mapped[str] = mapped_column(default="")
    written_at: Mapped[datetime]
    done_by: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]


class FairStation(Base):
    """A station that holds the fair: it counts for the month of each of them (R070, R109)."""

    __tablename__ = "fair_stations"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"]),
        sa.UniqueConstraint("fair_id", "tenant"),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    fair_id: Mapped[UUID]


class FairEmployer(Base):
    """An employer signed in at a fair, once: at the desk, or by the day's code on his own phone."""

    __tablename__ = "fair_employers"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"]),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        one_of("how", SIGNED_HOW),
        sa.UniqueConstraint("fair_id", "employer_id"),
        sa.Index(None, "employer_id"),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="shared", tenant="tenant", employer="employer_id").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    """The post of whoever signed him in; by code, the fair's own place."""
    fair_id: Mapped[UUID]
    employer_id: Mapped[UUID]
    how: Mapped[str]
    signed_at: Mapped[datetime]
    done_by: Mapped[UUID | None]


class FairPost(Base):
    """A post that is offered at a fair."""

    __tablename__ = "fair_posts"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"]),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"]),
        sa.UniqueConstraint("fair_id", "order_id"),
        sa.Index(None, "order_id"),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    fair_id: Mapped[UUID]
    order_id: Mapped[UUID]
    added_at: Mapped[datetime]
    done_by: Mapped[UUID | None]


class FairPush(Base):
    """What was said of a fair before it began, to how many, and how many were left in peace (R070)."""

    __tablename__ = "fair_pushes"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"]),
        one_of("kind", PUSHES),
        sa.CheckConstraint("told >= 0 AND left_out >= 0", name="counts"),
        sa.Index(None, "fair_id"),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="tenant", tenant="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    fair_id: Mapped[UUID]
    kind: Mapped[str]
    pushed_at: Mapped[datetime]
    told: Mapped[int]
    left_out: Mapped[int]
    """Who had heard enough that day or week, and who wants no such messages."""
    text: Mapped[str]
    done_by: Mapped[UUID | None]
