"""An order under suspicion: frozen at once, restored or taken down by another hand, objected to (transitions 8 to 10)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.timers import Timer
from linggong.market import happenings, queries
from linggong.market.forms import policy_at
from linggong.market.models import Order, Suspension
from linggong.offices.duties import require_other_hand
from linggong.people.registration import whole
from tenants.holidays import working_deadline
from tenants.service import parameters

REASONS = {
    "fee": "向零工收费、收押金",
    "false_post": "虚假用工",
    "lure": "借招工引流、卖课",
    "illegal": "违法用工",
    "differs": "现场和发布的不一样",
    "pay": "压价、不按说好的给钱",
    "risk": "系统风险提示",
    "other": "其他",
}
DECIDE, OBJECTION = "t.suspend.decide", "t.objection.other"
_REGION = "suspension"


async def suspend(uow: UnitOfWork, order_id: UUID, *, reason: str, note: str = "") -> Order:
    """Freeze an order on a credible report or a rule (8): off the board, nobody may join, its workers are told at once.

    A decision is due within working days (`t.suspend.decide`). Raises Invalid, Conflict, NotFound.
    """
    faults = [] if reason in REASONS else [Fault("reason", "没有这个原因，请重新选。", "unknown")]
    if reason == "other" and not note.strip():
        faults.append(Fault("note", "选了“其他”，请写明是什么问题。", "required"))
    if faults:
        raise Invalid(faults)
    order = await queries.order(uow, order_id, lock=True)
    made = happenings.step(uow, order, "suspend")
    order.state = made.target
    row = Suspension(
        id=new_id(),
        order_id=order.id,
        tenant=order.tenant,
        employer_id=order.employer_id,
        reason=reason,
        note=note.strip()[:500],
        suspended_at=uow.now,
        suspended_by=uow.actor.id if uow.actor.kind == "staff" else None,
        decide_due_at=await _working(uow, order.tenant, DECIDE),
    )
    uow.session.add(row)
    await uow.flush()
    await _timer(uow, row, DECIDE, row.decide_due_at)
    await happenings.tell(
        uow, order, "order.suspended", made=made, on_behalf=False, suspension=str(row.id), reason=reason
    )
    return order


async def restore(uow: UnitOfWork, order_id: UUID, *, findings: str) -> Order:
    """Nothing was found, or a proposed take-down is not confirmed (9): the order goes on where the clock stands.

    Raises Invalid without findings, Conflict, NotFound.
    """
    findings = _written(findings, "findings", "请写下核查的结果。")
    order, row = await _open(uow, order_id)
    made = happenings.step(uow, order, "restore")
    order.state = made.target
    await _decide(uow, row, "restored", findings)
    policy = await policy_at(uow, order.tenant)
    order.refreshed_at = uow.now
    await happenings.set_timer(uow, order, happenings.REMIND, uow.now + policy.remind)
    await happenings.set_timer(uow, order, happenings.REFRESH, uow.now + policy.refresh)
    # What fell due meanwhile found the order frozen and did nothing.
    await happenings.set_timer(uow, order, happenings.START, max(order.starts_at + policy.fill_until, uow.now))
    await happenings.tell(uow, order, "order.restored", made=made, on_behalf=False, suspension=str(row.id))
    await happenings.derived(uow, order, policy.lock_minutes)
    return order


async def propose_takedown(uow: UnitOfWork, order_id: UUID, *, findings: str) -> Suspension:
    """Propose to take a frozen order down, with what was found (10); another hand confirms.

    Raises Invalid without findings, Conflict when it is not frozen or proposed already, NotFound.
    """
    findings = _written(findings, "findings", "请写下查到了什么，有什么证据。")
    order, row = await _open(uow, order_id)
    if row.proposed_at is not None:
        raise Conflict("已经有人提出下架了，等人社局确认。")
    row.findings, row.proposed_at = findings, uow.now
    row.proposed_by = uow.actor.id if uow.actor.id != NOBODY else None
    await happenings.tell(uow, order, "takedown.proposed", on_behalf=False, suspension=str(row.id))
    return row


async def confirm_takedown(uow: UnitOfWork, order_id: UUID, *, note: str = "") -> Order:
    """Take a frozen order down (10): the bureau confirms what another hand proposed; it counts in row 15.

    Every engagement ends as by the employer (ruling 7). He may object within `t.objection.other` working days. Raises
    Conflict without a proposal or for the proposer's own hand, NotFound.
    """
    order, row = await _open(uow, order_id)
    made = happenings.step(uow, order, "take_down")
    if row.proposed_at is None:
        raise Conflict("还没有人提出下架。请先由运营方写明查到了什么，再确认。")
    await require_other_hand(uow, "propose-takedown", chain=f"order:{order.id}")
    policy = await policy_at(uow, order.tenant)
    order.state, order.end_reason, order.closed_at = made.target, "taken_down", uow.now
    await _decide(uow, row, "taken_down", row.findings, note)
    row.objection_due_at = await _working(uow, order.tenant, OBJECTION)
    await uow.flush()
    await timers.cancel_timers(uow, order.id)
    await _timer(uow, row, OBJECTION, row.objection_due_at)
    await happenings.tell(
        uow,
        order,
        "order.taken_down",
        made=made,
        on_behalf=False,
        suspension=str(row.id),
        reason="taken_down",
        cause=row.reason,
        after_lock=uow.now >= order.starts_at - policy.lock,
        confirmed=order.confirmed,
        objection_due_at=row.objection_due_at.isoformat(),
    )
    return order


async def object_to(uow: UnitOfWork, order_id: UUID, *, words: str) -> Suspension:
    """The employer, or a clerk for him, objects to a take-down in time (10).

    Raises Invalid without words, Conflict after the time or a second time, NotFound.
    """
    words = _written(words, "words", "请写下为什么不该下架。")
    order = await queries.order(uow, order_id, lock=True)
    row = await _taken_down(uow, order)
    if row.objected_at is not None:
        raise Conflict("已经提过异议了，请等答复。")
    if row.objection_due_at is None or uow.now > row.objection_due_at:
        raise Conflict("提异议的时间过了。还有话说，请到县人社局当面说明。")
    row.objection, row.objected_at = words, uow.now
    # From here on the bureau owes an answer, in as many working days as the employer had.
    await _timer(uow, row, OBJECTION, await _working(uow, order.tenant, OBJECTION))
    await happenings.tell(uow, order, "takedown.objected", suspension=str(row.id))
    return row


async def answer_objection(uow: UnitOfWork, order_id: UUID, *, uphold: bool, note: str) -> Suspension:
    """Decide on an objection: another hand than the one that confirmed. Upheld, the take-down counts for nothing (10b).

    The order is not hired for again: the employer posts anew. Raises Invalid without a reason, Conflict, NotFound.
    """
    note = _written(note, "note", "请写下为什么这样决定。")
    order = await queries.order(uow, order_id, lock=True)
    row = await _taken_down(uow, order)
    if row.objected_at is None or row.answer:
        raise Conflict("没有等着答复的异议。")
    if uow.actor.id in (row.decided_by, row.proposed_by):
        raise Conflict("下架是您提出或确认的，异议请另一位同事来答复。")
    row.answer, row.answer_note = "upheld" if uphold else "rejected", note
    row.answered_at, row.answered_by = uow.now, uow.actor.id
    await timers.cancel_timers(uow, row.id)
    made = None
    if uphold:
        made = happenings.step(uow, order, "objection_upheld")
        order.state, order.end_reason = made.target, "objection_upheld"
    await happenings.tell(
        uow, order, "takedown.objection_answered", made=made, on_behalf=False, suspension=str(row.id), answer=row.answer
    )
    return row


async def on_decide_due(uow: UnitOfWork, timer: Timer) -> None:
    """The decision on a frozen order is late (9): said in the record, and the bureau is asked again after as long."""
    row = await uow.session.get(Suspension, timer.subject_id)
    if row is None or row.outcome:
        return
    await _again(uow, timer, row, DECIDE)
    order = await queries.order(uow, row.order_id)
    await happenings.tell(
        uow, order, "order.suspension_late", suspension=str(row.id), proposed=row.proposed_at is not None
    )


async def on_objection_due(uow: UnitOfWork, timer: Timer) -> None:
    """The time to object is over, or the answer to an objection is late: then the bureau is asked again."""
    row = await uow.session.get(Suspension, timer.subject_id)
    if row is None or row.objected_at is None or row.answer:
        return
    await _again(uow, timer, row, OBJECTION)
    order = await queries.order(uow, row.order_id)
    await happenings.tell(uow, order, "takedown.answer_late", suspension=str(row.id))


async def _again(uow: UnitOfWork, timer: Timer, row: Suspension, key: str) -> None:
    # The timer being fired still counts as live: end it first, or the new one would only move it.
    timer.state = "fired"
    await uow.flush()
    await _timer(uow, row, key, await _working(uow, row.tenant, key))


async def _open(uow: UnitOfWork, order_id: UUID) -> tuple[Order, Suspension]:
    order = await queries.order(uow, order_id, lock=True)
    happenings.expect(order, "O_SUSPENDED", todo="先冻结核查，再决定。")
    row = await uow.session.scalar(
        sa.select(Suspension).where(Suspension.order_id == order.id, Suspension.outcome.is_(None))
    )
    if row is None:
        raise NotFound
    return order, row


async def _taken_down(uow: UnitOfWork, order: Order) -> Suspension:
    happenings.expect(order, "O_TAKENDOWN", todo="没有下架的单不用提异议。")
    row = await uow.session.scalar(
        sa.select(Suspension).where(Suspension.order_id == order.id, Suspension.outcome == "taken_down")
    )
    if row is None:
        raise NotFound
    return row


async def _decide(uow: UnitOfWork, row: Suspension, outcome: str, findings: str, note: str = "") -> None:
    row.outcome, row.decided_at, row.decided_by = outcome, uow.now, uow.actor.id
    row.findings = "；".join(t for t in (findings, note.strip()[:500]) if t)
    await uow.flush()
    await timers.cancel_timers(uow, row.id, DECIDE)


async def _working(uow: UnitOfWork, path: str, key: str) -> datetime:
    days = (await parameters(uow, path, key))[key]
    return await working_deadline(uow, path, uow.now, whole(days))


async def _timer(uow: UnitOfWork, row: Suspension, key: str, due_at: datetime) -> None:
    await timers.set_timer(
        uow,
        subject_id=row.id,
        region=_REGION,
        key=key,
        due_at=due_at,
        tenant=row.tenant,
        employer_id=row.employer_id,
    )


def _written(text: str, field: str, words: str) -> str:
    if not text.strip():
        raise Invalid([Fault(field, words, "required")])
    return text.strip()[:500]
