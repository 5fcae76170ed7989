"""What both sides and the desk see of the loop. Public names only; a telephone opens between two verified parties (R049)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from linggong.kernel import clock, reading
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paging import Page, decode_cursor, encode_cursor
from linggong.market.models import BoardPost, Order, TermsVersion
from linggong.people.identity_numbers import veil_name
from linggong.people.models import Person
from linggong.people.queries import age_on
from linggong.people.service_links import served_by
from linggong.work import common
from linggong.work.machines import ASSIGNMENT, ENGAGEMENT, STATE_WORDS
from linggong.work.models import Assignment, Engagement, Rating
from linggong.work.site_queries import SiteView, possible, site_views

_ON_THE_ROLL = ("A_CONFIRMED", "A_CONTRACTED")


class ShiftView(msgspec.Struct, frozen=True, kw_only=True):
    """One worker's shift."""

    id: UUID
    state: str
    state_words: str
    work_date: date
    starts_at: datetime
    ends_at: datetime
    arrived_at: datetime | None
    arrived_method: str | None
    started_at: datetime | None
    finished_at: datetime | None
    minutes: int | None
    quantity: float | None
    overtime_until: datetime | None
    overtime_minutes: int
    site: SiteView | None
    """What is open on site: a pause, another record, a contested no-show."""
    actions: list[str]


class WorkView(msgspec.Struct, frozen=True, kw_only=True):
    """One engagement with its shifts, as either side sees it."""

    id: UUID
    order_id: UUID
    state: str
    state_words: str
    source: str
    worker_id: UUID
    worker_name: str
    title: str
    trade_code: str
    place: str
    trace_code: str
    employer_name: str
    starts_at: datetime
    ends_at: datetime
    pay_fen: int
    """What he was offered or agreed to; the post's while nobody has spoken."""
    pay_unit: str
    settlement: str
    terms_version: int | None
    confirmed_at: datetime | None
    contracted_at: datetime | None
    single_witness: bool
    queue_no: int | None
    """Number on the waitlist (15)."""
    crew_name: str
    """The crew with which he comes, '' for none."""
    crew_fee_fen: int
    """What the employer pays the crew's leader for him and a day beside the wages; never taken from them."""
    rated: bool
    """This viewer's side has rated."""
    created_at: datetime
    shifts: list[ShiftView]
    actions: list[str]


def _shift(row: Assignment, hand: str, site: SiteView | None) -> ShiftView:
    return ShiftView(
        id=row.id,
        state=row.state,
        state_words=STATE_WORDS[row.state],
        work_date=row.work_date,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        arrived_at=row.arrived_at,
        arrived_method=row.arrived_method,
        started_at=row.started_at,
        finished_at=row.finished_at,
        minutes=row.minutes,
        quantity=row.quantity,
        overtime_until=row.overtime_until,
        overtime_minutes=row.overtime_minutes,
        site=site,
        actions=possible(ASSIGNMENT.allowed(row.state, hand), site),
    )


# Every step ends with the view of one engagement, its shifts in the same question.
_ONE = (
    "FROM engagements JOIN board_posts p ON p.order_id = engagements.order_id "
    "LEFT JOIN terms_versions t ON t.order_id = engagements.order_id AND t.version = engagements.terms_version "
    "LEFT JOIN assignments ON assignments.engagement_id = engagements.id "
    "WHERE engagements.id = $1 ORDER BY assignments.starts_at"
)
_WITH = (
    "p.title, p.trade_code, p.place, p.trace_code, p.employer_name, p.starts_at, p.ends_at, p.pay_fen, p.pay_unit, p.settlement, "
    "(t.body::jsonb #>> '{pay,fen}')::bigint AS agreed_fen, "
    "EXISTS (SELECT FROM ratings r WHERE r.engagement_id = engagements.id AND r.side = $2) AS rated"
)
_AGREED_PAY = sa.cast(sa.cast(TermsVersion.body, JSONB)["pay"]["fen"].astext, sa.BigInteger)
_OF_THE_POST = (
    BoardPost.title, BoardPost.trade_code, BoardPost.place, BoardPost.trace_code, BoardPost.employer_name, BoardPost.starts_at,
    BoardPost.ends_at, BoardPost.pay_fen, BoardPost.pay_unit, BoardPost.settlement,
)  # fmt: skip


