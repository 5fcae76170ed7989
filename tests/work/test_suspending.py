"""An order under suspicion: frozen, restored, taken down by another hand, objected to (8 to 10; invariants 13 and 15)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import COUNTY, START

from linggong.kernel import timers
from linggong.kernel.db import Actor
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, tenant_path
from linggong.market import suspending
from linggong.market.models import BoardPost, Order, Suspension
from linggong.people.notice_models import Notice
from linggong.work import attend, differing, engage
from linggong.work.models import Assignment, Engagement

from .conftest import Site
from .walking import signed, state


def office(role: str, staff_id: UUID | None = None) -> tuple[Actor, Scope]:
    """A desk of the county."""
    at = tenant_path(COUNTY)
    return Actor(kind="staff", id=staff_id or new_id(), post=at, role=role), Scope(trees=(at,))


OPERATOR, BUREAU = office("county_operator"), office("county_bureau")


async def freeze(site: Site, who: tuple[Actor, Scope] | None = None) -> None:
    async with site.begin(who or site.clerk) as uow:
        await suspending.suspend(uow, site.order_id, reason="fee", note="说要交50块体检费")


async def told(site: Site, kind: str) -> list[UUID]:
    async with site.begin(site.clerk) as uow:
        return list(await uow.session.scalars(sa.select(Notice.person_id).where(Notice.kind == kind)))


async def test_a_frozen_order_is_off_the_board_takes_nobody_and_tells_its_workers(site: Site) -> None:
    await signed(site, 0)
    async with site.begin(site.worker(1)) as uow:
        applied = (await engage.apply(uow, site.order_id)).id
    await freeze(site)
    assert await state(site) == "O_SUSPENDED"
    assert sorted(await told(site, "order_suspended")) == sorted(site.workers[:2]), "each one has a receipt"
    async with site.begin(site.worker(2)) as uow:
        assert not await uow.session.scalar(sa.select(BoardPost.listed))
        with pytest.raises(Conflict, match="核查"):
            await engage.apply(uow, site.order_id)
    async with site.begin(site.employer) as uow:
        with pytest.raises(Conflict, match="核查"):
            await engage.offer(uow, applied)
    with pytest.raises(Conflict):
        await freeze(site)


async def test_restored_it_goes_on_where_the_clock_stands(site: Site) -> None:
    await freeze(site)
    with pytest.raises(Conflict):
        async with site.begin(site.clerk) as uow:
            await suspending.restore(uow, site.order_id, findings="没有问题")
    with pytest.raises(Invalid):
        async with site.begin(OPERATOR) as uow:
            await suspending.restore(uow, site.order_id, findings=" ")
    site.city.clock.move_to(START - timedelta(minutes=20))
    await timers.sweep(site.city.database)
    async with site.begin(OPERATOR) as uow:
        await suspending.restore(uow, site.order_id, findings="电话核实，没有收费")
        row = (await uow.session.scalars(sa.select(Suspension))).one()
        assert (row.outcome, row.decided_by) == ("restored", OPERATOR[0].id)
    assert await state(site) == "O_LOCKED"
    site.city.clock.move_to(START + timedelta(minutes=31))
    await timers.sweep(site.city.database)
    assert await state(site) == "O_EXPIRED", "what fell due while it was frozen is not lost"


async def test_a_take_down_takes_two_hands_and_ends_every_engagement(site: Site) -> None:
    engagement_id, _ = await signed(site, 0)
    async with site.begin(site.worker(1)) as uow:
        await engage.apply(uow, site.order_id)
    await freeze(site, OPERATOR)
    with pytest.raises(Conflict, match="还没有人提出"):
        async with site.begin(BUREAU) as uow:
            await suspending.confirm_takedown(uow, site.order_id)
    async with site.begin(BUREAU) as uow:
        await suspending.propose_takedown(uow, site.order_id, findings="收费截图两张")
    with pytest.raises(Conflict, match="不能自己确认"):
        async with site.begin(BUREAU) as uow:
            await suspending.confirm_takedown(uow, site.order_id)
    with pytest.raises(Conflict):
        async with site.begin(OPERATOR) as uow:
            await suspending.confirm_takedown(uow, site.order_id)
    site.city.clock.move_to(START - timedelta(minutes=30))
    async with site.begin(office("county_bureau")) as uow:
        await suspending.confirm_takedown(uow, site.order_id)
        states = {e.worker_id: e.state for e in await uow.session.scalars(sa.select(Engagement))}
        assert [states[w] for w in site.workers[:2]] == ["X_CANCEL_E", "X_DECLINED"]
        assert await uow.session.scalar(sa.select(Assignment.state)) == "X_CANCEL_E"
        (told_of,) = [e for e in uow.told if e.type == "engagement.cancelled"]
        assert (told_of.subject_id, told_of.body["after_lock"], told_of.body["paid_kind"]) == (
            engagement_id, True, "cancel",
        )  # fmt: skip
    assert await told(site, "order_cancelled") == site.workers[:1]


async def test_the_employer_objects_in_time_and_another_hand_answers(site: Site) -> None:
    await freeze(site)
    async with site.begin(OPERATOR) as uow:
        await suspending.propose_takedown(uow, site.order_id, findings="假单位")
    async with site.begin(BUREAU) as uow:
        await suspending.confirm_takedown(uow, site.order_id)
    with pytest.raises(NotFound):
        async with site.begin(site.city.employer(site.city.fresh)) as uow:
            await suspending.object_to(uow, site.order_id, words="不服")
    async with site.begin(site.employer) as uow:
        await suspending.object_to(uow, site.order_id, words="单位是真的，营业执照在")
    with pytest.raises(Conflict, match="另一位"):
        async with site.begin(BUREAU) as uow:
            await suspending.answer_objection(uow, site.order_id, uphold=True, note="属实")
    async with site.begin(office("county_bureau")) as uow:
        await suspending.answer_objection(uow, site.order_id, uphold=True, note="属实")
        row = (await uow.session.scalars(sa.select(Suspension))).one()
        assert row.answer == "upheld"
    assert await state(site) == "O_CANCELLED", "it counts for nothing, and is not hired for again"


async def test_an_objection_after_five_working_days_is_too_late(site: Site) -> None:
    await freeze(site)
    async with site.begin(OPERATOR) as uow:
        await suspending.propose_takedown(uow, site.order_id, findings="假单位")
    async with site.begin(BUREAU) as uow:
        await suspending.confirm_takedown(uow, site.order_id)
    site.at(days=5)  # Sunday: 3 of 5 working days have passed
    await timers.sweep(site.city.database)
    site.at(days=3)
    with pytest.raises(Conflict, match="时间过了"):
        async with site.begin(site.employer) as uow:
            await suspending.object_to(uow, site.order_id, words="不服")


async def test_a_late_decision_is_said_and_asked_again(site: Site) -> None:
    await freeze(site)
    site.at(days=3)
    await timers.sweep(site.city.database)
    async with site.begin(site.clerk) as uow:
        late = await uow.session.scalar(sa.text("SELECT count(*) FROM events WHERE type = 'order.suspension_late'"))
        live = await uow.session.scalar(
            sa.text("SELECT count(*) FROM timers WHERE key = 't.suspend.decide' AND state = 'live'")
        )
        assert (late, live) == (1, 1)
        assert (await uow.session.scalar(sa.select(Order.state))) == "O_SUSPENDED"


@pytest.mark.parametrize(("reason", "note"), [("mood", ""), ("other", " ")])
async def test_a_reason_is_given(site: Site, reason: str, note: str) -> None:
    with pytest.raises(Invalid):
        async with site.begin(site.clerk) as uow:
            await suspending.suspend(uow, site.order_id, reason=reason, note=note)
    with pytest.raises(NotFound):
        async with site.begin(site.city.other_clerk) as uow:
            await suspending.suspend(uow, site.order_id, reason="fee")
    with pytest.raises(Conflict):
        async with site.begin(site.employer) as uow:
            await suspending.suspend(uow, site.order_id, reason="fee")


async def test_a_worker_who_leaves_at_the_gate_freezes_the_order(site: Site) -> None:
    """Path i: the work on site is not what was posted (39b)."""
    _, shift = await signed(site, 0)
    _, other = await signed(site, 1)
    site.city.clock.move_to(START)
    for one in (shift, other):
        async with site.begin(site.employer) as uow:
            await attend.arrive(uow, one, method="roll_call")
    for n, one in ((0, shift), (1, other)):
        async with site.begin(site.worker(n)) as uow:
            await differing.differs(uow, one, what="trade", statement="说好打扫，到了是拆墙")
    await timers.sweep(site.city.database)
    assert await state(site) == "O_SUSPENDED"
    async with site.begin(site.clerk) as uow:
        row = (await uow.session.scalars(sa.select(Suspension))).one()
        assert (row.reason, row.note, row.suspended_by) == ("differs", "零工到场说：说好打扫，到了是拆墙", None)
