"""What the weather does by the clock, and when an order comes on the board."""

from __future__ import annotations

from uuid import UUID

from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.work.weather import alerts, heat, orders


async def order_published(uow: UnitOfWork, published: NewEvent) -> None:
    """An alert in force holds for orders that come after it, too."""
    await orders.published(uow, UUID(str(published.body["order"])))


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    timers.on_timer(alerts.SPREAD_TIMER, orders.spread)
    timers.on_timer(orders.DECISION_TIMER, orders.decide)
    timers.on_timer(heat.LIMIT_TIMER, heat.limit_reached)
    for shown in ("order.published", "order.restored"):
        events.subscribe(shown, "work.weather", order_published)
    events.subscribe("assignment.started", "work.heat", heat.started)
    events.subscribe("terms.proposed", "work.no_overtime_in_heat", heat.no_overtime)
