"""What an alert does to the outdoor orders in its area (32): a warning, shorter hours, or a stop that is moved or cancelled."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.machine import SYSTEM_HAND
from linggong.kernel.paths import TenantPath, ancestors, in_subtree
from linggong.kernel.timers import Timer
from linggong.market import happenings, service
from linggong.market import queries as market
from linggong.market.machine import ORDER
from linggong.market.models import Order, Shift
from linggong.people import notices
from linggong.work import common, telling, terms
from linggong.work.machines import AGREED, ASSIGNMENT, HOLDING
from linggong.work.models import Assignment, Engagement
from linggong.work.terms_models import TermsChange
from linggong.work.terms_values import TermsForm
from linggong.work.weather import rules
from linggong.work.weather.alerts import SPREAD_TIMER
from linggong.work.weather.models import WeatherAlert, WeatherDecision

DECISION_TIMER = "t.weather_decision"
_LIVE = ("O_OPEN", "O_FULL", "O_LOCKED", "O_ACTIVE")
_BEGUN = ("A_WORKING", "A_PAUSED", "A_FINISHED", "A_ACCEPTED")
_AT_ONCE = 100
"""Shifts in one transaction: a hot day touches thousands, and nobody else's step may wait for all of them."""


def _touched(alert: WeatherAlert) -> sa.Select[Order, Shift]:
    known = sa.exists().where(WeatherDecision.alert_id == alert.id, WeatherDecision.shift_id == Shift.id)
    return (
        sa.select(Order, Shift)
        .join(Shift, Shift.order_id == Order.id)
        .where(
            in_subtree(Order.tenant, TenantPath(alert.tenant)),
            Order.state.in_(_LIVE),
            Order.conditions.contains(["outdoor"]),
            Shift.starts_at < alert.ends_at,
            Shift.ends_at > alert.begins_at,
            ~known,
        )
        .order_by(Shift.starts_at, Shift.id)
        .limit(_AT_ONCE)
    )


async def spread(uow: UnitOfWork, timer: Timer) -> None:
    """Bring an alert to the next orders that it touches; fires again until none is left."""
    alert = await uow.session.get(WeatherAlert, timer.subject_id)
    if alert is None or alert.withdrawn_at is not None:
        return
    rows = (await uow.execute(_touched(alert).where(Shift.ends_at > uow.now))).all()
    for order, shift in rows:
        await consider(uow, alert, order, shift)
    if len(rows) == _AT_ONCE:
        timer.state = "fired"
        await uow.flush()
        await timers.set_timer(
            uow, subject_id=alert.id, region="weather", key=SPREAD_TIMER, due_at=uow.now, tenant=alert.tenant
        )


async def consider(uow: UnitOfWork, alert: WeatherAlert, order: Order, shift: Shift) -> WeatherDecision:
    """Write down what the alert means for one shift, and let both sides know; a stop waits for the employer's move."""
    numbers = await rules.numbers_at(uow, order.tenant)
    verdict = rules.judge(alert.kind, alert.level, alert.temperature_c, shift.starts_at, shift.ends_at, numbers)
    row = WeatherDecision(
        id=new_id(),
        alert_id=alert.id,
        order_id=order.id,
        shift_id=shift.id,
        tenant=order.tenant,
        employer_id=order.employer_id,
        work_date=shift.work_date,
        verdict=verdict.kind if verdict else "warn",
        words=verdict.words if verdict else "",
        decide_at=rules.decide_at(shift.starts_at, verdict.kind, numbers) if verdict else None,
        outcome="open" if verdict and verdict.kind == "stop" else "told",
        created_at=uow.now,
    )
    uow.session.add(row)
    await uow.flush()
    if verdict is None:
        return row
    if verdict.kind == "stop":
        await timers.set_timer(
            uow,
            subject_id=row.id,
            region="weather",
            key=DECISION_TIMER,
            due_at=max(row.decide_at or uow.now, uow.now),
            tenant=row.tenant,
            employer_id=row.employer_id,
        )
    await _tell(
        uow, row, "weather.alerted", kind=alert.kind, level=alert.level, temperature_c=alert.temperature_c,
        verdict=row.verdict, words=row.words, decide_at=row.decide_at.isoformat() if row.decide_at else None,
        number=alert.number, source=alert.source,
    )  # fmt: skip
    await _inform(uow, row, order, alert)
    return row


