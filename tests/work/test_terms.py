"""Changes of terms (24 to 26, 48): for all or for one, bound only where both said yes, with the clock behind them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from small_city import START, City

from linggong.kernel import timers
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.market.models import BoardPost, Order, TermsVersion
from linggong.work import attend, engage, queries, terms
from linggong.work.models import Assignment, Engagement
from linggong.work.terms_models import TermsChange
from linggong.work.terms_values import TermsForm

from .conftest import Site, people, publish
from .walking import signed

PRICE = TermsForm(kind="price", pay_fen=22000)
LATER = TermsForm(kind="time", starts_at=START + timedelta(hours=2), ends_at=START + timedelta(hours=11))


async def to_all(site: Site, form: TermsForm, who: Any = None) -> list[UUID]:
    async with site.begin(who or site.employer) as uow:
        return [c.id for c in await terms.propose_to_all(uow, site.order_id, form)]


async def answer(site: Site, n: int, change_id: UUID, *, yes: bool = True) -> TermsChange:
    async with site.begin(site.worker(n)) as uow:
        return await (terms.agree(uow, change_id) if yes else terms.refuse(uow, change_id, note="太少"))


async def versions(site: Site) -> dict[UUID, int | None]:
    async with site.begin(site.clerk) as uow:
        return {e.worker_id: e.terms_version for e in await uow.session.scalars(sa.select(Engagement))}


async def mine(site: Site, n: int) -> UUID:
    async with site.begin(site.worker(n)) as uow:
        found = await uow.session.scalar(sa.select(TermsChange.id).where(TermsChange.state == "T_PROPOSED"))
    assert found is not None
    return found


async def test_new_terms_bind_only_those_who_agreed_and_whoever_comes_later(site: Site) -> None:
    await signed(site, 0)
    await signed(site, 1)
    assert len(await to_all(site, PRICE)) == 2
    with pytest.raises(Conflict, match="对方"):
        async with site.begin(site.employer) as uow:
            await terms.agree(uow, (await terms_of(uow))[0])
    change = await answer(site, 0, await mine(site, 0))
    assert (change.state, change.version) == ("T_AGREED", 2)
    refused = await answer(site, 1, await mine(site, 1), yes=False)
    assert refused.state == "T_REFUSED"
    await signed(site, 2)
    assert await versions(site) == {site.workers[0]: 2, site.workers[1]: 1, site.workers[2]: 2}
    async with site.begin(site.employer) as uow:
        pay = {v.worker_id: v.pay_fen for v in await queries.roster(uow, site.order_id)}
        assert pay == {site.workers[0]: 22000, site.workers[1]: 20000, site.workers[2]: 22000}
    async with site.begin(site.clerk) as uow:
        assert await uow.session.scalar(sa.select(Order.pay_fen)) == 22000
        assert await uow.session.scalar(sa.select(BoardPost.pay_fen)) == 22000
        row = (await uow.session.scalars(sa.select(TermsVersion).where(TermsVersion.version == 2))).one()
        pay = msgspec.json.decode(row.body)["pay"]
        assert (pay["fen"], pay["unit"], row.is_general) == (22000, "day", True)


async def terms_of(uow: Any) -> list[UUID]:
    return list(await uow.session.scalars(sa.select(TermsChange.id).order_by(TermsChange.id)))


async def test_without_anybody_bound_terms_change_at_once_and_whoever_was_asked_is_asked_anew(site: Site) -> None:
    async with site.begin(site.worker(0)) as uow:
        one = (await engage.apply(uow, site.order_id)).id
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, one)
    assert await to_all(site, PRICE) == []
    async with site.begin(site.worker(0)) as uow:
        with pytest.raises(Conflict, match="刚刚改过"):
            await engage.confirm(uow, one, seen=1)
        assert (await engage.confirm(uow, one, seen=2)).terms_version == 2


async def test_more_people_need_nobodys_yes_and_are_asked_from_the_waitlist(city: City) -> None:
    site = Site(city, await publish(city, headcount=1), await people(city, 2))
    await signed(site, 0)
    async with site.begin(site.worker(1)) as uow:
        await engage.apply(uow, site.order_id)
    assert await to_all(site, TermsForm(kind="headcount", headcount=2)) == []
    await timers.sweep(city.database)
    async with site.begin(site.worker(1)) as uow:
        assert (await uow.session.scalars(sa.select(Engagement.state))).one() == "A_OFFERED"
    with pytest.raises(Invalid):
        await to_all(site, TermsForm(kind="headcount", headcount=0))


async def test_other_hours_move_the_shift_the_order_and_its_clock(site: Site) -> None:
    _, shift = await signed(site, 0)
    (change,) = await to_all(site, LATER)
    await answer(site, 0, change)
    await timers.sweep(site.city.database)
    async with site.begin(site.clerk) as uow:
        assert await uow.session.scalar(sa.select(Assignment.starts_at)) == LATER.starts_at
        order = (await uow.session.scalars(sa.select(Order))).one()
        assert (order.starts_at, order.ends_at) == (LATER.starts_at, LATER.ends_at)
        lock = await uow.session.scalar(
            sa.text("SELECT due_at FROM timers WHERE key = 't.lock' AND state = 'live' AND subject_id = :o"),
            {"o": site.order_id},
        )
        assert lock == START + timedelta(hours=1)
    assert shift


async def test_other_hours_that_clash_with_another_job_cannot_be_agreed_to(city: City) -> None:
    first = Site(city, await publish(city, ends_at=START + timedelta(hours=3)), await people(city, 1))
    later = await publish(city, title="卸货", starts_at=START + timedelta(hours=4), ends_at=START + timedelta(hours=8))
    await signed(first, 0)
    await signed(Site(city, later, first.workers), 0)
    (change,) = await to_all(
        first, TermsForm(kind="time", starts_at=START + timedelta(hours=3), ends_at=START + timedelta(hours=6))
    )
    with pytest.raises(Conflict, match="时间"):
        await answer(first, 0, change)


async def test_silence_keeps_the_old_terms_and_insisting_is_a_cancel(site: Site) -> None:
    engagement_id, _ = await signed(site, 0)
    (change,) = await to_all(site, PRICE)
    with pytest.raises(Conflict, match="没答复"):
        await to_all(site, LATER)
    with pytest.raises(Conflict):
        async with site.begin(site.employer) as uow:
            await terms.insist(uow, change)
    site.city.clock.move_to(START - timedelta(hours=2, minutes=50))
    await timers.sweep(site.city.database)
    assert await versions(site) == {site.workers[0]: 1}
    with pytest.raises(Conflict):
        await answer(site, 0, change)
    async with site.begin(site.employer) as uow:
        row = await terms.insist(uow, change)
        assert (row.id, row.state) == (engagement_id, "X_CANCEL_E")


async def test_a_worker_proposes_for_himself_and_nobody_else_is_bound(site: Site) -> None:
    one, _ = await signed(site, 0)
    await signed(site, 1)
    async with site.begin(site.worker(0)) as uow:
        change = (await terms.propose(uow, one, PRICE)).id
    with pytest.raises(Conflict, match="自己提"):
        await answer(site, 0, change)
    with pytest.raises(NotFound):
        await answer(site, 1, change)
    async with site.begin(site.employer) as uow:
        await terms.agree(uow, change)
    assert await versions(site) == {site.workers[0]: 2, site.workers[1]: 1}
    await signed(site, 2)
    assert (await versions(site))[site.workers[2]] == 1, "one worker's terms are not in force for others"
    async with site.begin(site.clerk) as uow:
        assert await uow.session.scalar(sa.select(BoardPost.pay_fen)) == 20000


async def test_on_site_only_overtime_extra_and_reduced_work(site: Site) -> None:
    one, shift = await signed(site, 0)
    overtime = TermsForm(kind="overtime", until=START + timedelta(hours=11), hourly_fen=3000)
    with pytest.raises(Conflict, match="不在岗"):
        async with site.begin(site.employer) as uow:
            await terms.propose(uow, one, overtime)
    site.city.clock.move_to(START)
    async with site.begin(site.employer) as uow:
        await attend.arrive(uow, shift, method="roll_call")
        await attend.start(uow, shift)
        with pytest.raises(Conflict, match="到岗"):
            await terms.propose(uow, one, PRICE)
        with pytest.raises(Invalid) as caught:
            await terms.propose(uow, one, TermsForm(kind="overtime", until=START + timedelta(hours=15), hourly_fen=100))
        assert {f.field for f in caught.value.faults} == {"until", "hourly_fen"}
        change = (await terms.propose(uow, one, overtime)).id
    agreed = await answer(site, 0, change)
    async with site.begin(site.clerk) as uow:
        row = (await uow.session.scalars(sa.select(TermsVersion).where(TermsVersion.version == agreed.version))).one()
        assert not row.is_general
        assert msgspec.json.decode(row.body)["overtime"] == [
            {"date": "2026-03-11", "until": (START + timedelta(hours=11)).isoformat(), "hourly_fen": 3000}
        ]


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        (TermsForm(kind="price", pay_fen=-1), {"pay_fen"}),
        (TermsForm(kind="price", pay_fen=10**12), {"pay_fen"}),
        (TermsForm(kind="price", pay_fen=100), {"pay_fen"}),
        (TermsForm(kind="price", pay_fen=20000), {"pay_fen"}),
        (TermsForm(kind="time"), {"starts_at", "ends_at"}),
        (TermsForm(kind="place", place=""), {"place"}),
        (TermsForm(kind="headcount", headcount=501), {"headcount"}),
        (TermsForm(kind="overtime"), {"kind"}),
        (TermsForm(kind="gift"), {"kind"}),
    ],
)
async def test_all_faults_of_a_proposal_at_once(site: Site, form: TermsForm, fields: set[str]) -> None:
    with pytest.raises(Invalid) as caught:
        await to_all(site, form)
    assert {f.field for f in caught.value.faults} == fields


async def test_one_clerk_for_both_sides_is_called_back(site: Site) -> None:
    one, _ = await signed(site, 0)
    with pytest.raises(Invalid):
        async with site.begin(site.clerk) as uow:
            await terms.propose(uow, one, PRICE)
    async with site.begin(site.clerk) as uow:
        change = (await terms.propose(uow, one, PRICE, side="worker")).id
        await terms.agree(uow, change)
        row = await uow.session.get(Engagement, one)
        assert row is not None
        assert row.single_witness
