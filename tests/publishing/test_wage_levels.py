"""Wages of trades by county and month (M09): what may be told, together with its small group, or not at all."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import asyncpg
import sqlalchemy as sa
from small_city import COUNTY, OTHER_COUNTY, STATION, City

from linggong.kernel.db import NOBODY, Actor
from linggong.kernel.paths import Scope
from linggong.measures.shape import VERSION
from linggong.publishing import wage_levels
from linggong.publishing.models import WageLevel
from linggong.publishing.wage_levels import levels
from linggong.web import order_forms
from tests.tenants.rows import fill

if TYPE_CHECKING:
    from conftest import TestDatabase

HELPER, MASON, TILER = "6-29-99-00", "6-29-01-01", "6-29-01-04"
MARCH = date(2026, 3, 1)


def paid(persons: int, employers: int, fen: int, *, name: str = "p") -> dict[str, dict[str, int]]:
    return {
        "wage.hour": {str(fen + n): 1 for n in range(persons)},
        "wage.person": {f"{name}{n}": 1 for n in range(persons)},
        "wage.employer": {f"e{n}": 1 for n in range(employers)},
    }


def test_small_trades_are_told_together_or_not() -> None:
    told = levels({HELPER: paid(10, 3, 2500), MASON: paid(6, 2, 4000), TILER: paid(5, 3, 4400, name="q")}, 10, 3)
    assert [(one.code, one.is_group, one.persons, one.employers) for one in told] == [
        (HELPER, False, 10, 3), ("6-29-01", True, 11, 3),
    ]  # fmt: skip
    assert told[0].values == (2500, 2500, 2500, 2510, 2510)
    # Ten people of two employers would tell about them.
    assert levels({HELPER: paid(10, 2, 2500), MASON: paid(9, 9, 2500)}, 10, 3) == []


async def settle(owner: asyncpg.Connection, code: str, persons: int, fen: int) -> None:
    for component, keys in paid(persons, 3, fen).items():
        for key, n in keys.items():
            await fill(
                owner, "metric_facts", tenant=STATION, day=date(2026, 3, 9), component=component, trade_code=code, grp="", key=key,
                value=n, version=VERSION,
            )  # fmt: skip


async def test_everybody_reads_what_may_be_told(city: City, blank: TestDatabase) -> None:
    owner = await blank.owner()
    try:
        await settle(owner, HELPER, 12, 2500)
        await settle(owner, MASON, 9, 4000)
    finally:
        await owner.close()
    city.clock.move_to(datetime(2026, 3, 11, 5, 10, tzinfo=ZoneInfo("Asia/Shanghai")))
    async with city.database.system() as uow:
        assert await wage_levels.count(uow, MARCH, date(2026, 3, 10)) == 2
        assert await wage_levels.count(uow, MARCH, date(2026, 3, 10)) == 2
        assert set(await uow.session.scalars(sa.select(WageLevel.code))) == {HELPER}
    async with city.database.begin(Actor(kind="visitor", id=NOBODY), Scope()) as uow:
        (line,) = await wage_levels.told(uow, COUNTY, MARCH)
        assert (line.name, line.persons, line.p50, line.day_fen) == ("小工", 12, 2500, 20000)
        assert await wage_levels.told(uow, OTHER_COUNTY, MARCH) == []
    # Whoever writes a post reads the same; a county without its own reads the city's, and a mason nothing.
    near = await order_forms.pay_hint(city.database, {"title": "搬砖小工", "street": "410225001000"})
    assert near is not None
    assert near.earned is not None
    assert (near.earned.mid_fen, near.earned.persons, near.earned.in_county) == (20000, 12, True)
    far = await wage_levels.hint(city.database, OTHER_COUNTY, HELPER)
    assert far is not None
    assert not far.in_county
    assert await wage_levels.hint(city.database, COUNTY, MASON) is None
