"""Telling many people of something that they may come to, such as a fair: each within his limits, nobody at night (R070).

It goes the way of every notice: the sender asks `people.reaching` once more before each leaves, so that what waits for the
morning waits, and what is one too many stays on the person's own page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.people import notices, reaching
from linggong.people.models import ServiceLink, Worker

KIND: Final = reaching.FAIR
notices.not_called.add(KIND)


class Announced(NamedTuple):
    """How many were told, and how many were left in peace because they had heard enough."""

    told: int
    left_out: int


async def neighbours(uow: UnitOfWork, places: Sequence[str], *, groups: Sequence[str] = (), most: int) -> list[UUID]:
    """Return workers whom these places serve, who came last first; with `groups` (6-29) only those of such a trade."""
    rows = await uow.execute(
        sa.select(Worker.person_id, Worker.trades, sa.func.max(ServiceLink.started_at).label("came"))
        .join(ServiceLink, ServiceLink.subject_id == Worker.person_id)
        .where(ServiceLink.tenant.in_(places), ServiceLink.ends_at > uow.now)
        .group_by(Worker.person_id, Worker.trades)
        .order_by(sa.desc("came"), Worker.person_id)
    )
    wanted = set(groups)
    found = [r.person_id for r in rows if not wanted or wanted & {group_of(code) for code in r.trades}]
    return found[:most]


def group_of(trade_code: str) -> str:
    """Return the group of a trade: 6-29-99-00 is of 6-29."""
    return "-".join(trade_code.split("-")[:2])


async def announce(uow: UnitOfWork, people: Sequence[UUID], *, place: str, subject_id: UUID, text: str) -> Announced:
    """Write a notice for each of them who may hear one more today. Raises ValueError for a text longer than two SMS."""
    full = await reaching.full(uow, people, place)
    told = [person for person in people if person not in full]
    for person in told:
        await notices.notify(
            uow, to="worker", kind=KIND, text=text, subject_id=subject_id, tenant=place, via=place, person_id=person
        )
    return Announced(len(told), len(full))
