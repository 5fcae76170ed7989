"""No worker without a state (ruling 7): what ends with an order or by the employer's word, and how each worker is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.events import NewEvent
from linggong.kernel.machine import SYSTEM_HAND
from linggong.market.models import BoardPost, Order
from linggong.work import common, telling
from linggong.work.machines import AGREED, ASSIGNMENT, ENGAGEMENT, NOT_YET
from linggong.work.models import Assignment, Engagement

_ENDED_BY = {"weather": "cancel_weather", "authority": "cancel_authority", "nobody_came": "cancel_authority"}
"""By which event a confirmed engagement ends, by the order's reason; every other reason is the employer's doing."""
_WORDS = {
    "employer": "雇主取消了“{title}”，不用去了。",
    "weather": "因为天气，“{title}”取消了，不用去了。",
    "authority": "“{title}”被要求停工，取消了，不用去了。",
    "taken_down": "“{title}”核查后违规下架，不用去了。",
    "understaffed": "“{title}”人没招够，不开工了。",
    "nobody_came": "“{title}”到点没有人到岗，取消了。",
}
_PAID = {"cancel": "名单锁定后才取消，按约定付你空跑补偿。", "rain": "按约定付你误工补偿；出门前就通知到的除外。"}
_ON_SITE = ("A_WORKING", "A_PAUSED")
_BEGUN = ("A_WORKING", "A_PAUSED", "A_FINISHED", "A_ACCEPTED", "X_RULED")
"""A shift that a ruling ended (75) was worked: its place is used up, not free again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why engagements end together, and what the order's event said of it."""

    reason: str
    event: str
    """The event of the machines: cancel_employer, cancel_weather or cancel_authority."""
    told_at_home: bool = False
    order_transition: str = ""


async def order_ended(uow: UnitOfWork, ended: NewEvent) -> None:
    """End every live engagement of an order that was cancelled, taken down or expired, and tell each worker (29 to 34).

    Raises Conflict when somebody is at work and the order is cancelled for the weather: then the shift is paused (41).
    """
    order_id = UUID(str(ended.body["order"]))
    reason = str(ended.body.get("reason", ""))
    if reason == "weather" and await _somebody_works(uow, order_id):
        raise Conflict("已经有人在干活，不能整单取消。请在名单里登记停工。")
    ending = Ending(
        reason=reason,
        event=_ENDED_BY.get(reason, "cancel_employer"),
        told_at_home=bool(ended.body.get("told_at_home")),
        order_transition=str(ended.body.get("transition", "")),
    )
    rows = (
        await uow.session.scalars(
            sa.select(Engagement)
            .where(Engagement.order_id == order_id, Engagement.state.not_like("X\\_%"))
            .order_by(Engagement.id)
            .with_for_update(key_share=True)
        )
    ).all()
    if not rows:
        return
    post = await common.post_of(uow, order_id)
    for row in rows:
        if row.state in NOT_YET:
            await _let_go(uow, row, ending, post)
        else:
            await _end_agreed(uow, row, ending, post)


async def cancel_engagement(uow: UnitOfWork, engagement_id: UUID, *, reason: str = "") -> Engagement:
    """The employer does without one worker (29 and 30 for one, also when he insists on terms that were refused, 26).

    Free until two hours before the start or ten minutes after a later confirmation, like the worker's own right (ruling 9);
    after the lock the worker has his compensation. Raises Conflict once the worker has begun or nothing lies ahead, NotFound.
    """
    row = await common.engagement(uow, engagement_id)
    ENGAGEMENT.step(row.state, "cancel_employer", common.hand(uow))
    common.for_employer(uow, row)
    shifts = await _shifts(uow, row)
    if any(s.state in _BEGUN for s in shifts):
        raise Conflict("他已经开工，不能取消。要提前收工，请登记下班。")
    agreed = row.state in AGREED
    if agreed and not any(s.state in (*AGREED, "A_ARRIVED") for s in shifts):
        raise Conflict("他的班次已经结束，没有可以取消的。")
    post = await common.post_of(uow, row.order_id)
    ending = Ending(reason="employer_one", event="cancel_employer", order_transition="30")
    if not agreed:
        await _let_go(uow, row, ending, post, why=reason)
        return row
    await _end_agreed(uow, row, ending, post, why=reason)
    await uow.execute(sa.update(Order).where(Order.id == row.order_id).values(confirmed=Order.confirmed - 1))
    await common.derive(uow, row)
    return row


async def order_frozen(uow: UnitOfWork, frozen: NewEvent) -> None:
    """Tell everybody who takes part that the order is frozen, or goes on (8, 9)."""
    order_id = UUID(str(frozen.body["order"]))
    rows = (
        await uow.session.scalars(
            sa.select(Engagement)
            .where(Engagement.order_id == order_id, Engagement.state.not_like("X\\_%"))
            .order_by(Engagement.id)
        )
    ).all()
    if not rows:
        return
    title = (await common.post_of(uow, order_id)).title
    if frozen.type == "order.suspended":
        kind, text = "order_suspended", f"“{title}”正在核查，先不要动身；一个工作日内给结果。想退的现在退，不扣分。"
    else:
        kind, text = "order_restored", f"“{title}”核查没有问题，照常开工。"
    for row in rows:
        await telling.worker(uow, row, kind, text, call=row.state in AGREED)
    if frozen.type == "order.restored" and frozen.tenant is not None:
        # Offers may have lapsed meanwhile: whoever waits has his turn.
        await timers.set_timer(
            uow,
            subject_id=order_id,
            region="queue",
            key="t.queue",
            due_at=uow.now,
            tenant=frozen.tenant,
            employer_id=frozen.employer_id,
        )


