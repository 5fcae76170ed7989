"""After the rain: a new order that stands for the one that the weather cancelled (transition 35)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.market import happenings, queries, service
from linggong.market.models import Order


async def reschedule(uow: UnitOfWork, sealer: Sealer, order_id: UUID, *, work_date: date, submit: bool = True) -> Order:
    """Post the cancelled work again for another day (35): a new order, linked; nobody's yes carries over.

    Whoever was confirmed on the old one is asked first, by an invitation, when the new one is published. Raises Conflict
    for an order that the weather did not cancel or that was rescheduled already, Invalid, NotFound.
    """
    old = await queries.order(uow, order_id, lock=True)
    if old.state != "O_CANCELLED" or old.end_reason != "weather":
        raise Conflict("只有因天气取消的单可以改期。别的单请用“再来一单”。", state=old.state)
    if await uow.session.scalar(sa.select(Order.id).where(Order.rescheduled_from == old.id)):
        raise Conflict("这单已经改过期了，请看新的那一单。")
    new = await service.repeat_order(uow, sealer, order_id, work_date=work_date, submit=submit, rescheduled_from=old.id)
    await happenings.tell(uow, old, "order.rescheduled", transition="35", new_order=str(new.id))
    return new
