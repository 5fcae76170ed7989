"""The hall of a station: tickets of its queue, the screens that stand in it, and the hours in which they were alive."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk

CHANNELS = ("desk", "kiosk", "phone", "offline")
STATES = ("waiting", "called", "placed", "left")
KINDS = ("wall", "kiosk")


class Ticket(Base):
    """A number in the queue of a station and day (签到等活). One a person; somebody unknown keeps his number as he registers."""

    __tablename__ = "tickets"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        sa.ForeignKeyConstraint(["tenant", "screen_id"], ["screens.tenant", "screens.id"], onupdate="CASCADE"),
        one_of("channel", CHANNELS),
        one_of("state", STATES),
        sa.CheckConstraint("number > 0", name="number"),
        sa.CheckConstraint("person_id IS NOT NULL OR who_index IS NOT NULL", name="somebody"),
        sa.CheckConstraint("came_at <= recorded_at", name="times"),
        sa.UniqueConstraint("tenant", "day", "number"),
        sa.UniqueConstraint("tenant", "day", "person_id"),
        sa.UniqueConstraint("tenant", "day", "who_index"),
        sa.Index(None, "person_id", postgresql_where=sa.text("person_id IS NOT NULL")),
        sa.Index(None, "tenant", "screen_id", postgresql_where=sa.text("screen_id IS NOT NULL")),
        {"info": RowScope(cls="shared", tenant="tenant", person="person_id").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    day: Mapped[date]
    number: Mapped[int]
    code: Mapped[str]
    """Four digits on the slip: whoever says number and code holds the slip."""
    person_id: Mapped[UUID | None]
    who_index: Mapped[bytes | None]
    """What an unknown person typed, as a blind index: the same again is the same number, and registering finds it."""
    channel: Mapped[str]
    trades: Mapped[list[str]] = mapped_column(default=list)
    """What he wants today, occupation codes; empty: as registered."""
    came_at: Mapped[datetime]
    """When he stood there."""
    recorded_at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False)
    """Entered after the fact, with its original time (R010)."""
    state: Mapped[str] = mapped_column(default="waiting")
    called_at: Mapped[datetime | None]
    calls: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    screen_id: Mapped[UUID | None]
    """The kiosk at which he pressed."""


class Screen(Base):
    """A screen that stands in a station: a wall (大屏) or a kiosk (自助机), known by a secret address, of which a hash is kept."""

    __tablename__ = "screens"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", KINDS),
        sa.UniqueConstraint("token_hash"),
        sa.UniqueConstraint("tenant", "id"),
        sa.Index("uq_screens_tenant_name", "tenant", "name", unique=True, postgresql_where=sa.text("ended_at IS NULL")),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    name: Mapped[str]
    token_hash: Mapped[bytes]
    made_by: Mapped[UUID | None]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]


class ScreenBeat(Base):
    """An hour in which a screen was alive: one of the signs that a station is open (M19, M20)."""

    __tablename__ = "screen_beats"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant", "screen_id"], ["screens.tenant", "screens.id"], onupdate="CASCADE"),
        sa.CheckConstraint("beats > 0", name="beats"),
        sa.CheckConstraint("first_at <= last_at", name="order"),
        sa.Index(None, "tenant", "hour"),
        {
            "info": RowScope(
                cls="tenant", tenant="tenant", audit="derived: what a machine says every minute, summed up by the hour"
            ).info()
        },
    )

    screen_id: Mapped[UUID] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    tenant: Mapped[PathColumn]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    beats: Mapped[int]
