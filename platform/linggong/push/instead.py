"""Whoever said yes too late is told plainly and asked about the next best work at once (13, 16, 18).

The invitation is the system's (11), under the same hard rules and limits as new work; it goes out by the channel that he has.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import structlog

from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import LinggongError
from linggong.kernel.paths import Scope, tenant_path
from linggong.matching import queries
from linggong.people import reaching
from linggong.people.limits import whole
from linggong.phones import people as telephones
from linggong.push import matched
from linggong.work import engage
from tenants.service import parameters

log = structlog.get_logger(__name__)
FOUND: Final = "另给您找了一个，马上告诉您，请看了再答。"
_TRIES: Final = 3


async def offer(database: Database, person_id: UUID) -> str:
    """Invite him to the best order of his station that is open; returns what he is told of it, '' where there is none."""
    async with database.system() as uow:
        return await _offer(uow, person_id)


async def _offer(uow: UnitOfWork, person_id: UUID) -> str:
    place = await telephones.station_of(uow, person_id)
    within = Scope(trees=(tenant_path(place),))
    orders = [
        o for o in await queries.openings(uow, within, until=queries.horizon(uow.now)) if o.shifts[0][0] > uow.now
    ]
    # What he was asked beside it still waits, and would take up his time: he may choose.
    people = await queries.seekers(uow, within, orders, at=place, only=[person_id]) if orders else []
    if not people or await reaching.full(uow, [person_id], place):
        return ""
    least = whole((await parameters(uow, place, "push.score_min"))["push.score_min"])
    for order_id in matched.best(people[0], orders, uow.now, least=least)[:_TRIES]:
        try:
            async with uow.savepoint():
                await engage.invite(uow, order_id, person_id)
        except LinggongError as error:
            log.info("not_invited_instead", order=str(order_id), why=error.detail)
            continue
        return FOUND
    return ""
