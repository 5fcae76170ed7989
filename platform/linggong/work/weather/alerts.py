"""Entering and withdrawing alerts (ruling 17): by a bureau, by a station, or from a feed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath, tenant_path
from linggong.work.weather.models import WeatherAlert, WeatherDecision
from linggong.work.weather.rules import degrees, numbers_at
from tenants import queries as tree

SPREAD_TIMER = "t.weather.spread"
_LONGEST, _AHEAD = timedelta(days=7), timedelta(days=7)


class AlertForm(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An alert as somebody writes it down. Without `area` it holds for the writer's own place and all below it."""

    kind: Literal["rain", "snow", "heat", "wind"]
    level: Literal["blue", "yellow", "orange", "red"]
    begins_at: Annotated[datetime, msgspec.Meta(tz=True)]
    ends_at: Annotated[datetime, msgspec.Meta(tz=True)]
    temperature_c: Annotated[float, msgspec.Meta(ge=-60, le=60)] | None = None
    area: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    source: Annotated[str, msgspec.Meta(max_length=60)] = ""
    number: Annotated[str, msgspec.Meta(max_length=60)] = ""
    words: Annotated[str, msgspec.Meta(max_length=200)] = ""


async def enter(uow: UnitOfWork, form: AlertForm) -> WeatherAlert:
    """Keep an alert; the orders that it touches follow by the clock at once (`weather.orders`).

    The same source and number for the same place is the same alert: it comes back unchanged. Raises Invalid with every
    fault, NotFound for an area outside the writer's scope.
    """
    area = await _area(uow, form.area)
    faults = _faults(uow, form)
    numbers = await numbers_at(uow, area)
    if form.kind == "heat" and degrees("heat", form.level, form.temperature_c, numbers) is None:
        faults.append(Fault("temperature_c", "高温预警请填预报的最高气温。", "required"))
    if faults:
        raise Invalid(faults)
    place = await tree.node(uow, area)
    source, number = form.source.strip() or place.name, form.number.strip()
    known = await _known(uow, source, number, area)
    if known is not None:
        return known
    row = WeatherAlert(
        id=new_id(),
        tenant=area,
        kind=form.kind,
        level=form.level,
        temperature_c=form.temperature_c,
        begins_at=form.begins_at,
        ends_at=form.ends_at,
        source=source,
        number=number,
        words=form.words.strip(),
        entered_by=uow.actor.id if uow.actor.id != NOBODY else None,
        channel=uow.actor.channel,
        created_at=uow.now,
    )
    uow.session.add(row)
    await uow.flush()
    # Thousands of orders may follow: not in the transaction of him who typed it.
    await timers.set_timer(
        uow, subject_id=row.id, region="weather", key=SPREAD_TIMER, due_at=uow.now, tenant=row.tenant
    )
    await _tell(uow, row, place.id, "weather.entered")
    return row


async def withdraw(uow: UnitOfWork, alert_id: UUID, *, why: str) -> WeatherAlert:
    """Take an alert back: what still waits for a decision is lifted; what was cancelled stays so.

    Raises Invalid without a reason, NotFound for an alert of another place, Conflict for one withdrawn already.
    """
    if not why.strip():
        raise Invalid([Fault("why", "请写为什么解除，例如“气象台已解除”。", "required")])
    row = await uow.session.scalar(
        sa.select(WeatherAlert)
        .where(WeatherAlert.id == alert_id, uow.scope.clause(WeatherAlert.tenant))
        .with_for_update()
    )
    if row is None:
        raise NotFound
    if row.withdrawn_at is not None:
        raise Conflict("这条预警已经解除了。")
    row.withdrawn_at, row.withdrawn_why = uow.now, why.strip()[:200]
    await uow.flush()
    await timers.cancel_timers(uow, row.id)
    waiting = await uow.session.scalars(
        sa.select(WeatherDecision)
        .where(WeatherDecision.alert_id == row.id, WeatherDecision.outcome == "open")
        .with_for_update()
    )
    for decision in waiting:
        decision.outcome, decision.decided_at = "lifted", uow.now
        await timers.cancel_timers(uow, decision.id)
        await uow.emit(
            NewEvent(
                type="weather.lifted",
                chain=f"order:{decision.order_id}",
                subject_id=decision.order_id,
                tenant=decision.tenant,
                employer_id=decision.employer_id,
                body={"alert": str(row.id), "decision": str(decision.id), "work_date": decision.work_date.isoformat()},
            )
        )
    await _tell(uow, row, (await tree.node(uow, row.tenant)).id, "weather.withdrawn")
    return row


async def _area(uow: UnitOfWork, area: str | None) -> TenantPath:
    if area is None:
        if uow.actor.post is None:
            raise NotFound
        return uow.actor.post
    try:
        path = tenant_path(area)
    except ValueError:
        raise NotFound from None
    if not uow.scope.covers(path):
        raise NotFound
    return path


def _faults(uow: UnitOfWork, form: AlertForm) -> list[Fault]:
    faults = []
    if form.ends_at <= form.begins_at:
        faults.append(Fault("ends_at", "结束时间要晚于开始时间。", "order"))
    elif form.ends_at <= uow.now:
        faults.append(Fault("ends_at", "这条预警已经过了，不用登记。", "past"))
    elif form.ends_at - form.begins_at > _LONGEST:
        faults.append(Fault("ends_at", "一条预警最长 7 天，请分开登记。", "long"))
    if form.begins_at > uow.now + _AHEAD:
        faults.append(Fault("begins_at", "最多提前 7 天登记。", "range"))
    return faults


async def _known(uow: UnitOfWork, source: str, number: str, area: str) -> WeatherAlert | None:
    if not number:
        return None
    return await uow.session.scalar(
        sa.select(WeatherAlert).where(
            WeatherAlert.source == source,
            WeatherAlert.number == number,
            WeatherAlert.tenant == area,
            WeatherAlert.withdrawn_at.is_(None),
        )
    )


async def _tell(uow: UnitOfWork, row: WeatherAlert, node_id: UUID, event: str) -> None:
    await uow.emit(
        NewEvent(
            type=event,
            chain=f"node:{node_id}",
            subject_id=row.id,
            tenant=row.tenant,
            body={
                "alert": str(row.id),
                "kind": row.kind,
                "level": row.level,
                "temperature_c": row.temperature_c,
                "begins_at": row.begins_at.isoformat(),
                "ends_at": row.ends_at.isoformat(),
                "source": row.source,
                "number": row.number,
                "why": row.withdrawn_why,
            },
        )
    )
