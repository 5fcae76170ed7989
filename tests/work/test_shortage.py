"""Missing people (31): what each choice brings about, for whom it is, and for whom it is nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from small_city import OTHER_STATION, START, City

from linggong.kernel import timers
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.market import helping, shortage
from linggong.market.models import Order
from linggong.people.notice_models import Notice
from linggong.work import attend, engage, terms
from linggong.work.models import Assignment
from linggong.work.terms_models import TermsChange

from .conftest import Site, people
from .looking import replays, told
from .walking import at_work, signed, state

LATER = shortage.Later(START + timedelta(hours=2), START + timedelta(hours=10))
ALL_LATER = shortage.Later(LATER.starts_at, LATER.ends_at, everybody=True)


async def locked(site: Site) -> None:
    site.city.clock.move_to(START - timedelta(minutes=50))
    await timers.sweep(site.city.database)
    assert await state(site) == "O_LOCKED"


async def starts_at(site: Site, assignment_id: object) -> object:
    async with site.begin(site.clerk) as uow:
        return await uow.session.scalar(sa.select(Assignment.starts_at).where(Assignment.id == assignment_id))


async def said_to_workers(city: City) -> list[str]:
    async with city.database.system() as uow:
        return list((await uow.session.scalars(sa.select(Notice.text).where(Notice.to_side == "worker"))).all())


async def test_the_missing_come_later_and_who_is_bound_keeps_his_hours(site: Site) -> None:
    """31b, in two batches: hiring goes on until the later start; the later ones are hired under the later hours."""
    _, first = await signed(site, 0)
    await locked(site)
    async with site.begin(site.employer) as uow:
        order = await shortage.choose(uow, site.order_id, choice="split", later=LATER)
        assert order.crew_choice == "split"
    assert await starts_at(site, first) == START
    async with site.begin(site.clerk) as uow:
        assert await uow.session.scalar(sa.select(Order.starts_at).where(Order.id == site.order_id)) == LATER.starts_at
    assert any("分批开工" in text for text in await said_to_workers(site.city))
    code = attend.arrival_code(site.city.secrets, site.order_id, START.astimezone().date())
    site.city.clock.move_to(START + timedelta(minutes=5))
    async with site.begin(site.clerk) as uow:
        await attend.arrive(uow, first, method="clerk", code=code, secrets=site.city.secrets)
    site.city.clock.move_to(START + timedelta(minutes=40))
    await timers.sweep(site.city.database)
    assert await state(site) == "O_ACTIVE", "half an hour after the first start nobody stops the hiring"
    async with site.begin(site.worker(1)) as uow:
        late = (await engage.apply(uow, site.order_id)).id
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, late)
    async with site.begin(site.worker(1)) as uow:
        await engage.confirm(uow, late)
        began = await uow.session.scalar(sa.select(Assignment.starts_at).where(Assignment.engagement_id == late))
    assert began == LATER.starts_at
    await replays(site)


async def test_everybody_later_is_asked_and_a_no_keeps_the_old_hours(site: Site) -> None:
    """31b, later for everybody: a change of terms (24) that each worker answers for himself."""
    (_, first), (_, second) = await signed(site, 0), await signed(site, 1)
    await locked(site)
    async with site.begin(site.employer) as uow:
        await shortage.choose(uow, site.order_id, choice="split", later=ALL_LATER)
    async with site.begin(site.clerk) as uow:
        asked = {c.worker_id: c.id for c in await uow.session.scalars(sa.select(TermsChange))}
    async with site.begin(site.worker(0)) as uow:
        await terms.agree(uow, asked[site.workers[0]])
    async with site.begin(site.worker(1)) as uow:
        await terms.refuse(uow, asked[site.workers[1]])
    assert await starts_at(site, first) == LATER.starts_at
    assert await starts_at(site, second) == START
    await replays(site)


async def test_who_is_at_work_stays_and_only_the_others_are_asked(site: Site) -> None:
    _, coming = await signed(site, 1)
    await at_work(site, 0)
    async with site.begin(site.employer) as uow:
        await shortage.choose(uow, site.order_id, choice="split", later=ALL_LATER)
    async with site.begin(site.clerk) as uow:
        asked = (await uow.session.scalars(sa.select(TermsChange.worker_id))).all()
    assert asked == [site.workers[1]]
    assert await starts_at(site, coming) == START, "he has not answered"


@pytest.mark.parametrize(
    "later",
    [None, shortage.Later(START - timedelta(minutes=30), START + timedelta(hours=8)), shortage.Later(START, START)],
    ids=["none", "earlier", "no hours"],
)
async def test_later_must_be_later(site: Site, later: shortage.Later | None) -> None:
    await signed(site, 0)
    await locked(site)
    async with site.begin(site.employer) as uow:
        with pytest.raises(Invalid) as caught:
            await shortage.choose(uow, site.order_id, choice="split", later=later)
        assert {f.field for f in caught.value.faults} == {"starts_at"}
    assert await told(site, "order.crew_chosen") == []


async def test_other_stations_are_asked_and_their_word_reaches_the_employer(site: Site) -> None:
    """31c: the call is on the other desk, not on the own; its worker is hired like any other."""
    await signed(site, 0)
    await locked(site)
    async with site.begin(site.employer) as uow:
        await shortage.choose(uow, site.order_id, choice="ask_around")
    async with site.begin(site.clerk) as uow:
        assert await helping.calls(uow) == []
    away = site.city.staff(OTHER_STATION)
    async with site.begin(away) as uow:
        (call,) = await helping.calls(uow)
        assert (call.missing, call.near, call.answered) == (5, False, None), "another county"
        with pytest.raises(Invalid):
            await helping.answer(uow, call.id, people=-1)
    async with site.begin(away) as uow:
        assert (await helping.answer(uow, call.id, people=2)).answered == 2
        await helping.answer(uow, call.id, people=3)
    async with site.begin(site.clerk) as uow:
        with pytest.raises(NotFound):
            await helping.answer(uow, call.id, people=1)
    async with site.begin(site.employer) as uow:
        assert [n for _, n in await helping.answers(uow, site.order_id)] == [3]
        text = (await uow.session.scalars(sa.select(Notice.text).where(Notice.kind == "help_answered"))).all()
    assert len(text) == 2
    (theirs,) = await people(site.city, 1, node=OTHER_STATION)
    async with site.begin(away) as uow:
        row = await engage.apply(uow, call.order_id, worker_id=theirs)
        assert row.via == OTHER_STATION
    site.city.clock.move_to(START + timedelta(hours=1))
    async with site.begin(away) as uow:
        assert await helping.calls(uow) == []
        with pytest.raises(Conflict, match="不缺人"):
            await helping.answer(uow, call.id, people=1)