class _Shown(NamedTuple):
    """An engagement and what it is shown with; fields in the order of `_WITH`."""

    engagement: Engagement
    title: str
    trade_code: str
    place: str
    trace_code: str
    employer_name: str
    starts_at: datetime
    ends_at: datetime
    pay_fen: int
    pay_unit: str
    settlement: str
    agreed_fen: int | None
    rated: bool


def _rows() -> Any:
    """Return what an engagement is shown with: its post, what he was offered, whether the side `kind` has rated."""
    rated = sa.exists().where(Rating.engagement_id == Engagement.id, Rating.side == sa.bindparam("kind"))
    return (
        sa.select(Engagement, *_OF_THE_POST, _AGREED_PAY.label("agreed_fen"), rated.label("rated"))
        .join(BoardPost, BoardPost.order_id == Engagement.order_id)
        .outerjoin(
            TermsVersion,
            sa.and_(TermsVersion.order_id == Engagement.order_id, TermsVersion.version == Engagement.terms_version),
        )
    )


_SEVERAL = _rows()


async def _views(uow: UnitOfWork, *conditions: sa.ColumnElement[bool], limit: int = 200) -> list[WorkView]:
    asked = _SEVERAL.where(common.visible(uow, Engagement), *conditions)
    rows = (
        await uow.execute(
            asked.order_by(BoardPost.starts_at.desc(), Engagement.id).limit(limit), {"kind": uow.actor.kind}
        )
    ).all()
    if not rows:
        return []
    found = await uow.session.scalars(
        sa.select(Assignment)
        .where(Assignment.engagement_id.in_([row[0].id for row in rows]))
        .order_by(Assignment.starts_at)
    )
    return await _shown(uow, rows, found.all())


async def _shown(uow: UnitOfWork, rows: Sequence[Any], found: Sequence[Assignment]) -> list[WorkView]:
    crews = await _crews(uow, {row[0].crew_id for row in rows if row[0].crew_id is not None})
    shifts: dict[UUID, list[ShiftView]] = defaultdict(list)
    on_site = await site_views(uow, found)
    for a in found:
        shifts[a.engagement_id].append(_shift(a, common.hand(uow, a), on_site.get(a.id)))
    return [
        WorkView(
            id=e.id,
            order_id=e.order_id,
            state=e.state,
            state_words=STATE_WORDS[e.state],
            source=e.source,
            worker_id=e.worker_id,
            worker_name=e.worker_name,
            title=row.title,
            trade_code=row.trade_code,
            place=row.place,
            trace_code=row.trace_code,
            employer_name=row.employer_name,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            pay_fen=row.agreed_fen or row.pay_fen,
            pay_unit=row.pay_unit,
            settlement=row.settlement,
            terms_version=e.terms_version,
            confirmed_at=e.confirmed_at,
            contracted_at=e.contracted_at,
            single_witness=e.single_witness,
            rated=row.rated,
            created_at=e.created_at,
            shifts=shifts[e.id],
            queue_no=e.queue_no,
            crew_name=crews[e.crew_id][0] if e.crew_id in crews else "",
            crew_fee_fen=crews[e.crew_id][1] if e.crew_id in crews else 0,
            actions=ENGAGEMENT.allowed(e.state, common.hand(uow, e)),
        )
        for row in rows
        for e in row[:1]
    ]


