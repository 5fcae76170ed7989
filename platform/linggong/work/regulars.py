"""回头客: whoever finished work for an employer before, so that he can ask the same people again (R051)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.work.models import Assignment, Engagement, Rating

_DONE = Assignment.state == "A_ACCEPTED"


class Regular(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who finished work for this employer, as the employer knows him."""

    worker_id: UUID
    name: str
    days: int
    last_day: date
    stars: float | None
    """The mean of what this employer gave him."""


async def regulars(uow: UnitOfWork, *, workers: Sequence[UUID] | None = None, limit: int = 100) -> list[Regular]:
    """Return who finished work for the acting employer, the latest first; of these workers only, when they are given.

    Raises NotFound for anybody but an employer.
    """
    if uow.actor.kind != "employer":
        raise NotFound
    mine = uow.actor.employer_id
    stars = (
        sa.select(Rating.worker_id, sa.func.avg(Rating.stars).label("stars"))
        .where(Rating.employer_id == mine, Rating.side == "employer")
        .group_by(Rating.worker_id)
        .subquery()
    )
    name = (
        sa.select(Engagement.worker_name)
        .where(Engagement.worker_id == Assignment.worker_id, Engagement.employer_id == mine)
        .order_by(Engagement.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    last = sa.func.max(Assignment.work_date)
    asked = (
        sa.select(
            Assignment.worker_id, name.label("name"), sa.func.count(Assignment.id).label("days"), last.label("last_day"),
            sa.func.max(stars.c.stars).label("stars"),
        )
        .outerjoin(stars, stars.c.worker_id == Assignment.worker_id)
        .where(Assignment.employer_id == mine, _DONE)
        .group_by(Assignment.worker_id)
        .order_by(last.desc(), Assignment.worker_id)
        .limit(limit)
    )  # fmt: skip
    if workers is not None:
        asked = asked.where(Assignment.worker_id.in_(workers))
    return [
        Regular(
            worker_id=r.worker_id, name=r.name, days=r.days, last_day=r.last_day,
            stars=None if r.stars is None else round(float(r.stars), 1),
        )
        for r in await uow.execute(asked)
    ]  # fmt: skip


def finished_on(order_id: UUID) -> sa.Select[UUID]:
    """Return who finished work on an order, the first confirmed first."""
    return (
        sa.select(Engagement.worker_id)
        .where(
            Engagement.order_id == order_id,
            sa.exists().where(Assignment.engagement_id == Engagement.id, _DONE),
        )
        .order_by(Engagement.confirmed_at, Engagement.id)
    )


async def how_many(uow: UnitOfWork, order_id: UUID) -> int:
    """Return how many people finished work on an order that the actor sees."""
    return int(await uow.session.scalar(sa.select(sa.func.count()).select_from(finished_on(order_id).subquery())) or 0)
