"""Stations that help one another out with people (31c): who asks, and who says how many can come."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, tenant_fk


class HelpCall(Base):
    """The employer of an order that lacks people lets other stations be asked; every desk of the city may read it."""

    __tablename__ = "help_calls"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["tenant", "order_id"], ["orders.tenant", "orders.id"], onupdate="CASCADE"),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        sa.CheckConstraint("missing > 0", name="missing"),
        sa.UniqueConstraint("order_id"),
        sa.Index(None, "tenant", "order_id"),
        sa.Index(None, "employer_id"),
        {"info": RowScope(cls="city", tenant="tenant", employer="employer_id", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    order_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    employer_id: Mapped[UUID]
    missing: Mapped[int]
    """How many were missing when he asked; how many still are, the board says."""
    asked_at: Mapped[datetime]


class HelpAnswer(Base):
    """Another station says how many of its people can come; the last word of a station is the one that counts."""

    __tablename__ = "help_answers"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["call_id"], ["help_calls.id"]),
        sa.CheckConstraint("people BETWEEN 0 AND 500", name="people"),
        sa.UniqueConstraint("call_id", "tenant"),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    call_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    """The station that answers."""
    people: Mapped[int]
    answered_at: Mapped[datetime]
