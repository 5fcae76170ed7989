"""Weather alerts of a place, and what each one means for an order's day."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk

KINDS = ("rain", "snow", "heat", "wind")
LEVELS = ("blue", "yellow", "orange", "red")
VERDICTS = ("warn", "limit", "stop")
OUTCOMES = ("open", "told", "moved", "cancelled", "lifted")


class WeatherAlert(Base):
    """An official alert for the places under a node (ruling 17): everybody in the city reads it, its node's staff write it."""

    __tablename__ = "weather_alerts"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", KINDS),
        one_of("level", LEVELS),
        sa.CheckConstraint("temperature_c BETWEEN -60 AND 60", name="temperature"),
        sa.CheckConstraint("ends_at > begins_at", name="times"),
        sa.Index(
            "uq_weather_alerts_number",
            "source",
            "number",
            "tenant",
            unique=True,
            postgresql_where=sa.text("number <> '' AND withdrawn_at IS NULL"),
        ),
        sa.Index(None, "tenant", "begins_at"),
        sa.Index(None, "ends_at"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    """The area: this node and all below it."""
    kind: Mapped[str]
    level: Mapped[str]
    temperature_c: Mapped[float | None] = mapped_column(sa.Numeric(4, 1, asdecimal=False))
    """Highest temperature of the forecast, for heat."""
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    source: Mapped[str]
    """Who gave it: a bureau, a station, or the feed's name."""
    number: Mapped[str] = mapped_column(default="")
    """The office's own number of the alert, by which a second report is known."""
    words: Mapped[str] = mapped_column(default="")
    entered_by: Mapped[UUID | None]
    channel: Mapped[str]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str] = mapped_column(default="")


class WeatherDecision(Base):
    """What an alert means for one day of one order: a warning, shorter hours, or a stop that is moved or cancelled (32)."""

    __tablename__ = "weather_decisions"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant", "order_id"], ["orders.tenant", "orders.id"], onupdate="CASCADE"),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        sa.ForeignKeyConstraint(["alert_id"], ["weather_alerts.id"]),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"]),
        one_of("verdict", VERDICTS),
        one_of("outcome", OUTCOMES),
        sa.UniqueConstraint("alert_id", "shift_id"),
        sa.Index(None, "order_id", "work_date"),
        sa.Index(None, "tenant", "work_date"),
        sa.Index(None, "employer_id", "work_date"),
        sa.Index(None, "shift_id"),
        {"info": RowScope(cls="shared", tenant="tenant", employer="employer_id").info()},
    )

    id: Mapped[UuidPk]
    alert_id: Mapped[UUID]
    order_id: Mapped[UUID]
    shift_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    employer_id: Mapped[UUID]
    work_date: Mapped[date]
    verdict: Mapped[str]
    words: Mapped[str]
    """The rule in Chinese, as both sides were told it."""
    decide_at: Mapped[datetime | None]
    """Until when the employer may move the hours himself; then the system decides."""
    outcome: Mapped[str] = mapped_column(default="open")
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
