"""New work for whom it fits (R062): found once a post, told in the digest of the day, or asked at once where it begins soon.

Hard rules come first, then the score. Of equals whoever heard least of new work this week is chosen, so that the same people do
not get everything. Within the window after publication only whoever has priority (R052, R065) is looked for; the text says
nothing of it, and an employer sees of it what he sees of any invitation.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel import tasks
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import LinggongError
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, tenant_path
from linggong.market.models import BoardPost
from linggong.market.search_models import SearchHit
from linggong.matching import queries, rules
from linggong.matching.facts import Opening, Seeker
from linggong.matching.rules import FREE
from linggong.matching.score import Scores
from linggong.people import reaching
from linggong.people.limits import span, whole
from linggong.push.models import PostLook
from linggong.work import engage
from tenants.service import parameters

log = structlog.get_logger(__name__)
_WEEK: Final = timedelta(days=7)
_BAND: Final = 10
"""Scores of one band are equals: there it counts who heard least."""
_NEW: Final = timedelta(hours=24)
_KEYS: Final = ("push.score_min", "push.per_place", "push.urgent", "matching.priority_window")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Somebody for whom a post is worth a message."""

    seeker: Seeker
    score: int


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a post is told to, at once or in the digest."""

    order: Opening
    chosen: list[Chosen]
    at_once: bool
    everybody: bool
    """The priority window is over: it is not looked at again."""


async def run(database: Database) -> int:
    """Look for people for what was published, a station at a time; returns how many were found.

    Found in one transaction that only reads; told in short ones, an invitation each. At dawn one long transaction would hold
    what signing in needs, and everybody at that station's counter with it. What was cut short is told by the next run.
    """
    async with database.system(read_only=True) as uow:
        places = await _places(uow)
    told = 0
    for place in places:
        try:
            async with tasks.giving_way(), database.system(read_only=True) as uow:
                found = await at_station(uow, place)
            for one in found:
                told += await _tell(database, place, one)
        except Exception:
            log.exception("matching_new_work_failed", tenant=place)
    return told


async def _tell(database: Database, place: str, found: Found) -> int:
    told = 0
    if found.at_once:
        for one in found.chosen:
            try:
                async with tasks.giving_way(), database.system() as uow:
                    await _invite(uow, found.order, one)
                told += 1
            except LinggongError as error:
                log.info("not_invited", order=str(found.order.id), why=error.detail)
    async with tasks.giving_way(), database.system() as uow:
        if not found.at_once:
            for one in found.chosen:
                told += await _note(uow, place, found.order, one)
        await _looked(uow, place, found.order, found.everybody)
    return told


async def _places(uow: UnitOfWork) -> list[str]:
    rows = await uow.session.scalars(
        sa.select(BoardPost.tenant)
        .outerjoin(PostLook, PostLook.order_id == BoardPost.order_id)
        .where(
            BoardPost.listed,
            BoardPost.starts_at > uow.now,
            BoardPost.published_at > uow.now - _NEW,
            PostLook.rest_at.is_(None),
        )
        .distinct()
        .order_by(BoardPost.tenant)
    )
    return list(rows)


async def at_station(uow: UnitOfWork, place: str) -> list[Found]:
    """Find people of one station for its new posts (system transaction)."""
    found = await parameters(uow, place, *_KEYS)
    least, per_place = whole(found["push.score_min"]), whole(found["push.per_place"])
    urgent, window = span(found["push.urgent"]), span(found["matching.priority_window"])
    looks = {r.order_id: r for r in await uow.session.scalars(sa.select(PostLook).where(PostLook.tenant == place))}
    within = Scope(trees=(tenant_path(place),))
    orders = []
    for order in await queries.openings(uow, within):
        look, new = looks.get(order.id), order.published_at > uow.now - _NEW
        begins = order.shifts[0][0] > uow.now
        if (
            order.tenant == place
            and new
            and begins
            and (look is None or (look.rest_at is None and _open(order, window, uow.now)))
        ):
            orders.append(order)
    if not orders:
        return []
    people = await queries.seekers(uow, within, orders, at=place, pending=True)
    heard = await _heard(uow, [s.id for s in people])
    no_room = await reaching.full(uow, [s.id for s in people], place)
    found_here: list[Found] = []
    if not people:
        return [Found(order, [], False, _open(order, window, uow.now)) for order in orders]
    scores = await asyncio.to_thread(Scores, people, orders, {}, uow.now)
    for n, order in enumerate(orders):
        everybody = _open(order, window, uow.now)
        # Beside the loop, not in it: whoever waits for a code by SMS waits for this process.
        chosen = await asyncio.to_thread(
            choose, scores, people, orders, n, heard=heard, least=least, most=order.places * per_place,
            only_priority=not everybody, leave_out=no_room,
        )  # fmt: skip
        heard.update(one.seeker.id for one in chosen)
        found_here.append(Found(order, chosen, order.shifts[0][0] - uow.now < urgent, everybody))
    return found_here


def _open(order: Opening, window: timedelta, now: datetime) -> bool:
    return now - order.published_at >= window


def choose(
    scores: Scores,
    people: Sequence[Seeker],
    orders: Sequence[Opening],
    n: int,
    *,
    heard: Counter[UUID],
    least: int,
    most: int,
    only_priority: bool = False,
    leave_out: dict[UUID, str] | None = None,
) -> list[Chosen]:
    """Return who is told of order `n` of those that were scored: nobody whom a rule bars, at least `least` points, of a band whoever heard least.

    Equals are told apart by chance that is the same for the same person and order.
    """
    i, j = np.arange(len(people)), np.full(len(people), n, dtype=np.int64)
    total, _ = scores.pairs(i, j)
    barred = rules.refusals(scores.people, scores.orders, i, j)
    free = [
        (k, float(total[k]))
        for k in range(len(people))
        if barred[k] == FREE
        and float(total[k]) >= least
        and people[k].id not in (leave_out or {})
        and (people[k].tier > 0 or not only_priority)
    ]

    def rank(pair: tuple[int, float]) -> tuple[int, int, bytes]:
        k, points = pair
        mixed = hashlib.sha256(people[k].id.bytes + orders[n].id.bytes).digest()
        return (heard[people[k].id], -int(points // _BAND), mixed)

    return [Chosen(people[k], round(points)) for k, points in sorted(free, key=rank)[:most]]


def best(one: Seeker, orders: Sequence[Opening], now: datetime, *, least: int) -> list[UUID]:
    """Return the orders that fit somebody, the best first: none that a rule bars, none below `least` points."""
    scores = Scores([one], orders, {}, now)
    i, j = np.zeros(len(orders), dtype=np.int64), np.arange(len(orders))
    total, _ = scores.pairs(i, j)
    barred = rules.refusals(scores.people, scores.orders, i, j)
    fit = [n for n in range(len(orders)) if barred[n] == FREE and float(total[n]) >= least]
    return [orders[n].id for n in sorted(fit, key=lambda n: (-float(total[n]), n))]


async def _heard(uow: UnitOfWork, people: list[UUID]) -> Counter[UUID]:
    """Return how often each was chosen for new work this week."""
    rows = await uow.execute(
        sa.select(SearchHit.person_id, sa.func.count())
        .where(
            SearchHit.person_id == sa.any_(sa.cast(people, sa.ARRAY(sa.Uuid))),
            SearchHit.search_id.is_(None),
            SearchHit.found_at > uow.now - _WEEK,
        )
        .group_by(SearchHit.person_id)
    )
    return Counter({person: int(times) for person, times in rows})


async def _note(uow: UnitOfWork, place: str, order: Opening, one: Chosen, *, asked: bool = False) -> bool:
    made = (
        insert(SearchHit)
        .values(
            id=new_id(), tenant=place, person_id=one.seeker.id, order_id=order.id, score=one.score, found_at=uow.now,
            told_at=uow.now if asked else None, left_out="",
        )
        .on_conflict_do_nothing(index_elements=["person_id", "order_id"])
        .returning(SearchHit.id)
    )  # fmt: skip
    return await uow.session.scalar(made) is not None


async def _invite(uow: UnitOfWork, order: Opening, one: Chosen) -> None:
    """Ask him at once (11 S): he answers by the channel that he has, and the employer chooses like among any who want to go.

    Raises what an invitation raises.
    """
    await engage.invite(uow, order.id, one.seeker.id)
    await _note(uow, order.tenant, order, one, asked=True)


async def _looked(uow: UnitOfWork, place: str, order: Opening, everybody: bool) -> None:
    at = uow.now if everybody else None
    made = insert(PostLook).values(order_id=order.id, tenant=place, first_at=uow.now, rest_at=at)
    await uow.execute(made.on_conflict_do_update(index_elements=["order_id"], set_={"rest_at": at}))
