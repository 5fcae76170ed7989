"""Cancelled, by whom and when: how each engagement ends, what it is worth, who is told (29 to 35; rulings 7 to 9)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import START, City

from linggong.kernel import timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.replay import replay
from linggong.market import rescheduling, service, shortage
from linggong.market.models import Order
from linggong.people.notice_models import Notice
from linggong.work import absence, attend, ending, engage
from linggong.work.models import Assignment, Engagement

from .conftest import Site, people, publish
from .walking import signed, state

BEFORE, SOON, LOCKED = (START - timedelta(minutes=m) for m in (180, 90, 30))


async def cancelled(site: Site, **how: Any) -> dict[UUID, dict[str, Any]]:
    """Cancel; returns what `engagement.cancelled` said, by worker."""
    who = site.city.staff("/4102/25/") if how["reason"] == "authority" else site.employer
    async with site.begin(who) as uow:
        await service.cancel_order(uow, site.order_id, **how)
        return {e.person_id: e.body for e in uow.told if e.type == "engagement.cancelled" and e.person_id}


async def ends(site: Site) -> dict[UUID, str]:
    async with site.begin(site.clerk) as uow:
        return {e.worker_id: e.state for e in await uow.session.scalars(sa.select(Engagement))}


@pytest.mark.parametrize(
    ("at", "reason", "end", "number", "after_lock", "paid"),
    [
        (BEFORE, "employer", "X_CANCEL_E", "29", False, "none"),
        (SOON, "employer", "X_CANCEL_E", "29", False, "none"),
        (LOCKED, "employer", "X_CANCEL_E", "30", True, "cancel"),
        (BEFORE, "weather", "X_CANCEL_W", "32", False, "none"),
        (SOON, "weather", "X_CANCEL_W", "33", False, "rain"),
        (LOCKED, "authority", "X_CANCEL_A", "34", True, "none"),
    ],
)
async def test_no_worker_is_left_without_a_state(
    site: Site, at: Any, reason: str, end: str, number: str, after_lock: bool, paid: str
) -> None:
    await signed(site, 0)
    async with site.begin(site.worker(1)) as uow:
        await engage.apply(uow, site.order_id)
    site.city.clock.move_to(at)
    await timers.sweep(site.city.database)
    said = await cancelled(site, reason=reason)
    body = said[site.workers[0]]
    assert (body["after_lock"], body["paid_kind"], body["order_transition"]) == (after_lock, paid, number)
    assert body["late"] == (at > BEFORE)
    assert await ends(site) == {
        site.workers[0]: end,
        site.workers[1]: "X_CANCEL_E" if reason == "employer" else "X_DECLINED",
    }
    async with site.begin(site.clerk) as uow:
        assert await uow.session.scalar(sa.select(Assignment.state)) == end
        to_workers = await uow.session.scalars(sa.select(Notice).where(Notice.to_side == "worker"))
        kinds = {n.person_id: n.kind for n in to_workers}
        assert kinds == {site.workers[0]: "order_cancelled", site.workers[1]: "order_ended"}


async def test_ten_minutes_after_a_late_yes_either_side_may_leave_for_nothing(site: Site) -> None:
    site.city.clock.move_to(LOCKED)
    first, _ = await signed(site, 0)
    async with site.begin(site.worker(0)) as uow:
        await engage.withdraw(uow, first)
        assert [e.body["late"] for e in uow.told if e.type == "engagement.withdrawn"] == [False]
    await signed(site, 1)
    site.at(minutes=9)
    said = await cancelled(site, reason="employer")
    assert (said[site.workers[1]]["late"], said[site.workers[1]]["paid_kind"]) == (False, "none")


async def test_rain_costs_nothing_when_everybody_was_told_at_home(site: Site) -> None:
    await signed(site, 0)
    site.city.clock.move_to(SOON)
    said = await cancelled(site, reason="weather", told_at_home=True)
    assert said[site.workers[0]]["paid_kind"] == "none"


async def test_rain_at_the_gate_is_paid_and_nobody_at_work_is_sent_home_by_a_cancel(site: Site) -> None:
    _, first = await signed(site, 0)
    _, second = await signed(site, 1)
    site.city.clock.move_to(START)
    async with site.begin(site.employer) as uow:
        await attend.arrive(uow, first, method="roll_call")
        await attend.arrive(uow, second, method="roll_call")
        await attend.start(uow, second)
    with pytest.raises(Conflict, match="停工"):
        await cancelled(site, reason="weather")
    async with site.begin(site.employer) as uow:
        await attend.finish(uow, second)
    said = await cancelled(site, reason="weather", told_at_home=True)
    assert (said[site.workers[0]]["paid_kind"], said[site.workers[0]]["arrived"]) == ("rain", True)
    assert await ends(site) == {site.workers[0]: "X_CANCEL_W", site.workers[1]: "A_CONTRACTED"}
    # Who worked loses nothing and is told all the same (invariant 15).
    async with site.begin(site.worker(1)) as uow:
        told = sa.select(Notice.text).where(Notice.kind == "order_cancelled", Notice.person_id == site.workers[1])
        assert ["照常付钱" in text for text in await uow.session.scalars(told)] == [True]
    with pytest.raises(Conflict):
        await cancelled(site, reason="employer")


async def test_an_order_at_work_is_not_cancelled_by_the_employer(site: Site) -> None:
    _, shift = await signed(site, 0)
    site.city.clock.move_to(START)
    async with site.begin(site.employer) as uow:
        await attend.arrive(uow, shift, method="roll_call")
    with pytest.raises(Conflict, match="到岗"):
        await cancelled(site, reason="employer")


async def test_the_employer_does_without_one_worker_and_the_next_is_asked(city: City) -> None:
    site = Site(city, await publish(city, headcount=1), await people(city, 2))
    engagement_id, _ = await signed(site, 0)
    async with site.begin(site.worker(1)) as uow:
        await engage.apply(uow, site.order_id)
    with pytest.raises(NotFound):
        async with site.begin(city.employer(city.fresh)) as uow:
            await ending.cancel_engagement(uow, engagement_id)
    with pytest.raises(Conflict):
        async with site.begin(site.worker(0)) as uow:
            await ending.cancel_engagement(uow, engagement_id)
    async with site.begin(site.employer) as uow:
        row = await ending.cancel_engagement(uow, engagement_id, reason="他要求另外算车费")
        assert row.state == "X_CANCEL_E"
    await timers.sweep(city.database)
    assert (await ends(site))[site.workers[1]] == "A_OFFERED"
    async with site.begin(site.clerk) as uow:
        assert await uow.session.scalar(sa.select(Order.confirmed)) == 0


async def test_after_the_rain_the_former_workers_are_asked_first(site: Site) -> None:
    await signed(site, 0)
    with pytest.raises(Conflict, match="改期"):
        async with site.begin(site.employer) as uow:
            await rescheduling.reschedule(uow, site.city.secrets.sealer, site.order_id, work_date=date(2026, 3, 13))
    await cancelled(site, reason="weather")
    async with site.begin(site.employer) as uow:
        new = await rescheduling.reschedule(uow, site.city.secrets.sealer, site.order_id, work_date=date(2026, 3, 13))
        assert (new.state, new.rescheduled_from) == ("O_OPEN", site.order_id)
        assert await uow.session.scalar(sa.select(Engagement.id).where(Engagement.order_id == new.id)) is None
    await timers.sweep(site.city.database)
    async with site.begin(site.worker(0)) as uow:
        asked = await uow.session.scalar(sa.select(Engagement).where(Engagement.order_id == new.id))
        assert asked is not None
        assert (asked.state, asked.source) == ("A_INVITED", "invited")
    with pytest.raises(Conflict, match="改过期"):
        async with site.begin(site.employer) as uow:
            await rescheduling.reschedule(uow, site.city.secrets.sealer, site.order_id, work_date=date(2026, 3, 14))


async def test_missing_people_are_told_twice_and_the_employer_chooses(city: City) -> None:
    site = Site(city, await publish(city, min_crew=3), await people(city, 2))
    await signed(site, 0)
    for before in (60, 30):
        city.clock.move_to(START - timedelta(minutes=before))
        await timers.sweep(city.database)
    async with site.begin(site.employer) as uow:
        texts = (await uow.session.scalars(sa.select(Notice.text).where(Notice.kind == "understaffed"))).all()
        assert len(texts) == 2
        assert "还差 5 人" in texts[0]
        await shortage.choose(uow, site.order_id, choice="fewer")
    city.clock.move_to(START + timedelta(minutes=31))
    await timers.sweep(city.database)
    assert await state(site) == "O_LOCKED", "he chose to start with fewer (31 a)"


async def test_without_a_choice_below_the_smallest_crew_it_expires(city: City) -> None:
    site = Site(city, await publish(city, min_crew=3), await people(city, 1))
    await signed(site, 0)
    city.clock.move_to(START + timedelta(minutes=31))
    await timers.sweep(city.database)
    assert await state(site) == "O_EXPIRED"
    assert await ends(site) == {site.workers[0]: "X_CANCEL_E"}


async def test_choosing_to_cancel_is_a_cancel_after_the_lock(site: Site) -> None:
    await signed(site, 0)
    with pytest.raises(Conflict):
        async with site.begin(site.employer) as uow:
            await shortage.choose(uow, site.order_id, choice="fewer")
    site.city.clock.move_to(LOCKED)
    await timers.sweep(site.city.database)
    async with site.begin(site.employer) as uow:
        await shortage.choose(uow, site.order_id, choice="cancel")
        (body,) = [e.body for e in uow.told if e.type == "engagement.cancelled"]
        assert (body["paid_kind"], body["order_transition"]) == ("cancel", "30")
    assert await state(site) == "O_CANCELLED"


async def test_everybody_a_no_show(site: Site) -> None:
    _, shift = await signed(site, 0)
    site.city.clock.move_to(START + timedelta(minutes=30))
    async with site.begin(site.employer) as uow:
        await absence.no_show(uow, shift, call_note="7:50 打了两次没人接")
    site.city.clock.move_to(START + timedelta(minutes=60))
    await timers.sweep(site.city.database)
    async with site.begin(site.clerk) as uow:
        row = (await uow.session.scalars(sa.select(Order))).one()
        assert (row.state, row.end_reason) == ("O_CANCELLED", "nobody_came")


async def test_where_nobody_was_written_down_a_person_is_asked_and_the_order_ends_at_last(site: Site) -> None:
    """Ruling 12: the system makes no no-show; a roll called late still counts."""
    await signed(site, 0)
    site.city.clock.move_to(START + timedelta(minutes=60))
    await timers.sweep(site.city.database)
    assert await state(site) == "O_LOCKED"
    async with site.begin(site.employer) as uow:
        kinds = await uow.session.scalars(sa.select(Notice.kind).where(Notice.to_side == "employer"))
        assert "nobody_came" in kinds.all()
    site.city.clock.move_to(START + timedelta(hours=11, minutes=1))
    await timers.sweep(site.city.database)
    assert await state(site) == "O_EXPIRED"
    assert await ends(site) == {site.workers[0]: "X_CANCEL_A"}


async def test_events_give_every_state_back(site: Site) -> None:
    await signed(site, 0)
    async with site.begin(site.worker(1)) as uow:
        await engage.apply(uow, site.order_id)
    site.city.clock.move_to(LOCKED)
    await timers.sweep(site.city.database)
    await cancelled(site, reason="employer")
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        bodies = await uow.session.scalars(
            sa.text("SELECT body FROM events WHERE chain = :c ORDER BY n"), {"c": f"order:{site.order_id}"}
        )
        done = replay(bodies.all())
        assert done.breaks == []
        for machine, model in (("order", Order), ("engagement", Engagement), ("assignment", Assignment)):
            for row in await uow.session.scalars(sa.select(model)):
                assert done.states[machine, str(row.id)] == row.state
