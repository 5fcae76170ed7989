"""What the loop owes an order once it is published: former workers are asked first (35, R051), and nobody may be forgotten (ruling 8)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.timers import Timer
from linggong.market import gates, happenings, hiring, queries
from linggong.market.models import Order
from linggong.people import notices
from linggong.work import common, engage, regulars
from linggong.work.machines import AGREED
from linggong.work.models import Assignment, Engagement

_BEGUN = ("A_ARRIVED", "A_WORKING", "A_PAUSED", "A_FINISHED", "A_ACCEPTED")


async def order_published(uow: UnitOfWork, published: NewEvent) -> None:
    """Ask the workers of a rained-off order first, or of the one that is repeated: by the system, whoever publishes may not see them."""
    order = await uow.session.get(Order, published.subject_id)
    if order is not None and (order.rescheduled_from is not None or order.asks_former):
        await happenings.set_timer(uow, order, happenings.ASK_FORMER, uow.now)


async def ask_former(uow: UnitOfWork, timer: Timer) -> None:
    """Invite whoever was confirmed on the order that the weather cancelled (35), or finished the one that is repeated.

    His old yes does not carry over, and a no costs him nothing.
    """
    order = await queries.order(uow, timer.subject_id, lock=True)
    rained_off = order.rescheduled_from is not None
    rained = (
        sa.select(Engagement.worker_id)
        .where(
            Engagement.order_id == order.rescheduled_from,
            Engagement.state == "X_CANCEL_W",
            Engagement.confirmed_at.is_not(None),
        )
        .order_by(Engagement.confirmed_at)
    )
    asked = rained if rained_off or order.repeat_of is None else regulars.finished_on(order.repeat_of)
    said = (
        f"“{order.title}”改期了，先问你还去不去。请在“我的活”里回话。"
        if rained_off
        else f"“{order.title}”又要人，上回你干过，先问你去不去。请在“我的活”里回话。"
    )
    for worker_id in list(await uow.session.scalars(asked)):
        try:
            async with uow.savepoint():
                row = await engage.invite(uow, order.id, worker_id)
        except (Conflict, NotFound):
            continue  # he has other work by now, or may not do this one any more
        await notices.notify(
            uow,
            to="worker",
            kind="rescheduled" if rained_off else "asked_again",
            text=said,
            subject_id=order.id,
            tenant=row.tenant,
            via=row.via,
            person_id=row.worker_id,
            employer_id=row.employer_id,
        )


async def nobody_came(uow: UnitOfWork, timer: Timer) -> None:
    """An hour after the start nobody has arrived (ruling 8): everybody a no-show cancels the order.

    Where a person has not said so the system does not either (ruling 12): the employer is asked, and what nobody has written
    down by the end of the work ends without fault on any side.
    """
    order = await queries.order(uow, timer.subject_id, lock=True)
    await happenings.derived(uow, order)
    if order.state not in ("O_OPEN", "O_FULL", "O_LOCKED", "O_ACTIVE") or await _somebody(uow, order.id):
        return
    states = (await uow.session.scalars(sa.select(Engagement.state).where(Engagement.order_id == order.id))).all()
    if not any(state in AGREED for state in states):
        if any(state == "X_NOSHOW_W" for state in states) and order.state in ("O_LOCKED", "O_ACTIVE"):
            await _cancel(uow, order)
        else:
            await hiring.expire(uow, order, "understaffed")
        return
    spans = await common.span(uow, order.tenant, "t.auto_checkout")
    at_last = order.ends_at + spans["t.auto_checkout"]
    if uow.now >= at_last:
        await hiring.expire(uow, order, "nobody_came")
        return
    # The timer being fired still counts as live: end it first, or the new one would only move it.
    timer.state = "fired"
    await uow.flush()
    await happenings.set_timer(uow, order, happenings.NOBODY_CAME, at_last)
    await happenings.tell(uow, order, "order.nobody_came_asked", confirmed=order.confirmed)
    await notices.notify(
        uow,
        to="employer",
        kind="nobody_came",
        text=f"“{order.title}”开工一小时了，还没有人签到。人来了请点名；没来请在名单里记“没来”。",
        subject_id=order.id,
        tenant=order.tenant,
        employer_id=order.employer_id,
        call=True,
    )


async def _somebody(uow: UnitOfWork, order_id: UUID) -> bool:
    return bool(
        await uow.session.scalar(
            sa.select(sa.exists().where(Assignment.order_id == order_id, Assignment.state.in_(_BEGUN)))
        )
    )


async def _cancel(uow: UnitOfWork, order: Order) -> None:
    made = happenings.step(uow, order, "nobody_came")
    order.state, order.end_reason, order.closed_at = made.target, "nobody_came", uow.now
    await uow.flush()
    await timers.cancel_timers(uow, order.id)
    await happenings.tell(
        uow, order, "order.cancelled", made=made, reason="nobody_came", after_lock=True, confirmed=order.confirmed
    )


async def somebody_missed(uow: UnitOfWork, order_id: UUID) -> bool:
    """Tell whether somebody has been said not to have come: then the order is cancelled an hour after its start (ruling 8)."""
    return bool(
        await uow.session.scalar(
            sa.select(sa.exists().where(Assignment.order_id == order_id, Assignment.state == "X_NOSHOW_W"))
        )
    )


def register() -> None:
    """Bind by name at assembly."""
    gates.keeps_open["work.somebody_missed"] = somebody_missed
    events.subscribe("order.published", "work.order_published", order_published)
    timers.on_timer(happenings.NOBODY_CAME, nobody_came)
    timers.on_timer(happenings.ASK_FORMER, ask_former)
