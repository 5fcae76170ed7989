"""Small things that every transition of an order needs: its event, its timers, its derived state."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.events import NewEvent
from linggong.market.models import Order
from linggong.people import service_links
from tenants.parameters import Value
from tenants.service import parameters

STATE_WORDS = {
    "O_DRAFT": "草稿",
    "O_REVIEW": "待审核",
    "O_RETURNED": "退回修改",
    "O_OPEN": "招工中",
    "O_FULL": "已招满",
    "O_LOCKED": "开工锁定",
    "O_ACTIVE": "用工中",
    "O_DONE": "已完工",
    "O_SETTLING": "结算中",
    "O_CLOSED": "已结清",
    "O_ARCHIVED": "已归档",
    "O_CANCELLED": "已取消",
    "O_EXPIRED": "过期",
    "O_SUSPENDED": "冻结核查",
    "O_TAKENDOWN": "违规下架",
}
REVIEW, REVIEW_RECHECK, RETURN = "t.review", "t.review.recheck", "t.return"
REFRESH, REMIND, LOCK, START = "t.refresh", "t.refresh.remind", "t.lock", "t.fill_until"

_DERIVE = sa.text("SELECT before, after FROM derive_order(:id, :now, :lock)")


def expect(order: Order, *states: str, todo: str = "") -> None:
    """Raise Conflict when the order is in none of these states; `todo` says what to do instead."""
    if order.state not in states:
        words = STATE_WORDS.get(order.state, order.state)
        raise Conflict(f"这单现在是“{words}”，不能这样做。{todo or '请刷新后再看。'}", state=order.state)


async def tell(
    uow: UnitOfWork,
    order: Order,
    event: str,
    *,
    transition: int | None = None,
    before: str | None = None,
    on_behalf: bool = True,
    **body: Any,
) -> None:
    """Emit an event of the order on its chain, with the states, the transition's number and the terms version.

    What staff do for an employer is marked with the employer on whose behalf it was done.
    """
    await uow.flush()
    told: dict[str, Any] = {"order": str(order.id), "to": order.state, "terms_version": order.terms_version, **body}
    if before is not None:
        told["from"] = before
    if transition is not None:
        told["transition"] = transition
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
    row = (await uow.execute(_DERIVE, {"id": order_id, "now": uow.now, "lock": lock_minutes})).one()
    if row.before != row.after:
        loaded = uow.session.identity_map.get(identity_key(Order, order_id))
        if isinstance(loaded, Order):
            # The function wrote the row; writing it again from here could undo a later derivation.
            set_committed_value(loaded, "state", row.after)
        await uow.emit(
            NewEvent(
                type="order.state",
                chain=f"order:{order_id}",
                subject_id=order_id,
                tenant=tenant,
                employer_id=employer_id,
                body={"order": str(order_id), "from": row.before, "to": row.after},
            )
        )
    return row.before, row.after


async def serve(uow: UnitOfWork, order: Order) -> None:
    """Let the staff of the order's node see its employer: they review and call him (service link of kind order)."""
    await service_links.link(uow, order.employer_id, order.tenant, "order", served_until=order.ends_at)


async def derived(uow: UnitOfWork, order: Order, lock_minutes: int | None = None) -> None:
    """Derive a loaded order's state."""
    await derive(uow, order.id, tenant=order.tenant, employer_id=order.employer_id, lock_minutes=lock_minutes)
