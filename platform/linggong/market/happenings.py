"""Small things that every transition of an order needs: its event, its timers, its derived state."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.events import NewEvent
from linggong.kernel.machine import SYSTEM_HAND, Transition
from linggong.market.machine import ORDER, STATE_WORDS
from linggong.market.models import Order
from linggong.people import service_links
from rbac.roles import hand
from tenants.parameters import Value, parse_duration
from tenants.service import parameters

REVIEW, REVIEW_RECHECK, RETURN, SAMPLE = "t.review", "t.review.recheck", "t.return", "t.review.sample"
REFRESH, REMIND, LOCK, START = "t.refresh", "t.refresh.remind", "t.lock", "t.fill_until"
UNDERSTAFFED, NOBODY_CAME, ASK_FORMER = "t.understaffed", "t.nobody_came", "t.ask_former"

_DERIVE = "SELECT before, after FROM derive_order($1, $2, $3)"


def expect(order: Order, *states: str, todo: str = "") -> None:
    """Raise Conflict when the order is in none of these states; `todo` says what to do instead."""
    if order.state not in states:
        words = STATE_WORDS.get(order.state, order.state)
        raise Conflict(f"这单现在是“{words}”，不能这样做。{todo or '请刷新后再看。'}", state=order.state)


def step(uow: UnitOfWork, order: Order, event: str, *, by_rule: bool = False) -> Transition:
    """Return the transition that the actor's event makes from the order's state (`by_rule`: the system's hand).

    Raises Conflict when the state or the hand does not fit.
    """
    return ORDER.step(order.state, event, SYSTEM_HAND if by_rule else hand(uow.actor.kind, uow.actor.role))


async def tell(
    uow: UnitOfWork,
    order: Order,
    event: str,
    *,
    made: Transition | None = None,
    on_behalf: bool = True,
    **body: Any,
) -> None:
    """Emit an event of the order on its chain, with the terms version; a transition tells its states and its number.

    What staff do for an employer is marked with the employer on whose behalf it was done.
    """
    await uow.flush()
    told: dict[str, Any] = {
        "order": str(order.id),
        "to": made.target if made else order.state,
        "terms_version": order.terms_version,
        **body,
    }
    if made is not None:
        told |= {
            "machine": made.machine,
            "subject": str(order.id),
            "event": made.event,
            "from": made.source,
            "transition": made.number,
        }
    await uow.emit(
        NewEvent(
            type=event,
            chain=f"order:{order.id}",
            subject_id=order.id,
            tenant=order.tenant,
            employer_id=order.employer_id,
            on_behalf_of=order.employer_id if on_behalf and uow.actor.kind == "staff" else None,
            body=told,
        )
    )


async def set_timer(uow: UnitOfWork, order: Order, key: str, due_at: datetime) -> None:
    """Start (or move) one of the order's timers."""
    await timers.set_timer(
        uow,
        subject_id=order.id,
        region="order",
        key=key,
        due_at=due_at,
        tenant=order.tenant,
        employer_id=order.employer_id,
    )


async def derive(
    uow: UnitOfWork, order_id: UUID, *, tenant: str, employer_id: UUID, lock_minutes: int | None = None
) -> tuple[str, str]:
    """Let the order's state follow from places, shifts and bills; emits `order.state` when it changed (22, 23, 62).

    Callable by anybody who acts on the order, a worker too, hence the sides as arguments. Returns (before, after).
    """
    if lock_minutes is None:
        found: Value = (await parameters(uow, tenant, LOCK))[LOCK]
        lock_minutes = int(found.total_seconds() // 60)  # type: ignore[union-attr]
    await uow.flush()
    before, after = (await uow.fetch(_DERIVE, order_id, uow.now, lock_minutes))[0]
    if before != after:
        loaded = uow.session.identity_map.get(identity_key(Order, order_id))
        if isinstance(loaded, Order):
            # The function wrote the row; writing it again from here could undo a later derivation.
            set_committed_value(loaded, "state", after)
        await uow.emit(
            NewEvent(
                type="order.state",
                chain=f"order:{order_id}",
                subject_id=order_id,
                tenant=tenant,
                employer_id=employer_id,
                body={
                    "order": str(order_id),
                    "machine": ORDER.name,
                    "subject": str(order_id),
                    "event": "derive",
                    "from": before,
                    "to": after,
                },
            )
        )
    return before, after


async def serve(uow: UnitOfWork, order: Order) -> None:
    """Let the staff of the order's node see its employer: they review and call him (service link of kind order)."""
    await service_links.link(uow, order.employer_id, order.tenant, "order", served_until=order.ends_at)


async def derived(uow: UnitOfWork, order: Order, lock_minutes: int | None = None) -> None:
    """Derive a loaded order's state."""
    await derive(uow, order.id, tenant=order.tenant, employer_id=order.employer_id, lock_minutes=lock_minutes)


async def next_alert(uow: UnitOfWork, order: Order) -> datetime | None:
    """Return when the next alert about missing people is due, None when all have passed."""
    found = (await parameters(uow, order.tenant, UNDERSTAFFED))[UNDERSTAFFED]
    spans: list[timedelta] = [parse_duration(text) for text in found] if isinstance(found, tuple) else []
    return min((at for at in (order.starts_at - s for s in spans) if at > uow.now), default=None)


async def keep_time(uow: UnitOfWork, order: Order) -> None:
    """Set the deadlines that hang on the order's start: the lock, the end of filling, the alerts, the hour when nobody came."""
    found = await parameters(uow, order.tenant, LOCK, START, NOBODY_CAME)
    spans = {key: value for key, value in found.items() if isinstance(value, timedelta)}
    for key, at in (
        (LOCK, order.starts_at - spans[LOCK]),
        (START, order.starts_at + spans[START]),
        (NOBODY_CAME, order.starts_at + spans[NOBODY_CAME]),
        (UNDERSTAFFED, await next_alert(uow, order)),
    ):
        if at is not None and at > uow.now:
            await set_timer(uow, order, key, at)
