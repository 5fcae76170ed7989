"""Work stands still: pause, resume, end or leave (transitions 41 to 43, rulings 10 and 16)."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import reading, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath, ancestors
from linggong.kernel.timers import Timer
from linggong.work import attend, common
from linggong.work.machines import ASSIGNMENT
from linggong.work.models import Assignment
from linggong.work.site_models import CAUSES, Pause
from linggong.work.weather import heat
from linggong.work.weather.models import WeatherAlert

PAUSE_TIMER = "t.pause_max"
CAUSE_WORDS = {
    "rain": "下雨",
    "heat": "高温",
    "material": "缺材料",
    "power": "停电",
    "safety": "不安全",
    "other": "其他",
}
_EMPLOYERS = ("material", "power")
_ALWAYS_HIS = ("heat", "safety")
"""Causes for which a worker may stop on his own word, whatever anybody says (ruling 10)."""
_OF_WEATHER = ("rain", "heat")


class Waited(NamedTuple):
    """Minutes of waiting in a shift, by cause; 'employer' for another cause that was his doing."""

    minutes: int
    cause: str


async def pause(
    uow: UnitOfWork,
    assignment_id: UUID,
    *,
    cause: str,
    note: str = "",
    fault: bool | None = None,
    alert_id: UUID | None = None,
) -> Pause:
    """Work stops (41): by the employer for any cause, by the worker for heat and safety, always.

    `fault` says that it is the employer's doing; want of material or power is, heat and rain never are. Without `alert_id` an
    alert in force at the place is named by itself. Raises Invalid with every fault, NotFound, Conflict.
    """
    row, _ = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "pause", common.hand(uow, row))
    side = _side(uow, row)
    faults = []
    if cause not in CAUSES:
        faults.append(Fault("cause", "请选停工的原因。", "unknown"))
    elif side == "worker" and cause not in _ALWAYS_HIS:
        faults.append(Fault("cause", "零工自己停工，只能因为高温或不安全。别的原因请和雇主说。", "cause"))
    if cause == "other" and not note.strip():
        faults.append(Fault("note", "请写为什么停工。", "required"))
    alert = await _alert(uow, row, cause, alert_id)
    if alert_id is not None and alert is None:
        faults.append(Fault("alert_id", "这里现在没有这条天气预警。", "unknown"))
    if faults:
        raise Invalid(faults)
    stop = Pause(
        id=new_id(),
        assignment_id=row.id,
        order_id=row.order_id,
        tenant=row.tenant,
        via=row.via,
        worker_id=row.worker_id,
        employer_id=row.employer_id,
        cause=cause,
        fault=cause in _EMPLOYERS or (bool(fault) and side == "employer" and cause not in _OF_WEATHER),
        alert_id=alert.id if alert else None,
        began_at=uow.now,
        said_by=common.said_by(uow),
        side=side,
        note=note.strip()[:200],
        created_at=uow.now,
    )
    uow.session.add(stop)
    row.state = made.target
    await uow.flush()
    most = (await common.span(uow, row.tenant, "t.pause_max"))["t.pause_max"]
    # A pause that outlasts the agreed hours ends with them: nobody waits for work that is over.
    until = max(uow.now, min(uow.now + most, row.overtime_until or row.ends_at))
    await common.shift_timer(uow, row, PAUSE_TIMER, until)
    await common.tell(
        uow, row, row.id, "assignment.paused", made,
        cause=cause, fault=stop.fault, side=side, pause=str(stop.id), alert=str(alert.id) if alert else None,
    )  # fmt: skip
    return stop


async def resume(uow: UnitOfWork, assignment_id: UUID) -> Assignment:
    """Work goes on (42); the waiting is paid by its cause. Refused while an alert forbids the work outdoors."""
    row, _ = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "resume", common.hand(uow, row))
    common.for_employer(uow, row)
    await heat.refuse_in_a_stop(uow, row)
    stop = await _close(uow, row, "resumed")
    row.state = made.target
    await uow.flush()
    await common.tell(
        uow, row, row.id, "assignment.resumed", made, pause=str(stop.id), cause=stop.cause, waited=_minutes(stop)
    )
    return row


async def end_pause(uow: UnitOfWork, assignment_id: UUID) -> Assignment:
    """The work does not go on (43): the shift ends in part, by the employer or, when the pause has lasted too long, by the clock."""
    row, _ = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "end_pause", common.hand(uow, row))
    common.for_employer(uow, row)
    stop = await _close(uow, row, "ended")
    ended = "early_employer" if stop.fault and stop.cause not in _EMPLOYERS else stop.cause
    await attend.close(uow, row, made, ended_at=uow.now, reason=ended, pause=str(stop.id), cause=stop.cause)
    return row


async def leave(uow: UnitOfWork, assignment_id: UUID) -> Assignment:
    """A worker who waits may leave (ruling 10): the shift ends in part, and nothing counts against him."""
    row, _ = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "leave", common.hand(uow, row))
    stop = await _close(uow, row, "left")
    await attend.close(
        uow, row, made, ended_at=uow.now, reason="left_waiting", pause=str(stop.id), cause=stop.cause, counts=False
    )
    return row


async def pause_due(uow: UnitOfWork, timer: Timer) -> None:
    """Nobody resumed (43 by the system)."""
    row, _ = await common.assignment(uow, timer.subject_id)
    if row.state == "A_PAUSED":
        await end_pause(uow, row.id)


async def waits(uow: UnitOfWork, assignment_id: UUID) -> list[Waited]:
    """Return what a shift spent waiting, by cause, for the bill (42): 'employer' where another cause was his doing."""
    ended = "WHERE assignment_id = $1 AND ended_at IS NOT NULL ORDER BY began_at"
    rows = await reading.many(uow, Pause, ended, assignment_id)
    return [Waited(_minutes(p), "employer" if p.fault and p.cause not in _EMPLOYERS else p.cause) for p in rows]


async def close_open(uow: UnitOfWork, row: Assignment, outcome: str) -> None:
    """End the pause of a shift that ends in another way (void, transfer)."""
    if row.state == "A_PAUSED":
        await _close(uow, row, outcome)


async def _close(uow: UnitOfWork, row: Assignment, outcome: str) -> Pause:
    stop = await uow.session.scalar(
        sa.select(Pause).where(Pause.assignment_id == row.id, Pause.ended_at.is_(None)).with_for_update()
    )
    if stop is None:
        raise Conflict("没有找到停工记录，请刷新后再看。", state=row.state)
    stop.ended_at, stop.outcome = uow.now, outcome
    await uow.flush()
    await timers.cancel_timers(uow, row.id, PAUSE_TIMER)
    return stop


def _minutes(stop: Pause) -> int:
    return int(((stop.ended_at or stop.began_at) - stop.began_at) / timedelta(minutes=1))


def _side(uow: UnitOfWork, row: Assignment) -> str:
    """Return whose word it is: a clerk of the order's own post speaks for the employer, any other for the worker."""
    if uow.actor.kind == "worker":
        return "worker"
    return "worker" if uow.actor.kind == "staff" and not uow.scope.covers(row.tenant) else "employer"


async def _alert(uow: UnitOfWork, row: Assignment, cause: str, alert_id: UUID | None) -> WeatherAlert | None:
    if alert_id is None and cause not in _OF_WEATHER:
        return None
    found = sa.select(WeatherAlert).where(
        WeatherAlert.tenant.in_(ancestors(TenantPath(row.tenant))),
        WeatherAlert.withdrawn_at.is_(None),
        WeatherAlert.begins_at <= uow.now,
        WeatherAlert.ends_at > uow.now,
    )
    found = (
        found.where(WeatherAlert.id == alert_id) if alert_id is not None else found.where(WeatherAlert.kind == cause)
    )
    return await uow.session.scalar(found.order_by(WeatherAlert.created_at.desc()).limit(1))
