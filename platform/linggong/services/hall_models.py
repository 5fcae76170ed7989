"""What a hall lends and how it is rated: tools, rooms, lockers (R036, ruling 25); stations in five dimensions (R102)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.services import codes


class Thing(Base):
    """A tool, a room or a locker of a place. All are free."""

    __tablename__ = "service_things"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", codes.THINGS),
        sa.Index("uq_service_things_here", "tenant", "name", unique=True, postgresql_where=sa.text("ended_at IS NULL")),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]


class ThingUse(Base):
    """Who has it and until when: a tool that is out, a room that is taken, something left in a locker."""

    __tablename__ = "thing_uses"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["thing_id"], ["service_things.id"]),
        sa.ForeignKeyConstraint(["worker_id"], ["persons.id"]),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        one_of("kind", codes.THINGS),
        one_of("condition", codes.CONDITIONS),
        sa.CheckConstraint("until > from_at", name="period"),
        sa.CheckConstraint("back_at >= from_at", name="back"),
        sa.Index(
            "uq_thing_uses_out", "thing_id", unique=True,
            postgresql_where=sa.text("back_at IS NULL AND kind <> 'room'"),
        ),
        sa.Index(None, "thing_id", "from_at"),
        sa.Index(None, "tenant", "from_at"),
        sa.Index(None, "worker_id", postgresql_where=sa.text("worker_id IS NOT NULL")),
        sa.Index(None, "employer_id", postgresql_where=sa.text("employer_id IS NOT NULL")),
        {
            "info": RowScope(
                cls="shared", tenant="tenant", person="worker_id", employer="employer_id", personal=("name", "note")
            ).info()
        },
    )  # fmt: skip

    id: Mapped[UuidPk]
    trace_code: Mapped[str] = mapped_column(unique=True)
    tenant: Mapped[PathColumn]
    worker_id: Mapped[UUID | None]
    employer_id: Mapped[UUID | None]
    thing_id: Mapped[UUID]
    kind: Mapped[str]
    name: Mapped[str]
    """Who: as he gave it."""
    note: Mapped[str]
    from_at: Mapped[datetime]
    until: Mapped[datetime]
    back_at: Mapped[datetime | None]
    condition: Mapped[str | None]
    """How a tool came back."""
    created_at: Mapped[datetime]
    by_id: Mapped[UUID | None]


class StationRating(Base):
    """What a visitor thought of a station: one to five in each of five, at least one of them said; no name is kept."""

    __tablename__ = "station_ratings"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["entry_id"], ["service_entries.id"]),
        one_of("channel", codes.RATED_BY),
        *(sa.CheckConstraint(f"{one} BETWEEN 1 AND 5", name=one) for one in codes.DIMENSIONS),
        sa.CheckConstraint(f"coalesce({', '.join(codes.DIMENSIONS)}) IS NOT NULL", name="any"),
        sa.Index(None, "tenant", "at"),
        sa.Index("uq_station_ratings_entry", "entry_id", unique=True),
        {"info": RowScope(cls="tenant", tenant="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    entry_id: Mapped[UUID | None]
    """The receipt by which he rated: once."""
    channel: Mapped[str]
    upkeep: Mapped[int | None]
    service: Mapped[int | None]
    sides: Mapped[int | None]
    mediation: Mapped[int | None]
    guidance: Mapped[int | None]
    words: Mapped[str]
    at: Mapped[datetime]
    entered_by: Mapped[UUID | None]
    """Who typed a paper in; empty for what the visitor gave himself."""
