"""At the place: arrival, start, end, completion (transitions 36, 37, 44 to 47, 51, 52)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock, timers
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.machine import Transition
from linggong.work import common, gates, proofs, reports, witness
from linggong.work.machines import AGREED, ASSIGNMENT
from linggong.work.models import Assignment, Engagement
from linggong.work.proofs import Method, Point
from linggong.work.proofs import arrival_code as arrival_code

START_TIMER, CHECKOUT_TIMER, ACCEPT_TIMER, NO_SHOW_TIMER = "t.start", "t.auto_checkout", "t.accept", "t.no_show"
LATE = "late_worker"
LEAVE_REASONS: Final = ("illness", "safety", "other")
COUNTED: Final = ("piece", "gong")
EARLY: Final = timedelta(minutes=15)
"""An end within this time of the agreed one is not early."""
_MINUTE = timedelta(minutes=1)
_WAITED = (
    "SELECT coalesce(sum(extract(epoch FROM ended_at - began_at)), 0)::bigint AS seconds FROM pauses "
    "WHERE assignment_id = $1 AND ended_at IS NOT NULL"
)


async def arrive(
    uow: UnitOfWork,
    assignment_id: UUID,
    *,
    method: Method,
    code: str = "",
    secrets: Secrets | None = None,
    came_at: datetime | None = None,
    point: Point | None = None,
    photo: bytes | None = None,
    consent: bool = False,
    id_number: str = "",
) -> Assignment:
    """Check in (36), from an hour before to half an hour after the start; a roll call or clerk may still say so later.

    A worker proves it with the day's code (typed, or inside the QR) or a point near the place; a clerk with the ID card; the
    employer calls the roll. Without contract it is an arrival at the gate: 20 must follow before the start (ruling 4).
    `came_at` is what employer or clerk say when they enter it later; an entry made late without it does not make the worker
    late, and one made more than a day later is flagged. Raises Invalid for a wrong proof or time, Conflict outside the window.
    """
    row, _ = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "arrive", common.hand(uow, row))
    own = uow.actor.kind == "worker"
    spans = await common.span(
        uow, row.tenant, "t.arrive_open", "t.arrive_grace.no_show", "t.arrive_grace.late", "entry.latest"
    )
    opens, closes = row.starts_at - spans["t.arrive_open"], common.due_at(row) + spans["t.arrive_grace.no_show"]
    if uow.now < opens:
        raise Conflict(f"还没到签到时间，{clock.shanghai(opens):%H:%M} 以后再签。")
    last = closes if own else row.ends_at if came_at is None else row.ends_at + spans["entry.latest"]
    if uow.now > last:
        raise Conflict("签到时间过了。请找雇主或驿站补记，写明几点到的。")
    if came_at is not None and (own or not opens <= came_at <= min(uow.now, row.ends_at)):
        raise Invalid([Fault("came_at", f"到岗时间要在 {clock.shanghai(opens):%H:%M} 到现在之间。", "range")])
    shown = await proofs.check(
        uow, row, method=method, code=code, secrets=secrets, point=point, consent=consent, id_number=id_number
    )
    seen = came_at or uow.now
    row.state, row.arrived_at, row.arrived_method = made.target, seen, method
    row.arrived_by = common.word_of(uow, row)
    if (came_at is not None or own) and seen > common.due_at(row) + spans["t.arrive_grace.late"]:
        row.end_reason = LATE
    await uow.flush()
    await timers.cancel_timers(uow, row.id, NO_SHOW_TIMER)
    report = await reports.keep(
        uow, row, "arrival", happened_at=seen, photo=photo, secrets=secrets, method=method, **shown
    )
    await start_when_due(uow, row)
    if row.arrived_by == "leader":
        # One man's word for another: the station calls, unless the member says so himself. The leader may not see that call.
        await common.shift_timer(uow, row, common.LED_TIMER, uow.now)
    await common.tell(
        uow, row, row.id, "assignment.arrived", made, method=method, arrived_at=seen.isoformat(), late_entry=report.late,
        single_witness=row.arrived_by == "leader",
    )  # fmt: skip
    await common.derive(uow, row)
    return row


async def crew_arrives(uow: UnitOfWork, order_id: UUID, *, code: str, secrets: Secrets) -> list[Assignment]:
    """The leader says that his people are here (36 L), with the day's code; each of them then says so himself.

    Returns the shifts of his people that wait for their own word. Raises NotFound for who leads nobody here, Invalid for a
    wrong code, Conflict outside the window.
    """
    rows = (
        await uow.session.scalars(
            sa.select(Assignment)
            .where(
                Assignment.order_id == order_id,
                Assignment.leader_id == uow.actor.id,
                Assignment.work_date == clock.business_date(uow.now),
                Assignment.state.in_(AGREED),
            )
            .order_by(Assignment.id)
        )
    ).all()
    if not rows:
        raise NotFound
    spans = await common.span(uow, rows[0].tenant, "t.arrive_open", "t.arrive_grace.no_show")
    opens, closes = rows[0].starts_at - spans["t.arrive_open"], rows[0].starts_at + spans["t.arrive_grace.no_show"]
    if not opens <= uow.now <= closes:
        raise Conflict(f"点名时间是 {clock.shanghai(opens):%H:%M} 到 {clock.shanghai(closes):%H:%M}。")
    proofs.check_code(rows[0], code, secrets)
    waiting = []
    for row in rows:
        ASSIGNMENT.step(row.state, "arrive", "L")
        if row.worker_id != uow.actor.id and not await proofs.brought(uow, row):
            await reports.keep(uow, row, "arrival", method=proofs.LED)
        waiting.append(row)
    return waiting


async def start_when_due(uow: UnitOfWork, row: Assignment) -> None:
    """Let the system start the shift of somebody who has arrived, once it is time (37 S)."""
    await common.shift_timer(uow, row, START_TIMER, max(row.starts_at, uow.now))


async def start(uow: UnitOfWork, assignment_id: UUID) -> Assignment:
    """Work begins (37); refused without contract (ruling 4)."""
    row, engagement = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "start", common.hand(uow, row))
    common.for_employer(uow, row)
    if engagement.state != "A_CONTRACTED":
        raise Conflict("还没签约，不能开工。请先在手机上或驿站签约。")
    await gates.pass_start(uow, row, engagement)
    row.state, row.started_at = made.target, uow.now
    await timers.cancel_timers(uow, row.id, START_TIMER)
    spans = await common.span(uow, row.tenant, "t.auto_checkout")
    await common.shift_timer(uow, row, CHECKOUT_TIMER, (row.overtime_until or row.ends_at) + spans["t.auto_checkout"])
    await common.tell(uow, row, row.id, "assignment.started", made)
    return row


async def finish(
    uow: UnitOfWork,
    assignment_id: UUID,
    *,
    quantity: float | None = None,
    consent: witness.Consent | None = None,
) -> Assignment:
    """The shift ends (44): minutes within the agreed hours, less meal and waiting; pieces where pay is by the piece.

    A clerk adds how he was told (`consent`). Said well before the agreed end it is the speaker's early end (45, 46). Hours beyond it count only as far as both agreed
    on them before (48). Raises Invalid when pieces are missing or not a sensible number.
    """
    row, engagement = await common.assignment(uow, assignment_id)
    kind = uow.actor.kind
    agreed_end = row.overtime_until or row.ends_at
    ended = agreed_end if kind == "system" else uow.now
    early = ended < row.ends_at - EARLY
    his = kind == "worker" or (kind == "staff" and not uow.scope.covers(row.tenant))
    event = ("leave_early" if his else "end_early") if early else "finish"
    made = ASSIGNMENT.step(row.state, event, common.hand(uow, row))
    agreed = await agreed_of(uow, row, engagement)
    check_quantity(quantity, required=agreed.unit == "piece" and kind != "system")
    reason = "" if not early else "early_worker" if his else "early_employer"
    await close(uow, row, made, ended_at=ended, reason=reason, quantity=quantity, **witness.consent_of(uow, consent))
    return row


async def overtime_agreed(uow: UnitOfWork, agreed: NewEvent) -> None:
    """Both agreed to stay longer (48): the shift's end by the clock moves with it; only then do the minutes count."""
    if agreed.body.get("kind") != "overtime" or not agreed.body.get("assignment"):
        return
    row, _ = await common.assignment(uow, UUID(str(agreed.body["assignment"])))
    if row.overtime_until is None:
        return
    spans = await common.span(uow, row.tenant, "t.auto_checkout")
    if row.state == "A_WORKING":
        await common.shift_timer(uow, row, CHECKOUT_TIMER, row.overtime_until + spans["t.auto_checkout"])
    made = ASSIGNMENT.find(row.state, "overtime")
    await common.tell(uow, row, row.id, "assignment.overtime_agreed", made, until=row.overtime_until.isoformat())


