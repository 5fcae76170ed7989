"""What a clerk sees of proposals: by order, who stays without, and on the next day what really came of it."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paths import TenantPath
from linggong.market.models import BoardPost
from linggong.matching import handing, proposals
from linggong.matching.handing import Part
from linggong.matching.models import Proposal, ProposalLine
from linggong.people.identity_numbers import veil_name
from linggong.people.models import Person, ServiceLink
from linggong.people.queries import age_on
from linggong.work.models import Assignment, Engagement


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a proposal."""

    id: UUID
    worker_id: UUID
    name: str
    """In full for whoever came to this very post today; 李** for everybody else."""
    sex: str
    age: int
    state: str
    score: int | None
    why: str
    crew: bool
    order_id: UUID | None


class OrderLines(msgspec.Struct, frozen=True, kw_only=True):
    """One order with those whom the proposal sends there."""

    id: UUID
    title: str
    place: str
    employer_name: str
    starts_at: datetime
    ends_at: datetime
    pay_fen: int
    pay_unit: str
    places_left: int
    lines: list[LineView]


class ProposalHead(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal in the list."""

    id: UUID
    tenant: str
    state: str
    day: date
    made_at: datetime
    by_itself: bool
    from_city: bool
    """Handed over by the city."""
    figures: dict[str, Any]


class ProposalView(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal with its lines by order, and who stays without."""

    head: ProposalHead
    settings: dict[str, Any]
    orders: list[OrderLines]
    without: list[LineView]
    outcome: Outcome | None
    """What really came of it; None while its day is not over."""
    parts: list[Part] = []
    """The counties of a proposal for the city, whose lines are seen one county at a time."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The day as it was, beside what was proposed."""

    proposed: int
    as_proposed: int
    """Of those placed, how many worked where the proposal had sent them."""
    elsewhere: int
    """How many of them worked elsewhere."""
    idle: int
    """How many of them worked nowhere, as far as this post sees."""
    worked_without: int
    """Whom the proposal left without and who worked all the same."""


async def listed(uow: UnitOfWork, *, limit: int = 30) -> list[ProposalHead]:
    """Return the proposals of the scope, the latest first."""
    rows = await uow.session.scalars(
        sa.select(Proposal).where(uow.scope.clause(Proposal.tenant)).order_by(Proposal.made_at.desc()).limit(limit)
    )
    return [_head(row) for row in rows]


def _head(row: Proposal) -> ProposalHead:
    return ProposalHead(
        id=row.id, tenant=row.tenant, state=row.state, day=row.day, made_at=row.made_at, by_itself=row.made_by is None,
        from_city=bool(row.settings.get("city")),
        figures=row.figures,
    )  # fmt: skip


async def view(uow: UnitOfWork, proposal_id: UUID, *, under: TenantPath | None = None) -> ProposalView:
    """Return one proposal; of one for the city the lines of the county `under`, and none without it. Raises NotFound."""
    row = await proposals.proposal(uow, proposal_id)
    counties = await handing.parts(uow, row)
    if under is not None and under not in [part.path for part in counties]:
        raise NotFound
    homes: dict[UUID, TenantPath] = {}
    if under is not None:
        of = sa.select(ProposalLine.worker_id).where(ProposalLine.proposal_id == row.id)
        homes = await handing.homes(uow, list(await uow.session.scalars(of)))
    today = clock.business_date(uow.now)
    begin, _ = clock.day_bounds(today)
    here = sa.exists().where(
        ServiceLink.subject_id == ProposalLine.worker_id,
        ServiceLink.tenant == uow.actor.post,
        ServiceLink.started_at >= begin,
    )
    asked = await uow.execute(
        sa.select(ProposalLine, Person.name, Person.sex, Person.birth_date, here.label("here"))
        .join(Person, Person.id == ProposalLine.worker_id)
        .where(ProposalLine.proposal_id == row.id)
        .order_by(ProposalLine.crew_id.nulls_last(), ProposalLine.score.desc().nulls_last(), ProposalLine.id)
    )
    by_order: dict[UUID, list[LineView]] = defaultdict(list)
    without: list[LineView] = []
    for line, name, sex, born, is_here in asked:
        if counties and (under is None or homes.get(line.worker_id) != under):
            continue
        shown = LineView(
            id=line.id, worker_id=line.worker_id, name=name if is_here else veil_name(name), sex=sex, age=age_on(born, today),
            state=line.state, score=line.score, why=line.why, crew=line.crew_id is not None, order_id=line.order_id,
        )  # fmt: skip
        if line.order_id is None:
            without.append(shown)
        else:
            by_order[line.order_id].append(shown)
    posts = await uow.session.scalars(
        sa.select(BoardPost)
        .where(BoardPost.order_id.in_(list(by_order)))
        .order_by(BoardPost.starts_at, BoardPost.order_id)
    )
    return ProposalView(
        head=_head(row),
        settings=row.settings,
        orders=[
            OrderLines(
                id=p.order_id, title=p.title, place=p.place, employer_name=p.employer_name, starts_at=p.starts_at,
                ends_at=p.ends_at, pay_fen=p.pay_fen, pay_unit=p.pay_unit, places_left=p.places_left,
                lines=by_order[p.order_id],
            )
            for p in posts
        ],
        without=without,
        outcome=await outcome(uow, row) if row.day < today else None,
        parts=counties,
    )  # fmt: skip


async def outcome(uow: UnitOfWork, row: Proposal) -> Outcome:
    """Return what came of a proposal: who really worked on that day and the next, where, as far as the post sees."""
    begin, _ = clock.day_bounds(row.day)
    worked = (
        sa.select(Assignment.worker_id, Assignment.order_id)
        .where(
            Assignment.arrived_at >= begin,
            Assignment.starts_at >= row.made_at,
            Assignment.starts_at < clock.day_bounds(row.day)[1] + (clock.day_bounds(row.day)[1] - begin),
            Assignment.worker_id.in_(sa.select(ProposalLine.worker_id).where(ProposalLine.proposal_id == row.id)),
        )
        .distinct()
    )
    went: dict[UUID, set[UUID]] = defaultdict(set)
    for worker, order in await uow.execute(worked):
        went[worker].add(order)
    lines = (
        await uow.execute(
            sa.select(ProposalLine.worker_id, ProposalLine.order_id).where(ProposalLine.proposal_id == row.id)
        )
    ).all()
    placed = [(w, o) for w, o in lines if o is not None]
    as_proposed = sum(o in went[w] for w, o in placed)
    elsewhere = sum(bool(went[w]) and o not in went[w] for w, o in placed)
    return Outcome(
        proposed=len(placed), as_proposed=as_proposed, elsewhere=elsewhere, idle=len(placed) - as_proposed - elsewhere,
        worked_without=sum(bool(went[w]) for w, o in lines if o is None),
    )  # fmt: skip


async def answers(uow: UnitOfWork, proposal_id: UUID) -> dict[UUID, str]:
    """Return {line: state of its invitation} of a proposal that was sent."""
    rows = await uow.execute(
        sa.select(ProposalLine.id, Engagement.state)
        .join(Engagement, Engagement.id == ProposalLine.engagement_id)
        .where(ProposalLine.proposal_id == proposal_id)
    )
    return {row.id: row.state for row in rows}
