"""What a station's desk sees of its gaps: who is being asked, who answered, and which orders are short."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.market.models import BoardPost
from linggong.people.identity_numbers import veil_name
from linggong.people.models import Person
from linggong.push.models import FillIn, FillInAsk
from linggong.stations.models import Ticket
from linggong.work import common
from linggong.work.models import Engagement

_BEFORE: Final = timedelta(hours=2)


class AskView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was asked to fill a gap."""

    worker_id: UUID
    name: str
    """In full for whoever stands in this hall, 李** for everybody else."""
    number: int | None
    """His number in the hall: the clerk calls it."""
    wave: int
    source: str
    why: str
    state: str
    answer_by: datetime | None


class GapView(msgspec.Struct, frozen=True, kw_only=True):
    """A gap that is or was being filled today."""

    id: UUID
    order_id: UUID
    title: str
    place: str
    starts_at: datetime
    missing: int
    cause: str
    state: str
    why_over: str
    wave: int
    next_at: datetime | None
    begun_at: datetime
    asks: list[AskView]


class ShortView(msgspec.Struct, frozen=True, kw_only=True):
    """An order that begins soon, or has begun, and lacks people."""

    order_id: UUID
    title: str
    place: str
    starts_at: datetime
    missing: int
    asked: int


async def gaps(uow: UnitOfWork, *, limit: int = 20) -> list[GapView]:
    """Return today's gaps of the scope, what is being filled first."""
    begin, _ = clock.day_bounds(clock.business_date(uow.now))
    rows = (
        await uow.execute(
            sa.select(FillIn, BoardPost)
            .join(BoardPost, BoardPost.order_id == FillIn.order_id)
            .where(uow.scope.clause(FillIn.tenant), FillIn.begun_at >= begin)
            .order_by((FillIn.state != "running"), FillIn.begun_at.desc())
            .limit(limit)
        )
    ).all()
    asks = await _asks(uow, [one.id for one, _ in rows])
    return [
        GapView(
            id=one.id, order_id=one.order_id, title=post.title, place=post.place, starts_at=post.starts_at,
            missing=post.places_left, cause=one.cause, state=one.state, why_over=one.why_over, wave=one.wave,
            next_at=one.next_at, begun_at=one.begun_at, asks=asks.get(one.id, []),
        )
        for one, post in rows
    ]  # fmt: skip


async def running(uow: UnitOfWork) -> int:
    """Return how many gaps of the scope are being filled now."""
    found = sa.select(sa.func.count()).where(uow.scope.clause(FillIn.tenant), FillIn.state == "running")
    return int(await uow.session.scalar(found) or 0)


async def _asks(uow: UnitOfWork, gap_ids: list[UUID]) -> dict[UUID, list[AskView]]:
    lapses = await uow.fetch(
        "SELECT t.subject_id, t.due_at FROM timers t JOIN fill_in_asks a ON a.engagement_id = t.subject_id "
        "WHERE a.fill_in_id = ANY ($1::uuid[]) AND t.key = $2 AND t.state = 'live'",
        gap_ids,
        common.OFFER_TIMER,
    )
    due = {r["subject_id"]: r["due_at"] for r in lapses}
    rows = await uow.execute(
        sa.select(FillInAsk, Engagement.state, Engagement.worker_id, Engagement.worker_name, Person.name, Ticket.number)
        .join(Engagement, Engagement.id == FillInAsk.engagement_id)
        .outerjoin(Person, Person.id == Engagement.worker_id)
        .outerjoin(
            Ticket,
            sa.and_(
                Ticket.person_id == Engagement.worker_id,
                Ticket.tenant == FillInAsk.tenant,
                Ticket.day == clock.business_date(uow.now),
            ),
        )
        .where(FillInAsk.fill_in_id.in_(gap_ids))
        .order_by(FillInAsk.wave.desc(), FillInAsk.id)
    )
    found: dict[UUID, list[AskView]] = {}
    for ask, state, worker_id, called, name, number in rows:
        shown = name if name and number is not None else veil_name(name) if name else called
        found.setdefault(ask.fill_in_id, []).append(
            AskView(
                worker_id=worker_id, name=shown, number=number, wave=ask.wave, source=ask.source, why=ask.why, state=state,
                answer_by=due.get(ask.engagement_id),
            )
        )  # fmt: skip
    return found


async def short(uow: UnitOfWork, *, limit: int = 20) -> list[ShortView]:
    """Return orders of the scope that begin within two hours, or have begun, lack people, and are not being filled."""
    if uow.actor.post is None:
        return []
    until = (await common.span(uow, uow.actor.post, "t.fill_until.no_show"))["t.fill_until.no_show"]
    asked = (
        sa.select(sa.func.count())
        .where(Engagement.order_id == BoardPost.order_id, Engagement.state.in_(("A_INVITED", "A_APPLIED", "A_OFFERED")))
        .correlate(BoardPost)
        .scalar_subquery()
    )
    running = sa.exists().where(FillIn.order_id == BoardPost.order_id, FillIn.state == "running")
    rows = await uow.execute(
        sa.select(BoardPost, asked)
        .where(
            uow.scope.clause(BoardPost.tenant),
            BoardPost.state.in_(("O_OPEN", "O_LOCKED", "O_ACTIVE")),
            BoardPost.places_left > 0,
            BoardPost.starts_at < uow.now + _BEFORE,
            BoardPost.starts_at > uow.now - until,
            BoardPost.ends_at > uow.now,
            sa.not_(running),
        )
        .order_by(BoardPost.starts_at, BoardPost.order_id)
        .limit(limit)
    )
    return [
        ShortView(
            order_id=post.order_id, title=post.title, place=post.place, starts_at=post.starts_at, missing=post.places_left,
            asked=int(waiting or 0),
        )
        for post, waiting in rows
    ]  # fmt: skip
