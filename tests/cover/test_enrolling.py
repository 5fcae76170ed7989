"""Enrolment, refusal, gates and waivers on a real database with the stand-in insurer (20, 21, 37; rulings 4 and 16)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from signing import CODE
from small_city import City

from linggong.contracts import signing
from linggong.cover import choices, queries, waivers
from linggong.cover.choices import ChoiceForm
from linggong.kernel import timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.events import Event
from linggong.kernel.outbox import OutsideCall
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.replay import replay
from linggong.market.codes import LegalForm
from linggong.people.notice_models import Notice
from linggong.work import attend, common, concluding, engage
from linggong.work.models import Assignment, Engagement
from tests.work.conftest import people, publish

from .conftest import Covered


async def confirmed(site: Covered, n: int = 0) -> UUID:
    """Apply, choose, confirm."""
    async with site.begin(site.worker(n)) as uow:
        engagement_id = (await engage.apply(uow, site.order_id)).id
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, engagement_id)
    async with site.begin(site.worker(n)) as uow:
        await engage.confirm(uow, engagement_id)
    return engagement_id


async def sign(site: Covered, engagement_id: UUID, n: int = 0) -> None:
    """Let both sides consent, if they have not; raises the reason why the contract is not made all the same."""
    async with site.begin(site.worker(n)) as uow:
        lacking = await signing.missing(uow, await common.engagement(uow, engagement_id))
    for side, who in (("worker", site.worker(n)), ("employer", site.employer)):
        if side in lacking:
            async with site.begin(who) as uow:
                await signing.sign(uow, engagement_id, proof=CODE)
    async with site.begin(site.worker(n)) as uow:
        if (await common.engagement(uow, engagement_id)).state != "A_CONTRACTED":
            await concluding.contract(uow, engagement_id)


async def at_gate(site: Covered, engagement_id: UUID, n: int = 0) -> UUID:
    """Come to the gate ten minutes before the start."""
    site.city.clock.move_to(site.city.clock.now().replace(day=10, hour=23, minute=20))
    async with site.begin(site.worker(n)) as uow:
        shift = await uow.session.scalar(sa.select(Assignment.id).where(Assignment.engagement_id == engagement_id))
        code = attend.arrival_code(site.city.secrets, site.order_id, date(2026, 3, 11))
        await attend.arrive(uow, shift, method="code", code=code, secrets=site.city.secrets)
    return UUID(str(shift))


async def start(site: Covered, shift: UUID) -> None:
    async with site.begin(site.employer) as uow:
        await attend.start(uow, shift)


async def shift_state(site: Covered, shift: UUID) -> str:
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        return str(await uow.session.scalar(sa.select(Assignment.state).where(Assignment.id == shift)))


async def waived(site: Covered, engagement_id: UUID, n: int) -> None:
    async with site.begin(site.employer) as uow:
        text = (await waivers.waive(uow, engagement_id, reason="超过承保年龄")).text_hash.hex()
    async with site.begin(site.worker(n)) as uow:
        await waivers.acknowledge(uow, engagement_id, text_hash=text)


async def test_the_good_way(covered: Covered) -> None:
    """Asked at the confirmation, signed while the answer is on its way, covered before the shift; replay gives the state."""
    engagement_id = await confirmed(covered)
    assert await covered.state(engagement_id) == "pending"
    await sign(covered, engagement_id)
    assert await covered.ask() == 1
    assert await covered.state(engagement_id) == "active"
    (policy,) = await covered.policies(engagement_id)
    assert (policy.kind, policy.payer, policy.days, policy.premium_fen) == ("basic", "government", 1, 100)
    assert policy.policy_no
    assert policy.effective_at == policy.starts_at
    shift = await at_gate(covered, engagement_id)
    await start(covered, shift)
    assert await covered.told(engagement_id) == ["cover.requested", "cover.enrolled"]
    async with covered.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        bodies = await uow.session.scalars(
            sa.select(Event.body).where(Event.chain == f"order:{covered.order_id}").order_by(Event.n)
        )
        played = replay(bodies.all())
    assert played.breaks == []
    assert played.states["cover", str(policy.id)] == "active"


async def test_what_is_sent_is_personal_and_what_is_kept_is_not(covered: Covered) -> None:
    assert covered.standin is not None
    await confirmed(covered)
    await covered.ask()
    (asked,) = covered.standin.asked.values()
    assert getattr(asked, "id_number") == "410225196805010000"  # noqa: B009 - one of three shapes
    async with covered.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        kept = str((await uow.execute(sa.text("SELECT row_to_json(c)::text FROM outside_calls c"))).scalars().all())
    assert "410225" not in kept
    assert "李" not in kept


async def test_too_old_is_refused_before_work_and_may_leave_without_a_mark(covered: Covered) -> None:
    """21 by the product's own rule: nobody is asked, both are told, leaving at the last minute is no late cancel."""
    engagement_id = await confirmed(covered, 1)
    assert await covered.ask() == 0
    assert await covered.state(engagement_id) == "refused"
    async with covered.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        notices = (await uow.session.scalars(sa.select(Notice).order_by(Notice.to_side))).all()
        assert [(n.to_side, n.kind, n.call_wanted) for n in notices] == [
            ("employer", "cover_refused", True), ("worker", "cover_refused", True),
        ]  # fmt: skip
    with pytest.raises(Conflict, match="只保16到65岁"):
        await sign(covered, engagement_id, 1)
    covered.city.clock.move_to(covered.city.clock.now().replace(day=10, hour=22, minute=50))
    async with covered.begin(covered.worker(1)) as uow:
        await engage.withdraw(uow, engagement_id, reason="没保险不去")
    async with covered.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        body = await uow.session.scalar(sa.select(Event.body).where(Event.type == "engagement.withdrawn"))
    assert '"late":false' in str(body)


