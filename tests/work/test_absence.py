"""Somebody did not come: reported, contested, decided by another hand (38, 38b); the employer (39), the wrong work (39b)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import COUNTY, START

from linggong.kernel import timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.market.models import Order
from linggong.work import absence, attend, differing
from linggong.work.models import Assignment, Engagement
from linggong.work.proofs import arrival_code
from linggong.work.site_models import NoShow, SiteReport
from linggong.work.site_queries import void_reports

from .conftest import Site, people, publish
from .looking import FAR, JPEG, NEAR, replays, shift, told
from .walking import signed, state


async def missing(site: Site, n: int = 0) -> tuple[UUID, UUID]:
    """Signed, and half an hour past the start without a check-in."""
    ids = await signed(site, n)
    site.city.clock.move_to(START + timedelta(minutes=31))
    return ids


async def reported(site: Site, n: int = 0) -> tuple[UUID, UUID]:
    ids = await missing(site, n)
    async with site.begin(site.clerk) as uow:
        await absence.no_show(uow, ids[1], call_note="7:50 打了两次没人接")
    return ids


async def places(site: Site) -> int:
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        return int(await uow.session.scalar(sa.select(Order.confirmed).where(Order.id == site.order_id)) or 0)


async def test_the_system_only_proposes(site: Site) -> None:
    """Ruling 12: half an hour after the start it asks; nobody is a no-show before a person says so."""
    _, one = await missing(site)
    await timers.sweep(site.city.database)
    assert (await shift(site, one)).state == "A_CONTRACTED"
    assert len(await told(site, "assignment.no_show_proposed")) == 1


async def test_a_no_show_needs_a_call_and_half_an_hour(site: Site) -> None:
    _, one = await signed(site)
    site.city.clock.move_to(START + timedelta(minutes=29))
    async with site.begin(site.employer) as uow:
        with pytest.raises(Conflict, match="半小时"):
            await absence.no_show(uow, one, call_note="打了没人接")
    site.at(minutes=1)
    async with site.begin(site.employer) as uow:
        with pytest.raises(Invalid, match="电话"):
            await absence.no_show(uow, one, call_note=" ")
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Conflict, match="另一方"):
            await absence.no_show(uow, one, call_note="打了没人接")


async def test_never_with_a_check_in(site: Site) -> None:
    """Invariant 9."""
    _, one = await signed(site)
    site.city.clock.move_to(START)
    code = arrival_code(site.city.secrets, site.order_id, START.date() + timedelta(days=1))
    async with site.begin(site.worker()) as uow:
        await attend.arrive(uow, one, method="code", code=code, secrets=site.city.secrets)
    site.at(minutes=31)
    async with site.begin(site.employer) as uow:
        with pytest.raises(Conflict, match="已到岗"):
            await absence.no_show(uow, one, call_note="打了没人接")


async def test_it_counts_only_when_nobody_contests_in_time(site: Site) -> None:
    _, one = await reported(site)
    assert await places(site) == 0
    assert await told(site, "assignment.no_show_upheld") == []
    site.at(hours=71, minutes=59)
    await timers.sweep(site.city.database)
    assert await told(site, "assignment.no_show_upheld") == []
    site.at(minutes=1)
    await timers.sweep(site.city.database)
    assert [b["contested"] for b in await told(site, "assignment.no_show_upheld")] == [False]
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Conflict, match="72"):
            await absence.contest(uow, one, reason="illness")
    await replays(site)


async def test_a_contest_upheld_excuses_him(site: Site) -> None:
    """Worked path b: the bus broke down; no credit effect, and the engagement ends without fault."""
    engagement_id, one = await reported(site)
    site.at(hours=2)
    async with site.begin(site.worker()) as uow:
        await absence.contest(uow, one, reason="other", words="班车坏在半路")
    site.at(hours=90)
    await timers.sweep(site.city.database)
    assert await told(site, "assignment.no_show_upheld") == []
    for who in (site.employer, site.worker()):
        async with site.begin(who) as uow:
            with pytest.raises(Conflict, match="另一方"):
                await absence.decide(uow, one, outcome="withdrawn", note="车票为证")
    async with site.begin(site.clerk) as uow:
        with pytest.raises(Conflict, match="另一位"):
            await absence.decide(uow, one, outcome="withdrawn", note="车票为证")
    async with site.begin(site.city.colleague) as uow:
        await absence.decide(uow, one, outcome="withdrawn", note="车票为证")
    async with site.begin(site.clerk) as uow:
        row = await uow.session.get_one(Engagement, engagement_id)
        assert (row.state, (await uow.session.get_one(Assignment, one)).state) == ("X_WITHDRAWN", "X_WITHDRAWN")
    assert [b["outcome"] for b in await told(site, "assignment.no_show_lifted")] == ["withdrawn"]
    await replays(site)


async def test_he_was_there_after_all_and_is_paid(site: Site) -> None:
    engagement_id, one = await reported(site)
    site.at(hours=10)
    async with site.begin(site.worker()) as uow:
        await absence.contest(uow, one, reason="was_there")
    async with site.begin(site.city.staff(COUNTY, staff_id=new_id())) as uow:
        await absence.decide(uow, one, outcome="arrived", note="监控里有他", came_at=START)
    assert await places(site) == 1
    site.at(hours=1)
    await timers.sweep(site.city.database)
    row = await shift(site, one)
    assert (row.state, row.minutes, row.arrived_at) == ("A_FINISHED", 480, START)
    async with site.begin(site.clerk) as uow:
        assert (await uow.session.get_one(Engagement, engagement_id)).state == "A_CONTRACTED"
    await replays(site)


async def test_he_who_wrote_the_contest_does_not_decide_it(site: Site) -> None:
    """Invariant 13."""
    _, one = await missing(site)
    async with site.begin(site.employer) as uow:
        await absence.no_show(uow, one, call_note="打了没人接")
    async with site.begin(site.clerk) as uow:
        await absence.contest(uow, one, reason="illness")
    async with site.begin(site.clerk) as uow:
        with pytest.raises(Conflict, match="代写"):
            await absence.decide(uow, one, outcome="withdrawn", note="病历看过")


async def test_bad_contests_and_decisions_name_their_faults(site: Site) -> None:
    _, one = await reported(site)
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Invalid, match="原因"):
            await absence.contest(uow, one, reason="bored")
        with pytest.raises(Invalid, match="怎么回事"):
            await absence.contest(uow, one, reason="other")
        await absence.contest(uow, one, reason="illness")
        with pytest.raises(Conflict, match="申诉过"):
            await absence.contest(uow, one, reason="illness")
    async with site.begin(site.city.colleague) as uow:
        with pytest.raises(Invalid) as caught:
            await absence.decide(uow, one, outcome="arrived", note="", came_at=START + timedelta(days=9))
        assert {f.field for f in caught.value.faults} == {"note", "came_at"}


async def test_a_decision_that_is_late_says_so(site: Site) -> None:
    _, one = await reported(site)
    async with site.begin(site.worker()) as uow:
        await absence.contest(uow, one, reason="illness")
    site.at(days=6)
    await timers.sweep(site.city.database)
    assert len(await told(site, "assignment.no_show_decision_late")) == 1
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        assert await uow.session.scalar(sa.select(NoShow.outcome)) == "open"


async def test_nobody_receives_the_worker(site: Site) -> None:
    """39: half an hour, two calls, and proof that he stands there."""
    _, one = await signed(site)
    calls = [START + timedelta(minutes=10), START + timedelta(minutes=25)]
    site.city.clock.move_to(START + timedelta(minutes=29))
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Conflict, match="请等到"):
            await absence.employer_no_show(uow, one, calls=calls, point=NEAR)
    site.at(minutes=2)
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Invalid) as caught:
            await absence.employer_no_show(uow, one, calls=calls[:1] * 2, point=FAR)
        assert {f.field for f in caught.value.faults} == {"calls", "photo"}
        row = await absence.employer_no_show(uow, one, calls=calls, point=NEAR)
        assert row.state == "X_NOSHOW_E"
    body = (await told(site, "assignment.employer_no_show"))[0]
    assert (body["paid_kind"], body["calls"]) == ("employer_no_show", 2)
    assert [body["moved"][0][0], body["moved"][0][3]] == ["engagement", "X_NOSHOW_E"]
    async with site.begin(site.clerk) as uow:
        kept = (await uow.session.scalars(sa.select(SiteReport))).one()
        assert kept.details["point"] == [34.821, 114.821]
    await replays(site)


async def test_other_work_than_posted(site: Site) -> None:
    """Worked path i: demolition instead of cleaning; he leaves compensated, and the order is frozen for a check."""
    _, one = await signed(site)
    site.city.clock.move_to(START)
    async with site.begin(site.employer) as uow:
        await attend.arrive(uow, one, method="roll_call")
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Invalid) as caught:
            await differing.differs(uow, one, what="colour", statement="")
        assert {f.field for f in caught.value.faults} == {"what", "statement"}
        row = await differing.differs(
            uow, one, what="trade", statement="说好保洁，到了让拆墙", photo=JPEG, secrets=site.city.secrets
        )
        assert row.state == "X_CANCEL_E"
    await timers.sweep(site.city.database)
    assert await state(site) == "O_SUSPENDED"
    assert (await told(site, "assignment.differs"))[0]["paid_kind"] == "differs"
    await replays(site)


async def test_half_an_hour_into_the_work_it_is_too_late_to_leave_compensated(site: Site) -> None:
    _, one = await signed(site)
    site.city.clock.move_to(START)
    async with site.begin(site.employer) as uow:
        await attend.arrive(uow, one, method="roll_call")
    await timers.sweep(site.city.database)
    site.at(minutes=31)
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Conflict, match="投诉"):
            await differing.differs(uow, one, what="pay", statement="说好200，只给150")


@pytest.mark.parametrize("reason", ["under_age", "false_identity", "illegal_work"])
async def test_a_void_stops_at_once_and_tells_the_minutes_to_pay(site: Site, reason: str) -> None:
    """49: paid in full for what was done."""
    engagement_id, one = await signed(site)
    site.city.clock.move_to(START)
    async with site.begin(site.employer) as uow:
        await attend.arrive(uow, one, method="roll_call")
    await timers.sweep(site.city.database)
    site.at(hours=2)
    for who in (site.employer, site.worker()):
        async with site.begin(who) as uow:
            with pytest.raises(Conflict, match="另一方"):
                await differing.void(uow, one, reason=reason, proof="身份证出生日期")
    async with site.begin(site.clerk) as uow:
        with pytest.raises(Invalid) as caught:
            await differing.void(uow, one, reason="ugly", proof="")
        assert {f.field for f in caught.value.faults} == {"reason", "proof"}
        await differing.void(uow, one, reason=reason, proof="身份证出生日期")
    row = await shift(site, one)
    assert (row.state, row.minutes) == ("X_VOID", 120)
    assert [(b["minutes"], b["paid"]) for b in await told(site, "assignment.voided")] == [(120, "full")]
    async with site.begin(site.clerk) as uow:
        assert (await uow.session.get_one(Engagement, engagement_id)).state == "X_VOID"
    assert await places(site) == 0
    await replays(site)


async def test_a_void_before_work_ends_every_shift(site: Site) -> None:
    city = site.city
    order_id = await publish(city, ends_at=START + timedelta(hours=9), last_date=(START + timedelta(days=3)).date())
    long = Site(city, order_id, await people(city, 1))
    _, one = await signed(long)
    async with long.begin(long.clerk) as uow:
        await differing.void(uow, one, reason="false_identity", proof="证件和人不符")
    async with long.begin(long.clerk) as uow:
        assert set(await uow.session.scalars(sa.select(Assignment.state))) == {"X_VOID"}
    assert await told(long, "assignment.voided") == []
    async with long.begin(city.staff(COUNTY)) as uow:
        assert [(v.reason, v.minutes) for v in await void_reports(uow)] == [("false_identity", None)]
    async with long.begin(city.other_clerk) as uow:
        assert await void_reports(uow) == []
    await replays(long)