async def end_early(
    uow: UnitOfWork, assignment_id: UUID, *, reason: str, task_done: bool = False, quantity: float | None = None
) -> Assignment:
    """The employer ends the shift before its time (45): half a day at least, all of it when the task is done.

    Raises Invalid without a reason, or without a count where pay is by the piece.
    """
    row, engagement = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "end_early", common.hand(uow, row))
    common.for_employer(uow, row)
    agreed = await agreed_of(uow, row, engagement)
    faults = [] if reason.strip() else [Fault("reason", "请写为什么提前收工。", "required")]
    faults += quantity_faults(quantity, required=agreed.unit == "piece")
    if faults:
        raise Invalid(faults)
    await close(
        uow, row, made, ended_at=uow.now, reason="" if task_done else "early_employer", quantity=quantity,
        words=reason.strip()[:200], task_done=task_done,
    )  # fmt: skip
    return row


async def leave_early(
    uow: UnitOfWork, assignment_id: UUID, *, reason: str, words: str = "", quantity: float | None = None
) -> Assignment:
    """The worker leaves before the end (46): paid for what he did; illness and safety have no credit effect.

    Raises Invalid for an unknown reason, for 'other' without words, and for pieces without a count.
    """
    row, engagement = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "leave_early", common.hand(uow, row))
    agreed = await agreed_of(uow, row, engagement)
    faults = []
    if reason not in LEAVE_REASONS:
        faults.append(Fault("reason", "请选为什么走：生病、不安全，还是别的。", "unknown"))
    if reason == "other" and not words.strip():
        faults.append(Fault("words", "请写一句为什么提前走。", "required"))
    faults += quantity_faults(quantity, required=agreed.unit == "piece" and uow.actor.kind != "worker")
    if faults:
        raise Invalid(faults)
    await close(
        uow, row, made, ended_at=uow.now, reason="early_worker", quantity=quantity,
        why=reason, words=words.strip()[:200], counts=reason == "other",
    )  # fmt: skip
    return row


