"""When something goes out to a worker, and whether: quiet hours, limits with the reason kept, one digest (R062)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from small_city import START, STATION

from linggong.kernel import timers
from linggong.kernel.ids import new_id
from linggong.market import digest
from linggong.market.search_models import SavedSearch, SearchHit
from linggong.matching.models import PriorityMark
from linggong.people.models import Consent
from linggong.people.notice_models import Notice
from linggong.push import matched
from linggong.work import engage
from tenants.models import ParameterValue
from tests.work.conftest import people, publish

from .conftest import City, Phones


async def invited(phones: Phones, order_id: UUID, n: int = 0) -> UUID:
    async with phones.begin(phones.clerk) as uow:
        return (await engage.invite(uow, order_id, phones.workers[n])).id


async def notice(phones: Phones, subject_id: UUID) -> Notice:
    async with phones.system() as uow:
        return (await uow.session.scalars(sa.select(Notice).where(Notice.subject_id == subject_id))).one()


async def set_parameter(city: City, key: str, value: str) -> None:
    async with city.database.system() as uow:
        uow.session.add(
            ParameterValue(id=new_id(), tenant=STATION, key=key, value=value, source="test", set_at=uow.now)
        )


async def test_a_night_holds_what_can_wait_and_lets_the_dawn_pass(phones: Phones) -> None:
    later = await publish(phones.city, starts_at=START + timedelta(hours=7), ends_at=START + timedelta(hours=10))
    phones.city.clock.move_to(START - timedelta(hours=5, minutes=30))  # 02:00
    dawn, afternoon = await invited(phones, phones.order_id), await invited(phones, later, 1)
    texts = await phones.tell()
    assert len(texts) == 1, "07:30 is within push.urgent"
    assert "7:30" in texts[0]
    held = await notice(phones, afternoon)
    assert (held.state, held.not_before) == ("queued", START - timedelta(hours=2, minutes=30))
    assert (await notice(phones, dawn)).channel == "sms"
    # Its four hours are counted from the morning: it does not lapse before he could read it.
    phones.city.clock.move_to(START - timedelta(hours=2, minutes=29))
    await timers.sweep(phones.city.database)
    assert "14:30" in (await phones.tell())[-1]
    assert "报上名" in await phones.text("1", 1)


async def test_beyond_the_limit_it_is_not_sent_and_says_why(phones: Phones) -> None:
    await set_parameter(phones.city, "push.per_day", "1")
    phones.at(hours=3)
    day = timedelta(days=1)
    other = await publish(phones.city, starts_at=START + day, ends_at=START + day + timedelta(hours=9))
    assert await invited(phones, phones.order_id)
    assert len(await phones.tell()) == 1
    second = await invited(phones, other)
    assert await phones.tell() == []
    row = await notice(phones, second)
    assert (row.state, row.channel, row.call_wanted) == ("unreached", "page", False)
    assert row.error == "今天发够 1 条了，没再发短信"
    assert len(await phones.calls()) == 0


async def test_new_work_is_one_digest_with_saved_searches(phones: Phones) -> None:
    """What fits waits for the hour of the digest, unless a saved search speaks first; then both go in one text."""
    city = phones.city
    async with phones.system() as uow:
        uow.session.add(
            SavedSearch(
                id=new_id(), tenant=STATION, person_id=phones.workers[0], label="搬砖", trade_code="", created_at=uow.now,
                pay_min_fen=50000, looked_at=uow.now,
            )
        )  # fmt: skip
    far = START + timedelta(days=2)
    phones.at(hours=1)
    await publish(city, title="搬砖一", starts_at=far, ends_at=far + timedelta(hours=9))
    phones.at(minutes=31)
    assert await matched.run(city.database) > 0
    await digest.run(city.database)
    assert await phones.tell() == []
    await publish(city, title="贵活", pay_fen=60000, starts_at=far, ends_at=far + timedelta(hours=9))
    await digest.run(city.database)
    (asked,) = await phones.tell()
    assert asked.startswith("适合您的新活有")
    assert "贵活" in asked
    assert "搬砖一" in asked
    assert "回0" in asked
    phones.city.clock.move_to(START - timedelta(hours=13, minutes=59))  # 17:31
    await digest.run(city.database)
    assert len(await phones.tell()) == 2, "the two others are told now"
    await digest.run(city.database)
    assert await phones.tell() == []
    async with phones.system() as uow:
        untold = sa.select(sa.func.count()).select_from(SearchHit).where(SearchHit.told_at.is_(None))
        assert await uow.session.scalar(untold) == 0


async def test_new_work_goes_round_and_priority_comes_first(phones: Phones) -> None:
    city = phones.city
    older, crowd = phones.workers, await people(city, 24, born=date(1990, 5, 1))
    young = await people(city, 1, born=date(2010, 6, 1))
    async with phones.system() as uow:
        consent = Consent(
            id=new_id(), person_id=crowd[5], purpose="priority", text_version="1", method="slip", evidence="1",
            given_at=uow.now,
        )  # fmt: skip
        uow.session.add(consent)
        await uow.flush()
        uow.session.add(
            PriorityMark(
                id=new_id(), person_id=crowd[5], category="subsistence", grantor="x", proof="x",
                valid_to=date(2027, 1, 1), consent_id=consent.id, recorded_at=uow.now,
            )
        )  # fmt: skip
    far = START + timedelta(days=2)
    for n in range(3):
        await publish(city, title=f"新活{n}", headcount=2, starts_at=far, ends_at=far + timedelta(hours=9))

    async def told() -> list[UUID]:
        async with phones.system() as uow:
            return list(await uow.session.scalars(sa.select(SearchHit.person_id).order_by(SearchHit.found_at)))

    await matched.run(city.database)
    assert set(await told()) == {*older, crowd[5]}, "within the window only whoever has priority, by age or by a proof"
    phones.at(minutes=31)
    await matched.run(city.database)
    found = await told()
    assert young[0] not in found, "under sixteen nobody is told of work"
    often = [found.count(one) for one in crowd if one != crowd[5]]
    assert sum(often) >= len(often)
    assert max(often) - min(often) <= 1, "nobody twice before everybody once"


async def test_what_holds_one_post_up_holds_no_other_invitation(phones: Phones) -> None:
    """Each invitation stands as soon as it is made: a station's posts in one transaction held whoever signs in meanwhile."""
    city = phones.city
    city.clock.move_to(START - timedelta(hours=3))
    posts = [await publish(city, title=title, headcount=1) for title in ("急活一", "急活二")]
    asked = sa.text("SELECT order_id FROM engagements WHERE order_id = ANY (:posts) AND state <> 'WITHDRAWN'")

    async def invited_now() -> set[UUID]:
        async with phones.system() as uow:
            return set((await uow.session.scalars(asked, {"posts": posts})).all())

    city.clock.move_to(START - timedelta(hours=2))
    async with phones.system() as holder:
        await holder.fetch("SELECT 1 FROM orders WHERE id = $1 FOR UPDATE", posts[1])
        running = asyncio.create_task(matched.run(city.database))
        async with asyncio.timeout(10):
            while not (seen := await invited_now()):
                await asyncio.sleep(0.05)
        assert not running.done(), "the other post is still held"
        assert len(seen) == 1
    assert await running > 0
    assert await invited_now() == set(posts)