async def _crews(uow: UnitOfWork, ids: set[UUID]) -> dict[UUID | None, tuple[str, int]]:
    """Return {crew: (name, fee)}: what all who work with it may know."""
    if not ids:
        return {}
    found = await uow.execute(
        sa.text("SELECT i AS id, c.name, c.fee_fen FROM unnest(CAST(:ids AS uuid[])) i, LATERAL crew_card(i) c"),
        {"ids": list(ids)},
    )
    return {row.id: (row.name or "", int(row.fee_fen or 0)) for row in found}


async def my_work(uow: UnitOfWork, *, limit: int = 100) -> list[WorkView]:
    """Return the signed-in worker's engagements, the latest work first."""
    return await _views(uow, Engagement.worker_id == uow.actor.id, limit=limit)


async def agreed_of(uow: UnitOfWork, worker_id: UUID, *, limit: int = 5) -> list[WorkView]:
    """Return the agreed jobs of a worker that have not ended, the next one first, as far as the desk may see them."""
    found = await _views(
        uow, Engagement.worker_id == worker_id, Engagement.state.in_(_ON_THE_ROLL), BoardPost.ends_at > uow.now
    )
    return sorted(found, key=lambda v: v.starts_at)[:limit]


async def my_work_page(uow: UnitOfWork, *, cursor: str | None, limit: int) -> Page[WorkView]:
    """Return one page of `my_work`. Raises Invalid for a cursor that is not ours."""
    conditions = [Engagement.worker_id == uow.actor.id]
    if cursor is not None:
        at, last = decode_cursor(cursor, datetime, UUID)
        starts = BoardPost.starts_at
        conditions.append(sa.or_(starts < at, sa.and_(starts == at, Engagement.id > last)))
    found = await _views(uow, *conditions, limit=limit + 1)
    items = found[:limit]
    more = len(found) > limit
    return Page(items, encode_cursor(items[-1].starts_at.isoformat(), str(items[-1].id)) if more else None)


async def my_engagement(uow: UnitOfWork, order_id: UUID) -> WorkView | None:
    """Return the worker's latest engagement on an order, if any."""
    found = await _views(uow, Engagement.worker_id == uow.actor.id, Engagement.order_id == order_id)
    return max(found, key=lambda v: v.created_at, default=None)


async def engagement(uow: UnitOfWork, engagement_id: UUID) -> WorkView:
    """Return one engagement; NotFound for foreign and missing alike."""
    rows = await reading.joined(uow, (Engagement, Assignment), _ONE, engagement_id, uow.actor.kind, also=_WITH)
    if not rows or not common.sees(uow, rows[0][0]):
        raise NotFound
    shifts = [row[1] for row in rows if row[1] is not None]
    return (await _shown(uow, [_Shown(rows[0][0], *rows[0][2:])], shifts))[0]


async def engagement_of(uow: UnitOfWork, assignment_id: UUID) -> UUID:
    """Return the engagement of an assignment; NotFound for foreign and missing alike."""
    found: UUID | None = await uow.session.scalar(
        sa.select(Assignment.engagement_id).where(Assignment.id == assignment_id, common.visible(uow, Assignment))
    )
    if found is None:
        raise NotFound
    return found


async def roster(uow: UnitOfWork, order_id: UUID) -> list[WorkView]:
    """Return everybody who takes or took part in an order, for its employer and its station; NotFound for others."""
    mine = Order.tenant.is_not(None) if uow.actor.kind != "staff" else uow.scope.clause(Order.tenant)
    if uow.actor.kind == "worker" or not await uow.session.scalar(
        sa.select(Order.id).where(Order.id == order_id, mine)
    ):
        raise NotFound
    return await _views(uow, Engagement.order_id == order_id, limit=1000)


class TodayOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One order of the day, as a bar: confirmed of wanted, who has arrived, what waits."""

    id: UUID
    trace_code: str
    title: str
    trade_code: str
    state: str
    place: str
    employer_name: str
    starts_at: datetime
    ends_at: datetime
    pay_fen: int
    pay_unit: str
    settlement: str
    headcount: int
    confirmed: int
    applied: int
    arrived: int
    """At the place or beyond."""
    working: int
    to_accept: int
    refreshed_at: datetime | None


async def orders_of_day(
    uow: UnitOfWork, day: date | None = None, *, open_only: bool = False, limit: int = 100
) -> list[TodayOrder]:
    """Return published orders with their counts: of a business day, or every live one; the soonest first."""
    e_counts = (
        sa.select(Engagement.order_id, sa.func.count().label("applied"))
        .where(Engagement.state.in_(("A_APPLIED", "A_INVITED", "A_OFFERED")))
        .group_by(Engagement.order_id)
        .subquery()
    )
    states = Assignment.state
    a_counts = (
        sa.select(
            Assignment.order_id,
            sa.func.count()
            .filter(states.in_(("A_ARRIVED", "A_WORKING", "A_PAUSED", "A_FINISHED", "A_ACCEPTED")))
            .label("arrived"),
            sa.func.count().filter(states == "A_WORKING").label("working"),
            sa.func.count().filter(states == "A_FINISHED").label("to_accept"),
        )
        .group_by(Assignment.order_id)
        .subquery()
    )
    live = (
        ("O_OPEN", "O_FULL", "O_LOCKED")
        if open_only
        else ("O_OPEN", "O_FULL", "O_LOCKED", "O_ACTIVE", "O_DONE", "O_SETTLING")
    )
    condition = Order.work_date == day if day is not None else Order.state.in_(live)
    scope = uow.scope.clause(Order.tenant) if uow.actor.kind == "staff" else sa.true()
    if uow.actor.kind == "employer":
        scope = Order.employer_id == uow.actor.employer_id
    zero = sa.literal(0)
    rows = await uow.execute(
        sa.select(
            Order.id, Order.trace_code, Order.title, Order.trade_code, Order.state, Order.place, Order.employer_name,
            Order.starts_at, Order.ends_at, Order.pay_fen, Order.pay_unit, Order.settlement, Order.headcount,
            Order.confirmed, Order.refreshed_at,
            sa.func.coalesce(e_counts.c.applied, zero).label("applied"),
            sa.func.coalesce(a_counts.c.arrived, zero).label("arrived"),
            sa.func.coalesce(a_counts.c.working, zero).label("working"),
            sa.func.coalesce(a_counts.c.to_accept, zero).label("to_accept"),
        )
        .outerjoin(e_counts, e_counts.c.order_id == Order.id)
        .outerjoin(a_counts, a_counts.c.order_id == Order.id)
        .where(condition, scope, Order.published_at.is_not(None))
        .order_by(Order.starts_at, Order.id)
        .limit(limit)
    )  # fmt: skip
    return [TodayOrder(**row._mapping) for row in rows]


class RollName(NamedTuple):
    """How one row of the roll is called, and what tells two 李** apart."""

    name: str
    sub: str


async def roll_names(uow: UnitOfWork, order_id: UUID) -> dict[UUID, RollName]:
    """Return {engagement: name} for the roll that staff call at the order's own post.

    In full for whoever is confirmed there: at 05:10 forty men stand before the bus, and the wrong 李** would be sent and paid.
    Masked (李**, with sex and age) at every other post, for applicants, and for those who ended; nothing for whom the post
    serves no more.
    """
    rows = await uow.execute(
        sa.select(Engagement.id, Engagement.tenant, Engagement.state, Person.name, Person.sex, Person.birth_date)
        .join(Person, Person.id == Engagement.worker_id)
        .where(Engagement.order_id == order_id, common.visible(uow, Engagement), served_by(uow, Person.id))
    )
    today = clock.business_date(uow.now)
    return {
        r.id: RollName(r.name, "")
        if r.tenant == uow.actor.post and r.state in _ON_THE_ROLL
        else RollName(veil_name(r.name), f"{r.sex} {age_on(r.birth_date, today)}岁")
        for r in rows
    }