async def finish_part(uow: UnitOfWork, assignment_id: UUID, *, quantity: float, note: str = "") -> Assignment:
    """Work by the piece ends in part (47): what was counted is paid; what the sides disagree on is disputed alone (53)."""
    row, engagement = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "finish_part", common.hand(uow, row))
    if (await agreed_of(uow, row, engagement)).unit not in COUNTED:
        raise Conflict("这个活不是计件的，请用“提前收工”或“提前走”。")
    check_quantity(quantity, required=True)
    await close(uow, row, made, ended_at=uow.now, reason="part", quantity=quantity, words=note.strip()[:200])
    return row


async def close(
    uow: UnitOfWork,
    row: Assignment,
    made: Transition,
    *,
    ended_at: datetime,
    reason: str,
    quantity: float | None = None,
    **body: Any,
) -> None:
    """End a shift on site in whatever way: its minutes, overtime and count, and the time by which it is recognised."""
    engagement = await uow.session.get_one(Engagement, row.engagement_id)
    agreed = await agreed_of(uow, row, engagement)
    await record_time(uow, row, ended_at, agreed.meal_minutes)
    row.quantity = quantity if quantity is not None else row.quantity
    row.state, row.finished_at, row.finished_by = made.target, ended_at, common.word_of(uow, row)
    # Somebody who is known to have come late stays so unless his shift ended in a way of its own.
    row.end_reason = reason or row.end_reason
    row.accept_due_at = await _accept_due(uow, row, daily=agreed.daily)
    await uow.flush()
    await timers.cancel_timers(uow, row.id, CHECKOUT_TIMER, START_TIMER)
    await common.shift_timer(uow, row, ACCEPT_TIMER, row.accept_due_at)
    await common.tell(
        uow, row, row.id, "assignment.finished", made,
        minutes=row.minutes, quantity=row.quantity, overtime=row.overtime_minutes, ended=row.end_reason, **body,
    )  # fmt: skip
    await common.derive(uow, row)