async def test_the_insurer_refuses_what_our_table_took(covered: Covered) -> None:
    assert covered.standin is not None
    await covered.born(date(1960, 4, 1))
    engagement_id = await confirmed(covered)
    async with covered.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(sa.text("UPDATE cover_policies SET occupation_class = 6"))
    assert await covered.ask() == 1
    assert await covered.state(engagement_id) == "refused"
    (policy,) = await covered.policies(engagement_id)
    assert policy.refused_code == "class"
    assert await covered.told(engagement_id) == ["cover.requested", "cover.turned_down", "cover.refused"]


async def test_a_waiver_takes_both_sides(covered: Covered) -> None:
    """Invariant 3: never by the worker alone; path f: both still agree."""
    engagement_id = await confirmed(covered, 1)
    with pytest.raises(Conflict, match="一个人不能放弃"):
        async with covered.begin(covered.worker(1)) as uow:
            await waivers.acknowledge(uow, engagement_id, text_hash="00")
    with pytest.raises(Conflict, match="另一方"):
        async with covered.begin(covered.worker(1)) as uow:
            await waivers.waive(uow, engagement_id, reason="我不要保险")
    with pytest.raises(Invalid):
        async with covered.begin(covered.employer) as uow:
            await waivers.waive(uow, engagement_id, reason=" ")
    async with covered.begin(covered.employer) as uow:
        text = (await waivers.waive(uow, engagement_id, reason="超过承保年龄")).text_hash.hex()
    assert await covered.state(engagement_id) == "refused"
    with pytest.raises(Conflict, match="没办成"):
        await sign(covered, engagement_id, 1)
    with pytest.raises(Conflict, match="另一方"):
        async with covered.begin(covered.employer) as uow:
            await waivers.acknowledge(uow, engagement_id, text_hash=text)
    with pytest.raises(Conflict, match="再看一遍"):
        async with covered.begin(covered.worker(1)) as uow:
            await waivers.acknowledge(uow, engagement_id, text_hash="ab" * 32)
    async with covered.begin(covered.worker(1)) as uow:
        await waivers.acknowledge(uow, engagement_id, text_hash=text)
    assert await covered.state(engagement_id) == "waived"
    await sign(covered, engagement_id, 1)
    shift = await at_gate(covered, engagement_id, 1)
    await start(covered, shift)
    with pytest.raises(Conflict):
        async with covered.begin(covered.employer) as uow:
            await waivers.waive(uow, engagement_id, reason="再来一次")


async def test_an_unanswered_waiver_starts_nothing_even_where_nothing_is_on_offer(city: City) -> None:
    site = Covered(city, await publish(city), await people(city, 1))
    engagement_id = await confirmed(site)
    await sign(site, engagement_id)
    async with site.begin(site.employer) as uow:
        text = (await waivers.waive(uow, engagement_id, reason="保险公司不收")).text_hash.hex()
    shift = await at_gate(site, engagement_id)
    with pytest.raises(Conflict, match="零工还没点头"):
        await start(site, shift)
    async with site.begin(site.worker()) as uow:
        await waivers.acknowledge(uow, engagement_id, text_hash=text)
    await start(site, shift)
    assert await shift_state(site, shift) == "A_WORKING"


