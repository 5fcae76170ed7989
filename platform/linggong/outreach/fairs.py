"""What is read of fairs: one of them whole, the list, the ledger's lines, and which station of a month has passed (R109)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paths import Scope, TenantPath, in_subtree
from linggong.market.models import Order
from linggong.measures.sites import Thresholds, open_sites, thresholds
from linggong.outreach import holding, records
from linggong.outreach.codes import FAIR_STATES, SIGNED_HOW
from linggong.outreach.fair_models import Fair, FairEmployer, FairPost, FairPush, FairStation
from linggong.outreach.records import Line
from linggong.outreach.visits import called
from linggong.people.limits import span
from linggong.people.models import Employer
from linggong.work.models import Engagement
from tenants.service import parameters


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """An employer who came."""

    employer_id: UUID
    name: str
    how: str
    signed_at: datetime


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A post of the fair."""

    order_id: UUID
    trace_code: str
    title: str
    headcount: int
    confirmed: int


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What was said before it."""

    kind: str
    pushed_at: datetime
    told: int
    left_out: int
    text: str


class FairLine(msgspec.Struct, frozen=True, kw_only=True):
    """A fair in a list."""

    id: UUID
    trace_code: str
    theme: str
    place: str
    starts_at: datetime
    ends_at: datetime
    state: str
    visitors: int | None
    employers: int


class FairView(msgspec.Struct, frozen=True, kw_only=True):
    """A fair whole."""

    fair: FairLine
    notice: str
    closing_note: str
    stations: list[str]
    employers: list[SignedIn]
    posts: list[Offered]
    pushes: list[Pushed]
    deals: int
    """Workers and employers who agreed there, or because of it (`fair.deal_days`)."""
    min_employers: int | None
    is_own: bool


class StationMonth(msgspec.Struct, frozen=True, kw_only=True):
    """The fairs of a station in a month against what the place asks for; `passed` is None where it asks for none."""

    tenant: str
    name: str
    wanted: int | None
    min_employers: int | None
    held: int
    counted: int
    """Those to which enough employers came."""
    passed: bool | None
    fairs: list[UUID]


def _line(row: Fair, employers: int) -> FairLine:
    return FairLine(
        id=row.id, trace_code=row.trace_code, theme=row.theme, place=row.place, starts_at=row.starts_at, ends_at=row.ends_at,
        state=row.state, visitors=row.visitors, employers=employers,
    )  # fmt: skip


_SIGNED = sa.select(sa.func.count()).where(FairEmployer.fair_id == Fair.id).correlate(Fair).scalar_subquery()
_CAME = sa.func.coalesce(Fair.employers, _SIGNED)
"""Employers who came; while it is not closed, those whom the reader may see."""


def _at(scope: Scope) -> sa.ColumnElement[bool]:
    here = sa.exists().where(FairStation.fair_id == Fair.id, scope.clause(FairStation.tenant))
    return sa.or_(scope.clause(Fair.tenant), here)


async def listed_here(uow: UnitOfWork, *, limit: int = 60) -> list[FairLine]:
    """Return the fairs of the scope and of its stations, what comes next first, then what is over."""
    rows = await uow.execute(
        sa.select(Fair, _CAME)
        .where(_at(uow.scope))
        .order_by((Fair.state != "planned"), sa.case((Fair.state == "planned", Fair.starts_at)), Fair.starts_at.desc())
        .limit(limit)
    )
    return [_line(row, n) for row, n in rows]


async def coming(uow: UnitOfWork, *, days: int = 31) -> list[FairLine]:
    """Return the fairs of the city that are planned and not over, for everybody."""
    rows = await uow.session.scalars(
        sa.select(Fair)
        .where(Fair.state == "planned", Fair.ends_at > uow.now, Fair.starts_at < uow.now + timedelta(days=days))
        .order_by(Fair.starts_at, Fair.id)
        .limit(60)
    )
    return [_line(row, 0) for row in rows]


async def view(uow: UnitOfWork, fair_id: UUID) -> FairView:
    """Return a fair with who came, what was offered, what was said before it and what came of it. Raises NotFound."""
    row = await holding.found(uow, fair_id)
    came = await uow.execute(
        sa.select(FairEmployer, Employer.name, Employer.kind)
        .outerjoin(Employer, Employer.id == FairEmployer.employer_id)
        .where(FairEmployer.fair_id == row.id)
        .order_by(FairEmployer.signed_at, FairEmployer.id)
    )
    employers = [
        SignedIn(employer_id=e.employer_id, name=called("", name, kind), how=SIGNED_HOW[e.how], signed_at=e.signed_at)
        for e, name, kind in came
    ]
    posts = await uow.execute(
        sa.select(Order.id, Order.trace_code, Order.title, Order.headcount, Order.confirmed)
        .join(FairPost, FairPost.order_id == Order.id)
        .where(FairPost.fair_id == row.id)
        .order_by(FairPost.added_at, FairPost.id)
    )
    pushes = await uow.session.scalars(
        sa.select(FairPush).where(FairPush.fair_id == row.id).order_by(FairPush.pushed_at, FairPush.id)
    )
    limits = await thresholds(uow, "fair.")
    return FairView(
        fair=_line(row, row.employers or len(employers)), notice=row.notice, closing_note=row.closing_note,
        stations=[name for _, name in await holding.stations_of(uow, row.id)], employers=employers,
        posts=[
            Offered(order_id=p.id, trace_code=p.trace_code, title=p.title, headcount=p.headcount, confirmed=p.confirmed)
            for p in posts
        ],
        pushes=[
            Pushed(kind=p.kind, pushed_at=p.pushed_at, told=p.told, left_out=p.left_out, text=p.text) for p in pushes
        ],
        deals=await deals(uow, row), min_employers=_number(limits, row.tenant, "fair.min_employers"),
        is_own=uow.scope.covers(row.tenant),
    )  # fmt: skip


async def of_employer(uow: UnitOfWork, fair_id: UUID) -> tuple[FairLine, datetime | None]:
    """Return a fair as an employer reads it, and when he signed in; raises NotFound."""
    row = await uow.session.get(Fair, fair_id)
    if row is None:
        raise NotFound
    mine = sa.select(FairEmployer.signed_at).where(
        FairEmployer.fair_id == fair_id, FairEmployer.employer_id == uow.actor.employer_id
    )
    return _line(row, 0), await uow.session.scalar(mine)


async def deals(uow: UnitOfWork, fair: Fair) -> int:
    """Return how many engagements were agreed between the fair's beginning and `fair.deal_days` after its end.

    They are those on its posts, and those of employers who came, on work of its stations.
    """
    days = span((await parameters(uow, fair.tenant, "fair.deal_days"))["fair.deal_days"])
    posts = sa.select(FairPost.order_id).where(FairPost.fair_id == fair.id)
    came = sa.select(FairEmployer.employer_id).where(FairEmployer.fair_id == fair.id)
    places = sa.select(FairStation.tenant).where(FairStation.fair_id == fair.id)
    found = sa.select(sa.func.count()).where(
        Engagement.confirmed_at >= fair.starts_at,
        Engagement.confirmed_at < fair.ends_at + days,
        sa.or_(
            Engagement.order_id.in_(posts), sa.and_(Engagement.employer_id.in_(came), Engagement.tenant.in_(places))
        ),
    )
    return int(await uow.session.scalar(found) or 0)


async def month(uow: UnitOfWork, tenant: TenantPath, day: date) -> list[StationMonth]:
    """Return every open station at and below a place with its fairs of the month of `day`: held, counted, passed or not.

    A fair counts when it was closed as held and at least `fair.min_employers` employers signed in; a station passes with
    `fair.per_month` of those. A fair of several stations counts for each of them.
    """
    first = records.month_of(day)
    begin, end = clock.day_bounds(first)[0], clock.day_bounds(records.next_month(first))[0]
    rows = await uow.execute(
        sa.select(FairStation.tenant, Fair.id, Fair.employers)
        .join(Fair, Fair.id == FairStation.fair_id)
        .where(
            in_subtree(FairStation.tenant, tenant), Fair.state == "held", Fair.starts_at >= begin, Fair.starts_at < end
        )
        .order_by(Fair.starts_at, Fair.id)
    )
    held: dict[str, list[tuple[UUID, int]]] = defaultdict(list)
    for path, fair_id, employers in rows:
        held[path].append((fair_id, employers or 0))
    limits, found = await thresholds(uow, "fair."), []
    for site in await open_sites(uow, tenant):
        wanted, least = (_number(limits, site.path, key) for key in ("fair.per_month", "fair.min_employers"))
        counted = sum(n >= (least or 1) for _, n in held[site.path])
        found.append(
            StationMonth(
                tenant=site.path, name=site.name, wanted=wanted, min_employers=least, held=len(held[site.path]),
                counted=counted, passed=None if wanted is None else counted >= wanted,
                fairs=[fair_id for fair_id, _ in held[site.path]],
            )
        )  # fmt: skip
    return found


def _number(limits: Thresholds, path: str, key: str) -> int | None:
    try:
        return limits.whole(path, key)
    except LookupError:
        return None


async def listed(uow: UnitOfWork, tenant: TenantPath, first: date, last: date) -> list[Line]:
    """Return the fairs of a place, of all below it and of its stations on these days, both included, for the ledgers."""
    begin, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    rows = await uow.execute(
        sa.select(Fair, _CAME)
        .where(_at(Scope(trees=(tenant,))), Fair.starts_at >= begin, Fair.starts_at < end)
        .order_by(Fair.starts_at, Fair.id)
    )
    return [
        Line(
            id=row.id, tenant=row.tenant, trace_code=row.trace_code, words=f"{row.theme}（{FAIR_STATES[row.state]}）",
            place=row.place, happened_at=row.starts_at, written_at=row.written_at, done_by=row.done_by, photos=0,
            figures={"employers": employers, "visitors": row.visitors or 0},
        )
        for row, employers in rows
    ]  # fmt: skip
