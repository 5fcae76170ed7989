"""Published posts drawn for another look (R057: sampling re-check), and the list of those that wait for one.

Once a day a share of what each county published is drawn: by the hash of the day and the post, so that anybody can draw again
and get the same. Another hand than the reviewer's looks; a post that is not honest is frozen from there (8).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import datetime, timedelta
from math import ceil
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.timers import Timer
from linggong.market import happenings, queries
from linggong.market.models import Order
from tenants.service import parameters

_LIVE: Final = ("O_OPEN", "O_FULL", "O_LOCKED", "O_ACTIVE")
_DAY: Final = timedelta(days=1)


class RecheckLine(msgspec.Struct, frozen=True, kw_only=True):
    """A published post that waits for a second look."""

    id: UUID
    trace_code: str
    title: str
    place: str
    employer_id: UUID
    employer_name: str
    starts_at: datetime
    pay_fen: int
    pay_unit: str
    drawn: bool
    """Drawn by the day's sample; else it passed by rule (3)."""
    due_at: datetime
    own: bool
    """The reader reviewed it, and another one looks again."""


async def nightly(database: Database) -> None:
    """Draw the day's sample."""
    async with database.system() as uow:
        await draw(uow)


async def draw(uow: UnitOfWork) -> list[UUID]:
    """Draw `review.sample_percent` of what each county published in the last day, at least one where anything was."""
    day = clock.business_date(uow.now).isoformat()
    waiting = sa.exists().where(
        Timer.subject_id == Order.id,
        Timer.key.in_((happenings.SAMPLE, happenings.REVIEW_RECHECK)),
        Timer.state == "live",
    )
    rows = await uow.session.scalars(
        sa.select(Order).where(Order.state.in_(_LIVE), Order.published_at > uow.now - _DAY, ~waiting).order_by(Order.id)
    )
    published: dict[str, list[Order]] = defaultdict(list)
    for order in rows:
        published["/" + "/".join(order.tenant.strip("/").split("/")[:2]) + "/"].append(order)
    drawn = []
    for county, orders in sorted(published.items()):
        found = await parameters(uow, county, "review.sample_percent", happenings.SAMPLE)
        percent, within = found["review.sample_percent"], found[happenings.SAMPLE]
        if not isinstance(percent, int) or not isinstance(within, timedelta) or percent < 1:
            continue
        lots = sorted(orders, key=lambda o: hashlib.sha256(f"{day}|{o.id}".encode()).digest())
        for order in lots[: ceil(len(lots) * percent / 100)]:
            await happenings.set_timer(uow, order, happenings.SAMPLE, uow.now + within)
            await happenings.tell(uow, order, "order.drawn", day=day, of=len(lots), percent=percent)
            drawn.append(order.id)
    return drawn


async def waiting(uow: UnitOfWork, *, limit: int = 50) -> list[RecheckLine]:
    """Return the published posts of the scope that wait for a second look, the most urgent first."""
    rows = await uow.execute(
        sa.select(Order, Timer.key, Timer.due_at)
        .join(Timer, sa.and_(Timer.subject_id == Order.id, Timer.state == "live"))
        .where(
            uow.scope.clause(Order.tenant),
            Order.state.in_(_LIVE),
            Timer.key.in_((happenings.SAMPLE, happenings.REVIEW_RECHECK)),
        )
        .order_by(Timer.due_at, Order.id)
        .limit(limit)
    )
    return [
        RecheckLine(
            id=o.id, trace_code=o.trace_code, title=o.title, place=o.place, employer_id=o.employer_id,
            employer_name=o.employer_name, starts_at=o.starts_at, pay_fen=o.pay_fen, pay_unit=o.pay_unit,
            drawn=key == happenings.SAMPLE, due_at=due, own=o.reviewed_by == uow.actor.id,
        )
        for o, key, due in rows
    ]  # fmt: skip


async def is_drawn(uow: UnitOfWork, order_id: UUID) -> bool:
    """Tell whether a post was drawn and waits."""
    return bool(
        await uow.session.scalar(
            sa.select(
                sa.exists().where(Timer.subject_id == order_id, Timer.key == happenings.SAMPLE, Timer.state == "live")
            )
        )
    )


async def on_sample_due(uow: UnitOfWork, timer: Timer) -> None:
    """Nobody has looked at a drawn post in its time: the record says so."""
    order = await queries.order(uow, timer.subject_id, lock=True)
    await happenings.tell(uow, order, "order.recheck_late", drawn=True)
