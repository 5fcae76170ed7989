"""Who comes onto an order and leaves it again: places, clashes, ages, strangers and telephones."""

from __future__ import annotations

import asyncio
import json
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.db import ANONYMOUS
from linggong.kernel.errors import Conflict, NotFound
from linggong.market import service as market
from linggong.market.models import Order
from linggong.work import attend, concluding, contacts, engage, looked, queries
from linggong.work.models import Assignment, Engagement

from .conftest import Site, people, publish
from .walking import signed

if TYPE_CHECKING:
    from conftest import TestDatabase
    from small_city import City


async def test_fifty_workers_race_for_six_places(city: City) -> None:
    site = Site(city, await publish(city), await people(city, 50))

    async def enter(n: int) -> UUID:
        async with site.begin(site.worker(n)) as uow:
            return (await engage.apply(uow, site.order_id)).id

    ids = [await enter(n) for n in range(50)]
    async with site.begin(site.employer) as uow:
        for engagement_id in ids:
            await engage.offer(uow, engagement_id)

    async def confirm(n: int) -> bool:
        try:
            async with site.begin(site.worker(n)) as uow:
                await engage.confirm(uow, ids[n])
            return True
        except Conflict:
            return False

    taken = await asyncio.gather(*(confirm(n) for n in range(50)))
    assert sum(taken) == 6
    async with site.begin(site.clerk) as uow:
        order = (await uow.session.scalars(sa.select(Order))).one()
        assert (order.confirmed, order.state) == (6, "O_FULL")
        held = await uow.session.scalar(sa.select(sa.func.count()).select_from(Assignment))
        assert held == 6
    async with city.database.begin(ANONYMOUS) as uow:
        left = await uow.session.scalar(sa.text("SELECT places_left FROM board_posts"))
        assert left == 0
    late = (await people(city, 1))[0]
    site.workers.append(late)
    assert (await enter(50)) is not None
    async with site.begin(site.worker(50)) as uow:
        waits = (await uow.session.scalars(sa.select(Engagement))).one()
        assert (waits.state, waits.queue_no) == ("A_WAITLIST", 1), "a full order takes nobody, but he may wait (15)"


async def test_two_jobs_at_the_same_time_are_one_too_many(city: City) -> None:
    orders = [await publish(city), await publish(city, title="卸货，日结")]
    site = Site(city, orders[0], await people(city, 1))
    ids = []
    for order_id in orders:
        async with site.begin(site.worker()) as uow:
            ids.append((await engage.apply(uow, order_id)).id)
        async with site.begin(site.employer) as uow:
            await engage.offer(uow, ids[-1])

    async def confirm(engagement_id: UUID) -> str:
        try:
            async with site.begin(site.worker()) as uow:
                await engage.confirm(uow, engagement_id)
            return "taken"
        except (Conflict, sa.exc.IntegrityError) as error:
            return type(error).__name__

    answers = await asyncio.gather(*(confirm(i) for i in ids))
    assert sorted(a == "taken" for a in answers) == [False, True], answers
    async with site.begin(site.clerk) as uow:
        confirmed = (await uow.session.scalars(sa.select(Order.confirmed).order_by(Order.confirmed))).all()
        assert list(confirmed) == [0, 1], "the loser's place went back with his transaction"


async def test_too_young(city: City) -> None:
    site = Site(city, await publish(city), await people(city, 1, born=date(2010, 3, 12)))
    with pytest.raises(Conflict, match="16"):
        async with site.begin(site.worker()) as uow:
            await engage.apply(uow, site.order_id)
    high = Site(city, await publish(city, conditions=["height"]), await people(city, 1, born=date(2009, 1, 1)))
    with pytest.raises(Conflict, match="18"):
        async with high.begin(high.worker()) as uow:
            await engage.apply(uow, high.order_id)


async def test_nobody_applies_twice_or_for_another(site: Site) -> None:
    async with site.begin(site.worker()) as uow:
        await engage.apply(uow, site.order_id)
    with pytest.raises(Conflict, match="已经报过名"):
        async with site.begin(site.worker()) as uow:
            await engage.apply(uow, site.order_id)
    with pytest.raises(NotFound):
        async with site.begin(site.worker()) as uow:
            await engage.apply(uow, site.order_id, worker_id=site.workers[1])


async def test_a_clerk_enters_only_people_his_post_serves(site: Site) -> None:
    stranger = (await people(site.city, 1, node=None))[0]
    with pytest.raises(NotFound):
        async with site.begin(site.clerk) as uow:
            await engage.apply(uow, site.order_id, worker_id=stranger)


async def test_a_clerk_applies_for_his_worker_at_another_station(site: Site) -> None:
    """R006, transition 12 C(p): the order hangs on a foreign node, the worker on the clerk's own."""
    from small_city import OTHER_STATION

    guest = (await people(site.city, 1, node=OTHER_STATION))[0]
    async with site.begin(site.city.other_clerk) as uow:
        row = await engage.apply(uow, site.order_id, worker_id=guest)
        assert (row.tenant, row.via) == ("/4102/25/001/s01/", OTHER_STATION)
    async with site.begin(site.clerk) as uow:
        assert [w.worker_id for w in await queries.roster(uow, site.order_id)] == [guest]
    with pytest.raises(NotFound):
        async with site.begin(site.city.other_clerk) as uow:
            await queries.roster(uow, site.order_id)
    with pytest.raises(Conflict, match="发这单的驿站"):
        async with site.begin(site.city.other_clerk) as uow:
            await engage.offer(uow, row.id)


