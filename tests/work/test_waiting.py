"""The waitlist: a number, the next one asked at once, told when it was in vain (15, 16, 22)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import START, City

from linggong.kernel import timers
from linggong.kernel.errors import Conflict
from linggong.people.notice_models import Notice
from linggong.work import engage, waiting
from linggong.work.models import Engagement

from .conftest import Site, people, publish
from .walking import signed, state


@pytest.fixture
async def full(city: City) -> Site:
    """One place, taken; four more who would come."""
    site = Site(city, await publish(city, headcount=1), await people(city, 5))
    await signed(site, 0)
    return site


async def apply(site: Site, n: int) -> Engagement:
    async with site.begin(site.worker(n)) as uow:
        return await engage.apply(uow, site.order_id)


async def states(site: Site) -> list[tuple[str, int | None]]:
    async with site.begin(site.clerk) as uow:
        rows = await uow.session.scalars(sa.select(Engagement))
        by = {e.worker_id: (e.state, e.queue_no) for e in rows}
        return [by[w] for w in site.workers if w in by]


async def leave(site: Site, n: int) -> None:
    async with site.begin(site.worker(n)) as uow:
        mine = await uow.session.scalar(
            sa.select(Engagement.id).where(Engagement.worker_id == site.workers[n], Engagement.state.not_like("X%"))
        )
        assert mine is not None
        await engage.withdraw(uow, mine)
    await timers.sweep(site.city.database)


async def told(site: Site) -> list[tuple[str, UUID | None]]:
    async with site.begin(site.clerk) as uow:
        rows = await uow.execute(sa.select(Notice.kind, Notice.person_id).order_by(Notice.created_at, Notice.id))
        return [(r.kind, r.person_id) for r in rows]


async def test_whoever_comes_to_a_full_order_waits_in_order(full: Site) -> None:
    for n in (1, 2):
        row = await apply(full, n)
        assert (row.state, row.queue_no) == ("A_WAITLIST", n)
    assert await state(full) == "O_FULL"
    await leave(full, 0)
    assert await states(full) == [("X_WITHDRAWN", None), ("A_OFFERED", 1), ("A_WAITLIST", 2)]
    assert ("promoted", full.workers[1]) in await told(full)
    async with full.begin(full.worker(1)) as uow:
        mine = (await uow.session.scalars(sa.select(Engagement))).one()
        await engage.confirm(uow, mine.id)
    assert await state(full) == "O_FULL"


async def test_an_offer_that_nobody_answers_goes_to_the_next(full: Site) -> None:
    for n in (1, 2):
        await apply(full, n)
    await leave(full, 0)
    full.at(hours=4, minutes=1)
    await timers.sweep(full.city.database)
    assert await states(full) == [("X_WITHDRAWN", None), ("X_DECLINED", 1), ("A_OFFERED", 2)]


async def test_whoever_waits_in_vain_is_told_at_once(full: Site) -> None:
    await apply(full, 1)
    full.city.clock.move_to(START + timedelta(minutes=31))
    await timers.sweep(full.city.database)
    assert (await states(full))[1] == ("X_DECLINED", 1)
    assert ("not_taken", full.workers[1]) in await told(full)


async def test_applicants_of_an_order_that_fills_up_wait(city: City) -> None:
    site = Site(city, await publish(city, headcount=1), await people(city, 3))
    await apply(site, 1)
    await apply(site, 2)
    await signed(site, 0)
    await timers.sweep(city.database)
    assert (await states(site))[1:] == [("A_WAITLIST", 1), ("A_WAITLIST", 2)]
    with pytest.raises(Conflict):
        async with site.begin(site.employer) as uow:
            waits = await uow.session.scalar(sa.select(Engagement.id).where(Engagement.state == "A_WAITLIST").limit(1))
            assert waits is not None
            await engage.offer(uow, waits)


async def test_a_clerk_asks_nobody_while_no_place_is_free(full: Site) -> None:
    row = await apply(full, 1)
    with pytest.raises(Conflict, match="没有空位"):
        async with full.begin(full.clerk) as uow:
            await waiting.promote(uow, row.id)
    with pytest.raises(Conflict):
        async with full.begin(full.worker(1)) as uow:
            await waiting.promote(uow, row.id)


async def test_after_the_start_nobody_is_asked_any_more(full: Site) -> None:
    await apply(full, 1)
    full.city.clock.move_to(START + timedelta(minutes=31))
    async with full.city.database.system() as uow:
        await waiting.settle(uow, full.order_id)
    assert (await states(full))[1] == ("A_WAITLIST", 1)
