"""Credit points from what happens: what costs how much, what never costs, when it counts and when it is gone (section 6)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from small_city import START

from linggong.kernel.replay import replay
from linggong.market import service as market
from linggong.market import suspending
from linggong.people.notice_models import Notice
from linggong.trust import false_posts, objections, points
from linggong.work import absence, engage
from tenants.service import set_parameter

from .conftest import Site, accepted, bureau, entries, happens, levels, signed, sweep


async def late_leaver(site: Site, n: int, reason: str) -> None:
    engagement_id, _ = await signed(site, n)
    site.city.clock.move_to(START)
    site.at(minutes=-90)
    async with site.begin(site.worker(n)) as uow:
        await engage.withdraw(uow, engagement_id, reason=reason)
    await sweep(site)


async def test_leaving_late_costs_a_point_and_says_why(site: Site) -> None:
    await late_leaver(site, 0, "家里有事")
    (entry,) = await entries(site, site.worker(0))
    assert (entry.reason, entry.points, entry.state, entry.counts) == ("late_cancel", 1, "K_NOTED", True)
    assert (entry.expires_at - entry.occurred_at).days == 60
    assert "object" in entry.actions
    async with site.city.database.system() as uow:
        text = await uow.session.scalar(sa.select(Notice.text).where(Notice.kind == "credit.noted"))
    assert text is not None
    assert "申诉" in text


@pytest.mark.parametrize("reason", ["生病了", "illness", "工地不安全", "weather"])
async def test_illness_danger_and_weather_cost_nothing(site: Site, reason: str) -> None:
    await late_leaver(site, 0, reason)
    assert await entries(site, site.worker(0)) == []


async def test_leaving_in_time_and_refusing_cost_nothing(site: Site) -> None:
    engagement_id, _ = await signed(site)
    async with site.begin(site.worker()) as uow:
        await engage.withdraw(uow, engagement_id)
    async with site.begin(site.employer) as uow:
        invited = await engage.invite(uow, site.order_id, site.workers[0])
        invited_id = invited.id
    async with site.begin(site.worker()) as uow:
        await engage.decline(uow, invited_id)
    await sweep(site)
    assert await entries(site, site.worker()) == []


async def no_show(site: Site) -> UUID:
    """Nobody comes: the employer says so an hour after the start."""
    _, shift = await signed(site)
    site.city.clock.move_to(START)
    site.at(hours=1)
    async with site.begin(site.employer) as uow:
        await absence.no_show(uow, shift, call_note="打了两次没人接")
    await sweep(site)
    return shift


async def test_a_no_show_counts_only_after_its_contest_period(site: Site) -> None:
    await no_show(site)
    (entry,) = await entries(site, site.worker())
    assert (entry.points, entry.counts) == (3, False)
    site.at(hours=73)
    await sweep(site)
    assert (await entries(site, site.worker()))[0].counts


async def test_a_contested_no_show_waits_for_its_decision_and_goes_when_it_is_excused(site: Site) -> None:
    shift = await no_show(site)
    async with site.begin(site.worker()) as uow:
        await absence.contest(uow, shift, reason="illness")
    await sweep(site)
    site.at(hours=80)
    await sweep(site)
    assert not (await entries(site, site.worker()))[0].counts, "not counted while contested (invariant 9)"
    async with site.begin(site.city.colleague) as uow:
        await absence.decide(uow, shift, outcome="withdrawn", note="有医院的挂号单")
    await sweep(site)
    (entry,) = await entries(site, site.worker())
    assert (entry.state, entry.counts) == ("K_LIFTED", False)


async def test_a_contest_that_fails_counts_at_once(site: Site) -> None:
    shift = await no_show(site)
    async with site.begin(site.worker()) as uow:
        await absence.contest(uow, shift, reason="illness")
    await sweep(site)
    async with site.begin(site.city.colleague) as uow:
        await absence.decide(uow, shift, outcome="upheld", note="打电话问过，没有生病")
    await sweep(site)
    assert (await entries(site, site.worker()))[0].counts


async def test_a_no_show_that_was_undone_before_it_was_noted_is_none(site: Site) -> None:
    _, shift = await signed(site)
    await happens(site, "assignment.no_show", subject=shift, person=site.workers[0])
    assert await entries(site, site.worker()) == [], "the shift stands as contracted"


async def test_cancelling_after_the_lock_costs_the_employer_two(site: Site) -> None:
    await signed(site)
    site.city.clock.move_to(START)
    site.at(minutes=-30)
    await sweep(site)
    async with site.begin(site.employer) as uow:
        await market.cancel_order(uow, site.order_id, reason="employer")
    await sweep(site)
    (entry,) = await entries(site, site.employer)
    assert (entry.reason, entry.points) == ("cancel", 2)


async def test_weather_after_the_lock_costs_nothing(site: Site) -> None:
    await signed(site)
    site.city.clock.move_to(START)
    site.at(minutes=-30)
    await sweep(site)
    async with site.begin(site.employer) as uow:
        await market.cancel_order(uow, site.order_id, reason="weather")
    await sweep(site)
    assert await entries(site, site.employer) == []


async def test_late_pay_costs_a_point_a_day_and_arrears_ten_once(site: Site) -> None:
    await accepted(site)
    for _ in range(12):
        site.at(hours=12)
        await sweep(site)
    found = await entries(site, site.employer)
    days = [e.points for e in found if e.reason == "late_pay"]
    assert days == [1] * len(days)
    assert len(days) >= 4
    assert [e.points for e in found if e.reason == "arrears"] == [10]
    async with site.city.database.system() as uow:
        kinds = (await uow.session.scalars(sa.select(Notice.kind).where(Notice.kind == "credit.noted"))).all()
    assert len(kinds) == 2, "one notice for late pay, one for arrears; none a day"
    assert 3 in {row.level for row in await levels(site, site.employer)}


async def test_ten_workers_sent_away_are_one_failure(site: Site) -> None:
    shifts = [(await signed(site, n))[1] for n in range(2)]
    for shift in shifts:
        await happens(site, "assignment.employer_no_show", subject=shift)
    assert [e.points for e in await entries(site, site.employer)] == [4]


async def test_points_decay_after_the_window(site: Site) -> None:
    await late_leaver(site, 0, "家里有事")
    site.at(days=60, minutes=1)
    await sweep(site)
    (entry,) = await entries(site, site.worker())
    assert (entry.state, entry.counts) == ("K_COUNTED", False)


async def test_a_price_of_zero_notes_nothing(site: Site) -> None:
    async with site.city.database.system() as uow:
        await set_parameter(uow, "/4102/", "credit.worker.late_cancel", "0", "a test")
    await late_leaver(site, 0, "家里有事")
    assert await entries(site, site.worker()) == []


async def test_nobody_reads_the_others_credit(site: Site) -> None:
    await late_leaver(site, 0, "家里有事")
    assert await entries(site, site.worker(1)) == []
    assert await entries(site, site.employer) == []
    assert await entries(site, site.city.other_clerk) == []
    assert len(await entries(site, site.clerk)) == 1


async def test_events_give_the_states_back(site: Site) -> None:
    await late_leaver(site, 0, "家里有事")
    site.at(days=15)
    await sweep(site)
    (entry,) = await entries(site, site.worker())
    async with site.city.database.system() as uow:
        bodies = (
            await uow.execute(
                sa.text("SELECT body FROM events WHERE chain = :c ORDER BY n"), {"c": f"person:{site.workers[0]}"}
            )
        ).scalars()
        done = replay(list(bodies))
    assert done.breaks == []
    assert done.states["credit_entry", str(entry.id)] == entry.state == "K_COUNTED"


def test_words_of_excuse() -> None:
    assert points.excused("中暑了")
    assert not points.excused("不想去了")


async def test_an_event_about_nothing_known_changes_nothing(site: Site) -> None:
    await happens(site, "assignment.no_show", subject=uuid4(), person=site.workers[0])
    await happens(site, "bill.overdue", subject=uuid4())
    assert await entries(site, site.worker()) == []
    assert await entries(site, site.employer) == []


async def test_a_confirmed_false_post_costs_ten_and_is_counted(site: Site) -> None:
    async with site.begin(site.clerk) as uow:
        await suspending.suspend(uow, site.order_id, reason="false_post", note="零工说地点没有这个工地")
    async with site.begin(site.clerk) as uow:
        await suspending.propose_takedown(uow, site.order_id, findings="实地看过，没有这个工地")
    async with site.begin(bureau()) as uow:
        await suspending.confirm_takedown(uow, site.order_id, note="情况属实")
    await sweep(site)
    (entry,) = await entries(site, site.employer)
    assert (entry.reason, entry.points) == ("false_post", 10)
    async with site.begin(bureau()) as uow:
        counted = await false_posts.count(uow, since=uow.now - timedelta(days=2), until=uow.now + timedelta(days=1))
    assert (counted.published, counted.confirmed, counted.undone) == (1, 1, 0)
    async with site.begin(site.employer) as uow:
        await objections.object_to_entry(uow, entry.id, words="工地搬到路对面去了")
    async with site.begin(bureau()) as uow:
        await objections.decide_entry(uow, entry.id, lift=True, words="复核属实，撤销")
        counted = await false_posts.count(uow, since=uow.now - timedelta(days=2), until=uow.now + timedelta(days=1))
    assert (counted.confirmed, counted.undone, counted.share) == (0, 1, 0.0)