async def test_strangers_see_nothing_and_do_nothing(site: Site) -> None:
    engagement_id, assignment_id = await signed(site)
    other_employer = site.city.employer(site.city.elsewhere)
    for who in (site.worker(1), other_employer, site.city.other_clerk):
        async with site.begin(who) as uow:
            assert (await uow.session.scalars(sa.select(Engagement))).all() == []
            assert (await uow.session.scalars(sa.select(Assignment))).all() == []
        for act in (
            lambda u: engage.withdraw(u, engagement_id),
            lambda u: concluding.contract(u, engagement_id),
            lambda u: attend.start(u, assignment_id),
            lambda u: queries.engagement(u, engagement_id),
            lambda u: contacts.look_up(u, site.city.database, site.city.secrets.sealer, engagement_id),
        ):
            with pytest.raises(NotFound):
                async with site.begin(who) as uow:
                    await act(uow)


async def test_phones_open_between_two_confirmed_parties_only_and_each_sees_who_looked(site: Site) -> None:
    sealer, database = site.city.secrets.sealer, site.city.database
    boss, day = site.employer, timedelta(days=1)
    async with site.begin(site.worker()) as uow:
        engagement_id = (await engage.apply(uow, site.order_id)).id
        for early in (
            contacts.look_up(uow, database, sealer, engagement_id),
            contacts.own_job_contact(uow, sealer, engagement_id),
        ):
            with pytest.raises(Conflict, match="确认价格"):
                await early
    async with site.begin(boss) as uow:
        await engage.offer(uow, engagement_id)
    async with site.begin(site.worker()) as uow:
        await engage.confirm(uow, engagement_id)
        assert await contacts.own_job_contact(uow, sealer, engagement_id) == ("王师傅", "13800000000")
        assert (await looked.looked(uow)).items == []
    for _ in range(2):
        async with site.begin(boss) as uow:
            found = await contacts.look_up(uow, database, sealer, engagement_id)
            assert (found.name, found.phone) == ("李师傅", "13900000000")
            with pytest.raises(NotFound):
                await contacts.own_job_contact(uow, sealer, engagement_id)
    async with site.begin(site.clerk) as uow:
        assert (await contacts.look_up(uow, database, sealer, engagement_id)).phone == "13900000000"
    async with site.begin(site.worker()) as uow:
        await contacts.look_up(uow, database, sealer, engagement_id)
        seen = (await looked.looked(uow)).items
        assert [(i.who, i.seen, i.why) for i in seen] == [
            ("兰阳街道零工驿站 · 工作人员", "电话", "联系到岗"),
            ("开封建筑公司（您接的活的雇主）", "姓名、电话", "联系到岗"),
        ]
    async with site.begin(boss) as uow:
        whom = [i.who for i in (await looked.looked(uow)).items]
        assert whom[0].startswith("李师傅（")
        assert len(whom) == 2
        first = await looked.looked(uow, limit=1)
        rest = await looked.looked(uow, limit=1, cursor=first.next)
        assert [first.items[0].who, rest.items[0].who] == whom
        assert rest.next is None
    site.city.clock.advance(92 * day)
    for who in (site.worker(), boss):
        async with site.begin(who) as uow:
            with pytest.raises(Conflict, match="早结束"):
                await contacts.look_up(uow, database, sealer, engagement_id)


async def test_withdrawal_gives_the_place_back(site: Site) -> None:
    engagement_id, _ = await signed(site)
    async with site.begin(site.worker()) as uow:
        row = await engage.withdraw(uow, engagement_id, reason="孩子病了")
        assert row.state == "X_WITHDRAWN"
    async with site.begin(site.clerk) as uow:
        assert (await uow.session.scalars(sa.select(Order.confirmed))).one() == 0
        assert set(await uow.session.scalars(sa.select(Assignment.state))) == {"X_WITHDRAWN"}
    async with site.begin(site.worker()) as uow:
        assert (await engage.apply(uow, site.order_id)).state == "A_APPLIED", "he may come back"


async def test_late_withdrawal_is_marked(site: Site, blank: TestDatabase) -> None:
    early, _ = await signed(site, 0)
    late, _ = await signed(site, 1)
    async with site.begin(site.worker(0)) as uow:
        await engage.withdraw(uow, early)
    site.city.clock.move_to(site.city.clock.now().replace(day=10, hour=22, minute=0))
    async with site.begin(site.worker(1)) as uow:
        await engage.withdraw(uow, late)
    owner = await blank.owner()
    rows = await owner.fetch("SELECT subject_id, body FROM events WHERE type = 'engagement.withdrawn'")
    await owner.close()
    assert {r["subject_id"]: json.loads(r["body"])["late"] for r in rows} == {early: False, late: True}


async def test_a_cancelled_order_leaves_no_worker_without_a_state(site: Site) -> None:
    engagement_id, _ = await signed(site, 0)
    async with site.begin(site.worker(1)) as uow:
        applied = (await engage.apply(uow, site.order_id)).id
    async with site.begin(site.employer) as uow:
        await market.cancel_order(uow, site.order_id, reason="employer")
    async with site.begin(site.clerk) as uow:
        states = {r.id: r.state for r in await uow.execute(sa.select(Engagement.id, Engagement.state))}
        assert states == {engagement_id: "X_CANCEL_E", applied: "X_CANCEL_E"}
        assert set(await uow.session.scalars(sa.select(Assignment.state))) == {"X_CANCEL_E"}


async def test_an_offer_lapses(site: Site) -> None:
    async with site.begin(site.worker()) as uow:
        engagement_id = (await engage.apply(uow, site.order_id)).id
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, engagement_id)
    site.at(hours=4, minutes=1)
    await timers.sweep(site.city.database)
    async with site.begin(site.worker()) as uow:
        assert (await queries.my_work(uow))[0].state == "X_DECLINED"
        with pytest.raises(Conflict):
            await engage.confirm(uow, engagement_id)
