"""What the market remembers of its own reaching out: posts looked at, gaps being filled and who was asked for them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk


class PostLook(Base):
    """A published post for which fitting people were looked up: whoever has priority first, everybody after the window."""

    __tablename__ = "post_looks"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"]),
        sa.Index(None, "tenant"),
        {
            "info": RowScope(
                cls="tenant", tenant="tenant", audit="derived: when the machine looked; whom it told are notices"
            ).info()
        },
    )

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[PathColumn]
    first_at: Mapped[datetime]
    """When those with priority were looked for."""
    rest_at: Mapped[datetime | None]
    """When everybody was, after the window."""


CAUSES = ("no_show", "asked")
GAP_STATES = ("running", "filled", "over", "stopped")
SOURCES = ("standby", "here", "available")


class FillIn(Base):
    """补人 (40): an order of which somebody is missing, and the waves of people who are asked to go in his place."""

    __tablename__ = "fill_ins"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["tenant", "order_id"], ["orders.tenant", "orders.id"], onupdate="CASCADE"),
        one_of("cause", CAUSES),
        one_of("state", GAP_STATES),
        sa.UniqueConstraint("tenant", "id"),
        sa.Index("uq_fill_ins_running", "order_id", unique=True, postgresql_where=sa.text("state = 'running'")),
        sa.Index(None, "tenant", "order_id"),
        sa.Index(None, "tenant", "begun_at"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    order_id: Mapped[UUID]
    cause: Mapped[str]
    """no_show: employer or clerk said that somebody did not come; asked: a clerk let a gap before the start be filled."""
    begun_by: Mapped[str]
    """Whose word it is that whoever says yes is taken: self (the employer), or proxy:<staff id>."""
    begun_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="running")
    wave: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    """When the next wave is asked unless somebody says yes before."""
    ended_at: Mapped[datetime | None]
    why_over: Mapped[str] = mapped_column(default="")


class FillInAsk(Base):
    """Somebody who was asked to fill a gap; what he answered is the state of his engagement."""

    __tablename__ = "fill_in_asks"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant", "fill_in_id"], ["fill_ins.tenant", "fill_ins.id"], onupdate="CASCADE"),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        one_of("source", SOURCES),
        sa.UniqueConstraint("engagement_id"),
        sa.Index(None, "tenant", "fill_in_id"),
        {
            "info": RowScope(
                cls="tenant", tenant="tenant", audit="derived: whoever is asked is an engagement, and that is audited"
            ).info()
        },
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    fill_in_id: Mapped[UUID]
    engagement_id: Mapped[UUID]
    wave: Mapped[int]
    source: Mapped[str]
    """standby: on the waitlist of this order; here: waits in this station's hall; available: may be called."""
    score: Mapped[int]
    why: Mapped[str]
    asked_at: Mapped[datetime]


class Handover(Base):
    """转场 (R064): somebody who waits at one station and is asked to work of another; who saw him off, who met him.

    `tenant` is the station to which he goes, `via` the one at which he waits: both desks see the row. Whether he goes is the state
    of his engagement.
    """

    __tablename__ = "handovers"
    __table_args__ = (
        tenant_fk(),
        tenant_fk("via"),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"]),
        sa.UniqueConstraint("engagement_id"),
        sa.CheckConstraint("came_at >= left_at", name="times"),
        sa.Index(None, "tenant", "asked_at"),
        sa.Index(None, "via", "asked_at"),
        sa.Index(None, "order_id"),
        sa.Index(None, "worker_id"),
        {"info": RowScope(cls="shared", tenant="tenant", via="via", person="worker_id").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    via: Mapped[PathColumn]
    worker_id: Mapped[UUID]
    order_id: Mapped[UUID]
    engagement_id: Mapped[UUID]
    km: Mapped[float | None]
    """From station to station; unknown where one has no point."""
    ride: Mapped[bool]
    """The employer fetches them, or pays the way."""
    asked_by: Mapped[UUID | None]
    asked_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    left_by: Mapped[UUID | None]
    came_at: Mapped[datetime | None]
    came_by: Mapped[UUID | None]
