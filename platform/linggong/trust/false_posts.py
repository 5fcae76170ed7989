"""Confirmed false posts: counted for row 15 of the scorecard, with what was published beside them (M18)."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.market.models import Order
from linggong.trust.models import CreditEntry


class FalsePosts(msgspec.Struct, frozen=True, kw_only=True):
    """Posts of a place and a period: published, taken down as false or illegal, and how many of those were later undone."""

    published: int
    confirmed: int
    undone: int
    """Taken down, and the credit entry lifted on objection: not counted."""
    expired: int
    """Expired without being refreshed: stale, beside row 15 (ruling 20)."""

    @property
    def share(self) -> float:
        """Return confirmed per published, 0 without any."""
        return self.confirmed / self.published if self.published else 0.0


async def count(uow: UnitOfWork, *, since: datetime, until: datetime) -> FalsePosts:
    """Count by the day of publication, inside the actor's scope."""
    lifted = sa.exists().where(
        CreditEntry.subject_id == Order.id, CreditEntry.reason == "false_post", CreditEntry.state == "K_LIFTED"
    )
    down = Order.state == "O_TAKENDOWN"
    stale = sa.and_(Order.state == "O_EXPIRED", Order.end_reason == "not_refreshed")
    row = (
        await uow.execute(
            sa.select(
                sa.func.count(),
                sa.func.count().filter(sa.and_(down, ~lifted)),
                sa.func.count().filter(sa.and_(down, lifted)),
                sa.func.count().filter(stale),
            ).where(uow.scope.clause(Order.tenant), Order.published_at >= since, Order.published_at < until)
        )
    ).one()
    return FalsePosts(published=row[0], confirmed=row[1], undone=row[2], expired=row[3])
