"""Pauses and early ends on site (transitions 41 to 47, rulings 10 and 16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import OTHER_STATION, START

from linggong.kernel import timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.paths import EVERYWHERE
from linggong.market.codes import PayUnit
from linggong.work import attend, stopping, terms
from linggong.work.site_models import Pause
from linggong.work.stopping import Waited
from linggong.work.terms_values import TermsForm

from .conftest import Site, people, publish
from .looking import replays, shift
from .walking import at_work


async def waited(site: Site, assignment_id: UUID) -> list[Waited]:
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        return await stopping.waits(uow, assignment_id)


async def test_a_pause_ends_by_the_clock_and_both_kinds_of_time_are_kept(site: Site) -> None:
    """Worked path a: rain at 11:00, no resume by 13:00: partial; worked hours and waiting stand apart."""
    _, one = await at_work(site)
    site.at(hours=3, minutes=30)
    async with site.begin(site.employer) as uow:
        made = await stopping.pause(uow, one, cause="rain")
        assert not made.fault
    site.at(hours=1, minutes=59)
    await timers.sweep(site.city.database)
    assert (await shift(site, one)).state == "A_PAUSED"
    site.at(minutes=1)
    await timers.sweep(site.city.database)
    row = await shift(site, one)
    assert (row.state, row.end_reason, row.minutes) == ("A_FINISHED", "rain", 210)
    assert await waited(site, one) == [Waited(120, "rain")]
    await replays(site)


async def test_resuming_takes_the_waiting_out_of_the_hours(site: Site) -> None:
    _, one = await at_work(site)
    site.at(hours=1)
    async with site.begin(site.employer) as uow:
        await stopping.pause(uow, one, cause="material")
    site.at(minutes=40)
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Conflict, match="另一方"):
            await stopping.resume(uow, one)
    async with site.begin(site.employer) as uow:
        await stopping.resume(uow, one)
    site.at(hours=7, minutes=20)
    async with site.begin(site.worker()) as uow:
        await attend.finish(uow, one)
    row = await shift(site, one)
    # Nine hours less an hour's meal and 40 minutes of waiting.
    assert (row.state, row.end_reason, row.minutes) == ("A_FINISHED", "", 440)
    assert await waited(site, one) == [Waited(40, "material")]
    await replays(site)


@pytest.mark.parametrize("cause", ["heat", "safety"])
async def test_a_worker_may_always_stop_for_heat_and_safety(site: Site, cause: str) -> None:
    _, one = await at_work(site)
    async with site.begin(site.worker()) as uow:
        made = await stopping.pause(uow, one, cause=cause)
        assert (made.side, made.fault) == ("worker", False)


@pytest.mark.parametrize("cause", ["rain", "material", "power", "other", "tired"])
async def test_other_stops_are_not_his_to_say(site: Site, cause: str) -> None:
    _, one = await at_work(site)
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Invalid):
            await stopping.pause(uow, one, cause=cause, note="想歇会儿")


@pytest.mark.parametrize(
    ("cause", "fault", "expected"),
    [("material", None, True), ("power", False, True), ("rain", True, False), ("heat", True, False), ("other", True, True),
     ("other", None, False), ("safety", True, True)],
)  # fmt: skip
async def test_whose_doing_a_stop_is(site: Site, cause: str, fault: bool | None, expected: bool) -> None:
    _, one = await at_work(site)
    async with site.begin(site.employer) as uow:
        assert (await stopping.pause(uow, one, cause=cause, fault=fault, note="等消息")).fault is expected


async def test_a_waiting_worker_may_leave_without_a_mark(site: Site) -> None:
    """Ruling 10."""
    _, one = await at_work(site)
    site.at(hours=2)
    async with site.begin(site.employer) as uow:
        await stopping.pause(uow, one, cause="power")
    site.at(minutes=20)
    async with site.begin(site.worker()) as uow:
        row = await stopping.leave(uow, one)
        assert (row.state, row.end_reason, row.minutes) == ("A_FINISHED", "left_waiting", 120)
    async with site.begin(site.clerk) as uow:
        body = await uow.session.scalar(
            sa.text("SELECT body::jsonb FROM events WHERE type = 'assignment.finished' AND subject_id = :i"), {"i": one}
        )
        assert body["counts"] is False
        assert (await uow.session.scalar(sa.select(Pause.outcome))) == "left"
    await replays(site)


async def test_a_pause_never_outlasts_the_agreed_hours(site: Site) -> None:
    _, one = await at_work(site)
    site.at(hours=8, minutes=30)
    async with site.begin(site.employer) as uow:
        await stopping.pause(uow, one, cause="rain")
    site.at(minutes=30)
    await timers.sweep(site.city.database)
    assert (await shift(site, one)).state == "A_FINISHED"


async def test_an_unknown_alert_is_refused_and_another_stations_clerk_sees_nothing(site: Site) -> None:
    _, one = await at_work(site)
    async with site.begin(site.employer) as uow:
        with pytest.raises(Invalid, match="预警"):
            await stopping.pause(uow, one, cause="rain", alert_id=site.order_id)
    async with site.begin(site.city.staff(OTHER_STATION)) as uow:
        with pytest.raises(NotFound):
            await stopping.pause(uow, one, cause="rain")


@pytest.mark.parametrize("step", ["resume", "end_pause", "leave"])
async def test_what_is_not_paused_is_not_resumed(site: Site, step: str) -> None:
    _, one = await at_work(site)
    async with site.begin(site.clerk) as uow:
        with pytest.raises(Conflict, match="在干活"):
            await getattr(stopping, step)(uow, one)


async def test_the_employer_ends_early_with_a_reason(site: Site) -> None:
    """45: a reason is owed; a task that is done is the whole day."""
    _, one = await at_work(site)
    site.at(hours=3)
    async with site.begin(site.employer) as uow:
        with pytest.raises(Invalid, match="为什么"):
            await attend.end_early(uow, one, reason=" ")
        row = await attend.end_early(uow, one, reason="活干完了", task_done=True)
        assert (row.state, row.end_reason) == ("A_FINISHED", "")


@pytest.mark.parametrize(("reason", "counts"), [("illness", False), ("safety", False), ("other", True)])
async def test_the_worker_leaves_early(site: Site, reason: str, counts: bool) -> None:
    """46: illness and safety have no credit effect."""
    _, one = await at_work(site)
    site.at(hours=3)
    async with site.begin(site.worker()) as uow:
        row = await attend.leave_early(uow, one, reason=reason, words="家里有事")
        assert (row.state, row.end_reason, row.minutes) == ("A_FINISHED", "early_worker", 180)
        told: Any = uow.told[0].body
        assert (told["counts"], told["transition"]) == (counts, "46")


async def test_all_faults_of_an_early_leave_come_at_once(site: Site) -> None:
    _, one = await at_work(site)
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Invalid) as caught:
            await attend.leave_early(uow, one, reason="bored", quantity=-1)
        assert {f.field for f in caught.value.faults} == {"reason", "quantity"}


@pytest.mark.parametrize(("stays", "counted"), [(150, 120), (90, 90), (0, 0)])
async def test_minutes_beyond_the_agreed_end_count_as_far_as_both_agreed(site: Site, stays: int, counted: int) -> None:
    """48: agreed before it starts."""
    engagement_id, one = await at_work(site)
    ends = START + timedelta(hours=9)
    async with site.begin(site.employer) as uow:
        wanted = TermsForm(kind="overtime", until=ends + timedelta(hours=2), hourly_fen=3000)
        change = (await terms.propose(uow, engagement_id, wanted)).id
    async with site.begin(site.worker()) as uow:
        await terms.agree(uow, change)
    site.city.clock.move_to(ends + timedelta(minutes=stays))
    await timers.sweep(site.city.database)
    async with site.begin(site.worker()) as uow:
        row = await attend.finish(uow, one)
        assert (row.minutes, row.overtime_minutes, row.end_reason) == (480, counted, "")
    await replays(site)


async def test_without_an_agreement_staying_longer_counts_nothing_and_with_one_the_clock_waits(site: Site) -> None:
    engagement_id, one = await at_work(site)
    ends = START + timedelta(hours=9)
    async with site.begin(site.employer) as uow:
        wanted = TermsForm(kind="overtime", until=ends + timedelta(hours=2), hourly_fen=3000)
        change = (await terms.propose(uow, engagement_id, wanted)).id
    async with site.begin(site.worker()) as uow:
        await terms.refuse(uow, change)
    site.city.clock.move_to(ends + timedelta(hours=3))
    await timers.sweep(site.city.database)
    row = await shift(site, one)
    assert (row.state, row.minutes, row.overtime_minutes) == ("A_FINISHED", 480, 0)


async def test_the_clock_ends_agreed_overtime_at_its_own_end(site: Site) -> None:
    engagement_id, one = await at_work(site)
    ends = START + timedelta(hours=9)
    async with site.begin(site.employer) as uow:
        wanted = TermsForm(kind="overtime", until=ends + timedelta(hours=1), hourly_fen=3000)
        change = (await terms.propose(uow, engagement_id, wanted)).id
    async with site.begin(site.worker()) as uow:
        await terms.agree(uow, change)
    site.city.clock.move_to(ends + timedelta(hours=2, minutes=30))
    await timers.sweep(site.city.database)
    assert (await shift(site, one)).state == "A_WORKING"
    site.city.clock.move_to(ends + timedelta(hours=3, minutes=1))
    await timers.sweep(site.city.database)
    row = await shift(site, one)
    assert (row.state, row.finished_at, row.overtime_minutes) == ("A_FINISHED", ends + timedelta(hours=1), 60)


async def test_piece_work_ends_in_part_and_day_work_does_not(site: Site) -> None:
    """47."""
    _, one = await at_work(site)
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Conflict, match="计件"):
            await attend.finish_part(uow, one, quantity=3)
    city = site.city
    city.clock.move_to(city.clock.now().replace(day=9, hour=21, minute=10))
    order_id = await publish(city, pay_unit=PayUnit.PIECE, pay_fen=300, piece_name="筐", pieces_per_day=80)
    counted = Site(city, order_id, await people(city, 1))
    _, other = await at_work(counted)
    counted.at(hours=2)
    async with counted.begin(counted.worker()) as uow:
        row = await attend.finish_part(uow, other, quantity=31)
        assert (row.state, row.quantity, row.end_reason) == ("A_FINISHED", 31, "part")
