"""What a grade leaves of the last part: both sides are told, and what was paid above it comes back (R125, R126)."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import Officer, hire
from small_city import COUNTY

from linggong.inbox.models import Memo
from linggong.kernel import timers
from linggong.kernel.errors import Conflict, Invalid
from linggong.operators import settlements
from linggong.operators.queries import SettlementView
from linggong.operators.settlements import PaidForm
from rbac.roles import Role
from tenants import service

from .conftest import LAST, Town
from .test_money import ask, paid, plan, step


async def notices(town: Town, words: str) -> set[str]:
    """Return which offices were told something with these words in its title."""
    async with town.city.database.system() as uow:
        found = await uow.execute(sa.select(Memo.office).where(Memo.title.contains(words)))
        return set(found.scalars())


async def begun(town: Town) -> tuple[UUID, list[SettlementView], Officer]:
    """A signed contract that is read as a whole: it, its instalments, and the operator's own person."""
    async with town.city.database.system() as uow:
        await service.set_parameter(uow, COUNTY, "pay.plan.reading", "whole_contract", "局务会纪要")
    made = await town.signed()
    return made, await plan(town, made), await town.man()


async def test_a_poor_year_of_the_whole_contract_is_taken_back(town: Town) -> None:
    """§2.2: 较差 pays 70 % where 75 % were fixed: 5 % come back, approved by two people like a payment."""
    made, rows, man = await begun(town)
    town.stand_at(LAST)
    await town.graded(made, "较差", 60)
    with pytest.raises(Conflict, match="没有可付的，还要退回 20000 元"):
        await ask(town, man, rows[3].id)
    with pytest.raises(Conflict, match="没有要追回的"):
        await step(town.bureau, settlements.recover, rows[3].id)
    for row in rows[:3]:
        await paid(town, row.id, man)
    told = (await plan(town, made))[3].outcome
    assert told is not None
    assert (told.total_fen, told.paid_fen, told.tail_fen, told.back_fen) == (
        28_000_000,
        30_000_000,
        -2_000_000,
        2_000_000,
    )
    words = "考核“较差”，按整个合同价计算：合同价付 70%，全年共付 280,000 元；前几期已付 300,000 元，多付了，要退回 20,000 元。"
    assert told.words == words
    await step(town.bureau, settlements.recover, rows[3].id)
    with pytest.raises(Conflict, match="自己申报"):
        await step(town.bureau, settlements.approve, rows[3].id)
    # A draft that is returned is drafted anew: it never becomes a request of the operator's.
    await step(town.second, settlements.give_back, rows[3].id, words="没写文号")
    await timers.sweep(town.city.database)
    assert await notices(town, "退回补正") == {"bureau"}
    with pytest.raises(Conflict, match="没有可付的"):
        await ask(town, man, rows[3].id)
    await step(town.bureau, settlements.recover, rows[3].id)
    assert (await plan(town, made))[3].state_label == "追回单已起草，待初审"
    third = await hire(town.city.database, "third", Role.COUNTY_BUREAU, COUNTY, name="方正")
    await step(third, settlements.approve, rows[3].id)
    await step(town.second, settlements.confirm, rows[3].id)
    assert (await plan(town, made))[3].state_label == "已开追回单，待退款"
    await timers.sweep(town.city.database)
    assert await notices(town, "要退回 20000 元") == {"operator"}
    with pytest.raises(Invalid, match="退款要在"):
        await step(town.second, settlements.pay, rows[3].id, PaidForm())
    today = town.city.clock.now().date()
    await step(town.second, settlements.pay, rows[3].id, PaidForm(paid_on=today, voucher="收 2027-0001"))
    assert (await plan(town, made))[3].state_label == "追回的钱已经收回"
    assert [r.amount_fen for r in await plan(town, made)] == [6_000_000, 12_000_000, 12_000_000, -2_000_000]


async def test_both_sides_are_told_what_the_grade_leaves_and_how_a_request_goes_on(town: Town) -> None:
    """R125, R126: nobody learns of his turn by chance."""
    made, rows, man = await begun(town)
    await ask(town, man, rows[0].id)
    await timers.sweep(town.city.database)
    assert await notices(town, "申请拨付") == {"bureau"}
    await step(town.bureau, settlements.give_back, rows[0].id, words="发票抬头不对")
    await timers.sweep(town.city.database)
    assert await notices(town, "退回补正") == {"operator"}
    await town.graded(made, "较差", 60)
    await timers.sweep(town.city.database)
    assert await notices(town, "等次定了") == {"bureau", "operator"}
    left = (await plan(town, made))[3].outcome
    assert left is not None
    assert left.back_fen == 0, "nothing was paid yet: nothing comes back"
    assert "前几期付完以后，多出的要退回" in left.words
