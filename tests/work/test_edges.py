"""The loop's odd corners: other stations' clerks, the young, silence at the gate, work by the piece, late arrivals."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import sqlalchemy as sa
from signing import CODE, both_sign
from small_city import OTHER_STATION, START

from linggong.contracts import counter, signing
from linggong.contracts.proofs import Clerk
from linggong.kernel import timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.market.codes import PayUnit
from linggong.people.models import ServiceLink
from linggong.wages.models import Bill
from linggong.work import attend, engage, witness
from linggong.work.models import Assignment, Engagement
from linggong.work.witness_models import CallBack

from .conftest import Site, people, publish

if TYPE_CHECKING:
    from small_city import City


async def hired(site: Site, n: int = 0) -> UUID:
    """Hire at the counter; returns the assignment."""
    async with site.begin(site.clerk) as uow:
        row = await counter.hire(uow, site.order_id, site.workers[n])
        found = await uow.session.scalar(sa.select(Assignment.id).where(Assignment.engagement_id == row.id))
    assert found is not None
    return found


async def assignment_state(site: Site, assignment_id: UUID) -> str:
    async with site.begin(site.clerk) as uow:
        return str(await uow.session.scalar(sa.select(Assignment.state).where(Assignment.id == assignment_id)))


async def test_a_clerk_walks_his_worker_through_another_stations_order(site: Site) -> None:
    guest = (await people(site.city, 1, node=OTHER_STATION))[0]
    other = site.city.other_clerk
    async with site.begin(other) as uow:
        engagement_id = (await engage.apply(uow, site.order_id, worker_id=guest)).id
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, engagement_id)
    async with site.begin(other) as uow:
        assert not (await engage.confirm(uow, engagement_id)).single_witness
        await signing.sign(uow, engagement_id, side="worker", proof=Clerk())
    async with site.begin(site.employer) as uow:
        row = await signing.sign(uow, engagement_id, proof=CODE)
        assert (row.state, row.single_witness) == ("A_CONTRACTED", False)
    async with site.begin(other) as uow:
        assignment_id = await uow.session.scalar(sa.select(Assignment.id))
    assert assignment_id is not None
    site.city.clock.move_to(START)
    async with site.begin(other) as uow:
        await attend.arrive(uow, assignment_id, method="clerk")
    await timers.sweep(site.city.database)
    site.at(hours=9)
    async with site.begin(other) as uow:
        await attend.finish(uow, assignment_id)
    async with site.begin(site.employer) as uow:
        await attend.accept(uow, assignment_id)
        assert await uow.session.scalar(sa.select(Bill.total_fen)) == 20000


@pytest.mark.parametrize(("start", "hours"), [(20, 8), (22, 8), (3, 8)])
async def test_night_work_is_not_for_the_young(city: City, start: int, hours: int) -> None:
    begins = START.replace(hour=16, minute=0) + timedelta(hours=start)
    order_id = await publish(city, starts_at=begins, ends_at=begins + timedelta(hours=hours))
    site = Site(city, order_id, await people(city, 1, born=date(2009, 1, 1)))
    with pytest.raises(Conflict, match="18"):
        async with site.begin(site.worker()) as uow:
            await engage.apply(uow, order_id)


async def test_day_work_is_open_to_seventeen(city: City) -> None:
    site = Site(city, await publish(city), await people(city, 1, born=date(2009, 1, 1)))
    async with site.begin(site.worker()) as uow:
        assert (await engage.apply(uow, site.order_id)).state == "A_APPLIED"


async def test_an_invitation_does_not_get_round_the_age_rules(city: City) -> None:
    site = Site(city, await publish(city), await people(city, 1, born=date(2009, 1, 1)))
    await hired(site)
    begins = START + timedelta(days=2)
    barred = await publish(city, conditions=["height"], starts_at=begins, ends_at=begins + timedelta(hours=8))
    async with site.begin(site.employer) as uow:
        invited = (await engage.invite(uow, barred, site.workers[0])).id
    with pytest.raises(Conflict, match="18"):
        async with site.begin(site.worker()) as uow:
            await engage.accept_invitation(uow, invited)


async def test_an_invitation_lapses(site: Site) -> None:
    async with site.begin(site.clerk) as uow:
        await engage.invite(uow, site.order_id, site.workers[0])
    site.at(hours=4, minutes=1)
    await timers.sweep(site.city.database)
    async with site.begin(site.clerk) as uow:
        row = (await uow.session.scalars(sa.select(Engagement))).one()
        assert (row.state, row.end_reason) == ("X_DECLINED", "no_answer")


async def test_nobody_waits_for_an_answer_when_the_work_has_begun(site: Site) -> None:
    """An application that nobody answered ends when places are no longer filled (14 by the system)."""
    await hired(site, 0)
    async with site.begin(site.worker(1)) as uow:
        applied = (await engage.apply(uow, site.order_id)).id
    site.city.clock.move_to(START + timedelta(minutes=31))
    await timers.sweep(site.city.database)
    async with site.begin(site.worker(1)) as uow:
        assert await uow.session.scalar(sa.select(Engagement.state).where(Engagement.id == applied)) == "X_DECLINED"


async def test_a_contract_signed_at_the_gate_after_the_start_begins_the_work(site: Site) -> None:
    """Ruling 4 and the silence rule: an employer who presses nothing must not keep the worker from being paid."""
    async with site.begin(site.worker()) as uow:
        engagement_id = (await engage.apply(uow, site.order_id)).id
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, engagement_id)
    async with site.begin(site.worker()) as uow:
        await engage.confirm(uow, engagement_id)
        assignment_id = await uow.session.scalar(sa.select(Assignment.id))
    assert assignment_id is not None
    site.city.clock.move_to(START)
    async with site.begin(site.employer) as uow:
        await attend.arrive(uow, assignment_id, method="roll_call")
    site.at(minutes=5)
    await timers.sweep(site.city.database)
    with pytest.raises(Conflict, match="签约"):
        async with site.begin(site.employer) as uow:
            await attend.start(uow, assignment_id)
    await both_sign(site.city.database, engagement_id, site.worker(), site.employer)
    await timers.sweep(site.city.database)
    assert await assignment_state(site, assignment_id) == "A_WORKING"


async def test_piece_work_is_never_billed_without_a_count(city: City) -> None:
    order_id = await publish(city, pay_unit=PayUnit.PIECE, pay_fen=300, piece_name="筐", pieces_per_day=80)
    site = Site(city, order_id, await people(city, 1))
    assignment_id = await hired(site)
    city.clock.move_to(START)
    async with site.begin(site.clerk) as uow:
        await attend.arrive(uow, assignment_id, method="clerk")
    await timers.sweep(city.database)
    site.at(hours=12)
    await timers.sweep(city.database)
    site.at(hours=24)
    await timers.sweep(city.database)
    async with site.begin(site.clerk) as uow:
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(Bill)) == 0
        with pytest.raises(Invalid, match="计件"):
            await attend.accept(uow, assignment_id)
    async with site.begin(site.employer) as uow:
        await attend.accept(uow, assignment_id, quantity=61.5)
        assert await uow.session.scalar(sa.select(Bill.total_fen)) == 18450


@pytest.mark.parametrize(("stated", "fen"), [(True, 10000), (False, 20000)])
async def test_hours_missed_by_coming_late_are_not_paid_but_a_late_entry_costs_nothing(
    site: Site, stated: bool, fen: int
) -> None:
    """4 of 8 hours where the employer says when he came; the whole day where only the entry is late."""
    assignment_id = await hired(site)
    site.city.clock.move_to(START + timedelta(hours=5))
    async with site.begin(site.employer) as uow:
        await attend.arrive(uow, assignment_id, method="roll_call", came_at=uow.now if stated else None)
        await attend.start(uow, assignment_id)
    site.at(hours=4)
    async with site.begin(site.employer) as uow:
        await attend.finish(uow, assignment_id)
        await attend.accept(uow, assignment_id)
        assert await uow.session.scalar(sa.select(Bill.total_fen)) == fen


async def test_a_late_start_by_the_employer_costs_the_worker_nothing(site: Site) -> None:
    assignment_id = await hired(site)
    site.city.clock.move_to(START)
    async with site.begin(site.clerk) as uow:
        await attend.arrive(uow, assignment_id, method="clerk")
    site.at(hours=3)
    async with site.begin(site.employer) as uow:
        await attend.start(uow, assignment_id)
    site.at(hours=6)
    async with site.begin(site.employer) as uow:
        await attend.finish(uow, assignment_id)
        await attend.accept(uow, assignment_id)
        assert await uow.session.scalar(sa.select(Bill.total_fen)) == 20000


async def test_hours_run_from_the_start_unless_he_is_known_to_be_late(city: City) -> None:
    site = Site(city, await publish(city, pay_unit=PayUnit.HOUR, pay_fen=2500), await people(city, 2))
    on_time, late = await hired(site, 0), await hired(site, 1)
    city.clock.move_to(START + timedelta(hours=2))
    async with site.begin(site.employer) as uow:
        await attend.arrive(uow, on_time, method="roll_call")
        await attend.arrive(uow, late, method="roll_call", came_at=START + timedelta(hours=1))
    await timers.sweep(city.database)
    site.at(hours=7)
    async with site.begin(site.employer) as uow:
        assert [(await attend.finish(uow, a)).minutes for a in (on_time, late)] == [8 * 60, 7 * 60]


async def test_a_time_of_arrival_that_cannot_be_is_refused(site: Site) -> None:
    assignment_id = await hired(site)
    site.city.clock.move_to(START)
    for came_at in (START + timedelta(minutes=1), START - timedelta(hours=2)):
        with pytest.raises(Invalid, match="到岗时间"):
            async with site.begin(site.clerk) as uow:
                await attend.arrive(uow, assignment_id, method="clerk", came_at=came_at)


async def test_overlap_beyond_the_clerks_sight_is_still_a_conflict(city: City) -> None:
    """The clerk cannot see the worker's other job; the database can, and the words say what to do."""
    here, there = await publish(city), await publish(city, title="卸货")
    site = Site(city, here, await people(city, 1))
    await hired(site)
    worker = site.workers[0]
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        uow.session.add(
            ServiceLink(id=new_id(), subject_id=worker, tenant=OTHER_STATION, kind="signed_in", started_at=uow.now)
        )
    async with site.begin(city.other_clerk) as uow:
        applied = (await engage.apply(uow, there, worker_id=worker)).id
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, applied)
    with pytest.raises(Conflict, match="时间"):
        async with site.begin(city.other_clerk) as uow:
            await engage.confirm(uow, applied)


