"""Crews and substitutes (12 L, 18, 28, 36 L; rulings 11 and 12): nobody is signed up, confirmed or replaced against his will."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from signing import both_sign
from small_city import START, City

from linggong.kernel import timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.replay import replay
from linggong.market.models import Order
from linggong.people.notice_models import Notice
from linggong.work import attend, crews, engage, leading, queries, replacing
from linggong.work.models import Assignment, Engagement
from linggong.work.replacement_models import Replacement
from linggong.work.witness_models import CallBack

from .conftest import Site, people, publish
from .walking import signed


@pytest.fixture
async def gang(city: City) -> tuple[Site, UUID, list[UUID]]:
    """An order that takes crews; a leader (worker 0) with two members (1 and 2)."""
    site = Site(city, await publish(city, crew_allowed=True, headcount=3), await people(city, 4))
    async with site.begin(site.worker(0)) as uow:
        crew = await crews.found(uow, name="李家班", fee_fen=1000)
    members = []
    for n in (1, 2):
        async with site.begin(site.worker(n)) as uow:
            members.append((await crews.join(uow, crew.code.lower())).id)
    return site, crew.id, members


async def test_a_leader_signs_up_those_who_agreed_and_each_confirms_himself(
    gang: tuple[Site, UUID, list[UUID]],
) -> None:
    site, crew_id, members = gang
    async with site.begin(site.worker(0)) as uow:
        (view,) = await crews.mine(uow)
        assert (len(view.members), view.fee_fen) == (2, 1000)
        made = await crews.sign_up(uow, crew_id, site.order_id, members)
        assert (len(made.engagements), made.refused) == (2, {})
    async with site.begin(site.employer) as uow:
        for one in made.engagements:
            await engage.offer(uow, one)
        seen = await queries.roster(uow, site.order_id)
        assert [(v.crew_name, v.crew_fee_fen) for v in seen] == [("李家班", 1000)] * 2
    with pytest.raises(Conflict):
        async with site.begin(site.worker(0)) as uow:
            await engage.confirm(uow, made.engagements[0])
    async with site.begin(site.worker(1)) as uow:
        row = (await uow.session.scalars(sa.select(Engagement))).one()
        await engage.confirm(uow, row.id)
    await both_sign(site.city.database, row.id, site.worker(1), site.employer)
    async with site.begin(site.worker(1)) as uow:
        shift = (await uow.session.scalars(sa.select(Assignment))).one()
        assert (shift.worker_id, shift.leader_id) == (site.workers[1], site.workers[0])
    site.city.clock.move_to(START)
    code = attend.arrival_code(site.city.secrets, site.order_id, date(2026, 3, 11))
    async with site.begin(site.worker(0)) as uow:
        await attend.arrive(uow, shift.id, method="code", code=code, secrets=site.city.secrets)
    async with site.begin(site.worker(3)) as uow:
        assert (await uow.session.scalars(sa.select(Engagement))).all() == [], "a stranger sees nobody's"
    await _alone(site, row.id, shift.id)


async def _alone(site: Site, engagement_id: UUID, shift_id: UUID) -> None:
    """36: the leader's word alone is marked until the member says so himself."""
    await timers.sweep(site.city.database)
    async with site.begin(site.clerk) as uow:
        assert (await uow.session.get_one(Engagement, engagement_id)).single_witness
        (owed,) = (await uow.session.scalars(sa.select(CallBack))).all()
        assert (owed.step, owed.staff_id, owed.done_at) == ("36", site.workers[0], None)
    with pytest.raises(Conflict, match="另一方"):
        async with site.begin(site.worker(0)) as uow:
            await leading.vouch(uow, shift_id, agree=True)
    async with site.begin(site.worker(1)) as uow:
        view = await queries.engagement(uow, engagement_id)
        assert "vouch" in view.shifts[0].actions
        await leading.vouch(uow, shift_id, agree=True)
        with pytest.raises(Conflict, match="不用再"):
            await leading.vouch(uow, shift_id, agree=True)
    async with site.begin(site.clerk) as uow:
        assert not (await uow.session.get_one(Engagement, engagement_id)).single_witness
        assert (await uow.session.scalars(sa.select(CallBack.outcome))).all() == ["agreed"]


