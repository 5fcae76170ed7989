"""What the measures of stations keep: signs that a station was open, closures that were declared, hits of the zombie rule (M19, M20)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk

SIGNS = ("clerk", "beat", "deed", "entries", "timely")
CLOSURES = ("farm_season", "renovation", "other")
RULES = ("zombie", "empty")
PROPOSALS = ("notice", "yellow", "delist")


class SiteDay(Base):
    """What a day of a station left of itself: a clerk signed in, a screen beat, staff entered something; how much, how soon.

    Sessions and beats are not audited and do not stay: this is, so that facts can follow it.
    """

    __tablename__ = "site_days"
    __table_args__ = (
        tenant_fk(),
        one_of("sign", SIGNS),
        sa.CheckConstraint("n > 0", name="n"),
        sa.UniqueConstraint("tenant", "day", "sign"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    day: Mapped[date]
    sign: Mapped[str]
    n: Mapped[int]
    first_at: Mapped[datetime]


class SiteClosure(Base):
    """Days on which a station is closed and said so before: in the farming season, for renovation (M20)."""

    __tablename__ = "site_closures"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", CLOSURES),
        sa.CheckConstraint("last >= first", name="period"),
        sa.Index(None, "tenant", "first"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    first: Mapped[date]
    last: Mapped[date]
    kind: Mapped[str]
    note: Mapped[str]
    declared_at: Mapped[datetime]
    declared_by: Mapped[UUID | None]
    ended_on: Mapped[date | None]
    """The first day on which it was open again, before `last`."""


class SiteHit(Base):
    """A station met the zombie rule in a month: with which evidence, for the how-manieth month on end, and what is proposed."""

    __tablename__ = "site_hits"
    __table_args__ = (
        tenant_fk(),
        one_of("verdict", RULES),
        one_of("proposes", PROPOSALS),
        sa.CheckConstraint("nth BETWEEN 1 AND 3", name="nth"),
        sa.UniqueConstraint("tenant", "month"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    month: Mapped[date]
    """Its first day."""
    verdict: Mapped[str]
    nth: Mapped[int]
    proposes: Mapped[str]
    evidence: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]


class TradeGap(Base):
    """In a county a trade is wanted far more than people are there for it: since when, how far, and that it was told once (R138)."""

    __tablename__ = "trade_gaps"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("days > 0 AND demand > 0 AND supply >= 0", name="counts"),
        sa.Index(
            "uq_trade_gaps_open", "tenant", "trade_code", unique=True, postgresql_where=sa.text("ended_on IS NULL")
        ),
        sa.Index(None, "tenant", "since"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    trade_code: Mapped[str]
    since: Mapped[date]
    """The first of the days that made the alarm."""
    days: Mapped[int]
    demand: Mapped[int]
    """Heads wanted over those days."""
    supply: Mapped[int]
    """People who were there for it, each day counted."""
    told_at: Mapped[datetime]
    ended_on: Mapped[date | None]
    """The first day on which it was no more."""
