"""Bills whatever the shift's end, what may be added and taken off, and when they fall due (54, 55; rulings 2 and 16)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from small_city import START

from linggong.kernel import clock, timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid
from linggong.kernel.paths import EVERYWHERE
from linggong.market import service as market
from linggong.market.codes import LegalForm, PayUnit, Settlement
from linggong.wages import bills, queries, tax
from linggong.wages.agreed import amount_in
from linggong.wages.models import Bill
from linggong.work.models import Assignment, Engagement

from .conftest import City, Site, accepted, people, publish, signed


async def built(city: City, **changes: Any) -> Site:
    return Site(city, await publish(city, **changes), await people(city, 2))


async def view(site: Site, bill_id: UUID) -> queries.BillView:
    async with site.begin(site.worker()) as uow:
        return await queries.bill(uow, bill_id)


async def test_a_shift_that_came_to_nothing_is_compensated_once(site: Site) -> None:
    engagement_id, assignment_id = await signed(site)
    for _ in range(2):
        async with site.begin(site.employer) as uow:
            made = await bills.compensate(uow, engagement_id, "cancel_after_lock")
    row = await view(site, made.id)
    assert (row.total_fen, row.cause, row.assignment_id, row.state) == (6000, "cancel_after_lock", None, "OPEN")
    assert [line.kind for line in row.lines] == ["compensation"]
    async with site.begin(site.worker()) as uow:
        made = await bills.compensate(uow, engagement_id, "employer_no_show", assignment_id=assignment_id)
        assert made.total_fen == 6000
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(Bill)) == 2
    with pytest.raises(ValueError, match="no compensation"):
        async with site.begin(site.worker()) as uow:
            await bills.compensate(uow, engagement_id, "work")


async def test_a_cancel_after_the_lock_is_compensated_for_everybody(site: Site) -> None:
    """30, ruling 2: the bills stand although order and engagements are over, and are due like wages."""
    for n in (0, 1):
        await signed(site, n)
    site.city.clock.move_to(START - timedelta(minutes=40))
    await timers.sweep(site.city.database)
    async with site.begin(site.employer) as uow:
        await market.cancel_order(uow, site.order_id, reason="employer")
    async with site.begin(site.employer) as uow:
        made = await queries.bills(uow)
    assert [(b.cause, b.total_fen, b.state, b.loop_state) for b in made] == [
        ("cancel_after_lock", 6000, "OPEN", "A_BILLED")
    ] * 2
    assert {b.due_at for b in made} == {at(12, 0)}
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        assert set(await uow.session.scalars(sa.select(Engagement.state))) == {"X_CANCEL_E"}


async def test_an_early_cancel_owes_nothing(site: Site) -> None:
    await signed(site)
    async with site.begin(site.employer) as uow:
        await market.cancel_order(uow, site.order_id, reason="employer")
        assert await queries.bills(uow) == []


async def test_agreed_travel_is_the_floor(city: City) -> None:
    site = await built(city, ride="自己坐车来，车费 80元", pay_fen=20000)
    engagement_id, _ = await signed(site)
    async with site.begin(site.employer) as uow:
        assert (await bills.compensate(uow, engagement_id, "cancel_after_lock")).total_fen == 8000


async def test_work_before_a_void_is_paid(site: Site) -> None:
    _, assignment_id = await signed(site)
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        await uow.execute(sa.update(Assignment).where(Assignment.id == assignment_id).values(minutes=120))
        made = await bills.bill_for(uow, assignment_id, ended="void")
        assert made.total_fen == 5000


async def test_more_may_be_owed_but_no_fee(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    async with site.begin(site.employer) as uow:
        row = await bills.add_line(uow, bill_id, kind="travel", words="回程车费", amount_fen=1500)
        assert row.total_fen == 21500
    for kind, words, amount in (("fee", "中介费", -100), ("fine", "", 10**9), ("agreed_deduction", "罚款", 0)):
        with pytest.raises(Invalid) as caught:
            async with site.begin(site.employer) as uow:
                await bills.add_line(uow, bill_id, kind=kind, words=words, amount_fen=amount)
        assert {"kind", "amount_fen"} <= {f.field for f in caught.value.faults}
    with pytest.raises(Conflict, match="雇主"):
        async with site.begin(site.worker()) as uow:
            await bills.add_line(uow, bill_id, kind="travel", words="车费", amount_fen=100)
    assert (await view(site, bill_id)).total_fen == 21500


async def test_only_what_the_terms_name_is_taken_off(city: City) -> None:
    site = await built(city, meals="食堂午饭 15元 自理", tools="自带瓦刀")
    _, _, bill_id = await accepted(site)
    for what, amount, words in (
        ("tools", 100, "没有写"),
        ("damage", 100, "只能扣"),
        ("meals", 1501, "最多还能扣 15 元"),
    ):
        with pytest.raises(Invalid, match=words):
            async with site.begin(site.employer) as uow:
                await bills.deduct(uow, bill_id, what=what, amount_fen=amount)
    async with site.begin(site.employer) as uow:
        await bills.deduct(uow, bill_id, what="meals", amount_fen=1000)
    with pytest.raises(Invalid, match="最多还能扣 5 元"):
        async with site.begin(site.employer) as uow:
            await bills.deduct(uow, bill_id, what="meals", amount_fen=501)
    row = await view(site, bill_id)
    assert (row.total_fen, [line.amount_fen for line in row.lines]) == (19000, [20000, -1000])


@pytest.mark.parametrize(
    ("text", "amount"),
    [("午饭15元", 1500), ("15.5 元", 1550), ("包午饭", None), ("15元到20元", None), ("", None), ("满100000元", None)],
)
def test_one_amount_of_a_text_is_an_agreement(text: str, amount: int | None) -> None:
    assert amount_in(text) == amount


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return clock.at_shanghai(date(2026, 3, day), clock.shanghai(START).replace(hour=hour, minute=minute).time())


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({"settlement": Settlement.DAILY}, at(12, 0)),
        ({"settlement": Settlement.PER_JOB}, at(12, 16, 30)),
        # The worker did not choose the week: payable on completion (ruling 16).
        ({"settlement": Settlement.WEEKLY, "choice_of_settlement": True}, at(12, 16, 30)),
    ],
)
async def test_due_dates(city: City, changes: dict[str, Any], due: datetime) -> None:
    site = await built(city, **changes)
    _, _, bill_id = await accepted(site)
    assert (await view(site, bill_id)).due_at == due


async def test_the_week_is_the_workers_choice(city: City) -> None:
    site = await built(city, settlement=Settlement.WEEKLY, choice_of_settlement=True)
    engagement_id, _ = await signed(site)
    with pytest.raises(Conflict, match="零工自己选"):
        async with site.begin(site.employer) as uow:
            await bills.choose_weekly(uow, engagement_id)
    for _ in range(2):
        async with site.begin(site.worker()) as uow:
            await bills.choose_weekly(uow, engagement_id)
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        assignment = await uow.session.scalar(sa.select(Assignment))
        assert assignment is not None
        made = await bills.bill_for(uow, assignment.id)
        # Wednesday in a week is a Wednesday: no holiday moves it.
        assert made.due_at == at(18, 16, 30)


async def test_no_week_where_none_is_offered(site: Site) -> None:
    engagement_id, _ = await signed(site)
    with pytest.raises(Conflict, match="没有周结"):
        async with site.begin(site.worker()) as uow:
            await bills.choose_weekly(uow, engagement_id)


async def test_a_due_date_on_a_weekend_comes_before_it(city: City) -> None:
    """Friday's work, payable within a day: Saturday is no working day, so the money comes on Friday [law]."""
    starts = START.replace(day=12)
    site = await built(
        city, settlement=Settlement.PER_JOB, starts_at=starts, ends_at=START.replace(day=13, hour=8, minute=30)
    )
    _, assignment_id = await signed(site)
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        made = await bills.bill_for(uow, assignment_id)
    assert made.due_at == at(14, 0)


