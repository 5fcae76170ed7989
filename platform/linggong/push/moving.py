"""快速转场 (R064): who waits here and finds nothing goes to a station of the county that lacks people.

Places of this station are given out first, in thought; whoever is left over is set against what the board tells of the others. The
clerk sees how many could go where, with the way, and asks them by one press (11): each answers by his own channel, the employer there
chooses. Both desks have the list of who rides: seen off here, met there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, LinggongError, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.geo import Point, metres
from linggong.kernel.ids import new_id
from linggong.market.models import BoardPost
from linggong.matching import allot, queries
from linggong.matching.allot import Dawn, Drawn, Options
from linggong.matching.facts import Opening
from linggong.people.identity_numbers import veil_name
from linggong.people.models import Person
from linggong.push.models import Handover
from linggong.work import engage
from linggong.work.models import Engagement
from tenants.models import Node

_GOES: Final = ("A_APPLIED", "A_WAITLIST", "A_OFFERED", "A_CONFIRMED", "A_CONTRACTED", "A_ARRIVED")
_DAY: Final = timedelta(hours=20)


class Mover(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who waits here, and the work elsewhere that fits him best."""

    worker_id: UUID
    name: str
    order_id: UUID
    title: str
    why: str
    score: int


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """A station to which people of this one could go."""

    tenant: str
    name: str
    km: float | None
    ride: bool
    """Each of them is fetched, or paid the way."""
    movers: list[Mover]


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """How many were asked, and why others were not."""

    asked: int
    left_out: list[str]


async def elsewhere(uow: UnitOfWork) -> list[Elsewhere]:
    """Return to which stations of the county how many of those who wait here could go, the most people first."""
    post = uow.actor.post
    if uow.actor.kind != "staff" or post is None:
        raise NotFound
    dawn = await allot.read(uow, uow.scope, post, Options(here_only=True))
    idle = [line.seeker for line in allot.solved(dawn, uow.now).lines if line.order is None]
    orders = [
        o for o in await queries.neighbours(uow, uow.scope, post, queries.horizon(uow.now))
        if o.tenant != post and o.shifts[0][0] > uow.now
    ]  # fmt: skip
    orders = await _still_open(uow, orders)
    if not idle or not orders:
        return []
    asked = await _asked(uow, [s.id for s in idle])
    idle = [msgspec.structs.replace(s, asked=s.asked | asked[s.id]) for s in idle]
    found: dict[str, list[Drawn]] = defaultdict(list)
    for line in allot.solved(Dawn(idle, orders, {}, dawn.settings), uow.now).lines:
        if line.order is not None:
            found[line.order.tenant].append(line)
    nodes = {n.path: n for n in await uow.session.scalars(sa.select(Node).where(Node.path.in_([post, *found])))}
    groups = [
        Elsewhere(
            tenant=tenant, name=nodes[tenant].name if tenant in nodes else tenant, km=_way(nodes.get(post), nodes.get(tenant)),
            ride=all(line.order is not None and line.order.ride for line in lines),
            movers=[
                Mover(
                    worker_id=line.seeker.id, name=line.seeker.name, order_id=line.order.id, title=line.order.title,
                    why=line.why, score=line.score or 0,
                )
                for line in lines if line.order is not None
            ],
        )
        for tenant, lines in found.items()
    ]  # fmt: skip
    return sorted(groups, key=lambda g: (-len(g.movers), g.km if g.km is not None else 1e9, g.tenant))


async def _still_open(uow: UnitOfWork, orders: list[Opening]) -> list[Opening]:
    """Leave out places for which people of this station are asked already: the board does not know of them."""
    rows = await uow.execute(
        sa.select(Engagement.order_id, sa.func.count())
        .where(
            Engagement.order_id.in_([o.id for o in orders]),
            uow.scope.clause(Engagement.via),
            Engagement.state.in_(("A_INVITED", "A_APPLIED", "A_OFFERED")),
        )
        .group_by(Engagement.order_id)
    )
    asked = {order_id: int(many) for order_id, many in rows}
    return [
        msgspec.structs.replace(o, places=o.places - asked.get(o.id, 0))
        for o in orders
        if o.places > asked.get(o.id, 0)
    ]


def _way(here: Node | None, there: Node | None) -> float | None:
    if here is None or there is None or None in (here.latitude, here.longitude, there.latitude, there.longitude):
        return None
    ends = [Point(n.latitude or 0.0, n.longitude or 0.0) for n in (here, there)]
    return round(metres(*ends) / 1000, 1)


