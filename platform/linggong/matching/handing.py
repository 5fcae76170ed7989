"""A proposal for the whole city (R050): solved over all counties at once, seen county by county, handed to those who may invite.

Nobody at the city invites (transition 11 is a clerk's or an employer's): each county finds its own people's lines as a proposal of
its own, also those whose work lies in another county, and sends or leaves them like any other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath, tenant_path
from linggong.market.models import BoardPost
from linggong.matching import proposals, queries
from linggong.matching.models import Proposal, ProposalLine
from linggong.people.models import ServiceLink
from linggong.stations.models import Ticket
from tenants.models import Node


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One county of a proposal for the city: its own people, and where they are sent."""

    path: TenantPath
    name: str
    people: int
    placed: int
    across: int
    """Of those placed, how many go to another county."""


def county_of(path: str) -> TenantPath:
    """Return the county in which a place lies; of the city's own market the city."""
    return tenant_path("/" + "/".join(path.strip("/").split("/")[:2]) + "/")


async def homes(uow: UnitOfWork, people: Collection[UUID]) -> dict[UUID, TenantPath]:
    """Return the county in which each of them waits: where his number of today is, else where he came last."""
    today = clock.business_date(uow.now)
    came = (
        sa.select(ServiceLink.subject_id, ServiceLink.tenant)
        .ext(distinct_on(ServiceLink.subject_id))
        .where(
            uow.scope.clause(ServiceLink.tenant), ServiceLink.subject_id.in_(people),
            ServiceLink.kind.in_(queries.CAME), ServiceLink.ends_at > uow.now,
        )
        .order_by(ServiceLink.subject_id, ServiceLink.started_at.desc())
    )  # fmt: skip
    found = {person: county_of(tenant) for person, tenant in await uow.execute(came)}
    numbers = sa.select(Ticket.person_id, Ticket.tenant).where(
        uow.scope.clause(Ticket.tenant), Ticket.day == today, Ticket.person_id.in_(people)
    )
    return found | {person: county_of(tenant) for person, tenant in await uow.execute(numbers)}


async def _by_county(uow: UnitOfWork, row: Proposal) -> dict[TenantPath, list[ProposalLine]]:
    lines = (
        await uow.session.scalars(
            sa.select(ProposalLine).where(ProposalLine.proposal_id == row.id).order_by(ProposalLine.id)
        )
    ).all()
    at = await homes(uow, [line.worker_id for line in lines])
    found: dict[TenantPath, list[ProposalLine]] = defaultdict(list)
    for line in lines:
        if line.worker_id in at:
            found[at[line.worker_id]].append(line)
    return found


async def parts(uow: UnitOfWork, row: Proposal) -> list[Part]:
    """Return the counties of a proposal for the city in order; none for any other."""
    if not proposals.is_citys(row):
        return []
    found = await _by_county(uow, row)
    orders = {line.order_id for lines in found.values() for line in lines if line.order_id is not None}
    rows = await uow.execute(sa.select(BoardPost.order_id, BoardPost.tenant).where(BoardPost.order_id.in_(orders)))
    lies = {order: county_of(tenant) for order, tenant in rows}
    named = {n.path: n.name for n in await uow.session.scalars(sa.select(Node).where(Node.path.in_(list(found))))}
    made = []
    for path in sorted(found):
        placed = [line for line in found[path] if line.order_id is not None and line.state in proposals.GIVEN]
        across = sum(lies.get(line.order_id, path) != path for line in placed if line.order_id is not None)
        made.append(
            Part(path=path, name=named.get(path, path), people=len(found[path]), placed=len(placed), across=across)
        )
    return made


async def hand_over(uow: UnitOfWork, proposal_id: UUID) -> dict[TenantPath, int]:
    """Give each county its people's lines as an open proposal of its own; returns how many lines stand in each.

    An open proposal of the county gives way, as to a new press. Raises Conflict for a proposal of less than the city, or without
    anybody to send, NotFound.
    """
    row = await proposals.proposal(uow, proposal_id, change=True)
    if not proposals.is_citys(row):
        raise Conflict("只有全市的方案交给各区县；这一份您自己发。")
    counties = await _by_county(uow, row)
    # Who waits at the city's own market has nobody above a clerk of it who invites: its own press asks him.
    counties.pop(TenantPath(row.tenant), None)
    given = {path: sum(line.state in proposals.GIVEN for line in lines) for path, lines in counties.items()}
    if not any(given.values()):
        raise Conflict("方案里没有派出的人。")
    for path in sorted(path for path, many in given.items() if many):
        await _county(uow, row, path, counties[path])
    row.state, row.closed_at, row.closed_by = "sent", uow.now, proposals.who(uow)
    await uow.flush()
    handed = {path: many for path, many in given.items() if many}
    await proposals.tell(uow, row, "dispatch.handed", counties=len(handed), lines=sum(handed.values()))
    return handed


async def _county(uow: UnitOfWork, row: Proposal, path: TenantPath, lines: list[ProposalLine]) -> None:
    await proposals.give_way(uow, path)
    scores = [line.score for line in lines if line.order_id is not None and line.score is not None]
    figures: dict[str, Any] = {
        "people": len(lines), "places": sum(line.order_id is not None for line in lines),
        "placed": sum(line.state in proposals.GIVEN for line in lines),
        "mean": round(sum(scores) / len(scores)) if scores else None,
    }  # fmt: skip
    own = Proposal(
        id=new_id(), tenant=path, state="open", day=row.day, made_at=uow.now, made_by=proposals.who(uow),
        settings={**row.settings, "neighbours": True, "city": True}, figures=figures,
    )  # fmt: skip
    uow.session.add(own)
    await uow.flush()
    uow.session.add_all(
        ProposalLine(
            id=new_id(), tenant=path, proposal_id=own.id, worker_id=line.worker_id, order_id=line.order_id, score=line.score,
            why=line.why, crew_id=line.crew_id, state=line.state,
        )
        for line in lines
    )  # fmt: skip
    await uow.flush()
    await proposals.tell(uow, own, "dispatch.proposed", people=figures["people"], placed=figures["placed"], by="city")