async def record_time(uow: UnitOfWork, row: Assignment, ended_at: datetime, meal_minutes: int) -> None:
    """Write what attendance says: minutes inside the agreed hours without waiting, and agreed overtime beyond them."""
    await uow.flush()
    waited = int((await uow.fetch(_WAITED, row.id))[0]["seconds"])
    row.minutes = worked_minutes(row, ended_at, meal_minutes, waited // 60)
    if row.overtime_until is not None:
        row.overtime_minutes = max(0, int((min(ended_at, row.overtime_until) - row.ends_at) / _MINUTE))


def quantity_faults(quantity: float | None, *, required: bool) -> list[Fault]:
    """Return what is wrong with a count."""
    if quantity is not None and not 0 <= quantity <= 100_000:
        return [Fault("quantity", "数量要在 0 到 100000 之间。", "range")]
    if required and quantity is None:
        return [Fault("quantity", "计件的活，请填做了多少。", "required")]
    return []


def check_quantity(quantity: float | None, *, required: bool) -> None:
    """Raise Invalid for a count that is missing or no sensible number."""
    if faults := quantity_faults(quantity, required=required):
        raise Invalid(faults)


def worked_minutes(row: Assignment, ended: datetime, meal_minutes: int, waited: int = 0) -> int:
    """Return minutes of work inside the agreed hours, without waiting; the meal counts only in more than half a shift.

    They run from the agreed start, or from the check-in of somebody who is known to have come late. A start button
    pressed late, a contract signed late at the gate or a roll call entered late takes no time from the worker.
    """
    begun = row.arrived_at if row.end_reason == LATE and row.arrived_at is not None else row.starts_at
    minutes = int((min(ended, row.ends_at) - begun) / _MINUTE) - waited
    if minutes * 2 > int((row.ends_at - row.starts_at) / _MINUTE):
        minutes -= meal_minutes
    return max(0, minutes)


class Agreed(NamedTuple):
    """What the terms say about a shift, as far as its end needs it."""

    unit: str
    meal_minutes: int
    daily: bool
    pay_fen: int


async def agreed_of(uow: UnitOfWork, row: Assignment, engagement: Engagement) -> Agreed:
    """Read the agreed terms of a shift."""
    terms = await common.agreed_terms(uow, engagement)
    body = msgspec.json.decode(terms.body)
    meal = next((int(s["meal_minutes"]) for s in body["shifts"] if s["date"] == row.work_date.isoformat()), 0)
    return Agreed(body["pay"]["unit"], meal, body["settlement"]["when"] == "daily", int(body["pay"]["fen"]))


async def _accept_due(uow: UnitOfWork, row: Assignment, *, daily: bool) -> datetime:
    spans = await common.span(uow, row.tenant, "t.accept.daily", "t.accept.daily.after", "t.accept.other")
    if not daily:
        return uow.now + spans["t.accept.other"]
    evening = clock.at_shanghai(row.work_date, time()) + spans["t.accept.daily"]
    return max(evening, uow.now + spans["t.accept.daily.after"])


async def accept(
    uow: UnitOfWork,
    assignment_id: UUID,
    *,
    quantity: float | None = None,
    consent: witness.Consent | None = None,
) -> Assignment:
    """Completion is recognised: by the employer or a clerk for him (51), or by the deadline with a check-in (52).

    A clerk adds how the employer said so (`consent`); one who has also entered the end is the single witness of both, and a
    colleague owes a call-back, as at 18 and 20.

    `quantity` is for piece work that ended by the clock, uncounted; a count that the worker gave is not changed here.
    Raises Invalid when the count is missing or differs.
    """
    row, engagement = await common.assignment(uow, assignment_id)
    event = "auto_accept" if uow.actor.kind == "system" else "accept"
    made = ASSIGNMENT.step(row.state, event, common.hand(uow, row))
    common.for_employer(uow, row)
    if row.quantity is not None and quantity is not None and quantity != row.quantity:
        raise Invalid([Fault("quantity", f"登记的数量是 {row.quantity:g}。数不对，请先和零工对数。", "differs")])
    row.quantity = quantity if row.quantity is None else row.quantity
    check_quantity(row.quantity, required=await needs_count(uow, row, engagement))
    row.state, row.accepted_at, row.accepted_by = made.target, uow.now, common.said_by(uow)
    await uow.flush()
    await timers.cancel_timers(uow, row.id, ACCEPT_TIMER)
    alone = await owe_both(uow, row, engagement, "51")
    await common.tell(
        uow, row, row.id, "assignment.accepted", made, single_witness=alone, **witness.consent_of(uow, consent)
    )
    await common.derive(uow, row)
    return row


async def owe_both(uow: UnitOfWork, row: Assignment, engagement: Engagement, step: str) -> bool:
    """Owe a call-back where the clerk who recognises a shift has also entered its end; tells whether he has."""
    if not witness.both_sides(uow, row.finished_by, row.accepted_by):
        return False
    await witness.owe(uow, engagement, step, row.id)
    return True


async def needs_count(uow: UnitOfWork, row: Assignment, engagement: Engagement) -> bool:
    """Tell whether the shift is paid by the piece and nobody has counted: then no clock may accept it, nor bill 0."""
    return row.quantity is None and (await agreed_of(uow, row, engagement)).unit == "piece"