async def published(uow: UnitOfWork, order_id: UUID) -> None:
    """Bring the alerts in force to an order that has just come on the board."""
    order = await uow.session.get(Order, order_id)
    if order is None or "outdoor" not in order.conditions or order.state not in _LIVE:
        return
    alerts = (
        await uow.session.scalars(
            sa.select(WeatherAlert).where(
                WeatherAlert.tenant.in_(ancestors(TenantPath(order.tenant))),
                WeatherAlert.withdrawn_at.is_(None),
                WeatherAlert.begins_at < order.ends_at,
                WeatherAlert.ends_at > sa.func.greatest(order.starts_at, uow.now),
            )
        )
    ).all()
    for alert in alerts:
        for found, shift in (await uow.execute(_touched(alert).where(Order.id == order.id))).all():
            await consider(uow, alert, found, shift)


async def decide(uow: UnitOfWork, timer: Timer) -> None:
    """The employer's time is over (32 by the system): hours that were moved stand, all others end by the weather."""
    row = await uow.session.get(WeatherDecision, timer.subject_id, with_for_update=True)
    if row is None or row.outcome != "open":
        return
    alert = await uow.session.get_one(WeatherAlert, row.alert_id)
    shift = await uow.session.get_one(Shift, row.shift_id, populate_existing=True)
    numbers = await rules.numbers_at(uow, row.tenant)

    def stops(starts_at: datetime, ends_at: datetime) -> bool:
        verdict = rules.judge(alert.kind, alert.level, alert.temperature_c, starts_at, ends_at, numbers)
        return verdict is not None and verdict.kind == "stop" and clock.business_date(starts_at) == row.work_date

    people = (
        await uow.session.scalars(
            sa.select(Assignment)
            .where(Assignment.shift_id == row.shift_id, Assignment.state.in_(HOLDING))
            .order_by(Assignment.id)
            .with_for_update(key_share=True)
        )
    ).all()
    # Everybody answers for himself: who agreed to cooler hours keeps his work, whatever the others said.
    late = [p for p in people if stops(p.starts_at, p.ends_at)]
    moved = not stops(shift.starts_at, shift.ends_at) or len(late) < len(people)
    row.outcome, row.decided_at = "moved" if moved else "cancelled", uow.now
    await _tell(uow, row, "weather.decided", outcome=row.outcome, number=alert.number, ended=len(late))
    if not moved:
        await stop_day(uow, row, alert)
        return
    for person in late:
        await stop_shift(uow, person, alert_id=alert.id, words=row.words)
    if late:
        await happenings.derived(uow, await uow.session.get_one(Order, row.order_id, populate_existing=True))


async def move(uow: UnitOfWork, order_id: UUID) -> list[TermsChange]:
    """Propose the cool hours of the morning to everybody on an order whose day is too hot (24 to 26, path h).

    As long as before, as far as the morning reaches. Returns the proposals that wait for an answer, [] when nobody was bound
    yet and the hours hold at once. Raises Conflict when no stop waits or the order has several days, and what `terms` raises.
    """
    order = await market.order(uow, order_id)
    waiting = await uow.session.scalar(
        sa.select(WeatherDecision.id)
        .where(
            WeatherDecision.order_id == order_id, WeatherDecision.verdict == "stop", WeatherDecision.outcome == "open"
        )
        .limit(1)
    )
    if waiting is None:
        raise Conflict("这单没有要因高温改时间的。")
    if order.days > 1:
        raise Conflict("连干几天的单不能一键改。热的那天会按天气取消，别的天照常。")
    numbers = await rules.numbers_at(uow, order.tenant)
    morning = rules.midnight_of(order.work_date)
    starts = morning + numbers.cool_from
    ends = min(starts + (order.ends_at - order.starts_at), morning + numbers.cool_to)
    return await terms.propose_to_all(uow, order_id, TermsForm(kind="time", starts_at=starts, ends_at=ends))


async def stop_day(uow: UnitOfWork, row: WeatherDecision, alert: WeatherAlert) -> None:
    """End a day outdoors by the weather: the whole order where it is its only day, else the shifts of that day (ruling 7).

    Who has come already is paid the waiting for nothing (33); who is at work is told to stop, which he may always do.
    """
    order = await uow.session.get_one(Order, row.order_id, populate_existing=True)
    note = f"{rules.LEVEL_WORDS[alert.level]}{rules.WORDS[alert.kind]}预警 {alert.number or alert.source}"
    begun = await uow.session.scalar(
        sa.select(sa.exists().where(Assignment.order_id == order.id, Assignment.state.in_(_BEGUN)))
    )
    if order.days == 1 and not begun and ORDER.find(order.state, "cancel_weather"):
        await service.cancel_order(uow, order.id, reason="weather", note=note)
        return
    shifts = await uow.session.scalars(
        sa.select(Assignment)
        .where(Assignment.shift_id == row.shift_id, Assignment.state.in_(HOLDING))
        .with_for_update(key_share=True)
    )
    for shift in shifts:
        await stop_shift(uow, shift, alert_id=alert.id, words=row.words)
    await happenings.derived(uow, order)


