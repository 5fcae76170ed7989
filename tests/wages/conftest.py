"""A published order in the small city, walked to the day on which wages are owed."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from small_city import City, _timers, city, good
from work.conftest import Site, _loop, people, publish, site
from work.walking import accepted, at_work, signed, state

from linggong.kernel import timers
from linggong.wages.models import Bill
from linggong.work import attend


async def crew_accepted(site: Site, count: int) -> list[UUID]:
    """A crew works one whole day; returns their bills in the order of the workers."""
    pairs = [await signed(site, n) for n in range(count)]
    site.city.clock.move_to(site.city.clock.now().replace(day=10, hour=23, minute=20))
    for _, assignment_id in pairs:
        async with site.begin(site.employer) as uow:
            await attend.arrive(uow, assignment_id, method="roll_call")
    site.at(minutes=10)
    await timers.sweep(site.city.database)
    site.at(hours=9)
    bills = []
    for n, (_, assignment_id) in enumerate(pairs):
        async with site.begin(site.worker(n)) as uow:
            await attend.finish(uow, assignment_id)
        async with site.begin(site.employer) as uow:
            await attend.accept(uow, assignment_id)
            bills.append(await uow.session.scalar(sa.select(Bill.id).where(Bill.assignment_id == assignment_id)))
    return bills


__all__ = [
    "City",
    "Site",
    "_loop",
    "_timers",
    "accepted",
    "at_work",
    "city",
    "good",
    "people",
    "publish",
    "signed",
    "site",
    "state",
]
