"""What somebody finds at the gate: other work than was posted (39b), or work that must not be done at all (49)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.machine import SYSTEM_HAND
from linggong.kernel.timers import Timer
from linggong.market import suspending
from linggong.work import attend, common, reports, stopping, telling
from linggong.work.machines import AGREED, ASSIGNMENT, ENGAGEMENT
from linggong.work.models import Assignment, Engagement
from linggong.work.site_models import SiteReport

DIFFERENCES: Final = {
    "trade": "工种不对",
    "pay": "压价",
    "place": "地点不对",
    "hours": "时间不对",
    "unsafe": "不安全",
    "other": "其他",
}
VOIDS: Final = {"under_age": "未满16周岁", "false_identity": "冒名顶替", "illegal_work": "违法用工"}
CHECK_TIMER: Final = "t.check_differs"
_LEAST_WORDS = 4


async def differs(
    uow: UnitOfWork,
    assignment_id: UUID,
    *,
    what: str,
    statement: str,
    photo: bytes | None = None,
    secrets: Secrets | None = None,
) -> Assignment:
    """The work is not what was posted, and the worker leaves (39b): compensated like after a late cancel; the order is checked.

    At the gate, or within half an hour of the start. His other shifts of this order end with it. Raises Invalid with every
    fault, Conflict later on.
    """
    row, engagement = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "differs", common.hand(uow, row))
    within = (await common.span(uow, row.tenant, "t.mismatch_leave"))["t.mismatch_leave"]
    begun = max(row.started_at or row.starts_at, row.starts_at)
    if row.state == "A_WORKING" and uow.now > begun + within:
        raise Conflict("开工超过半小时了。活不对请找驿站投诉，要走请用“提前走”。")
    faults = []
    if what not in DIFFERENCES:
        faults.append(Fault("what", "请选哪里不对：工种、价钱、地点、时间、安全，还是别的。", "unknown"))
    if len(statement.strip()) < _LEAST_WORDS:
        faults.append(Fault("statement", "请写一句：说好的是什么，到了是什么。", "required"))
    if faults:
        raise Invalid(faults)
    report = await reports.keep(
        uow, row, "differs", statement=statement, photo=photo, secrets=secrets, what=what,
        terms_version=engagement.terms_version,
    )  # fmt: skip
    row.state, row.end_reason = made.target, "differs"
    await uow.flush()
    await timers.cancel_timers(uow, row.id)
    also = await _end_all(uow, engagement, "differs", "cancel_employer", "differs")
    await common.tell(
        uow, row, row.id, "assignment.differs", made, also=also,
        paid_kind="differs", what=what, words=report.statement, report=str(report.id), order=str(row.order_id),
    )  # fmt: skip
    # The system freezes it: a worker may not see the order's own row, nor move a timer that another one has set.
    await timers.set_timer(
        uow,
        subject_id=row.id,
        region="differs",
        key=CHECK_TIMER,
        due_at=uow.now,
        tenant=row.tenant,
        via=row.via,
        person_id=row.worker_id,
        employer_id=row.employer_id,
    )
    await telling.employer(
        uow, row, "differs", f"有零工到场说{DIFFERENCES[what]}，已离开。这单要先核查，驿站会联系您。"
    )
    await common.count_places(uow, engagement)
    await common.derive(uow, row)
    return row


async def check_order(uow: UnitOfWork, timer: Timer) -> None:
    """Freeze the order of which somebody said that the work differs (8): once, however many leave."""
    row = await uow.session.get(Assignment, timer.subject_id)
    said = await uow.session.scalar(
        sa.select(SiteReport.statement).where(
            SiteReport.assignment_id == timer.subject_id, SiteReport.kind == "differs"
        )
    )
    if row is None:
        return
    try:
        async with uow.savepoint():
            await suspending.suspend(uow, row.order_id, reason="differs", note=f"零工到场说：{said or '活不符'}")
    except Conflict:
        return  # frozen already, or over


async def void(uow: UnitOfWork, assignment_id: UUID, *, reason: str, proof: str) -> Engagement:
    """A child, a false identity or illegal work (49): everything stops at once, and what was worked is paid in full.

    By station, county, bureau or the system; the whole engagement ends. Each shift that was worked tells its minutes, so that
    it is billed; a report for the labour inspectorate is kept. Raises Invalid without reason and proof, Conflict.
    """
    named, engagement = await common.assignment(uow, assignment_id)
    ASSIGNMENT.step(named.state, "void", common.hand(uow))
    faults = []
    if reason not in VOIDS:
        faults.append(Fault("reason", "请选为什么作废：未满16周岁、冒名，还是违法用工。", "unknown"))
    if len(proof.strip()) < _LEAST_WORDS:
        faults.append(Fault("proof", "请写凭什么认定，例如“身份证出生日期”。", "required"))
    if faults:
        raise Invalid(faults)
    shifts = (
        await uow.session.scalars(
            sa.select(Assignment)
            .where(Assignment.engagement_id == engagement.id)
            .order_by(Assignment.starts_at)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    ).all()
    for row in shifts:
        if row.state in AGREED or ASSIGNMENT.find(row.state, "void") is None:
            continue
        await _void_worked(uow, row, engagement, reason, proof)
    if named.state in AGREED:
        # Found before the work began: the inspectorate is told of it all the same.
        await reports.keep(uow, named, "void", statement=proof, reason=reason, minutes=None)
    also = await _end_all(uow, engagement, "void", "void", reason)
    if also:
        first = also.pop(0)
        made = ENGAGEMENT.step(first[2], "void", common.hand(uow))
        await common.tell(uow, engagement, engagement.id, "engagement.voided", made, also=also, reason=reason)
    await timers.cancel_timers(uow, engagement.id)
    await telling.worker(
        uow, engagement, "void", "这个活作废了，请马上停下。干过的活工钱照付，驿站会联系您。", call=True
    )
    await telling.employer(
        uow,
        engagement,
        "void",
        f"{VOIDS[reason]}：请马上停工。干过的活要付足工钱，已报劳动监察。",
        call=True,
    )
    await common.count_places(uow, engagement)
    await common.derive(uow, engagement)
    return engagement


async def _void_worked(uow: UnitOfWork, row: Assignment, engagement: Engagement, reason: str, proof: str) -> None:
    made = ASSIGNMENT.step(row.state, "void", common.hand(uow, row))
    worked = row.state in ("A_WORKING", "A_PAUSED")
    await stopping.close_open(uow, row, "ended")
    if worked:
        agreed = await attend.agreed_of(uow, row, engagement)
        row.finished_at = min(uow.now, row.overtime_until or row.ends_at)
        await attend.record_time(uow, row, row.finished_at, agreed.meal_minutes)
    report = await reports.keep(uow, row, "void", statement=proof, reason=reason, minutes=row.minutes)
    row.state, row.end_reason = made.target, "void"
    await uow.flush()
    await timers.cancel_timers(uow, row.id)
    await common.tell(
        uow, row, row.id, "assignment.voided", made,
        reason=reason, minutes=row.minutes or 0, quantity=row.quantity, report=str(report.id), paid="full",
    )  # fmt: skip


async def _end_all(
    uow: UnitOfWork, engagement: Engagement, event: str, shift_event: str, reason: str
) -> list[list[str]]:
    """End an engagement with its shifts that have not begun; returns the moves, the engagement's first."""
    made = ENGAGEMENT.find(engagement.state, event)
    if made is None:
        return []
    moves = [common.moved("engagement", engagement.id, made.source, made.target)]
    ahead = await uow.session.scalars(
        sa.select(Assignment).where(Assignment.engagement_id == engagement.id, Assignment.state.in_(AGREED))
    )
    for row in ahead:
        step = ASSIGNMENT.step(row.state, shift_event, SYSTEM_HAND)
        moves.append(common.moved("assignment", row.id, step.source, step.target))
        row.state, row.end_reason = step.target, reason
        await timers.cancel_timers(uow, row.id)
    engagement.state, engagement.end_reason, engagement.ended_at = made.target, reason, uow.now
    await uow.flush()
    return moves
