"""The waitlist of a full order: a number in the queue, and the next one asked as soon as a place is free (15, 16)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock, events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.events import NewEvent
from linggong.kernel.machine import SYSTEM_HAND
from linggong.kernel.timers import Timer
from linggong.market.models import Order
from linggong.work import common, telling
from linggong.work.machines import AGREED, ENGAGEMENT
from linggong.work.models import Engagement

QUEUE_TIMER = "t.queue"
ENDED = ("employer", "weather", "authority", "taken_down", "understaffed", "nobody_came", "not_refreshed")
"""Reasons by which an order ended as a whole: nobody is asked any more."""
_HIRING = ("O_OPEN", "O_FULL", "O_LOCKED", "O_ACTIVE")


async def join(uow: UnitOfWork, row: Engagement) -> int | None:
    """Put an applicant on the waitlist when the order is full (15); returns his number, None when places are left."""
    await uow.flush()
    made = ENGAGEMENT.step(row.state, "wait", SYSTEM_HAND)
    number: int | None = await uow.session.scalar(sa.text("SELECT join_queue(:e)"), {"e": row.id})
    if number is None:
        return None
    await uow.session.refresh(row)
    await common.tell(uow, row, row.id, "engagement.waitlisted", made, queue_no=number)
    return number


async def promote(uow: UnitOfWork, engagement_id: UUID) -> Engagement:
    """Ask one who waits, because a place is free (16): by the system in the queue's order, or by a clerk of the order's post.

    He has as long to answer as for any offer. Raises Conflict when no place is free, NotFound.
    """
    row = await common.engagement(uow, engagement_id)
    made = ENGAGEMENT.step(row.state, "promote", common.hand(uow))
    common.for_employer(uow, row)
    post = await common.post_of(uow, row.order_id)
    if post.places_left < 1 or post.state not in _HIRING:
        raise Conflict("现在没有空位，请等有人退出。", state=post.state)
    terms = await common.latest_terms(uow, row.order_id)
    row.state = made.target
    row.terms_version, row.terms_hash = terms.version, terms.hash
    row.offered_at, row.offered_by = uow.now, "employer"
    row.employer_confirmed_at, row.employer_confirmed_by = uow.now, common.said_by(uow)
    due = await common.answer_by(uow, row, post)
    await common.set_timer(uow, row, common.OFFER_TIMER, due)
    await common.tell(uow, row, row.id, "engagement.offered", made, terms_version=terms.version, queue_no=row.queue_no)
    until = clock.shanghai(due)
    await telling.worker(
        uow, row, "promoted", f"“{post.title}”有空位了，轮到你。请在 {until:%H:%M} 前答复，过时让给下一位。"
    )
    return row


async def settle(uow: UnitOfWork, order_id: UUID) -> None:
    """Bring an order's queue in order: a full order's applicants wait, and free places are offered to the next.

    Runs with the system's sight, because who leaves a place may not see who waits for it.
    """
    order = await uow.session.scalar(
        sa.select(Order)
        .where(Order.id == order_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if order is None or order.state not in _HIRING:
        return
    late = (await common.span(uow, order.tenant, "t.fill_until"))["t.fill_until"]
    if uow.now > order.starts_at + late:
        return
    rows = (
        await uow.session.scalars(
            sa.select(Engagement)
            .where(Engagement.order_id == order_id, Engagement.state.in_(("A_APPLIED", "A_WAITLIST", "A_OFFERED")))
            .order_by(Engagement.queue_no.nulls_last(), Engagement.created_at, Engagement.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    ).all()
    if order.confirmed >= order.headcount:
        for row in rows:
            if row.state == "A_APPLIED" and row.replacement_id is None:
                number = await join(uow, row)
                await telling.worker(uow, row, "waitlisted", f"人刚招满，你排在候补第 {number} 位，有空位马上叫你。")
        return
    asked = sum(row.state == "A_OFFERED" and row.replacement_id is None for row in rows)
    free = order.headcount - order.confirmed - asked
    for row in [r for r in rows if r.state == "A_WAITLIST"][: max(free, 0)]:
        await promote(uow, row.id)


async def place_freed(uow: UnitOfWork, told: NewEvent) -> None:
    """Let the system look at the queue at once: whoever freed a place, or took the last one, may not see who waits."""
    if told.body.get("from") not in ("A_OFFERED", *AGREED) or told.body.get("reason") in ENDED:
        return
    row = await uow.session.get(Engagement, told.subject_id)
    if row is not None:
        await common.set_timer(uow, row, QUEUE_TIMER, uow.now, region="queue")


async def place_taken(uow: UnitOfWork, told: NewEvent) -> None:
    """When the last place is taken, those who still wait for an answer go onto the waitlist."""
    row = await uow.session.get(Engagement, told.subject_id)
    if row is None:
        return
    left = await uow.fetch("SELECT places_left FROM board_posts WHERE order_id = $1", row.order_id)
    if left and left[0]["places_left"] == 0:
        await common.set_timer(uow, row, QUEUE_TIMER, uow.now, region="queue")


async def on_queue_due(uow: UnitOfWork, timer: Timer) -> None:
    """Look at the queue of the order, or of the engagement's order."""
    row = await uow.session.get(Engagement, timer.subject_id)
    await settle(uow, row.order_id if row is not None else timer.subject_id)


def register() -> None:
    """Bind by name at assembly."""
    for freed in ("engagement.withdrawn", "engagement.lapsed", "engagement.cancelled", "engagement.place_freed"):
        events.subscribe(freed, "work.place_freed", place_freed)
    events.subscribe("engagement.confirmed", "work.place_taken", place_taken)
    timers.on_timer(QUEUE_TIMER, on_queue_due)
