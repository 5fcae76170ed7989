"""What the market says when a place of the tree is to close: not while orders there still live."""

from __future__ import annotations

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.market.models import Order
from tenants import service

ENDED = ("O_CLOSED", "O_ARCHIVED", "O_CANCELLED", "O_EXPIRED", "O_TAKENDOWN")


async def live_orders(uow: UnitOfWork, path: TenantPath) -> str | None:
    """Return why a place may not close: orders at it or below it that have not ended, drafts too; None when there are none."""
    statement = sa.select(sa.func.count()).where(in_subtree(Order.tenant, path), Order.state.not_in(ENDED))
    count = await uow.session.scalar(statement)
    return f"还有 {count} 个用工订单没有结束，请先办结" if count else None


def register() -> None:
    """Ask the market before a place closes."""
    service.on_closing("market.live_orders", live_orders)
