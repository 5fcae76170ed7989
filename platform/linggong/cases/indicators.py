"""What the bureau looks at beside the cases: disputes that nobody brought, and how well cases are served (R116, M14)."""

from __future__ import annotations

from datetime import date

import msgspec
import sqlalchemy as sa

from linggong.cases.machines import OPEN_DISPUTE
from linggong.cases.models import Case
from linggong.kernel.clock import day_bounds
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.wages.models import LATE_STATES, Bill
from linggong.work.models import Assignment, Engagement, Rating
from tenants.models import Node

_LOW = 2
_LONGEST_DAYS = 366


class HiddenLine(msgspec.Struct, frozen=True, kw_only=True):
    """One station: trouble without a case. A station without cases is good only when these are low, too."""

    tenant: str
    station: str
    finished: int
    no_shows: int
    unpaid: int
    low_ratings: int
    hidden: int
    cases: int
    hidden_per_thousand: int


class ServiceLevel(msgspec.Struct, frozen=True, kw_only=True):
    """M14: how many cases, how fast, how content, how much money came of them."""

    cases: int
    finished: int
    per_thousand: int
    acknowledged_in_time: int
    closed: int
    closed_in_time: int
    both_satisfied: int
    both_asked: int
    reopened: int
    recovered_fen: int
    open: int


async def hidden(uow: UnitOfWork, first: date, last: date) -> list[HiddenLine]:
    """Return, by station, shifts of the period that went wrong without a case: the worker absent, the wage late, a low rating.

    Raises Invalid for a period that is none or longer than a year.
    """
    _check(first, last)
    has_case = sa.exists().where(Case.engagement_id == Assignment.engagement_id)
    no_show = Assignment.state.in_(("X_NOSHOW_W", "X_NOSHOW_E"))
    unpaid = sa.exists().where(Bill.assignment_id == Assignment.id, Bill.wage_state.in_((*LATE_STATES, "W_PAIDLATE")))
    low = sa.exists().where(Rating.engagement_id == Assignment.engagement_id, Rating.stars <= _LOW)
    troubled = sa.and_(sa.or_(no_show, unpaid, low), sa.not_(has_case))
    rows = await uow.execute(
        sa.select(
            Assignment.tenant,
            Node.name,
            sa.func.count().filter(Assignment.state == "A_ACCEPTED"),
            sa.func.count().filter(sa.and_(no_show, sa.not_(has_case))),
            sa.func.count().filter(sa.and_(unpaid, sa.not_(has_case))),
            sa.func.count().filter(sa.and_(low, sa.not_(has_case))),
            sa.func.count().filter(troubled),
            sa.func.count().filter(has_case),
            sa.func.count(),
        )
        .join(Node, Node.path == Assignment.tenant)
        .where(uow.scope.clause(Assignment.tenant), Assignment.work_date >= first, Assignment.work_date <= last)
        .group_by(Assignment.tenant, Node.name)
        .order_by(sa.func.count().filter(troubled).desc(), Assignment.tenant)
    )
    return [
        HiddenLine(
            tenant=tenant, station=name, finished=done, no_shows=absent, unpaid=late, low_ratings=poor, hidden=all_,
            cases=cases, hidden_per_thousand=all_ * 1000 // max(total, 1),
        )
        for tenant, name, done, absent, late, poor, all_, cases, total in rows
    ]  # fmt: skip


async def service_level(uow: UnitOfWork, first: date, last: date) -> ServiceLevel:
    """Return the numbers of the cases opened in a period (M14). Raises Invalid like `hidden`."""
    _check(first, last)
    begin, end = day_bounds(first)[0], day_bounds(last)[1]
    here = [uow.scope.clause(Case.tenant), Case.created_at >= begin, Case.created_at < end]
    breached = sa.cast(Case.breaches, sa.Text)
    closed = Case.resolved_at.is_not(None)
    rated = sa.and_(Case.worker_stars.is_not(None), Case.employer_stars.is_not(None))
    row = (
        await uow.execute(
            sa.select(
                sa.func.count(),
                sa.func.count().filter(sa.not_(breached.contains('"ack"'))),
                sa.func.count().filter(closed),
                sa.func.count().filter(sa.and_(closed, sa.not_(breached.contains('"close"')))),
                sa.func.count().filter(sa.and_(rated, Case.worker_stars >= 4, Case.employer_stars >= 4)),
                sa.func.count().filter(rated),
                sa.func.count().filter(Case.reopened > 0),
                sa.func.coalesce(
                    sa.func.sum(Case.settled_fen).filter(Case.asks.in_(("unpaid", "more"))), sa.literal(0)
                ),
                sa.func.count().filter(Case.state.in_(OPEN_DISPUTE)),
            ).where(*here)
        )
    ).one()
    finished = await uow.session.scalar(
        sa.select(sa.func.count())
        .select_from(Assignment)
        .join(Engagement, Engagement.id == Assignment.engagement_id)
        .where(
            uow.scope.clause(Assignment.tenant),
            Assignment.state == "A_ACCEPTED",
            Assignment.work_date >= first,
            Assignment.work_date <= last,
        )
    )
    total, acked, done, in_time, content, asked, again, money, open_ = (int(n) for n in row)
    return ServiceLevel(
        cases=total, finished=int(finished or 0), per_thousand=total * 1000 // max(int(finished or 0), 1),
        acknowledged_in_time=acked, closed=done, closed_in_time=in_time, both_satisfied=content, both_asked=asked,
        reopened=again, recovered_fen=money, open=open_,
    )  # fmt: skip


def _check(first: date, last: date) -> None:
    if not first <= last or (last - first).days > _LONGEST_DAYS:
        raise Invalid([Fault("last", "时间段不对：最长一年，后一天不早于前一天。", "range")])
