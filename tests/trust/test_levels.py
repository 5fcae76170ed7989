"""Levels from points, objections decided by another hand, bans by decision; nothing for ever (section 6, R114)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import OTHER_CODE, OTHER_STATION, START, good

from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.market import service as market
from linggong.people.models import ServiceLink
from linggong.people.notice_models import Notice
from linggong.trust import decisions, objections, points
from linggong.work import engage

from .conftest import Site, bureau, entries, levels, people, publish, signed, sweep

WORDS = "那天车坏在路上，有照片"


async def cost(site: Site, reason: str, times: int = 1) -> None:
    """Note points of a reason, as the background does."""
    worker = reason in ("late_cancel", "no_show")
    for _ in range(times):
        async with site.city.database.system() as uow:
            tenant = await uow.session.scalar(sa.text("SELECT tenant FROM orders WHERE id = :o"), {"o": site.order_id})
            await points.note(
                uow, reason, subject_id=new_id(), order_id=site.order_id, tenant=str(tenant), via=None,
                person_id=site.workers[0] if worker else None, employer_id=None if worker else site.city.trusted,
                occurred_at=uow.now,
            )  # fmt: skip
    await sweep(site)


async def apply(site: Site, order_id: UUID) -> None:
    async with site.begin(site.worker()) as uow:
        await engage.apply(uow, order_id)


async def test_six_points_remind_and_nine_bar_same_day_jobs_for_a_week(site: Site) -> None:
    await cost(site, "late_cancel", 5)
    assert await levels(site, site.worker()) == []
    await cost(site, "late_cancel")
    (reminder,) = await levels(site, site.worker())
    assert (reminder.level, reminder.state) == (1, "L_LIVE")
    await cost(site, "late_cancel", 3)
    limit = next(row for row in await levels(site, site.worker()) if row.level == 2)
    assert limit.ends_at - limit.starts_at == timedelta(days=7)
    site.city.clock.move_to(START)
    site.at(minutes=-300)
    with pytest.raises(Conflict, match="先不能接当天的活"):
        await apply(site, site.order_id)
    tomorrow = await publish(site.city, starts_at=START + timedelta(days=1), ends_at=START + timedelta(days=1, hours=9))
    await apply(site, tomorrow)
    site.at(days=8)
    await sweep(site)
    assert {r.level: r.state for r in await levels(site, site.worker())} == {1: "L_LIVE", 2: "L_EXPIRED"}


async def test_a_reminded_worker_is_called_after_each_confirmation(site: Site) -> None:
    await cost(site, "late_cancel", 6)
    await signed(site)
    await sweep(site)
    async with site.city.database.system() as uow:
        call = await uow.session.scalar(sa.select(Notice.call_wanted).where(Notice.kind == "credit.confirm"))
    assert call is True


async def test_ten_points_stop_an_employer_in_every_county_until_they_are_lifted(site: Site) -> None:
    await cost(site, "false_post")
    (ban,) = await levels(site, site.employer)
    assert ban.level == 3
    form = good(division_code=OTHER_CODE)
    async with site.city.database.system() as uow:
        uow.session.add(
            ServiceLink(
                id=new_id(), subject_id=site.city.trusted, tenant=OTHER_STATION, kind="registered", started_at=uow.now
            )
        )
    for who in (site.employer, site.city.other_clerk):
        with pytest.raises(Conflict, match="信用“禁止”"):
            async with site.begin(who) as uow:
                await market.create_order(
                    uow, site.city.secrets.sealer, form, employer_id=site.city.trusted, tenant=None, submit=True
                )
    (entry,) = await entries(site, site.employer)
    async with site.begin(site.employer) as uow:
        await objections.object_to_entry(uow, entry.id, words="招工是真的，有合同")
    async with site.begin(bureau()) as uow:
        await objections.decide_entry(uow, entry.id, lift=True, words="现场核实，招工属实")
    await sweep(site)
    (ban,) = await levels(site, site.employer)
    assert ban.state == "L_LIFTED"
    async with site.begin(site.employer) as uow:
        await market.create_order(uow, site.city.secrets.sealer, good(), employer_id=site.city.trusted, submit=True)


async def test_a_limited_employers_posts_wait_for_a_person(site: Site) -> None:
    await cost(site, "cancel", 4)
    assert {row.level for row in await levels(site, site.employer)} == {1, 2}
    async with site.begin(site.employer) as uow:
        order = await market.create_order(
            uow, site.city.secrets.sealer, good(), employer_id=site.city.trusted, submit=True
        )
        assert order.state == "O_REVIEW", "the trusted employer passes by rule otherwise"


async def test_contested_points_do_not_count_and_an_objection_has_its_time(site: Site) -> None:
    await cost(site, "late_cancel")
    (entry,) = await entries(site, site.worker())
    with pytest.raises(Invalid):
        async with site.begin(site.worker()) as uow:
            await objections.object_to_entry(uow, entry.id, words="没")
    async with site.begin(site.worker()) as uow:
        await objections.object_to_entry(uow, entry.id, words=WORDS)
    (entry,) = await entries(site, site.worker())
    assert (entry.state, entry.counts, entry.actions) == ("K_CONTESTED", False, [])
    with pytest.raises(Conflict):
        async with site.begin(site.worker()) as uow:
            await objections.object_to_entry(uow, entry.id, words=WORDS)
    async with site.begin(bureau()) as uow:
        await objections.decide_entry(uow, entry.id, lift=False, words="没有证据")
    (entry,) = await entries(site, site.worker())
    assert (entry.state, entry.counts) == ("K_COUNTED", True)


async def test_who_objects_too_late_is_told_so(site: Site) -> None:
    await cost(site, "late_cancel")
    (entry,) = await entries(site, site.worker())
    site.city.clock.move_to(entry.object_until)
    site.at(minutes=1)
    with pytest.raises(Conflict, match="申诉时间已过"):
        async with site.begin(site.worker()) as uow:
            await objections.object_to_entry(uow, entry.id, words=WORDS)
    assert "object" not in (await entries(site, site.worker()))[0].actions


async def test_the_hand_that_wrote_the_objection_does_not_decide(site: Site) -> None:
    await cost(site, "late_cancel")
    (entry,) = await entries(site, site.worker())
    async with site.begin(site.clerk) as uow:
        await objections.object_to_entry(uow, entry.id, words=WORDS)
    with pytest.raises(Conflict):
        async with site.begin(site.clerk) as uow:
            await objections.decide_entry(uow, entry.id, lift=True, words="同意撤销")
    with pytest.raises(Conflict, match="自己登记"):
        async with site.begin(bureau(site.city.clerk_id)) as uow:
            await objections.decide_entry(uow, entry.id, lift=True, words="同意撤销")
    with pytest.raises(NotFound):
        async with site.begin(site.worker(1)) as uow:
            await objections.object_to_entry(uow, entry.id, words=WORDS)


async def test_an_objection_suspends_a_workers_limit_and_not_an_employers_ban(site: Site) -> None:
    await cost(site, "late_cancel", 9)
    await cost(site, "false_post")
    for who in (site.worker(), site.employer):
        row = max(await levels(site, who), key=lambda r: r.level)
        async with site.begin(who) as uow:
            await objections.object_to_level(uow, row.id, words=WORDS)
    site.city.clock.move_to(START)
    site.at(minutes=-300)
    await apply(site, site.order_id)
    with pytest.raises(Conflict, match="禁止"):
        async with site.begin(site.employer) as uow:
            await market.create_order(uow, site.city.secrets.sealer, good(), employer_id=site.city.trusted)
    row = max(await levels(site, site.employer), key=lambda r: r.level)
    async with site.begin(bureau()) as uow:
        await objections.decide_level(uow, row.id, lift=False, words="证据充分")
    with pytest.raises(Conflict, match="已经申诉过"):
        async with site.begin(site.employer) as uow:
            await objections.object_to_level(uow, row.id, words=WORDS)


async def test_a_ban_by_decision_needs_evidence_another_hand_and_an_end(site: Site) -> None:
    faults = {"level", "days", "grounds", "evidence", "side"}
    with pytest.raises(Invalid) as refused:
        async with site.begin(site.clerk) as uow:
            await decisions.propose(uow, level=1, days=5000, grounds="", evidence="")
    assert {f.field for f in refused.value.faults} == faults
    deciding = new_id()
    async with site.begin(bureau(deciding)) as uow:
        row = await decisions.propose(
            uow,
            person_id=site.workers[0],
            level=3,
            days=30,
            grounds="冒用他人身份接活两次",
            evidence="派工单两张，公安核查单",
        )
        proposal = row.id
    await apply(site, site.order_id)
    assert await levels(site, site.worker()) == [], "a proposal is not shown to whom it is about"
    with pytest.raises(Conflict, match="自己登记、提出"):
        async with site.begin(bureau(deciding)) as uow:
            await decisions.confirm(uow, proposal, words="情况属实")
    async with site.begin(bureau()) as uow:
        await decisions.confirm(uow, proposal, words="情况属实，证据充分")
    (ban,) = await levels(site, site.worker())
    assert (ban.level, ban.state) == (3, "L_LIVE")
    assert (ban.ends_at - ban.starts_at).days == 30
    other = await publish(site.city, starts_at=START + timedelta(days=2), ends_at=START + timedelta(days=2, hours=9))
    with pytest.raises(Conflict, match="不能接活"):
        await apply(site, other)
    site.at(days=31)
    await sweep(site)
    assert (await levels(site, site.worker()))[0].state == "L_EXPIRED"


async def test_a_clerk_proposes_only_for_whom_he_serves(site: Site) -> None:
    (stranger,) = await people(site.city, 1, node=OTHER_STATION)
    with pytest.raises(NotFound):
        async with site.begin(site.clerk) as uow:
            await decisions.propose(
                uow, person_id=stranger, level=2, days=10, grounds="多次失约不来", evidence="三张派工单"
            )


async def test_a_refused_proposal_never_was(site: Site) -> None:
    async with site.begin(site.clerk) as uow:
        row = await decisions.propose(
            uow, employer_id=site.city.trusted, level=2, days=10, grounds="多次改价不认", evidence="三张约定单"
        )
        proposal = row.id
    async with site.begin(bureau()) as uow:
        await decisions.refuse(uow, proposal, words="证据不足，退回")
    assert await levels(site, site.employer) == []