async def test_a_single_witness_step_is_called_back(site: Site) -> None:
    async with site.begin(site.clerk) as uow:
        row = await counter.hire(uow, site.order_id, site.workers[0])
    with pytest.raises(Conflict, match="另一位"):
        async with site.begin(site.clerk) as uow:
            await witness.call_back(uow, row.id, reached="worker", note="打通，说同意")
    async with site.begin(site.city.colleague) as uow:
        await witness.call_back(uow, row.id, reached="worker", note="打通，说同意")
    site.at(hours=25)
    await timers.sweep(site.city.database)
    async with site.begin(site.clerk) as uow:
        kept = await uow.session.scalar(sa.text("SELECT count(*) FROM events WHERE type = 'engagement.call_back_late'"))
        assert kept == 0


async def test_how_somebody_said_yes_stands_in_the_record(site: Site) -> None:
    """A clerk's confirmation keeps the photo of the slip and who read the terms out (order-states section 7)."""
    async with site.begin(site.worker()) as uow:
        one = (await engage.apply(uow, site.order_id)).id
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, one)
    async with site.begin(site.clerk) as uow:
        consent = witness.Consent(slip="slip-0001", read_out="李敏念给他听，他说行")
        await engage.confirm(uow, one, consent=consent)
        (told,) = [e for e in uow.told if e.type == "engagement.confirmed"]
        assert told.body["consent"] == {"slip": "slip-0001", "read_out": "李敏念给他听，他说行"}
        assert not told.body["single_witness"]


async def test_a_side_that_denies_keeps_the_step_marked(site: Site) -> None:
    async with site.begin(site.clerk) as uow:
        one = (await engage.apply(uow, site.order_id, worker_id=site.workers[0])).id
        await engage.offer(uow, one)
        await engage.confirm(uow, one)
    with pytest.raises(Conflict, match="代办"):
        async with site.begin(site.clerk) as uow:
            await witness.call_back(uow, one, reached="worker", note="打通")
    async with site.begin(site.city.colleague) as uow:
        row = await witness.call_back(uow, one, reached="worker", note="他说没答应过", denied=True)
        assert row.single_witness
        owed = (await uow.session.scalars(sa.select(CallBack))).one()
        assert (owed.step, owed.outcome, owed.done_by) == ("18", "denied", site.city.colleague_id)
    with pytest.raises(Conflict, match="已经回访"):
        async with site.begin(site.city.colleague) as uow:
            await witness.call_back(uow, one, reached="employer", note="再打")
