"""How the market of each place stands: 求人倍率, time to fill, what people earn (M01, M05, M09 in their first form).

The official 求人倍率 carries over what is still valid from the period before; what counts as valid here is said beside the
number. A median of wages is told only where it can hide a single person and a single employer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from linggong.insight.behind import Window, place_key
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.market.models import Order, Shift
from linggong.people.models import ServiceLink, Worker
from linggong.wages.models import Bill
from linggong.work.models import Assignment, Engagement

WAGES_LEAST: Final = 10
"""Settled shifts below which no median is told ..."""
EMPLOYERS_LEAST: Final = 3
"""... and employers."""


class Market(msgspec.Struct, kw_only=True):
    """The market of one place over a window of business days."""

    demand: int = 0
    """Heads wanted by posts that were valid in the window: published before its end, beginning not before its start."""
    seekers: int = 0
    """Distinct workers who registered, signed in, showed their code, applied or were invited in the window."""
    filled: int = 0
    """Posts published in the window that got everybody they wanted."""
    unfilled: int = 0
    fill_minutes: int | None = None
    """Median from publication to the confirmation that filled the post, of the filled ones."""
    wage_n: int = 0
    wage_employers: int = 0
    wage_hour_fen: int | None = None
    """Median hourly pay of settled shifts; null below ten shifts or three employers."""

    @property
    def ratio(self) -> float | None:
        """M01: heads wanted / seekers; None without seekers."""
        return round(self.demand / self.seekers, 2) if self.seekers else None


async def markets(
    uow: UnitOfWork, top: TenantPath, window: Window, *, below: bool = True
) -> tuple[dict[str, Market], Market]:
    """Return the markets of the places directly below `top` by path, and that of the whole. Medians are each computed anew.

    `below` False leaves the places out.
    """
    depth = top.count("/")
    whole = await _collect(uow, top, window, None)
    parts = await _collect(uow, top, window, depth) if below else {}
    return parts, whole.get("", Market())


async def _collect(uow: UnitOfWork, top: TenantPath, window: Window, depth: int | None) -> dict[str, Market]:
    start, end = clock.day_bounds(window.first)[0], clock.day_bounds(window.last)[1]
    found: dict[str, Market] = {}

    def key(column: Any) -> Any:
        return (sa.literal("") if depth is None else place_key(column, depth)).label("at_place")

    def here(column: Any) -> Any:
        return sa.and_(in_subtree(column, top), uow.scope.clause(column))

    async def fill(query: Any) -> None:
        inner = query.subquery()
        for row in await uow.execute(sa.select(inner)):
            market = found.setdefault(row.at_place, Market())
            for name, value in row._mapping.items():
                if name != "at_place" and value is not None:
                    setattr(market, name, round(value))

    count, total = sa.func.count, sa.func.sum
    await fill(
        sa.select(key(Order.tenant), total(Order.headcount).label("demand"))
        .where(here(Order.tenant), _valid(start, end))
        .group_by("at_place")
    )
    await fill(_seekers(key, here, start, end))
    published = sa.and_(here(Order.tenant), Order.published_at >= start, Order.published_at < end)
    nth = sa.func.row_number().over(partition_by=Engagement.order_id, order_by=Engagement.confirmed_at)
    turns = (
        sa.select(Engagement.order_id, Engagement.confirmed_at, nth.label("n"))
        .join(Order, Order.id == Engagement.order_id)
        .where(published, Engagement.confirmed_at.is_not(None))
        .subquery()
    )
    posts = (
        sa.select(
            key(Order.tenant),
            (sa.func.extract("epoch", turns.c.confirmed_at - Order.published_at) / 60).label("minutes"),
        )
        .outerjoin(turns, sa.and_(turns.c.order_id == Order.id, turns.c.n == Order.headcount))
        .where(published)
        .subquery()
    )
    await fill(
        sa.select(
            posts.c.at_place,
            count(posts.c.minutes).label("filled"),
            count().filter(posts.c.minutes.is_(None)).label("unfilled"),
            sa.func.percentile_cont(0.5).within_group(posts.c.minutes).label("fill_minutes"),
        ).group_by(posts.c.at_place)
    )
    await fill(_wages(key, here, start, end))
    return found


def _valid(start: datetime, end: datetime) -> Any:
    return sa.and_(
        Order.published_at < end, Order.starts_at >= start, sa.or_(Order.closed_at.is_(None), Order.closed_at >= start)
    )


def _seekers(key: Any, here: Any, start: datetime, end: datetime) -> Any:
    came = sa.select(ServiceLink.tenant.label("at"), ServiceLink.subject_id.label("who")).where(
        here(ServiceLink.tenant),
        ServiceLink.kind.in_(("registered", "signed_in", "showed_code")),
        ServiceLink.started_at >= start,
        ServiceLink.started_at < end,
        sa.exists().where(Worker.person_id == ServiceLink.subject_id),
    )
    at = sa.func.coalesce(Engagement.via, Engagement.tenant)
    asked = sa.select(at.label("at"), Engagement.worker_id.label("who")).where(
        here(at), Engagement.created_at >= start, Engagement.created_at < end
    )
    both = came.union_all(asked).subquery()
    place = key(both.c.at)
    return sa.select(place, sa.func.count(both.c.who.distinct()).label("seekers")).group_by("at_place")


def _wages(key: Any, here: Any, start: datetime, end: datetime) -> Any:
    agreed = sa.func.extract("epoch", Assignment.ends_at - Assignment.starts_at) / 60 - Shift.meal_minutes
    hourly = Bill.total_fen * 60 / sa.func.nullif(agreed, 0)
    paid = (
        sa.select(key(Bill.tenant), hourly.label("hourly"), Bill.employer_id.label("employer"))
        .join(Assignment, Assignment.id == Bill.assignment_id)
        .join(Shift, Shift.id == Assignment.shift_id)
        .where(here(Bill.tenant), Bill.state == "SETTLED", Bill.cause == "work", agreed > 0)
        .where(Bill.settled_at >= start, Bill.settled_at < end)
        .subquery()
    )
    n, employers = sa.func.count(), sa.func.count(paid.c.employer.distinct())
    return sa.select(
        paid.c.at_place,
        n.label("wage_n"),
        employers.label("wage_employers"),
        sa.case(
            (
                sa.and_(n >= WAGES_LEAST, employers >= EMPLOYERS_LEAST),
                sa.func.percentile_cont(0.5).within_group(paid.c.hourly),
            )
        ).label("wage_hour_fen"),
    ).group_by(paid.c.at_place)
