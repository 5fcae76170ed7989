"""An order on the board: still hiring, no longer hiring, locked, never filled (transitions 6, 7, 23; R056)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.timers import Timer
from linggong.market import gates, happenings, queries, review
from linggong.market.forms import policy_at
from linggong.market.models import Order


async def refresh(uow: UnitOfWork, order_id: UUID, *, how: str = "tap") -> Order:
    """Say that people are still wanted (transition 6): the day's clock starts again, and a lapsed post comes back.

    `how` is tap, voice or note (a clerk's call). Raises Conflict for an order that is not on the board, NotFound.
    """
    order = await queries.order(uow, order_id, lock=True)
    happenings.expect(order, "O_OPEN", "O_FULL", "O_LOCKED", todo="不在招工的单不用确认，可以再来一单。")
    policy = await policy_at(uow, order.tenant)
    made = happenings.step(uow, order, "refresh")
    order.refreshed_at = uow.now
    order.hiring = uow.now <= order.starts_at + policy.fill_until
    if order.state != "O_LOCKED":
        await happenings.set_timer(uow, order, happenings.REMIND, uow.now + policy.remind)
        await happenings.set_timer(uow, order, happenings.REFRESH, uow.now + policy.refresh)
    await happenings.tell(uow, order, "order.refreshed", made=made, how=how)
    return order


async def expire(uow: UnitOfWork, order: Order, reason: str) -> None:
    """End an order that nobody filled or came back to (7): `order.expired` lets the loop end each engagement (ruling 7)."""
    made = happenings.step(uow, order, "expire", by_rule=True)
    order.state, order.end_reason, order.closed_at = made.target, reason, uow.now
    await uow.flush()
    await timers.cancel_timers(uow, order.id)
    await happenings.tell(uow, order, "order.expired", made=made, reason=reason, confirmed=order.confirmed)


async def stop_hiring(uow: UnitOfWork, order: Order, reason: str) -> None:
    """Take the post off the board while its confirmed workers keep their places (rulings 7 and 8)."""
    if not order.hiring:
        return
    order.hiring = False
    await happenings.tell(uow, order, "order.hiring_stopped", reason=reason, confirmed=order.confirmed)


async def on_refresh_due(uow: UnitOfWork, timer: Timer) -> None:
    """Nobody confirmed for a day (7): without confirmed workers the order expires, with some it only stops hiring."""
    order = await queries.order(uow, timer.subject_id, lock=True)
    if order.state == "O_FULL":
        # Full is off the board already; should a place come free, it has a fresh day to be filled.
        policy = await policy_at(uow, order.tenant)
        await _again(uow, timer, order, policy.refresh)
    elif order.state == "O_OPEN" and order.confirmed == 0:
        await expire(uow, order, "not_refreshed")
    elif order.state == "O_OPEN":
        await stop_hiring(uow, order, "not_refreshed")


async def _again(uow: UnitOfWork, timer: Timer, order: Order, after: timedelta) -> None:
    # The timer being fired still counts as live: end it first, or the new one would only move it.
    timer.state = "fired"
    await uow.flush()
    await happenings.set_timer(uow, order, timer.key, uow.now + after)


async def on_remind_due(uow: UnitOfWork, timer: Timer) -> None:
    """Ask the employer whether people are still wanted (6: reminder before the day is over)."""
    order = await queries.order(uow, timer.subject_id, lock=True)
    if order.state == "O_OPEN":
        await happenings.tell(uow, order, "order.refresh_asked")


async def on_lock_due(uow: UnitOfWork, timer: Timer) -> None:
    """The list of people is locked before the start (23); the daily question ends here."""
    order = await queries.order(uow, timer.subject_id, lock=True)
    await happenings.derived(uow, order)
    await timers.cancel_timers(uow, order.id, happenings.REFRESH, happenings.REMIND)


async def on_start_due(uow: UnitOfWork, timer: Timer) -> None:
    """Places are no longer filled. Below the smallest crew with nobody there the order expires (7, ruling 8).

    An order still waiting for its review goes back with the reason, so that it never waits for ever.
    """
    order = await queries.order(uow, timer.subject_id, lock=True)
    if order.state == "O_REVIEW":
        policy = await policy_at(uow, order.tenant)
        await review.send_back(uow, order, policy, reasons=["past"], note="")
        return
    if order.state in ("O_OPEN", "O_FULL", "O_LOCKED"):
        # O_ACTIVE means that somebody has arrived: then the order starts with fewer.
        await happenings.derived(uow, order)
        short = order.confirmed < order.min_crew and order.crew_choice != "fewer"
        waiting = order.state in ("O_OPEN", "O_FULL", "O_LOCKED") and (short or not order.confirmed)
        if waiting and not await gates.kept_open(uow, order.id):
            await expire(uow, order, "understaffed")
            return
        await stop_hiring(uow, order, "started")
    elif order.state == "O_ACTIVE":
        await stop_hiring(uow, order, "started")


async def on_return_due(uow: UnitOfWork, timer: Timer) -> None:
    """A returned order did not come back in time (5)."""
    order = await queries.order(uow, timer.subject_id, lock=True)
    if order.state == "O_RETURNED":
        await expire(uow, order, "return_lapsed")


async def on_review_due(uow: UnitOfWork, timer: Timer) -> None:
    """The review is late (3): a trusted employer's order passes by rule, any other is reported late."""
    order = await queries.order(uow, timer.subject_id, lock=True)
    if order.state != "O_REVIEW":
        return
    employer = await queries.employer_for_order(uow, order.employer_id)
    policy = await policy_at(uow, order.tenant)
    if not await review.pass_by_rule(uow, order, employer, policy, any_hour=True):
        await happenings.tell(uow, order, "order.review_late")


async def on_recheck_due(uow: UnitOfWork, timer: Timer) -> None:
    """A person's second look at an order that passed by rule is late (3)."""
    order = await queries.order(uow, timer.subject_id, lock=True)
    if order.reviewed_by is None:
        await happenings.tell(uow, order, "order.recheck_late")