async def _asked(uow: UnitOfWork, people: list[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Return the orders elsewhere to which each was asked already, whatever became of it."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    rows = await uow.execute(
        sa.select(Engagement.worker_id, Engagement.order_id).where(
            Engagement.worker_id == sa.any_(sa.cast(people, sa.ARRAY(sa.Uuid)))
        )
    )
    for worker_id, order_id in rows:
        found[worker_id].add(order_id)
    return {one: frozenset(found[one]) for one in people}


async def send(uow: UnitOfWork, tenant: str, workers: Collection[UUID]) -> Sent:
    """Ask people of this station to go to another (11 C): each to the work that is shown beside him, all rules asked again.

    Raises Invalid when nobody is chosen, Conflict when nobody of them could go any more, NotFound.
    """
    if not workers:
        raise Invalid([Fault("ids", "先勾上人。", "required")])
    group = next((g for g in await elsewhere(uow) if g.tenant == tenant), None)
    if group is None:
        raise Conflict("那个驿站刚刚不缺人了，请再看一眼。")
    asked, left_out = 0, []
    for mover in group.movers:
        if mover.worker_id not in workers:
            continue
        try:
            async with uow.savepoint():
                row = await engage.invite(uow, mover.order_id, mover.worker_id)
                await _keep(uow, group, row)
        except LinggongError as error:
            left_out.append(f"{mover.name}：{error.detail}")
            continue
        asked += 1
    if not asked:
        raise Conflict(left_out[0] if left_out else "这些人刚刚变了，请再看一眼。")
    return Sent(asked=asked, left_out=left_out)


async def _keep(uow: UnitOfWork, group: Elsewhere, row: Engagement) -> None:
    post = uow.actor.post
    if post is None:
        raise NotFound
    one = Handover(
        id=new_id(), tenant=row.tenant, via=post, worker_id=row.worker_id, order_id=row.order_id, engagement_id=row.id,
        km=group.km, ride=group.ride, asked_by=uow.actor.id, asked_at=uow.now,
    )  # fmt: skip
    uow.session.add(one)
    await uow.flush()
    await _tell(uow, one, "handover.asked")


async def left(uow: UnitOfWork, handover_id: UUID) -> Handover:
    """He is on his way: said at the desk where he waited. Raises Conflict for one who does not go, NotFound."""
    one, row = await _found(uow, handover_id, out=True)
    if one.left_at is None:
        if row.state not in _GOES:
            raise Conflict("他还没答应去，或者不去了。", state=row.state)
        one.left_at, one.left_by = uow.now, uow.actor.id
        await _tell(uow, one, "handover.left")
    return one


async def came(uow: UnitOfWork, handover_id: UUID) -> Handover:
    """He is here: said at the desk to which he goes; that he set out follows from it. Raises Conflict, NotFound."""
    one, row = await _found(uow, handover_id, out=False)
    if one.came_at is None:
        if row.state not in _GOES:
            raise Conflict("他还没答应来，或者不来了。", state=row.state)
        one.left_at = one.left_at or uow.now
        one.came_at, one.came_by = uow.now, uow.actor.id
        await _tell(uow, one, "handover.came")
    return one


async def _found(uow: UnitOfWork, handover_id: UUID, *, out: bool) -> tuple[Handover, Engagement]:
    one = await uow.session.get(Handover, handover_id, with_for_update=True)
    if one is None or uow.actor.kind != "staff" or not uow.scope.covers(one.via if out else one.tenant):
        raise NotFound
    return one, await uow.session.get_one(Engagement, one.engagement_id)


class Rider(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on the list of who goes over today, as either desk sees it."""

    id: UUID
    worker_id: UUID
    order_id: UUID
    out: bool
    """He goes from here; else he comes here."""
    name: str
    station: str
    title: str
    place: str
    starts_at: datetime
    km: float | None
    ride: bool
    state: str
    goes: bool
    left_at: datetime | None
    came_at: datetime | None


async def riders(uow: UnitOfWork, *, limit: int = 200) -> list[Rider]:
    """Return who was asked over lately, from here and to here, by the hour of the work.

    In full is the name at the desk where he waits, and at the other as soon as he has said yes.
    """
    post = uow.actor.post
    if uow.actor.kind != "staff" or post is None:
        return []
    out = uow.scope.clause(Handover.via)
    rows = await uow.execute(
        sa.select(Handover, Engagement.state, Engagement.worker_name, Person.name, BoardPost, out.label("out"))
        .join(Engagement, Engagement.id == Handover.engagement_id)
        .join(BoardPost, BoardPost.order_id == Handover.order_id)
        .outerjoin(Person, Person.id == Handover.worker_id)
        .where(sa.or_(out, uow.scope.clause(Handover.tenant)), Handover.asked_at > uow.now - _DAY)
        .order_by(BoardPost.starts_at, Handover.asked_at, Handover.id)
        .limit(limit)
    )
    found = rows.all()
    paths = {r.Handover.tenant for r in found} | {r.Handover.via for r in found}
    rows_of_names = await uow.execute(sa.select(Node.path, Node.name).where(Node.path.in_(paths)))
    names = {path: str(name) for path, name in rows_of_names}
    return [
        Rider(
            id=one.id, worker_id=one.worker_id, order_id=one.order_id, out=leaves,
            name=(name if leaves or state in _GOES else veil_name(name)) if name else called,
            station=names.get(one.tenant if leaves else one.via, ""), title=post_.title, place=post_.place,
            starts_at=post_.starts_at, km=one.km, ride=one.ride, state=state, goes=state in _GOES, left_at=one.left_at,
            came_at=one.came_at,
        )
        for one, state, called, name, post_, leaves in found
    ]  # fmt: skip


async def coming(uow: UnitOfWork) -> int:
    """Return how many are on their way here."""
    found = sa.select(sa.func.count()).where(
        uow.scope.clause(Handover.tenant), Handover.left_at.is_not(None), Handover.came_at.is_(None),
        Handover.asked_at > uow.now - _DAY,
    )  # fmt: skip
    return int(await uow.session.scalar(found) or 0)


async def _tell(uow: UnitOfWork, one: Handover, event: str) -> None:
    await uow.emit(
        NewEvent(
            type=event, chain=f"order:{one.order_id}", subject_id=one.id, tenant=one.tenant, via=one.via,
            person_id=one.worker_id, body={"engagement": str(one.engagement_id)},
        )
    )  # fmt: skip
