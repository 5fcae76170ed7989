"""At the place: arrival, start, end, completion (transitions 36, 37, 38, 44, 51, 52)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from hmac import compare_digest
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock, timers
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.work import common, gates
from linggong.work.machines import ASSIGNMENT
from linggong.work.models import Assignment, Engagement

Method = Literal["qr", "code", "id_card", "roll_call", "clerk"]
START_TIMER, CHECKOUT_TIMER, ACCEPT_TIMER = "t.start", "t.auto_checkout", "t.accept"
LATE = "late_worker"
_MINUTE = timedelta(minutes=1)


def arrival_code(secrets: Secrets, order_id: UUID, day: object) -> str:
    """Return the four digits that the employer tells people at the gate; a new one each day."""
    return f"{int(secrets.sign('arrival', f'{order_id}:{day}')[:8], 16) % 10000:04d}"


async def arrive(
    uow: UnitOfWork,
    assignment_id: UUID,
    *,
    method: Method,
    code: str = "",
    secrets: Secrets | None = None,
    came_at: datetime | None = None,
) -> Assignment:
    """Check in (36), from an hour before to half an hour after the start; a roll call or clerk may still say so later.

    A worker proves it with the day's code (typed, or inside the QR). Without contract it is an arrival at the gate: 20
    must follow before the start (ruling 4). `came_at` is what employer or clerk say when they enter it later; an entry
    made late without it does not make the worker late. Raises Invalid for a wrong code or time, Conflict outside the
    window.
    """
    row, _ = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "arrive", common.hand(uow))
    spans = await common.span(uow, row.tenant, "t.arrive_open", "t.arrive_grace.no_show", "t.arrive_grace.late")
    opens, closes = row.starts_at - spans["t.arrive_open"], row.starts_at + spans["t.arrive_grace.no_show"]
    if uow.now < opens:
        raise Conflict(f"还没到签到时间，{clock.shanghai(opens):%H:%M} 以后再签。")
    if uow.now > (closes if uow.actor.kind == "worker" else row.ends_at):
        raise Conflict("签到时间过了。请找雇主或驿站补记。")
    if uow.actor.kind == "worker":
        right = arrival_code(secrets, row.order_id, row.work_date) if secrets else ""
        if method not in ("qr", "code") or not right or not compare_digest(code.strip().encode(), right.encode()):
            raise Invalid([Fault("code", "到岗码不对。请问工地负责人今天的4位数字。", "code")])
    if came_at is not None and (uow.actor.kind == "worker" or not opens <= came_at <= uow.now):
        raise Invalid([Fault("came_at", f"到岗时间要在 {clock.shanghai(opens):%H:%M} 到现在之间。", "range")])
    seen = came_at or uow.now
    row.state, row.arrived_at, row.arrived_method = made.target, seen, method
    known = came_at is not None or uow.actor.kind == "worker"
    if known and seen > row.starts_at + spans["t.arrive_grace.late"]:
        row.end_reason = LATE
    await start_when_due(uow, row)
    await common.tell(uow, row, row.id, "assignment.arrived", made, method=method, arrived_at=seen.isoformat())
    await common.derive(uow, row)
    return row


async def start_when_due(uow: UnitOfWork, row: Assignment) -> None:
    """Let the system start the shift of somebody who has arrived, once it is time (37 S)."""
    await _timer(uow, row, START_TIMER, max(row.starts_at, uow.now))


async def start(uow: UnitOfWork, assignment_id: UUID) -> Assignment:
    """Work begins (37); refused without contract (ruling 4)."""
    row, engagement = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "start", common.hand(uow))
    common.for_employer(uow, row)
    if engagement.state != "A_CONTRACTED":
        raise Conflict("还没签约，不能开工。请先在手机上或驿站签约。")
    await gates.pass_start(uow, row, engagement)
    row.state, row.started_at = made.target, uow.now
    await timers.cancel_timers(uow, row.id, START_TIMER)
    spans = await common.span(uow, row.tenant, "t.auto_checkout")
    await _timer(uow, row, CHECKOUT_TIMER, row.ends_at + spans["t.auto_checkout"])
    await common.tell(uow, row, row.id, "assignment.started", made)
    return row


async def no_show(uow: UnitOfWork, assignment_id: UUID) -> Assignment:
    """The worker did not come (38): said by employer or clerk half an hour after the start, never with a check-in."""
    row, engagement = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "no_show", common.hand(uow))
    common.for_employer(uow, row)
    spans = await common.span(uow, row.tenant, "t.arrive_grace.no_show")
    if uow.now < row.starts_at + spans["t.arrive_grace.no_show"]:
        raise Conflict("开工后半小时还没到，才能记没来。请先打个电话问问。")
    row.state = made.target
    await uow.flush()
    also = await _end_engagement(uow, engagement, made.target)
    await common.tell(uow, row, row.id, "assignment.no_show", made, also=also)
    await common.derive(uow, row)
    return row


async def _end_engagement(uow: UnitOfWork, engagement: Engagement, state: str) -> list[list[str]]:
    """End an engagement whose every shift has ended the same way; returns its move for the event."""
    left = await uow.session.scalar(
        sa.select(sa.func.count())
        .select_from(Assignment)
        .where(Assignment.engagement_id == engagement.id, Assignment.state != state)
    )
    if left:
        return []
    before, engagement.state, engagement.ended_at = engagement.state, state, uow.now
    return [common.moved("engagement", engagement.id, before, state)]


async def finish(uow: UnitOfWork, assignment_id: UUID, *, quantity: float | None = None) -> Assignment:
    """The shift ends (44): minutes within the agreed hours, less the meal; pieces where pay is by the piece.

    Hours beyond the agreed end need an agreement of their own and are not counted here. Raises Invalid when pieces are
    missing or not a sensible number.
    """
    row, engagement = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "finish", common.hand(uow))
    agreed = await _terms(uow, row, engagement)
    _check_quantity(quantity, required=agreed.unit == "piece" and uow.actor.kind != "system")
    ended = row.ends_at if uow.actor.kind == "system" else uow.now
    row.minutes = worked_minutes(row, ended, agreed.meal_minutes)
    row.quantity = quantity
    row.state, row.finished_at = made.target, ended
    if ended < row.ends_at - 15 * _MINUTE:
        row.end_reason = "early_worker" if uow.actor.kind == "worker" else "early_employer"
    await timers.cancel_timers(uow, row.id, CHECKOUT_TIMER)
    row.accept_due_at = await _accept_due(uow, row, daily=agreed.daily)
    await _timer(uow, row, ACCEPT_TIMER, row.accept_due_at)
    await common.tell(uow, row, row.id, "assignment.finished", made, minutes=row.minutes, quantity=quantity)
    await common.derive(uow, row)
    return row


def _check_quantity(quantity: float | None, *, required: bool) -> None:
    if quantity is not None and not 0 <= quantity <= 100_000:
        raise Invalid([Fault("quantity", "数量要在 0 到 100000 之间。", "range")])
    if required and quantity is None:
        raise Invalid([Fault("quantity", "计件的活，请填做了多少。", "required")])


def worked_minutes(row: Assignment, ended: datetime, meal_minutes: int) -> int:
    """Return minutes of work inside the agreed hours; the meal counts only in more than half a shift.

    They run from the agreed start, or from the check-in of somebody who is known to have come late. A start button
    pressed late, a contract signed late at the gate or a roll call entered late takes no time from the worker.
    """
    begun = row.arrived_at if row.end_reason == LATE and row.arrived_at is not None else row.starts_at
    minutes = int((min(ended, row.ends_at) - begun) / _MINUTE)
    if minutes * 2 > int((row.ends_at - row.starts_at) / _MINUTE):
        minutes -= meal_minutes
    return max(0, minutes)


class _Agreed(NamedTuple):
    unit: str
    meal_minutes: int
    daily: bool


async def _terms(uow: UnitOfWork, row: Assignment, engagement: Engagement) -> _Agreed:
    terms = await common.agreed_terms(uow, engagement)
    body = msgspec.json.decode(terms.body)
    meal = next((int(s["meal_minutes"]) for s in body["shifts"] if s["date"] == row.work_date.isoformat()), 0)
    return _Agreed(body["pay"]["unit"], meal, body["settlement"]["when"] == "daily")


async def _accept_due(uow: UnitOfWork, row: Assignment, *, daily: bool) -> datetime:
    spans = await common.span(uow, row.tenant, "t.accept.daily", "t.accept.daily.after", "t.accept.other")
    if not daily:
        return uow.now + spans["t.accept.other"]
    evening = clock.at_shanghai(row.work_date, time()) + spans["t.accept.daily"]
    return max(evening, uow.now + spans["t.accept.daily.after"])


async def accept(uow: UnitOfWork, assignment_id: UUID, *, quantity: float | None = None) -> Assignment:
    """Completion is recognised: by the employer or a clerk for him (51), or by the deadline with a check-in (52).

    `quantity` is for piece work that ended by the clock, uncounted; a count that the worker gave is not changed here.
    Raises Invalid when the count is missing or differs.
    """
    row, engagement = await common.assignment(uow, assignment_id)
    event = "auto_accept" if uow.actor.kind == "system" else "accept"
    made = ASSIGNMENT.step(row.state, event, common.hand(uow))
    common.for_employer(uow, row)
    if row.quantity is not None and quantity is not None and quantity != row.quantity:
        raise Invalid([Fault("quantity", f"登记的数量是 {row.quantity:g}。数不对，请先和零工对数。", "differs")])
    row.quantity = quantity if row.quantity is None else row.quantity
    _check_quantity(row.quantity, required=await needs_count(uow, row, engagement))
    row.state, row.accepted_at, row.accepted_by = made.target, uow.now, common.said_by(uow)
    await uow.flush()
    await timers.cancel_timers(uow, row.id, ACCEPT_TIMER)
    await common.tell(uow, row, row.id, "assignment.accepted", made)
    await common.derive(uow, row)
    return row


async def needs_count(uow: UnitOfWork, row: Assignment, engagement: Engagement) -> bool:
    """Tell whether the shift is paid by the piece and nobody has counted: then no clock may accept it, nor bill 0."""
    return row.quantity is None and (await _terms(uow, row, engagement)).unit == "piece"


async def _timer(uow: UnitOfWork, row: Assignment, key: str, due: datetime) -> None:
    await timers.set_timer(
        uow,
        subject_id=row.id,
        region="assignment",
        key=key,
        due_at=due,
        tenant=row.tenant,
        via=row.via,
        person_id=row.worker_id,
        employer_id=row.employer_id,
    )