async def free_until(uow: UnitOfWork, row: Engagement, starts_at: datetime) -> datetime:
    """Return until when either side may leave for nothing (ruling 9): 2 hours before, or 10 minutes after a later yes."""
    spans = await common.span(uow, row.tenant, "t.free_cancel", "t.free_cancel.late")
    limit = starts_at - spans["t.free_cancel"]
    if row.confirmed_at is not None and row.confirmed_at > limit:
        limit = row.confirmed_at + spans["t.free_cancel.late"]
    return limit


async def _somebody_works(uow: UnitOfWork, order_id: UUID) -> bool:
    return bool(
        await uow.session.scalar(
            sa.select(sa.exists().where(Assignment.order_id == order_id, Assignment.state.in_(_ON_SITE)))
        )
    )


async def _shifts(uow: UnitOfWork, row: Engagement) -> Sequence[Assignment]:
    return (
        await uow.session.scalars(
            sa.select(Assignment)
            .where(Assignment.engagement_id == row.id)
            .order_by(Assignment.starts_at)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    ).all()


async def _let_go(uow: UnitOfWork, row: Engagement, ending: Ending, post: BoardPost, *, why: str = "") -> None:
    """End what was not agreed yet: by the employer when it is his doing (29), else as not taken (7)."""
    by_employer = ending.reason in ("employer", "employer_one")
    made = ENGAGEMENT.step(row.state, "cancel_employer" if by_employer else "order_over", SYSTEM_HAND)
    row.state, row.end_reason, row.ended_at = made.target, why[:200] or ending.reason, uow.now
    await uow.flush()
    await timers.cancel_timers(uow, row.id)
    await common.tell(
        uow,
        row,
        row.id,
        "engagement.order_ended",
        made,
        reason=ending.reason,
        after_lock=False,
        order_transition=ending.order_transition,
    )
    await telling.worker(uow, row, "order_ended", f"{_words(ending, post)}可以看看别的活。")


async def _end_agreed(uow: UnitOfWork, row: Engagement, ending: Ending, post: BoardPost, *, why: str = "") -> None:
    """End a confirmed engagement with its shifts that have not begun; who has worked already keeps the engagement."""
    shifts = await _shifts(uow, row)
    lock = (await common.span(uow, row.tenant, "t.lock"))["t.lock"]
    moves, lost, arrived, begun = [], [], False, False
    for shift in shifts:
        if shift.state in _BEGUN:
            begun = True
        elif shift.state in AGREED or shift.state == "A_ARRIVED":
            event = ending.event
            if shift.state == "A_ARRIVED":
                arrived = True
                event = "rain_on_site" if event == "cancel_weather" else event
            made = ASSIGNMENT.step(shift.state, event, SYSTEM_HAND)
            moves.append(common.moved("assignment", shift.id, made.source, made.target))
            lost.append(shift)
            shift.state, shift.end_reason = made.target, ending.reason
            await timers.cancel_timers(uow, shift.id)
    if not lost:
        # Nothing is taken from him; he is told all the same (invariant 15).
        said = (
            f"“{post.title}”不再做下去了。你已经干的不受影响，照常认定、照常付钱。" if begun else _words(ending, post)
        )
        await telling.worker(uow, row, "order_cancelled", said)
        return
    after_lock = uow.now >= lost[0].starts_at - lock
    free = uow.now <= await free_until(uow, row, lost[0].starts_at)
    paid = _paid_kind(ending, after_lock=after_lock, free=free, arrived=arrived)
    # Of several days only those that were too near to find other work are made good.
    near = [s.id for s in lost if uow.now >= s.starts_at - max(lock, timedelta(0))] or [lost[0].id]
    body = {
        "engagement": str(row.id),
        "reason": ending.reason,
        "after_lock": after_lock,
        "late": not free,
        "paid_kind": paid,
        "arrived": arrived,
        "shifts": [str(i) for i in near] if paid != "none" else [],
        "order_transition": ending.order_transition,
        "why": why[:200],
    }
    if begun:
        first = moves[0]
        await uow.flush()
        made = ASSIGNMENT.step(first[2], _event_of(first[2], ending.event), SYSTEM_HAND)
        await common.tell(uow, row, UUID(first[1]), "engagement.cancelled", made, also=moves[1:], **body)
    else:
        made = ENGAGEMENT.step(row.state, ending.event, SYSTEM_HAND)
        row.state, row.end_reason, row.ended_at = made.target, why[:200] or ending.reason, uow.now
        await uow.flush()
        await timers.cancel_timers(uow, row.id)
        await common.tell(uow, row, row.id, "engagement.cancelled", made, also=moves, **body)
    await telling.worker(uow, row, "order_cancelled", _words(ending, post) + _PAID.get(paid, ""))


def _event_of(state: str, event: str) -> str:
    return "rain_on_site" if state == "A_ARRIVED" and event == "cancel_weather" else event


def _paid_kind(ending: Ending, *, after_lock: bool, free: bool, arrived: bool) -> str:
    """Return by which rule of section 5 the worker is made good: cancel, rain or none."""
    if ending.event == "cancel_employer":
        return "cancel" if after_lock and (not free or arrived) else "none"
    if ending.event == "cancel_weather":
        # Rain before leaving home is nobody's fault; whoever stands at the gate, or was not told in time, has lost his day.
        return "rain" if arrived or (not free and not ending.told_at_home) else "none"
    return "none"


def _words(ending: Ending, post: BoardPost) -> str:
    return _WORDS.get(ending.reason, _WORDS["employer"]).format(title=post.title)