async def stop_shift(uow: UnitOfWork, row: Assignment, *, alert_id: UUID | None, words: str) -> None:
    """End one shift by the weather, as far as it has not begun; whoever is at work is told."""
    if row.state in AGREED:
        made = ASSIGNMENT.step(row.state, "cancel_weather", SYSTEM_HAND)
        row.state, row.end_reason = made.target, "weather"
        await uow.flush()
        await timers.cancel_timers(uow, row.id)
        engagement = await uow.session.get_one(Engagement, row.engagement_id)
        also = await common.end_engagement(uow, engagement, "cancel_weather")
        await common.tell(
            uow, row, row.id, "assignment.weather", made, also=also, alert=str(alert_id), paid_kind="none"
        )
        if also:
            await common.count_places(uow, engagement)
        await telling.worker(uow, row, "weather", f"{row.work_date:%m月%d日}的活因天气取消：{words}", call=True)
    elif row.state == "A_ARRIVED":
        await no_work(uow, row.id, alert_id=alert_id)
    else:
        await telling.worker(uow, row, "weather", f"请停下室外的活，到阴凉处歇着，工钱按约定算。{words}", call=True)
        await telling.employer(uow, row, "weather", f"请马上停下室外的活，并在单子上点“停工”。{words}", call=True)


async def no_work(uow: UnitOfWork, assignment_id: UUID, *, alert_id: UUID | None = None, note: str = "") -> Assignment:
    """He came, and the weather lets nobody begin (33): paid for the way or part of the day.

    Somebody who was told before he left home was cancelled then (32) and could not check in. Raises Conflict elsewhere.
    """
    row, engagement = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "rain_on_site", common.hand(uow))
    common.for_employer(uow, row)
    row.state, row.end_reason = made.target, "weather_on_site"
    await uow.flush()
    await timers.cancel_timers(uow, row.id)
    also = await common.end_engagement(uow, engagement, "cancel_weather")
    await common.tell(
        uow, row, row.id, "assignment.rain_on_site", made, also=also,
        alert=str(alert_id) if alert_id else None, paid_kind="rain_on_site", note=note.strip()[:200],
    )  # fmt: skip
    await telling.worker(uow, row, "weather", "今天因天气不开工。白跑一趟，按约定付误工补偿，工资单马上出来。")
    await common.derive(uow, row)
    return row


async def _tell(uow: UnitOfWork, row: WeatherDecision, event: str, **body: Any) -> None:
    await uow.emit(
        NewEvent(
            type=event,
            chain=f"order:{row.order_id}",
            subject_id=row.order_id,
            tenant=row.tenant,
            employer_id=row.employer_id,
            body={
                "order": str(row.order_id),
                "alert": str(row.alert_id),
                "decision": str(row.id),
                "shift": str(row.shift_id),
                "work_date": row.work_date.isoformat(),
                **body,
            },
        )
    )


async def _inform(uow: UnitOfWork, row: WeatherDecision, order: Order, alert: WeatherAlert) -> None:
    """Let the employer and everybody confirmed for that day know; mild rain is on the page and in no message."""
    if alert.kind != "heat" and alert.level not in ("orange", "red"):
        return
    day = f"{row.work_date:%m月%d日}"
    until = (
        f"请在 {clock.shanghai(row.decide_at):%m月%d日 %H:%M} 前改好。"
        if row.verdict == "stop" and row.decide_at
        else ""
    )
    await notices.notify(
        uow, to="employer", kind="weather", text=f"{day}“{order.title[:12]}”：{row.words}{until}"[:140],
        subject_id=order.id, tenant=order.tenant, employer_id=order.employer_id, call=row.verdict == "stop",
    )  # fmt: skip
    people = await uow.session.scalars(
        sa.select(Assignment).where(Assignment.shift_id == row.shift_id, Assignment.state.in_(HOLDING))
    )
    for person in people:
        await telling.worker(uow, person, "weather", f"{day}“{order.title[:12]}”：{row.words}")
