"""The order of one day (派工单): who goes where, when and how, by job. What is printed, read out, and kept for an hour without a network."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.events import Event
from linggong.market.models import Order
from linggong.people.identity_numbers import veil_name
from linggong.people.models import Person
from linggong.people.queries import age_on
from linggong.people.service_links import served_by
from linggong.work.crew_models import Crew
from linggong.work.machines import AGREED
from linggong.work.models import Assignment, Engagement

_GONE = "X%"
_DIARY: Final = (
    (("ticket.taken", "签到等活 {} 人"), ("person.registered", "新登记 {} 人"), ("person.linked", "老熟人归站 {} 人"), ("employer.registered", "新登记雇主 {} 家")),
    (("order.submitted", "收用工单 {} 张"), ("order.published", "上板 {} 张"), ("order.returned", "退回 {} 张"), ("order.cancelled", "取消 {} 张")),
    (("engagement.confirmed", "派工 {} 人次"), ("assignment.arrived", "到岗 {} 人次"), ("assignment.no_show", "没到 {} 人次"), ("assignment.accepted", "认定完工 {} 人次")),
    (("payment.claimed", "记付款 {} 笔"), ("payment.confirmed", "零工说收到 {} 笔"), ("payment.denied", "说没收到 {} 笔"), ("bill.overdue", "工钱逾期 {} 笔")),
    (("notice.called", "打电话 {} 个"), ("engagement.called_back", "回访 {} 个"), ("case.opened", "接纠纷投诉 {} 件"), ("injury.reported", "受伤报案 {} 件")),
    (("ledger.written", "手记台账 {} 条"), ("ledger.corrected", "更正台账 {} 条")),
)  # fmt: skip
"""What the diary says, line by line, of what happened; what did not happen is left out."""
TOLD: Final = sa.not_(
    sa.and_(Event.type == "person.registered", Event.body.contains('"as":"employer"', autoescape=True))
)
"""The person behind a new employer is told with the employer, not among those who look for work."""


class Goer(msgspec.Struct, frozen=True, kw_only=True):
    """One worker of a job on a day."""

    assignment_id: UUID
    engagement_id: UUID
    worker_id: UUID
    name: str
    """In full at the order's own post, so that the right 李国强 gets into the van; 李** elsewhere; 李师傅 whom the post serves no more."""
    sub: str
    crew: str
    """His crew and its leader, or ''."""
    leads: bool
    state: str
    arrived_at: datetime | None


class DayOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One job of a day with who goes."""

    id: UUID
    trace_code: str
    title: str
    employer_name: str
    contact_name: str
    place: str
    starts_at: datetime
    ends_at: datetime
    headcount: int
    ride: str
    meals: str
    tools: str
    goers: list[Goer]


async def orders(uow: UnitOfWork, day: date, *, order_id: UUID | None = None) -> list[DayOrder]:
    """Return the jobs of the scope on a day with those who go, the earliest first; one of them with `order_id`."""
    mine = uow.scope.clause(Order.tenant)
    which = sa.true() if order_id is None else Order.id == order_id
    begin, end = clock.day_bounds(day)
    on_day = sa.exists().where(
        Assignment.order_id == Order.id, Assignment.work_date == day, Assignment.state.not_like(_GONE)
    )
    starts_then = sa.and_(Order.starts_at >= begin, Order.starts_at < end)
    live = ("O_OPEN", "O_FULL", "O_LOCKED", "O_ACTIVE", "O_DONE", "O_SETTLING", "O_CLOSED")
    rows = (
        await uow.session.scalars(
            sa.select(Order)
            .where(mine, which, sa.or_(on_day, sa.and_(starts_then, Order.state.in_(live))))
            .order_by(Order.starts_at, Order.id)
            .limit(300)
        )
    ).all()
    goers = await _goers(uow, day, [r.id for r in rows])
    return [_day_order(row, goers.get(row.id, []), day) for row in rows]


async def first_day(uow: UnitOfWork, order_id: UUID) -> date:
    """Return the next day on which a job of the scope has shifts, else its first one; raises NotFound."""
    row = await uow.session.scalar(sa.select(Order).where(Order.id == order_id, uow.scope.clause(Order.tenant)))
    if row is None:
        raise NotFound
    today = clock.business_date(uow.now)
    coming = await uow.session.scalar(
        sa.select(sa.func.min(Assignment.work_date)).where(
            Assignment.order_id == order_id, Assignment.work_date >= today, Assignment.state.not_like(_GONE)
        )
    )
    return coming or row.work_date


def _day_order(row: Order, goers: list[Goer], day: date) -> DayOrder:
    # A job of several days begins each day at the same hour.
    first = clock.shanghai(row.starts_at).date()
    moved = day - first
    return DayOrder(
        id=row.id, trace_code=row.trace_code, title=row.title, employer_name=row.employer_name, contact_name=veil_name(row.contact_name),
        place=row.place, starts_at=row.starts_at + moved, ends_at=min(row.ends_at, row.ends_at + moved), headcount=row.headcount,
        ride=row.ride, meals=row.meals, tools=row.tools, goers=goers,
    )  # fmt: skip


async def _goers(uow: UnitOfWork, day: date, order_ids: list[UUID]) -> dict[UUID, list[Goer]]:
    if not order_ids:
        return {}
    known = sa.and_(Person.id == Engagement.worker_id, served_by(uow, Person.id))
    rows = await uow.execute(
        sa.select(Assignment, Engagement, Person.name, Person.sex, Person.birth_date, Crew.name, Crew.leader_id, Crew.leader_name)
        .join(Engagement, Engagement.id == Assignment.engagement_id)
        .outerjoin(Person, known)
        .outerjoin(Crew, Crew.id == Engagement.crew_id)
        .where(Assignment.order_id.in_(order_ids), Assignment.work_date == day, Assignment.state.not_like(_GONE))
        .order_by(Crew.name.nulls_last(), Engagement.confirmed_at, Assignment.id)
    )  # fmt: skip
    found: dict[UUID, list[Goer]] = {}
    for row, engagement, name, sex, born, crew, leader_id, leader in rows:
        own = engagement.tenant == uow.actor.post
        called = engagement.worker_name if name is None else name if own else veil_name(name)
        found.setdefault(row.order_id, []).append(
            Goer(
                assignment_id=row.id, engagement_id=engagement.id, worker_id=engagement.worker_id, name=called,
                sub="" if name is None else f"{sex} {age_on(born, day)}岁", crew=f"{crew}（{leader}）" if crew else "",
                leads=leader_id == engagement.worker_id, state=row.state, arrived_at=row.arrived_at,
            )
        )  # fmt: skip
    return found


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """A shift of today whose worker has not arrived, as a page keeps it for an hour without a network."""

    id: UUID
    name: str
    """李师傅: what a computer keeps by itself is no list of names."""
    title: str
    start: str


async def expected(uow: UnitOfWork, *, limit: int = 300) -> list[Expected]:
    """Return today's shifts of the scope whose workers may still arrive, the earliest first."""
    rows = await uow.execute(
        sa.select(Assignment.id, Engagement.worker_name, Order.title, Assignment.starts_at)
        .join(Engagement, Engagement.id == Assignment.engagement_id)
        .join(Order, Order.id == Assignment.order_id)
        .where(
            uow.scope.clause(Assignment.tenant),
            Assignment.work_date == clock.business_date(uow.now),
            Assignment.state.in_(AGREED),
        )
        .order_by(Assignment.starts_at, Order.title, Engagement.worker_name)
        .limit(limit)
    )
    return [
        Expected(id=r.id, name=r.worker_name, title=r.title, start=f"{clock.shanghai(r.starts_at):%H:%M}") for r in rows
    ]


class Count(msgspec.Struct, frozen=True):
    """How often something happened here on a day, how much of it was entered without a network, and when first."""

    number: int
    offline: int
    first: datetime


async def ledger(uow: UnitOfWork, day: date, *, at: str | None = None) -> dict[str, Count]:
    """Return {event type: count} of what happened at the scope's places, or at one, on a day: the diary is drafted from it."""
    begin, end = clock.day_bounds(day)
    here = uow.scope.clause(Event.tenant) if at is None else Event.tenant == at
    rows = await uow.execute(
        sa.select(
            Event.type,
            sa.func.count(),
            sa.func.count().filter(Event.channel == "offline"),
            sa.func.min(Event.occurred_at),
        )
        .where(here, Event.occurred_at >= begin, Event.occurred_at < end, TOLD)
        .group_by(Event.type)
    )
    return {kind: Count(number, offline, first) for kind, number, offline, first in rows}


def diary(ledger: dict[str, Count], day: date) -> str:
    """Return the diary of a day as the records tell it, a line a matter; the clerk adds what no record knows (R091)."""
    out = [f"{day.month}月{day.day}日 日志"]
    if ledger:
        first = min(c.first for c in ledger.values())
        out[0] += f"（{clock.shanghai(first):%H:%M} 第一笔）"
    for line in _DIARY:
        said = [words.format(ledger[kind].number) for kind, words in line if kind in ledger]
        if said:
            out.append("，".join(said) + "。")
    if late := sum(c.offline for c in ledger.values()):
        out.append(f"其中断网时记、后来上传的 {late} 笔。")
    if len(out) == 1:
        out.append("还没有记录。")
    return "\n".join(out)
