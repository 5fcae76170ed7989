"""Supply and demand of trades by week and month, beside the year before, and the alarm that is told once (R138)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest
import sqlalchemy as sa
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, STATION, City

from linggong.inbox import subscribers as inbox_subscribers
from linggong.inbox.models import Memo
from linggong.kernel.db import Actor
from linggong.kernel.errors import Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, tenant_path
from linggong.measures import supply
from linggong.measures.shape import VERSION
from linggong.measures.site_models import TradeGap
from tests.tenants.rows import fill

if TYPE_CHECKING:
    from conftest import TestDatabase

HELPER, MASON = "6-29-99-00", "6-29-01-01"
MONDAY = date(2026, 3, 9)


async def day(owner: asyncpg.Connection, tenant: str, on: date, code: str, wanted: int, people: int) -> None:
    """Write a day of a trade as the refresh would: heads wanted, and who was there."""
    facts = [("wanted", "", wanted), *(("avail.person", f"p{n}", 1) for n in range(people))]
    for component, key, value in facts:
        await fill(
            owner, "metric_facts", tenant=tenant, day=on, component=component, trade_code=code, grp="", key=key, value=value,
            version=VERSION,
        )  # fmt: skip


def bureau(path: str) -> tuple[Actor, Scope]:
    at = tenant_path(path)
    return Actor(kind="staff", id=new_id(), post=at, role="city_bureau"), Scope(trees=(at,))


def test_weeks_and_months_meet_their_season() -> None:
    assert supply.periods("week", date(2026, 3, 11), 2) == [
        (date(2026, 3, 2), date(2026, 3, 8)), (date(2026, 3, 9), date(2026, 3, 15)),
    ]  # fmt: skip
    assert supply.periods("month", date(2026, 3, 11), 2)[0] == (date(2026, 2, 1), date(2026, 2, 28))
    assert supply.year_before("week", MONDAY) == (date(2025, 3, 10), date(2025, 3, 16))
    assert supply.year_before("month", date(2024, 2, 1)) == (date(2023, 2, 1), date(2023, 2, 28))


async def test_a_gap_is_told_once_and_ends(city: City, blank: TestDatabase) -> None:
    inbox_subscribers.register()
    owner = await blank.owner()
    try:
        for n in range(3):
            await day(owner, STATION, MONDAY + timedelta(days=n), HELPER, 30, 10)
            # Twice is not more than twice; nor is a gap of nine heads one of ten.
            await day(owner, STATION, MONDAY + timedelta(days=n), MASON, 20, 10)
            await day(owner, OTHER_STATION, MONDAY + timedelta(days=n), HELPER, 10, 1)
        await day(owner, STATION, MONDAY + timedelta(days=3), HELPER, 50, 12)
        await day(owner, STATION, MONDAY + timedelta(days=4), HELPER, 12, 12)
        await day(owner, STATION, date(2025, 3, 11), HELPER, 8, 4)
    finally:
        await owner.close()
    async with city.database.system() as uow:
        assert await supply.watch(uow, MONDAY + timedelta(days=1)) == []
        (gap,) = await supply.watch(uow, MONDAY + timedelta(days=2))
        assert (gap.tenant, gap.trade_code, gap.since, gap.demand, gap.supply) == (COUNTY, HELPER, MONDAY, 90, 30)
        assert await supply.watch(uow, MONDAY + timedelta(days=2)) == []
        assert await supply.watch(uow, MONDAY + timedelta(days=3)) == []
        memos = list(await uow.session.scalars(sa.select(Memo).order_by(Memo.tenant)))
        assert [(m.tenant, m.office, m.title) for m in memos] == [
            (path, "bureau", "兰考县缺小工：3 天要 90 人，能来 30 人") for path in ("/4102/", COUNTY)
        ]
        assert await supply.watch(uow, MONDAY + timedelta(days=4)) == []
        await uow.session.refresh(gap)
        assert gap.ended_on == MONDAY + timedelta(days=4)
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(TradeGap)) == 1
    async with city.database.begin(*bureau(COUNTY)) as uow:
        last = MONDAY + timedelta(days=4)
        week = (await supply.trend(uow, tenant_path(COUNTY), unit="week", n=2, last=last, trade_code=HELPER))[-1]
        assert (week.demand, week.supply, week.ratio) == (152, 54, 2.81)
        assert (week.demand_before, week.supply_before, week.last) == (8, 4, last)
        # Of all trades together somebody counts once a day; before the first fact nothing was counted, which is not zero.
        month = await supply.trend(uow, tenant_path(COUNTY), unit="month", n=3, last=last)
        assert (month[-1].demand, month[-1].supply, month[0].demand_before) == (212, 54, None)
        assert (await supply.trades_of(uow, tenant_path(COUNTY), MONDAY, last)) == [HELPER, MASON]
        assert [g.trade for g in await supply.gaps(uow, tenant_path(COUNTY), since=MONDAY)] == ["小工"]
        with pytest.raises(Invalid) as refused:
            await supply.trend(uow, tenant_path(COUNTY), unit="year", n=1, last=last, trade_code="x")
        assert {f.field for f in refused.value.faults} == {"unit", "trade"}
    async with city.database.begin(*bureau(OTHER_COUNTY)) as uow:
        assert await supply.gaps(uow, tenant_path(COUNTY), since=MONDAY) == []
