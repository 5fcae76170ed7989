"""Somebody did not come: the worker (38), his contest (38b), and the employer (39)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock, reading, timers
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.timers import Timer
from linggong.work import attend, common, eligibility, proofs, reports, telling
from linggong.work.machines import AGREED, ASSIGNMENT, ENGAGEMENT
from linggong.work.models import Assignment
from linggong.work.proofs import Point
from linggong.work.site_models import CONTEST_REASONS, NoShow

CONTEST_TIMER, DECIDE_TIMER = "t.objection.no_show", "t.objection.no_show_decide"
Outcome = Literal["upheld", "withdrawn", "arrived"]
CONTEST_WORDS: Final = {
    "illness": "生病", "address": "地址不对", "employer_absent": "雇主不在", "was_there": "我到了", "other": "其他",
}  # fmt: skip
_EVENTS: Final = {"upheld": "uphold", "withdrawn": "excuse", "arrived": "reinstate"}
_LEAST_WORDS = 4


async def watch(uow: UnitOfWork, confirmed: NewEvent) -> None:
    """Look at every shift of a confirmed engagement half an hour after its start (38: the system only proposes)."""
    if confirmed.subject_id is not None:
        await _watch(uow, confirmed.subject_id)


async def _watch(uow: UnitOfWork, engagement_id: UUID) -> None:
    due = "WHERE engagement_id = $1 AND state = ANY ($2::text[])"
    for row in await reading.many(uow, Assignment, due, engagement_id, AGREED):
        after = (await common.span(uow, row.tenant, "t.arrive_grace.no_show"))["t.arrive_grace.no_show"]
        await common.shift_timer(uow, row, attend.NO_SHOW_TIMER, common.due_at(row) + after)


async def hours_moved(uow: UnitOfWork, agreed: NewEvent) -> None:
    """Hours that were moved by agreement (25) move the look for a check-in with them."""
    if agreed.body.get("kind") == "time":
        await _watch(uow, UUID(str(agreed.body["engagement"])))


async def propose(uow: UnitOfWork, timer: Timer) -> None:
    """Half an hour after the start and no check-in: ask employer and station to call him; nothing is decided (ruling 12)."""
    row, _ = await common.assignment(uow, timer.subject_id)
    if row.state in AGREED:
        await common.tell(uow, row, row.id, "assignment.no_show_proposed", None, starts_at=row.starts_at.isoformat())
        when = f"{clock.shanghai(row.starts_at):%H:%M}"
        await telling.worker(
            uow,
            row,
            "no_show",
            f"{when} 的活开工半小时了，还没见您签到。在路上就回个电话，去不了请告诉驿站。",
            call=True,
        )
        await telling.employer(uow, row, "no_show", f"{when} 的活有人还没签到。请先打电话，没来再登记。")


async def no_show(uow: UnitOfWork, assignment_id: UUID, *, call_note: str = "", statement: str = "") -> Assignment:
    """The worker did not come (38): said by employer or clerk, who called him first; never with a check-in.

    He may contest for 72 hours; until that is over or decided it counts nowhere. Raises Invalid without the call, Conflict
    before half an hour after the start.
    """
    row, engagement = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "no_show", common.hand(uow, row))
    common.for_employer(uow, row)
    spans = await common.span(uow, row.tenant, "t.arrive_grace.no_show", "t.objection.no_show")
    if uow.now < common.due_at(row) + spans["t.arrive_grace.no_show"]:
        raise Conflict("开工后半小时还没到，才能记没来。请先打个电话问问。")
    if len(call_note.strip()) < _LEAST_WORDS:
        raise Invalid([Fault("call_note", "请先打电话，再写几点打的、怎么说的，例如“7:40 打了没人接”。", "required")])
    uow.session.add(
        NoShow(
            id=new_id(),
            assignment_id=row.id,
            order_id=row.order_id,
            tenant=row.tenant,
            via=row.via,
            worker_id=row.worker_id,
            employer_id=row.employer_id,
            reported_by=uow.actor.id if uow.actor.id != NOBODY else None,
            reported_side="employer" if uow.actor.kind == "employer" else "staff",
            call_note=call_note.strip()[:200],
            statement=statement.strip()[:500],
            reported_at=uow.now,
            contest_until=uow.now + spans["t.objection.no_show"],
        )
    )
    row.state = made.target
    await uow.flush()
    also = await common.end_engagement(uow, engagement, "no_show")
    await timers.cancel_timers(uow, row.id)
    await common.shift_timer(uow, row, CONTEST_TIMER, uow.now + spans["t.objection.no_show"])
    await common.tell(
        uow, row, row.id, "assignment.no_show", made, also=also, call_note=call_note.strip()[:200], counts=False
    )
    await telling.worker(
        uow,
        row,
        "no_show",
        "雇主登记您没到岗。不对的话，72 小时内在“我的活”里申诉，或找驿站代写。",
        call=True,
    )
    if also:
        await common.count_places(uow, engagement, freed_by="no_show")
    await common.derive(uow, row)
    return row


async def contest(uow: UnitOfWork, assignment_id: UUID, *, reason: str, words: str = "") -> NoShow:
    """The worker says that it was not so, or not his fault (38a): in time, once, himself or through a clerk."""
    row, _ = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "contest", common.hand(uow, row))
    case = await _case(uow, row)
    if reason not in CONTEST_REASONS:
        raise Invalid([Fault("reason", "请选一个原因：生病、地址不对、雇主不在、我到了，或者其他。", "unknown")])
    if reason == "other" and not words.strip():
        raise Invalid([Fault("words", "请写一句当时怎么回事。", "required")])
    if case.contested_at is not None:
        raise Conflict("已经申诉过了，等驿站回复。")
    if case.outcome != "open" or uow.now > case.contest_until:
        raise Conflict("申诉时间过了（登记后 72 小时内）。有事请找驿站。")
    case.contested_at, case.contest_reason, case.contest_words = uow.now, reason, words.strip()[:500]
    case.contested_by = uow.actor.id if uow.actor.id != NOBODY else None
    case.decide_by = await common.working_deadline(uow, row.tenant, "t.objection.no_show_decide")
    await uow.flush()
    await timers.cancel_timers(uow, row.id, CONTEST_TIMER)
    await common.shift_timer(uow, row, DECIDE_TIMER, case.decide_by)
    await common.tell(
        uow, row, row.id, "assignment.no_show_contested", made, reason=reason, decide_by=case.decide_by.isoformat()
    )
    return case


async def decide(
    uow: UnitOfWork, assignment_id: UUID, *, outcome: Outcome, note: str, came_at: datetime | None = None
) -> NoShow:
    """Decide a contested no-show (38b): it stands, he is excused, or he was there and is entered late.

    By station or county, never by him who reported it or wrote the contest down (invariant 13). Raises Invalid without a
    reason, Conflict for an undisputed or decided one and for a place that is no longer his.
    """
    row, engagement = await common.assignment(uow, assignment_id)
    if outcome not in _EVENTS:
        raise Invalid([Fault("outcome", "请选：不成立、无责，或者补记到岗。", "unknown")])
    made = ASSIGNMENT.step(row.state, _EVENTS[outcome], common.hand(uow, row))
    common.for_employer(uow, row)
    case = await _case(uow, row)
    if case.contested_at is None or case.outcome != "open":
        raise Conflict("这条没有待办的申诉。")
    if uow.actor.id in (case.reported_by, case.contested_by):
        raise Conflict("没来是您登记的，或者申诉是您代写的，请另一位工作人员来定。")
    seen = came_at or row.starts_at
    faults = []
    if len(note.strip()) < _LEAST_WORDS:
        faults.append(Fault("note", "请写定这个结果的理由和凭据。", "required"))
    opens = row.starts_at - (await common.span(uow, row.tenant, "t.arrive_open"))["t.arrive_open"]
    if not opens <= seen <= min(uow.now, row.ends_at):
        faults.append(Fault("came_at", f"到岗时间要在 {clock.shanghai(opens):%H:%M} 到收工之间。", "range"))
    if faults:
        raise Invalid(faults)
    if outcome == "arrived" and engagement.contracted_at is None:
        raise Conflict("他还没签约，不能补记到岗。请选无责，再和雇主说工钱。")
    case.outcome, case.decided_at, case.decided_by = outcome, uow.now, uow.actor.id
    case.decision_note = note.strip()[:500]
    await uow.flush()
    await timers.cancel_timers(uow, row.id, DECIDE_TIMER)
    also: list[list[str]] = []
    if outcome != "upheld":
        back = ENGAGEMENT.find(engagement.state, _EVENTS[outcome])
        if back is not None and back.source == "X_NOSHOW_W":
            engagement.state = back.target
            engagement.ended_at = None if outcome == "arrived" else engagement.ended_at
            also = [common.moved("engagement", engagement.id, back.source, back.target)]
    row.state = made.target
    if outcome == "arrived":
        await _enter_late(uow, row, seen)
    await uow.flush()
    event = "assignment.no_show_upheld" if outcome == "upheld" else "assignment.no_show_lifted"
    await common.tell(
        uow, row, row.id, event, made, also=also, outcome=outcome, note=case.decision_note, contested=True
    )
    said = {
        "upheld": "申诉没有成立，没到岗记入",
        "withdrawn": "申诉成立，不算您没来",
        "arrived": "申诉成立，补记了到岗",
    }[outcome]
    await telling.worker(uow, row, "no_show", f"{said}。理由在“我的活”里看。")
    await telling.employer(uow, row, "no_show", f"没到岗的申诉有结果了：{said}。")
    await common.count_places(uow, engagement)
    await common.derive(uow, row)
    return case


async def _enter_late(uow: UnitOfWork, row: Assignment, came_at: datetime) -> None:
    row.arrived_at, row.arrived_method = came_at, "clerk"
    try:
        async with uow.savepoint():
            await uow.flush()
    except sa.exc.IntegrityError as error:
        raise eligibility.no_time(error) or error from None
    await reports.keep(uow, row, "arrival", statement="申诉成立，补记到岗", happened_at=came_at, method="clerk")
    await attend.start_when_due(uow, row)


async def contest_over(uow: UnitOfWork, timer: Timer) -> None:
    """Nobody contested in time: from now on it counts."""
    row, _ = await common.assignment(uow, timer.subject_id)
    if row.state != "X_NOSHOW_W":
        return
    case = await _case(uow, row)
    if case.contested_at is None and case.outcome == "open":
        made = ASSIGNMENT.step(row.state, "uphold", common.hand(uow, row))
        case.outcome, case.decided_at = "upheld", uow.now
        await uow.flush()
        await common.tell(uow, row, row.id, "assignment.no_show_upheld", made, outcome="upheld", contested=False)


async def decision_late(uow: UnitOfWork, timer: Timer) -> None:
    """A contest waits longer than it may: the record says so; the decision stays with station and county."""
    row, _ = await common.assignment(uow, timer.subject_id)
    await common.tell(uow, row, row.id, "assignment.no_show_decision_late", None)


async def employer_no_show(
    uow: UnitOfWork,
    assignment_id: UUID,
    *,
    calls: Sequence[datetime],
    statement: str = "",
    point: Point | None = None,
    photo: bytes | None = None,
    secrets: Secrets | None = None,
) -> Assignment:
    """The worker stands there and nobody receives him (39): half an hour after the start, with proof and two unanswered calls.

    The proof is his check-in, a point near the place, a photo, or the clerk's own word. He is compensated like after a late
    cancel. Raises Invalid with every fault, Conflict before the time.
    """
    row, engagement = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "employer_no_show", common.hand(uow, row))
    numbers = await common.numbers(uow, row.tenant, "t.employer_wait", "t.employer_wait.calls")
    wait, tries = numbers["t.employer_wait"], int(numbers["t.employer_wait.calls"])
    if uow.now < row.starts_at + wait:
        raise Conflict(f"请等到 {clock.shanghai(row.starts_at + wait):%H:%M}，雇主还不来再登记。")
    faults = []
    told = sorted({c for c in calls if row.starts_at - wait <= c <= uow.now})
    if len(told) < tries:
        faults.append(Fault("calls", f"请先给雇主打 {tries} 次电话，写下几点打的（今天的）。", "required"))
    distance = await proofs.distance_from_site(uow, row, point) if point is not None else None
    near = distance is not None and await proofs.is_near(uow, row, distance)
    if row.state != "A_ARRIVED" and not near and photo is None and uow.actor.kind != "staff":
        faults.append(Fault("photo", "请在工地定位或拍一张现场照片，或者请驿站核实。", "required"))
    if faults:
        raise Invalid(faults)
    await reports.keep(
        uow, row, "employer_no_show", statement=statement, photo=photo, secrets=secrets,
        calls=[c.isoformat() for c in told], distance_m=distance, checked_in=row.arrived_at is not None,
        point=await proofs.rounded(uow, row, point) if point else None,
    )  # fmt: skip
    row.state, row.end_reason = made.target, "employer_no_show"
    await uow.flush()
    await timers.cancel_timers(uow, row.id)
    also = await common.end_engagement(uow, engagement, "employer_no_show")
    await common.tell(
        uow, row, row.id, "assignment.employer_no_show", made, also=also,
        paid_kind="employer_no_show", calls=len(told), distance_m=distance,
    )  # fmt: skip
    await common.derive(uow, row)
    return row


async def _case(uow: UnitOfWork, row: Assignment) -> NoShow:
    found = await uow.session.scalar(sa.select(NoShow).where(NoShow.assignment_id == row.id).with_for_update())
    if found is None:
        raise NotFound
    return found
