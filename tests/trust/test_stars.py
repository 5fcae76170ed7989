"""Ratings from the due date on, blind, answered; stars with few ratings; the public list by consent; how employers pay."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import OTHER_STATION

from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.people.forms import ProxyConsent
from linggong.trust import records, stars
from linggong.trust.models import PayRecord, WorkerStars
from linggong.wages import service
from linggong.wages.models import Bill
from linggong.work import attend, queries, rating
from linggong.work.models import Rating

from .conftest import Site, accepted, at_work, signed, sweep


async def rate(site: Site, who: Any, engagement_id: UUID, count: int = 5, **more: Any) -> UUID:
    async with site.begin(who) as uow:
        row = await rating.rate(uow, engagement_id, stars=count, tags=[], **more)
        return row.id


async def pay(site: Site, bill_id: UUID) -> None:
    async with site.begin(site.employer) as uow:
        payment = (await service.record_payment(uow, bill_id, amount_fen=20000, channel="wechat", voucher="W1")).id
    async with site.begin(site.worker()) as uow:
        await service.answer_payment(uow, payment, received=True)
    await sweep(site)


async def test_a_defaulter_is_rated_from_the_due_date_on(site: Site) -> None:
    """Ruling 14: work that nobody accepted yet is rated once its wage falls due."""
    engagement_id, assignment_id = await at_work(site)
    with pytest.raises(Conflict, match="付款日"):
        await rate(site, site.worker(), engagement_id, 1)
    site.at(hours=9)
    async with site.begin(site.worker()) as uow:
        await attend.finish(uow, assignment_id)
    site.at(hours=12)
    await sweep(site)
    site.at(days=2)
    await sweep(site)
    await rate(site, site.worker(), engagement_id, 1)


async def test_seven_days_after_the_last_opening_it_is_too_late(site: Site) -> None:
    engagement_id, _, _ = await accepted(site)
    site.at(days=9)
    await sweep(site)
    with pytest.raises(Conflict, match="评价时间已过"):
        await rate(site, site.worker(), engagement_id)


async def test_a_clerk_enters_what_he_heard_by_telephone_keys(site: Site) -> None:
    engagement_id, _, _ = await accepted(site)
    with pytest.raises(Invalid):
        await rate(site, site.worker(), engagement_id, 4, channel="keypad")
    await rate(site, site.clerk, engagement_id, rating.KEYS["4"], side="worker", channel="keypad")
    async with site.city.database.system() as uow:
        row = await uow.session.scalar(sa.select(Rating))
    assert row is not None
    assert (row.stars, row.channel, row.side) == (4, "keypad", "worker")


async def test_the_rated_side_answers_once_and_only_what_has_opened(site: Site) -> None:
    engagement_id, _, _ = await accepted(site)
    rating_id = await rate(site, site.worker(), engagement_id, 2)
    with pytest.raises(NotFound):
        async with site.begin(site.employer) as uow:
            await rating.reply(uow, rating_id, words="那天设备坏了")
    site.at(hours=73)
    with pytest.raises(NotFound):
        async with site.begin(site.worker()) as uow:
            await rating.reply(uow, rating_id, words="自己答自己")
    async with site.begin(site.employer) as uow:
        await rating.reply(uow, rating_id, words="那天设备坏了")
    with pytest.raises(Conflict):
        async with site.begin(site.employer) as uow:
            await rating.reply(uow, rating_id, words="再说一句")


@pytest.mark.parametrize(
    ("total", "count", "completed", "failed", "expected"),
    [
        (0, 0, 0, 0, 4.0),
        (5, 1, 1, 0, 4.33),
        (50, 10, 10, 0, 4.73),
        (50, 10, 5, 5, 4.23),
        (10, 10, 0, 10, 1.6),
    ],
)
def test_few_ratings_are_drawn_to_the_mean(
    total: float, count: int, completed: int, failed: int, expected: float
) -> None:
    found = stars.blended(total, count, mean=4.0, prior=5, completed=completed, failed=failed, weight=0.2)
    assert found == pytest.approx(expected, abs=0.01)


async def test_stars_wait_for_the_blind_time_and_for_enough_ratings(site: Site) -> None:
    engagement_id, _, _ = await accepted(site)
    await rate(site, site.employer, engagement_id)
    await sweep(site)
    async with site.begin(site.worker()) as uow:
        (mine,) = await stars.of_person(uow, site.workers[0], "/")
    assert (mine.ratings, mine.stars, mine.completed) == (0, None, 1), "still blind"
    site.at(hours=73)
    await sweep(site)
    async with site.begin(site.worker()) as uow:
        (mine,) = await stars.of_person(uow, site.workers[0], "/")
    assert (mine.ratings, mine.stars) == (1, None)
    assert "还不到3次" in mine.words
    async with site.begin(site.employer) as uow:
        seen = await stars.of_engagement(uow, engagement_id, "/")
        assert seen is not None
        assert seen.completed == 1
        assert (await queries.engagement(uow, engagement_id)).id == engagement_id
        assert await stars.of_person(uow, site.workers[0], "/") == [], "not the person's row itself"
    async with site.begin(site.city.employer(site.city.elsewhere)) as uow:
        assert await stars.of_engagement(uow, engagement_id, "/") is None


async def starred(site: Site) -> None:
    async with site.city.database.system() as uow:
        for worker in site.workers:
            uow.session.add(
                WorkerStars(
                    person_id=worker, trade_group="6-29", stars=4.8, ratings=6, completed=9, failed=0, made_at=uow.now
                )
            )


async def test_only_who_agreed_stands_on_the_public_list_and_leaves_it_at_once(site: Site) -> None:
    await starred(site)
    async with site.begin(site.worker(0)) as uow:
        await stars.agree(uow)
    with pytest.raises(Conflict):
        async with site.begin(site.worker(0)) as uow:
            await stars.agree(uow)
    with pytest.raises(Invalid):
        async with site.begin(site.clerk) as uow:
            await stars.agree(uow, person_id=site.workers[1])
    async with site.begin(site.clerk) as uow:
        await stars.agree(uow, person_id=site.workers[1], proxy=ProxyConsent(method="slip", evidence="同意书第7号"))
    await sweep(site)
    lines = await stars.listed(site.city.database)
    assert [(line.name, line.stars, line.ratings) for line in lines] == [("李师傅", 4.8, 6), ("李师傅", 4.8, 6)]
    async with site.begin(site.worker(0)) as uow:
        await stars.withdraw(uow)
    await sweep(site)
    assert len(await stars.listed(site.city.database)) == 1
    with pytest.raises(Conflict):
        async with site.begin(site.worker(0)) as uow:
            await stars.withdraw(uow)


async def test_a_clerk_lists_only_whom_he_serves(site: Site) -> None:
    with pytest.raises(NotFound):
        async with site.begin(site.city.other_clerk) as uow:
            await stars.agree(uow, person_id=site.workers[0], proxy=ProxyConsent(method="slip", evidence="同意书第7号"))


async def test_the_pay_record_counts_what_fell_due_and_the_badge_needs_a_history(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    await pay(site, bill_id)
    async with site.begin(site.worker()) as uow:
        record = await records.of_post(uow, site.order_id)
    assert (record.due, record.on_time, record.confirmed, record.late, record.open) == (1, 1, 1, 0, 0)
    assert not record.same_day, "one bill is no history"
    assert record.percent is None
    async with site.city.database.system() as uow:
        await uow.execute(
            sa.update(PayRecord).values(due=20, on_time=20, confirmed=18, same_day_due=20, same_day_on_time=19)
        )
    async with site.begin(site.worker()) as uow:
        assert (await records.of_post(uow, site.order_id)).same_day
    async with site.city.database.system() as uow:
        await uow.execute(sa.update(PayRecord).values(open=1))
    async with site.begin(site.worker()) as uow:
        record = await records.of_post(uow, site.order_id)
    assert not record.same_day
    assert "还欠1笔" in record.words


async def test_a_late_payment_stays_on_the_record(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    site.at(days=2)
    await sweep(site)
    async with site.begin(site.worker()) as uow:
        assert (await records.of_post(uow, site.order_id)).open == 1
    await pay(site, bill_id)
    async with site.begin(site.worker()) as uow:
        record = await records.of_post(uow, site.order_id)
    assert (record.due, record.on_time, record.late, record.open) == (1, 0, 1, 0)
    with pytest.raises(NotFound):
        async with site.begin(site.worker()) as uow:
            await records.of_post(uow, new_id())


async def test_the_list_is_made_anew_every_night(site: Site) -> None:
    await starred(site)
    async with site.begin(site.worker(0)) as uow:
        await stars.agree(uow)
    site.at(days=1)
    await stars.nightly(site.city.database)
    assert len(await stars.listed(site.city.database)) == 1


async def test_a_clerk_of_the_workers_own_place_and_both_sides_may_act_within_the_same_moment(site: Site) -> None:
    """What waits for the background is of one party; another party's step at the same time must not fail on it."""
    engagement_id, assignment_id, bill_id = await accepted(site)
    async with site.city.database.system() as uow:
        for table in ("engagements", "assignments", "bills"):
            await uow.execute(sa.text(f"UPDATE {table} SET via = :v"), {"v": OTHER_STATION})
    await rate(site, site.worker(), engagement_id)
    await rate(site, site.city.other_clerk, engagement_id, side="employer", channel="phone")
    async with site.begin(site.employer) as uow:
        payment = (await service.record_payment(uow, bill_id, amount_fen=20000, channel="cash")).id
    async with site.begin(site.city.other_clerk) as uow:
        await service.answer_payment(uow, payment, received=True, proof="signature", note="本人签字")
    await sweep(site)
    async with site.city.database.system() as uow:
        failed = await uow.session.scalar(sa.text("SELECT count(*) FROM timers WHERE state = 'failed'"))
    assert failed == 0
    assert assignment_id


async def test_two_workers_of_one_employer_answer_at_the_same_hour(site: Site) -> None:
    """Each answer makes the employer's record anew, and neither worker may see the other's deadline."""
    pairs = [await signed(site, n) for n in (0, 1)]
    site.city.clock.move_to(site.city.clock.now().replace(day=10, hour=23, minute=20))
    for _, shift in pairs:
        async with site.begin(site.employer) as uow:
            await attend.arrive(uow, shift, method="roll_call")
    site.at(minutes=10)
    await sweep(site)
    site.at(hours=9)
    for n, (_, shift) in enumerate(pairs):
        async with site.begin(site.worker(n)) as uow:
            await attend.finish(uow, shift)
        async with site.begin(site.employer) as uow:
            await attend.accept(uow, shift)
            bill = await uow.session.scalar(sa.select(Bill.id).where(Bill.assignment_id == shift))
            paid = await service.record_payment(uow, bill, amount_fen=20000, channel="cash")
        async with site.begin(site.worker(n)) as uow:
            assert (await service.answer_payment(uow, paid.id, received=True)).state == "SETTLED"