async def test_no_waiver_is_written_when_the_work_has_begun(city: City) -> None:
    site = Covered(city, await publish(city), await people(city, 1))
    engagement_id = await confirmed(site)
    await sign(site, engagement_id)
    await start(site, await at_gate(site, engagement_id))
    with pytest.raises(Conflict, match="开工以前"):
        async with site.begin(site.employer) as uow:
            await waivers.waive(uow, engagement_id, reason="保险公司不收")


async def test_one_clerk_on_both_sides_of_a_waiver_owes_a_call_back(covered: Covered) -> None:
    engagement_id = await confirmed(covered, 1)
    async with covered.begin(covered.clerk) as uow:
        text = (await waivers.waive(uow, engagement_id, reason="超过承保年龄")).text_hash.hex()
    async with covered.begin(covered.clerk) as uow:
        made = await waivers.acknowledge(uow, engagement_id, text_hash=text)
        assert made.single_witness
        row = await uow.session.get(Engagement, engagement_id)
        assert row is not None
        assert row.single_witness


async def test_a_covered_worker_is_not_waived(covered: Covered) -> None:
    engagement_id = await confirmed(covered)
    await covered.ask()
    with pytest.raises(Conflict, match="已经参保"):
        async with covered.begin(covered.employer) as uow:
            await waivers.waive(uow, engagement_id, reason="不想买")


async def test_a_neighbour_sees_and_waives_nothing(covered: Covered) -> None:
    engagement_id = await confirmed(covered, 1)
    async with covered.city.database.begin(*covered.city.other_clerk) as uow:
        assert await queries.cover_of(uow, engagement_id) is None
        with pytest.raises(NotFound):
            await waivers.waive(uow, engagement_id, reason="超过承保年龄")


async def test_work_does_not_begin_while_the_insurer_is_silent(covered: Covered) -> None:
    """Signed at dawn with the insurer down; the clock does not start him, the answer does, if it holds since the check-in."""
    assert covered.standin is not None
    covered.standin.behave("fail")
    engagement_id = await confirmed(covered)
    await covered.ask()
    await sign(covered, engagement_id)
    covered.city.clock.advance(timedelta(minutes=11))
    await timers.sweep(covered.city.database)
    assert "cover.late" in await covered.told(engagement_id)
    shift = await at_gate(covered, engagement_id)
    with pytest.raises(Conflict, match="还没回话"):
        await start(covered, shift)
    covered.at(minutes=10)
    await timers.sweep(covered.city.database)
    assert await shift_state(covered, shift) == "A_ARRIVED"
    covered.standin.behave("good")
    covered.at(minutes=31)
    assert await covered.ask() == 1
    assert await covered.state(engagement_id) == "active"
    # It began after the check-in: for this shift it counts for nothing (invariant 3).
    with pytest.raises(Conflict, match="到岗以后才生效"):
        await start(covered, shift)


async def test_what_waited_for_cover_at_the_gate_begins_by_itself(covered: Covered) -> None:
    """Ruling 4: contract and cover follow the arrival; nobody presses a button for his pay."""
    assert covered.standin is not None
    covered.standin.behave("fail", 1)
    engagement_id = await confirmed(covered)
    await covered.ask()
    shift = await at_gate(covered, engagement_id)
    await sign(covered, engagement_id)
    assert await covered.ask() == 1
    covered.at(minutes=10)
    await timers.sweep(covered.city.database)
    assert await shift_state(covered, shift) == "A_WORKING"


async def test_a_waiver_lets_the_waiting_shift_begin(covered: Covered) -> None:
    assert covered.standin is not None
    covered.standin.behave("fail")
    engagement_id = await confirmed(covered)
    await sign(covered, engagement_id)
    shift = await at_gate(covered, engagement_id)
    covered.at(minutes=15)
    await timers.sweep(covered.city.database)
    assert await shift_state(covered, shift) == "A_ARRIVED"
    await waived(covered, engagement_id, 0)
    await timers.sweep(covered.city.database)
    assert await shift_state(covered, shift) == "A_WORKING"


async def test_who_does_not_go_is_taken_off_again(covered: Covered) -> None:
    assert covered.standin is not None
    asked, never = await confirmed(covered), await confirmed(covered, 2)
    await covered.ask()
    async with covered.begin(covered.worker()) as uow:
        await engage.withdraw(uow, asked)
    assert await covered.ask() == 1
    assert [p.state for p in await covered.policies(asked)] == ["ended"]
    covered.standin.behave("fail")
    async with covered.begin(covered.worker(2)) as uow:
        await engage.withdraw(uow, never)
    async with covered.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        kinds = (
            await uow.execute(
                sa.select(OutsideCall.kind, OutsideCall.state).order_by(OutsideCall.created_at, OutsideCall.id)
            )
        ).all()
    assert [tuple(k) for k in kinds][:2] == [("enrol", "answered"), ("enrol", "answered")]
    assert ("withdraw", "answered") in [tuple(k) for k in kinds]


