"""Recognition that is not simple: another record, a disputed part (51, 53, ruling 5), transfer (50, ruling 11)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import OTHER_STATION, START, City

from linggong.kernel import timers
from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from linggong.market.codes import PayUnit
from linggong.wages.models import Bill
from linggong.work import attend, recognising, transferring, witness
from linggong.work.models import Assignment, Engagement

from .conftest import Site, people, publish
from .looking import replays, shift, told
from .walking import at_work, signed


async def finished(site: Site, quantity: float | None = None, hours: int = 9) -> UUID:
    _, one = await at_work(site)
    site.at(hours=hours)
    async with site.begin(site.worker()) as uow:
        await attend.finish(uow, one, quantity=quantity)
    return one


async def counted(city: City) -> Site:
    order_id = await publish(city, pay_unit=PayUnit.PIECE, pay_fen=300, piece_name="筐", pieces_per_day=80)
    return Site(city, order_id, await people(city, 1))


async def total(site: Site) -> int:
    async with site.begin(site.clerk) as uow:
        return int(await uow.session.scalar(sa.select(Bill.total_fen)) or 0)


async def test_fewer_hours_hold_only_with_the_workers_word(site: Site) -> None:
    one = await finished(site)
    async with site.begin(site.employer) as uow:
        await recognising.propose_record(uow, one, minutes=360, reason="中午多歇了两小时")
    assert (await shift(site, one)).minutes == 480
    async with site.begin(site.employer) as uow:
        with pytest.raises(Conflict, match="另一方"):
            await recognising.answer_record(uow, one, agree=True)
    async with site.begin(site.worker()) as uow:
        row = await recognising.answer_record(uow, one, agree=True)
        assert (row.state, row.minutes) == ("A_ACCEPTED", 360)
    assert await total(site) == 15000
    await replays(site)


async def test_without_his_word_the_record_stands(site: Site) -> None:
    one = await finished(site)
    async with site.begin(site.employer) as uow:
        await recognising.propose_record(uow, one, minutes=360, reason="中午多歇了两小时")
    async with site.begin(site.worker()) as uow:
        await recognising.answer_record(uow, one, agree=False)
        with pytest.raises(Conflict, match="没有提出"):
            await recognising.answer_record(uow, one, agree=False)
    site.at(hours=24)
    await timers.sweep(site.city.database)
    row = await shift(site, one)
    assert (row.state, row.minutes, await total(site)) == ("A_ACCEPTED", 480, 20000)
    await replays(site)


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"minutes": 480, "reason": "他来晚了"}, {"minutes"}),
        ({"minutes": 500, "reason": ""}, {"minutes", "reason"}),
        ({"minutes": -1, "reason": "他来晚了"}, {"minutes"}),
        ({"reason": "他来晚了"}, {"minutes"}),
        ({"quantity": 3, "reason": "数错了吧"}, {"quantity"}),
    ],
)
async def test_what_a_proposed_record_must_be(site: Site, given: dict[str, Any], fields: set[str]) -> None:
    one = await finished(site)
    async with site.begin(site.employer) as uow:
        with pytest.raises(Invalid) as caught:
            await recognising.propose_record(uow, one, **given)
        assert {f.field for f in caught.value.faults} == fields


async def test_a_named_amount_is_disputed_and_the_rest_accepted(site: Site) -> None:
    one = await finished(site)
    async with site.begin(site.employer) as uow:
        row = await recognising.accept_part(uow, one, reason="quality", words="墙角没抹平", amount_fen=4000)
        assert row.state == "A_ACCEPTED"
    assert await total(site) == 20000
    body = (await told(site, "assignment.disputed"))[0]
    assert (body["amount_fen"], body["reason"], body["words"]) == (4000, "quality", "墙角没抹平")
    assert body["evidence_due_at"].startswith("2026-03-12T08:30")
    await replays(site)


async def test_twenty_of_a_hundred_are_disputed(city: City) -> None:
    """Worked path d: 80 are due today, 20 are held."""
    site = await counted(city)
    one = await finished(site, quantity=100)
    async with site.begin(site.employer) as uow:
        await recognising.accept_part(uow, one, reason="quality", words="有20筐烂了", quantity=20)
    assert (await told(site, "assignment.disputed"))[0]["amount_fen"] == 6000
    assert await total(site) == 30000


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"reason": "quality", "words": " ", "amount_fen": 100}, {"words"}),
        ({"reason": "mood", "words": "不想认可", "amount_fen": 100}, {"reason"}),
        ({"reason": "quality", "words": "没有抹平"}, {"amount_fen"}),
        ({"reason": "quality", "words": "没有抹平", "amount_fen": 0}, {"amount_fen"}),
        ({"reason": "quality", "words": "没有抹平", "amount_fen": -5}, {"amount_fen"}),
        ({"reason": "quality", "words": "没有抹平", "amount_fen": 10**12}, {"amount_fen"}),
        ({"reason": "quality", "words": "没有抹平", "amount_fen": 1, "quantity": 1}, {"amount_fen"}),
        ({"reason": "quality", "words": "没有抹平", "quantity": 1}, {"quantity"}),
        ({"reason": "", "words": ""}, {"reason", "words", "amount_fen"}),
    ],
)
async def test_a_blank_or_senseless_refusal_is_none(site: Site, given: dict[str, Any], fields: set[str]) -> None:
    one = await finished(site)
    async with site.begin(site.employer) as uow:
        with pytest.raises(Invalid) as caught:
            await recognising.accept_part(uow, one, **given)
        assert {f.field for f in caught.value.faults} == fields
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Conflict, match="另一方"):
            await recognising.accept_part(uow, one, reason="quality", words="没有抹平", amount_fen=1)


async def test_a_clerk_who_enters_end_and_recognition_is_a_single_witness(site: Site) -> None:
    """51 by proxy: as at 18 and 20 a colleague calls back, and how the employer said so stands in the record."""
    engagement_id, one = await at_work(site)
    site.at(hours=9)
    said = witness.Consent(read_out="雇主电话里说认")
    async with site.begin(site.clerk) as uow:
        row = await attend.finish(uow, one, consent=said)
        assert row.finished_by == f"proxy:{site.city.clerk_id}"
        await attend.accept(uow, one, consent=said)
        (event,) = [e for e in uow.told if e.type == "assignment.accepted"]
        assert (event.body["single_witness"], event.body["consent"]["read_out"]) == (True, "雇主电话里说认")
    async with site.begin(site.clerk) as uow:
        assert (await uow.session.get_one(Engagement, engagement_id)).single_witness
        with pytest.raises(Conflict, match="另一位"):
            await witness.call_back(uow, engagement_id, reached="worker", note="打通了")
    async with site.begin(site.city.colleague) as uow:
        assert not (await witness.call_back(uow, engagement_id, reached="worker", note="干完了")).single_witness
    await replays(site)


async def test_one_side_by_proxy_is_no_single_witness(site: Site) -> None:
    engagement_id, one = await at_work(site)
    site.at(hours=9)
    async with site.begin(site.worker()) as uow:
        await attend.finish(uow, one)
    async with site.begin(site.clerk) as uow:
        await attend.accept(uow, one)
        assert not (await uow.session.get_one(Engagement, engagement_id)).single_witness


async def test_a_clerk_who_proposes_and_agrees_is_a_single_witness(site: Site) -> None:
    """51b by proxy on both sides."""
    engagement_id, one = await at_work(site)
    site.at(hours=9)
    async with site.begin(site.worker()) as uow:
        await attend.finish(uow, one)
    async with site.begin(site.clerk) as uow:
        await recognising.propose_record(uow, one, minutes=360, reason="中午多歇了两小时")
        await recognising.answer_record(uow, one, agree=True, consent=witness.Consent(slip="slip-7"))
    async with site.begin(site.clerk) as uow:
        assert (await uow.session.get_one(Engagement, engagement_id)).single_witness


async def test_transfer_ends_here_and_begins_there_in_one_call(site: Site) -> None:
    """50: the first shift in part, a new engagement confirmed like any other (ruling 11)."""
    _, one = await at_work(site)
    site.at(hours=3)
    there = await publish(
        site.city, title="卸货", starts_at=START + timedelta(hours=4), ends_at=START + timedelta(hours=8)
    )
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Forbidden):
            await transferring.transfer(uow, one, to_order_id=there, agreed_how="当面说好")
    async with site.begin(site.city.staff(OTHER_STATION)) as uow:
        with pytest.raises(NotFound):
            await transferring.transfer(uow, one, to_order_id=there, agreed_how="当面说好")
    async with site.begin(site.clerk) as uow:
        with pytest.raises(Invalid) as caught:
            await transferring.transfer(uow, one, to_order_id=site.order_id, agreed_how=" ")
        assert {f.field for f in caught.value.faults} == {"agreed_how", "to_order_id"}
    async with site.begin(site.clerk) as uow:
        new = await transferring.transfer(uow, one, to_order_id=there, agreed_how="当面说好")
        assert new.order_id == there
        assert new.state == "A_CONTRACTED", "confirmed and signed like any other (ruling 11)"
    row = await shift(site, one)
    assert (row.state, row.end_reason, row.minutes) == ("A_FINISHED", "transferred", 180)
    async with site.begin(site.clerk) as uow:
        assert len((await uow.session.scalars(sa.select(Engagement).where(Engagement.order_id == there))).all()) == 1
    await replays(site)


async def test_a_transfer_that_cannot_begin_there_does_not_end_here(site: Site) -> None:
    there = await publish(site.city, title="卸货", headcount=1)
    other = Site(site.city, there, site.workers[1:])
    await signed(other)
    _, one = await at_work(site)
    with pytest.raises(Conflict):
        async with site.begin(site.clerk) as uow:
            await transferring.transfer(uow, one, to_order_id=there, agreed_how="当面说好")
    async with site.begin(site.clerk) as uow:
        assert (await uow.session.get_one(Assignment, one)).state == "A_WORKING"