async def test_a_labour_contract_pays_the_multipliers(city: City) -> None:
    site = await built(
        city, legal_form=LegalForm.LABOUR_CONTRACT, pay_fen=2500, pay_unit=PayUnit.HOUR, meal_minutes=0,
        ends_at=START.replace(day=11, hour=9, minute=30),
    )  # fmt: skip
    _, assignment_id = await signed(site)
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        await uow.execute(sa.update(Assignment).values(minutes=600))
        made = await bills.bill_for(uow, assignment_id)
        assert made.total_fen == 25000 + 2500


def test_the_threshold_of_a_month() -> None:
    assert tax.threshold(500000, 20) == 625000
    assert tax.threshold(500000, 20, months=3) == 1875000
    for bad in ((500000, 100, 1), (-1, 20, 1), (500000, 20, 0)):
        with pytest.raises(ValueError, match="threshold"):
            tax.threshold(bad[0], bad[1], months=bad[2])


@given(st.integers(0, 10**7), st.integers(0, 80), st.integers(1, 12))
def test_what_is_left_of_the_threshold_is_the_base(base: int, cost: int, months: int) -> None:
    limit = tax.threshold(base, cost, months=months)
    assert abs(limit * (100 - cost) - base * months * 100) <= 50 * (100 - cost) / 100 * 1 + 50


async def test_the_hint_comes_above_the_threshold(city: City) -> None:
    site = await built(city, pay_fen=65000)
    _, _, bill_id = await accepted(site)
    async with site.begin(site.worker()) as uow:
        path = "/4102/25/001/s01/"
        assert await tax.hint(uow, city.trusted, site.workers[0], "2026-03", path=path) is None
    async with site.begin(site.employer) as uow:
        await bills.add_line(uow, bill_id, kind="allowance", words="补贴", amount_fen=600000)
    async with site.begin(site.worker()) as uow:
        found = await tax.hint(uow, city.trusted, site.workers[0], "2026-03", path=path)
    assert found is not None
    assert (found.earned_fen, found.threshold_fen) == (665000, 625000)