async def test_leaving_before_the_insurer_was_asked_asks_nothing(covered: Covered) -> None:
    engagement_id = await confirmed(covered)
    async with covered.begin(covered.worker()) as uow:
        await engage.withdraw(uow, engagement_id)
    assert await covered.ask() == 0
    assert [p.state for p in await covered.policies(engagement_id)] == ["ended"]


async def test_an_order_that_is_cancelled_takes_its_cover_along(covered: Covered) -> None:
    from linggong.market import service

    engagement_id = await confirmed(covered)
    await covered.ask()
    async with covered.begin(covered.employer) as uow:
        await service.cancel_order(uow, covered.order_id, reason="employer")
    assert [p.state for p in await covered.policies(engagement_id)] == ["ended"]


async def test_a_top_up_is_the_employers_choice_and_holds_beside_the_basic(covered: Covered) -> None:
    """R082: government-paid basic, employer's voluntary top-up."""
    async with covered.begin(covered.employer) as uow:
        with pytest.raises(Invalid):
            await choices.choose(uow, covered.city.secrets.sealer, covered.order_id, ChoiceForm(topup="JB-A1"))
        await choices.choose(uow, covered.city.secrets.sealer, covered.order_id, ChoiceForm(topup="ZJ-B1"))
    engagement_id, old = await confirmed(covered), await confirmed(covered, 2)
    assert await covered.ask() == 3
    found = {p.kind: (p.state, p.payer, p.premium_fen) for p in await covered.policies(engagement_id)}
    assert found == {"basic": ("active", "government", 100), "topup": ("active", "employer", 300)}
    # 62: the basic takes him, the top-up does not; he is covered.
    assert {p.kind: p.state for p in await covered.policies(old)} == {"basic": "active", "topup": "refused"}
    assert await covered.state(old) == "active"
    with pytest.raises(Conflict, match="不能再撤"):
        async with covered.begin(covered.employer) as uow:
            await choices.choose(uow, covered.city.secrets.sealer, covered.order_id, ChoiceForm())


async def test_where_work_injury_insurance_is_owed_nothing_replaces_it(covered: Covered) -> None:
    """Ruling 16: neither commercial cover nor a waiver; the employer's number does."""
    covered.order_id = await publish(covered.city, legal_form=LegalForm.LABOUR_CONTRACT, title="流水线包装工")
    engagement_id = await confirmed(covered)
    await covered.ask()
    assert await covered.state(engagement_id) == "active"
    with pytest.raises(Conflict, match="工伤保险"):
        await sign(covered, engagement_id)
    with pytest.raises(Conflict, match="工伤保险"):
        async with covered.begin(covered.employer) as uow:
            await waivers.waive(uow, engagement_id, reason="不想买")
    async with covered.begin(covered.employer) as uow:
        with pytest.raises(Invalid):
            await choices.choose(uow, covered.city.secrets.sealer, covered.order_id, ChoiceForm(injury_number="x"))
        form = ChoiceForm(injury_number="4102-2026-000123")
        await choices.choose(uow, covered.city.secrets.sealer, covered.order_id, form)
    await sign(covered, engagement_id)


async def test_told_before_work_whether_he_can_be_insured(covered: Covered) -> None:
    async with covered.begin(covered.worker(1)) as uow:
        old = await queries.told(uow, covered.order_id, date(1958, 5, 1))
        young = await queries.told(uow, covered.order_id, date(1968, 5, 1))
        anybody = await queries.told(uow, covered.order_id, None)
    assert (old.can, old.why_not) == (False, "年龄67岁，只保16到65岁")
    assert (young.can, young.basic and young.basic.code) == (True, "JB-A1")
    assert (anybody.can, anybody.occupation_class) == (None, 4)


async def test_nothing_is_required_where_nothing_is_on_offer(covered: Covered) -> None:
    async with covered.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(sa.text("UPDATE cover_products SET active = false"))
    engagement_id = await confirmed(covered, 1)
    assert await covered.state(engagement_id) == "none"
    await sign(covered, engagement_id, 1)
    await start(covered, await at_gate(covered, engagement_id, 1))