async def test_a_member_who_is_not_there_says_so(gang: tuple[Site, UUID, list[UUID]]) -> None:
    """36: his no keeps the mark, and the employer is called."""
    site, crew_id, members = gang
    async with site.begin(site.worker(0)) as uow:
        made = await crews.sign_up(uow, crew_id, site.order_id, members[:1])
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, made.engagements[0])
    async with site.begin(site.worker(1)) as uow:
        await engage.confirm(uow, made.engagements[0])
        shift_id = (await uow.session.scalars(sa.select(Assignment.id))).one()
    site.city.clock.move_to(START)
    code = attend.arrival_code(site.city.secrets, site.order_id, date(2026, 3, 11))
    async with site.begin(site.worker(0)) as uow:
        await attend.arrive(uow, shift_id, method="code", code=code, secrets=site.city.secrets)
    async with site.begin(site.worker(1)) as uow:
        await leading.vouch(uow, shift_id, agree=False)
    await timers.sweep(site.city.database)
    async with site.begin(site.clerk) as uow:
        assert (await uow.session.get_one(Engagement, made.engagements[0])).single_witness
        assert (await uow.session.scalars(sa.select(Notice.call_wanted).where(Notice.kind == "arrival"))).all() == [
            True
        ]


async def test_nobody_is_signed_up_who_did_not_agree(gang: tuple[Site, UUID, list[UUID]]) -> None:
    site, crew_id, members = gang
    async with site.begin(site.worker(1)) as uow:
        await crews.leave(uow, members[0])
    with pytest.raises(NotFound):
        async with site.begin(site.worker(0)) as uow:
            await crews.sign_up(uow, crew_id, site.order_id, members)
    for stranger in (site.worker(3), site.city.other_clerk):
        with pytest.raises(NotFound):
            async with site.begin(stranger) as uow:
                await crews.sign_up(uow, crew_id, site.order_id, members[1:])
    with pytest.raises(NotFound):
        async with site.begin(site.worker(3)) as uow:
            await crews.join(uow, "WRONGONE")
    with pytest.raises(Invalid):
        async with site.begin(site.worker(3)) as uow:
            await crews.found(uow, name="", fee_fen=100_000)


async def test_who_cannot_come_is_named_and_the_others_come(gang: tuple[Site, UUID, list[UUID]]) -> None:
    site, crew_id, members = gang
    async with site.begin(site.worker(1)) as uow:
        await engage.apply(uow, site.order_id)
    async with site.begin(site.worker(0)) as uow:
        made = await crews.sign_up(uow, crew_id, site.order_id, members)
    assert len(made.engagements) == 1
    assert list(made.refused.values()) == ["这个活已经报过名了，请到“我的活”里看。"]


async def test_an_order_that_takes_no_crews(gang: tuple[Site, UUID, list[UUID]]) -> None:
    site, crew_id, members = gang
    other = await publish(site.city, title="卸货")
    with pytest.raises(Conflict, match="整班"):
        async with site.begin(site.worker(0)) as uow:
            await crews.sign_up(uow, crew_id, other, members)


async def test_a_substitute_enters_himself_and_takes_the_place_when_he_confirms(city: City) -> None:
    site = Site(city, await publish(city, headcount=1), await people(city, 3))
    one, _ = await signed(site, 0)
    async with site.begin(site.worker(0)) as uow:
        offered = await replacing.propose(uow, one, reason="家里有事")
        code, exchange = offered.code, offered.id
    with pytest.raises(Conflict, match="还没有报上名"):
        async with site.begin(site.employer) as uow:
            await replacing.accept(uow, exchange)
    async with site.begin(site.worker(1)) as uow:
        new = await replacing.enter(uow, code)
        assert new.state == "A_APPLIED", "a full order does not make him wait"
    with pytest.raises(Conflict, match="有人用了"):
        async with site.begin(site.worker(2)) as uow:
            await replacing.enter(uow, code)
    with pytest.raises(Conflict, match="换人"):
        async with site.begin(site.employer) as uow:
            await engage.offer(uow, new.id)
    with pytest.raises(NotFound):
        async with site.begin(city.employer(city.fresh)) as uow:
            await replacing.accept(uow, exchange)
    async with site.begin(site.employer) as uow:
        assert (await replacing.of_order(uow, site.order_id))[0].code == ""
        await replacing.accept(uow, exchange)
    async with site.begin(site.worker(1)) as uow:
        await engage.confirm(uow, new.id)
    await both_sign(site.city.database, new.id, site.worker(1), site.employer)
    await timers.sweep(city.database)
    async with site.begin(site.clerk) as uow:
        states = {e.worker_id: e.state for e in await uow.session.scalars(sa.select(Engagement))}
        assert states == {site.workers[0]: "X_REPLACED", site.workers[1]: "A_CONTRACTED"}
        shifts = {a.worker_id: a.state for a in await uow.session.scalars(sa.select(Assignment))}
        assert shifts == states
        assert await uow.session.scalar(sa.select(Order.confirmed)) == 1
        told = (await uow.session.scalars(sa.select(Notice.person_id).where(Notice.kind == "replaced"))).all()
        assert list(told) == [site.workers[0]]
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        bodies = await uow.session.scalars(
            sa.text("SELECT body FROM events WHERE chain = :c ORDER BY n"), {"c": f"order:{site.order_id}"}
        )
        assert replay(bodies.all()).breaks == []


