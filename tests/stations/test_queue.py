"""The queue of a station: numbers without gaps, one a person, called, placed, gone; who is unknown, who comes late."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from small_city import OTHER_STATION, START, City
from work.conftest import Site, publish
from work.walking import signed

from linggong.kernel import timers
from linggong.kernel.errors import Conflict, Invalid, NotFound, TooMany
from linggong.kernel.events import Event
from linggong.kernel.ids import new_id
from linggong.kernel.paths import tenant_path
from linggong.people.models import ServiceLink
from linggong.stations import counter, phones, queries, queue
from linggong.stations.models import Ticket

from .conftest import HERE, enrol, id_number, press, screen, typed


async def rows(city: City) -> list[Ticket]:
    async with city.database.system() as uow:
        return list(await uow.session.scalars(sa.select(Ticket).order_by(Ticket.number)))


async def test_fifty_press_at_once_and_get_fifty_numbers_without_a_gap(city: City) -> None:
    # Half of them are nobody's yet; five press twice at the same moment.
    known = [await enrol(city, n) for n in range(1, 26)]
    numbers = [id_number(n) for n in range(1, 51)]
    taken = await asyncio.gather(*(press(city, number) for number in [*numbers, *numbers[:3], *numbers[48:]]))
    assert sorted({t.number for t in taken}) == list(range(1, 51))
    assert [t.number for t in taken[50:]] == [
        taken[0].number,
        taken[1].number,
        taken[2].number,
        *(t.number for t in taken[48:50]),
    ]
    assert {t.person_id for t in taken} == {*known, None}
    assert len(await rows(city)) == 50


async def test_one_number_a_person_station_and_day(city: City) -> None:
    person = await enrol(city, 1)
    first = await press(city, id_number(1))
    # By telephone, by number, at the desk: the same.
    assert (await press(city, "138 0000 0001")).id == first.id
    async with city.database.begin(*city.clerk) as uow:
        again = await queue.sign_in(uow, at=HERE, channel="desk", person_id=person)
        assert (again.id, again.number) == (first.id, 1)
        link = await uow.session.scalar(sa.select(ServiceLink).where(ServiceLink.kind == "signed_in"))
        assert link is not None
        assert (link.subject_id, link.tenant) == (person, HERE)
    city.clock.advance(timedelta(days=1))
    tomorrow = await press(city, id_number(1))
    assert tomorrow.number == 1
    assert tomorrow.id != first.id
    async with city.database.system() as uow:
        told = (await uow.session.scalars(sa.select(Event.type).where(Event.chain.like("ticket:%")))).all()
        assert told == ["ticket.taken", "ticket.taken"]


async def test_called_gone_and_back(city: City) -> None:
    await enrol(city, 1)
    ticket = await press(city, id_number(1))
    async with city.database.begin(*city.clerk) as uow:
        await queue.call(uow, ticket.id)
        row = await queue.call(uow, ticket.id)
        assert (row.state, row.calls) == ("called", 2)
        await queue.leave(uow, ticket.id)
        await queue.leave(uow, ticket.id)
        with pytest.raises(Conflict, match="已经走了"):
            await queue.call(uow, ticket.id)
    back = await press(city, id_number(1))
    assert (back.number, back.state, back.ended_at) == (1, "waiting", None)
    # Another station sees nothing of it, as of what is not there.
    async with city.database.begin(*city.other_clerk) as uow:
        assert await queries.today(uow) == []
        for one in (ticket.id, new_id()):
            with pytest.raises(NotFound):
                await queue.call(uow, one)
            with pytest.raises(NotFound):
                await queue.leave(uow, one)


async def test_whoever_is_hired_for_next_week_waits_on(city: City) -> None:
    """He came for work today: a job of another day takes him out of no queue."""
    site = Site(city, await publish(city, headcount=1), [await enrol(city, 1)])
    await press(city, id_number(1))
    await signed(site, 0)
    while await timers.sweep(city.database):
        pass
    assert [t.state for t in await rows(city)] == ["waiting"]


async def test_whoever_is_hired_waits_no_more(city: City) -> None:
    today = START - timedelta(days=1)
    site = Site(
        city,
        await publish(city, headcount=2, starts_at=today, ends_at=today + timedelta(hours=9)),
        [await enrol(city, 1), await enrol(city, 2)],
    )
    one, two = await press(city, id_number(1)), await press(city, id_number(2))
    await signed(site, 0)
    while await timers.sweep(city.database):
        pass
    assert [t.state for t in await rows(city)] == ["placed", "waiting"]
    async with city.database.begin(*city.clerk) as uow:
        with pytest.raises(Conflict, match="已经派了活"):
            await queue.leave(uow, one.id)
        assert [t.id for t in await queries.today(uow, waiting=True)] == [two.id]


async def test_somebody_unknown_waits_and_keeps_his_number_when_he_registers(city: City) -> None:
    ticket = await press(city, "13800000001")
    assert ticket.person_id is None
    unknown = await press(city, id_number(7))
    assert ticket.who_index is not None, "of what a stranger typed only the blind index is kept"
    assert unknown.who_index != ticket.who_index
    async with city.database.begin(*city.clerk) as uow:
        assert [t.name for t in await queries.today(uow)] == ["新来的", "新来的"]
    person = await enrol(city, 1)
    first, second = await rows(city)
    assert (first.number, first.person_id) == (1, person)
    assert second.person_id is None
    assert (await press(city, id_number(1))).number == 1
    # Registered at another station he keeps nothing here; a number typed twice in two ways is one person.
    await press(city, id_number(8))
    await press(city, "13800000008")
    await enrol(city, 8)
    assert [(t.number, t.state) for t in await rows(city)] == [
        (1, "waiting"),
        (2, "waiting"),
        (3, "waiting"),
        (4, "left"),
    ]


async def test_what_is_typed_is_answered_in_words(city: City) -> None:
    await enrol(city, 1)
    await enrol(city, 2, phone="13800000001", contact_kind="relative", contact_note="儿子")
    for number, words in (
        ("", "请输 18 位身份证号"), ("abc", "只能输数字"), ("1380000", "现在是 7 位"), ("12800000000", "手机号应为 11 位"),
        (id_number(1)[:-1] + ("0" if id_number(1)[-1] != "0" else "1"), "有一位不对"), ("13800000001", "好几个人"),
        (id_number(3, born="20120501"), "没满 16 岁"),
    ):  # fmt: skip
        with pytest.raises(Invalid, match=words):
            await typed(city, number)
    with pytest.raises(Invalid) as bad:
        async with city.database.begin(*city.clerk) as uow:
            later = city.clock.now() + timedelta(hours=1)
            await queue.sign_in(
                uow, at=HERE, channel="offline", typed=await typed(city, id_number(1)),
                trades=["x", "6-29-99-00", "4-02-05-01", "6-29-01-01"], came_at=later,
            )  # fmt: skip
    assert [f.code for f in bad.value.faults] == ["length", "unknown", "future"]


async def test_a_late_entry_keeps_its_original_time_and_is_marked(city: City) -> None:
    person = await enrol(city, 1)
    came = city.clock.now() - timedelta(minutes=40)
    async with city.database.begin(*city.clerk) as uow:
        made = await counter.at_desk(uow, city.secrets, city.database, number=id_number(1), came_at=came)
        row = await uow.session.get_one(Ticket, made)
        assert (row.channel, row.late, row.came_at, row.recorded_at) == ("offline", True, came, uow.now)
        assert row.person_id == person
    async with city.database.system() as uow:
        told = await uow.session.scalar(sa.select(Event).where(Event.type == "ticket.taken"))
        assert told is not None
        assert (told.occurred_at, told.recorded_at) == (came, city.clock.now())


async def test_a_stranger_at_the_counter_is_found_by_his_number_and_by_nothing_else(city: City) -> None:
    person = await enrol(city, 1, where=city.other_clerk)
    async with city.database.begin(*city.clerk) as uow:
        with pytest.raises(NotFound):
            await counter.at_desk(uow, city.secrets, city.database, person_id=person)
    async with city.database.begin(*city.clerk) as uow:
        with pytest.raises(Invalid, match="请输 18 位身份证号"):
            await counter.at_desk(uow, city.secrets, city.database, number=" ")
    async with city.database.begin(*city.clerk) as uow:
        await counter.at_desk(uow, city.secrets, city.database, number=id_number(1))
    async with city.database.begin(*city.clerk) as uow:
        assert [(t.person_id, t.name) for t in await queries.today(uow)] == [(person, "李国强")]


async def test_nobody_tries_numbers_at_the_counter_until_one_is_somebody_s(city: City) -> None:
    async with city.database.begin(*city.clerk) as uow:
        for n in range(40):
            await counter.at_desk(uow, city.secrets, city.database, number=f"139000000{n:02d}")
        with pytest.raises(TooMany, match="先给他们办登记"):
            await counter.at_desk(uow, city.secrets, city.database, number="13900000099")


async def test_a_phone_signs_in_with_the_code_that_the_wall_shows(city: City) -> None:
    person = await enrol(city, 1)
    await screen(city)
    me = city.employer()[0].__class__(kind="worker", id=person)
    async with city.database.system() as uow:
        code, other = [await phones.code_today(uow, city.secrets, s) for s in (HERE, tenant_path(OTHER_STATION))]
    mine = await phones.join(city.database, city.secrets, me, f"{code[:3]} {code[3:]}")
    assert (mine.station, mine.number, mine.before) == ("兰阳街道零工驿站", 1, 0)
    for wrong in (other, "", "000000000"):
        with pytest.raises(Invalid, match="签到码不对"):
            await phones.join(city.database, city.secrets, me, wrong)
    city.clock.advance(timedelta(days=1))
    with pytest.raises(Invalid, match="签到码不对"):
        await phones.join(city.database, city.secrets, me, code)
