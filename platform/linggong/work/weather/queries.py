"""Alerts of a place, and what they mean for an order."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import ROOT, TenantPath, ancestors, in_subtree
from linggong.market import queries as market
from linggong.work.weather.models import WeatherAlert, WeatherDecision
from tenants.models import Node


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as everybody reads it; `withdraw` is among `actions` where the reader may take it back."""

    id: UUID
    area: str
    area_name: str
    kind: str
    level: str
    temperature_c: float | None
    begins_at: datetime
    ends_at: datetime
    source: str
    number: str
    words: str
    withdrawn_at: datetime | None
    withdrawn_why: str
    orders: int
    """Days of orders that it touched, as far as the reader may see them."""
    actions: list[str]


class DecisionView(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert means for one day of an order; `move` is among `actions` while the employer may still move the hours."""

    id: UUID
    alert_id: UUID
    work_date: date
    kind: str
    level: str
    temperature_c: float | None
    number: str
    verdict: str
    words: str
    decide_at: datetime | None
    outcome: str
    actions: list[str]


async def alerts(
    uow: UnitOfWork, path: str | None = None, *, past: bool = False, may_write: bool = False
) -> list[AlertView]:
    """Return the alerts that hold for a place or somewhere below it, those in force first; `past` also the last hundred over."""
    top = TenantPath(path or ROOT)
    count = (
        sa.select(sa.func.count())
        .where(WeatherDecision.alert_id == WeatherAlert.id, WeatherDecision.words != "")
        .scalar_subquery()
    )
    found = (
        sa.select(WeatherAlert, Node.name, count)
        .join(Node, Node.path == WeatherAlert.tenant)
        .where(sa.or_(WeatherAlert.tenant.in_(ancestors(top)), in_subtree(WeatherAlert.tenant, top)))
    )
    if not past:
        found = found.where(WeatherAlert.ends_at > uow.now, WeatherAlert.withdrawn_at.is_(None))
    rows = await uow.execute(found.order_by(WeatherAlert.begins_at.desc(), WeatherAlert.id).limit(100))
    return [
        AlertView(
            id=a.id,
            area=a.tenant,
            area_name=name,
            kind=a.kind,
            level=a.level,
            temperature_c=a.temperature_c,
            begins_at=a.begins_at,
            ends_at=a.ends_at,
            source=a.source,
            number=a.number,
            words=a.words,
            withdrawn_at=a.withdrawn_at,
            withdrawn_why=a.withdrawn_why,
            orders=touched,
            actions=["withdraw"]
            if may_write and a.withdrawn_at is None and a.ends_at > uow.now and uow.scope.covers(a.tenant)
            else [],
        )
        for a, name, touched in rows
    ]


async def decisions(uow: UnitOfWork, order_id: UUID) -> list[DecisionView]:
    """Return what the alerts mean for an order, for its employer and its station, the latest day first; NotFound for others."""
    await market.order(uow, order_id)
    rows = await uow.execute(
        sa.select(WeatherDecision, WeatherAlert)
        .join(WeatherAlert, WeatherAlert.id == WeatherDecision.alert_id)
        .where(WeatherDecision.order_id == order_id, WeatherDecision.words != "")
        .order_by(WeatherDecision.work_date.desc(), WeatherDecision.created_at.desc())
    )
    return [
        DecisionView(
            id=d.id,
            alert_id=a.id,
            work_date=d.work_date,
            kind=a.kind,
            level=a.level,
            temperature_c=a.temperature_c,
            number=a.number,
            verdict=d.verdict,
            words=d.words,
            decide_at=d.decide_at,
            outcome=d.outcome,
            actions=["move"] if d.verdict == "stop" and d.outcome == "open" else [],
        )
        for d, a in rows
    ]