async def test_a_leader_replaces_nobody_without_his_consent(gang: tuple[Site, UUID, list[UUID]]) -> None:
    site, crew_id, members = gang
    async with site.begin(site.worker(0)) as uow:
        made = await crews.sign_up(uow, crew_id, site.order_id, members[:1])
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, made.engagements[0])
    async with site.begin(site.worker(1)) as uow:
        await engage.confirm(uow, made.engagements[0])
    async with site.begin(site.worker(0)) as uow:
        exchange = (await replacing.propose(uow, made.engagements[0], reason="换个熟手")).id
        again = await crews.sign_up(uow, crew_id, site.order_id, members[1:], replacement_id=exchange)
        assert again.refused == {}
        with pytest.raises(Conflict, match="本人"):
            await replacing.consent(uow, exchange)
    with pytest.raises(Conflict, match="本人还没同意"):
        async with site.begin(site.employer) as uow:
            await replacing.accept(uow, exchange)
    async with site.begin(site.worker(1)) as uow:
        await replacing.consent(uow, exchange)
    async with site.begin(site.employer) as uow:
        assert (await replacing.accept(uow, exchange)).state == "A_OFFERED"


async def test_who_did_not_come_may_be_replaced(gang: tuple[Site, UUID, list[UUID]]) -> None:
    site, crew_id, members = gang
    async with site.begin(site.worker(0)) as uow:
        made = await crews.sign_up(uow, crew_id, site.order_id, members[:1])
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, made.engagements[0])
    async with site.begin(site.worker(1)) as uow:
        await engage.confirm(uow, made.engagements[0])
    site.city.clock.move_to(START + timedelta(minutes=30))
    async with site.begin(site.worker(0)) as uow:
        exchange = (await replacing.propose(uow, made.engagements[0])).id
        await crews.sign_up(uow, crew_id, site.order_id, members[1:], replacement_id=exchange)
    async with site.begin(site.employer) as uow:
        new = await replacing.accept(uow, exchange)
    async with site.begin(site.worker(2)) as uow:
        await engage.confirm(uow, new.id)
        assert (await uow.session.scalars(sa.select(Engagement.state))).all() == ["A_CONFIRMED"]


async def test_an_exchange_is_refused_or_too_late(city: City) -> None:
    site = Site(city, await publish(city, headcount=1), await people(city, 2))
    one, shift = await signed(site, 0)
    with pytest.raises(Conflict):
        async with site.begin(site.employer) as uow:
            await replacing.propose(uow, one)
    async with site.begin(site.worker(0)) as uow:
        exchange = await replacing.propose(uow, one)
    async with site.begin(site.worker(1)) as uow:
        new = (await replacing.enter(uow, exchange.code)).id
    async with site.begin(site.employer) as uow:
        await replacing.accept(uow, exchange.id)
    site.city.clock.move_to(START)
    async with site.begin(site.employer) as uow:
        await attend.arrive(uow, shift, method="roll_call")
    with pytest.raises(Conflict, match="换不成"):
        async with site.begin(site.worker(1)) as uow:
            await engage.confirm(uow, new)
    async with site.begin(site.employer) as uow:
        await replacing.refuse(uow, exchange.id)
        assert (await uow.session.scalars(sa.select(Replacement.outcome))).one() == "refused"
    with pytest.raises(NotFound):
        async with site.begin(site.worker(1)) as uow:
            await replacing.enter(uow, exchange.code)
