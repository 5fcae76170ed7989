"""Editions of the directory of places, as they were published."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, tenant_fk


class DirectoryEdition(Base):
    """A quarter's directory of a city or county as it was published; a correction is the next version, nothing is changed."""

    __tablename__ = "directory_editions"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("version > 0", name="version"),
        sa.CheckConstraint("begins_on <= ends_on", name="days"),
        sa.UniqueConstraint("tenant", "quarter", "version"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    quarter: Mapped[str]
    """2026Q4."""
    version: Mapped[int]
    place: Mapped[str]
    """The name of the city or county on that day."""
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    """The days over which seekers and hires are counted."""
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """`linggong.publishing.directory.Line`, one a place."""
    published_at: Mapped[datetime]
    published_by: Mapped[UUID | None]


class PublicFigures(Base):
    """The public figures of a deployment over a period, counted by night; what could tell of single people is null in them."""

    __tablename__ = "public_figures"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("begins_on <= ends_on", name="days"),
        {
            "info": RowScope(
                cls="city", tenant="tenant", audit="derived: counted anew every night from what is audited"
            ).info()
        },
    )

    tenant: Mapped[PathColumn] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    """30d, 2026-10 or 2026Q3."""
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    body: Mapped[dict[str, Any]]
    """`linggong.publishing.figures.Figures`."""
    made_at: Mapped[datetime]


class WageLevel(Base):
    """工资价位 (M09): what an hour of settled work of a trade paid in a county in a month, as far as it may be told.

    A trade with too few people or employers has no row of its own: with the others of its small group it stands as `is_group`.
    """

    __tablename__ = "wage_levels"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("p10 <= p25 AND p25 <= p50 AND p50 <= p75 AND p75 <= p90", name="order"),
        sa.CheckConstraint("persons > 0 AND employers > 0", name="counts"),
        sa.UniqueConstraint("tenant", "month", "code", "is_group"),
        {
            "info": RowScope(
                cls="city", tenant="tenant", audit="derived: counted anew every night from what is audited"
            ).info()
        },
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    month: Mapped[date]
    """Its first day."""
    until: Mapped[date]
    """The last day that was counted."""
    code: Mapped[str]
    """A trade of the fourth level, or a group of the third."""
    is_group: Mapped[bool]
    persons: Mapped[int]
    employers: Mapped[int]
    p10: Mapped[int]
    """Fen for an hour, as the next four."""
    p25: Mapped[int]
    p50: Mapped[int]
    p75: Mapped[int]
    p90: Mapped[int]
