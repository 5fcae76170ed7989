"""Demand and turnout day by day: every day is there, foreign places are not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from small_city import COUNTY, OTHER_COUNTY, START, STATION, City, good

from linggong.insight.trend import DayFigures, trend
from linggong.kernel.db import Actor
from linggong.kernel.errors import Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, tenant_path
from linggong.market import service
from linggong.measures import facts
from tenants.models import Node

DAY = date(2026, 3, 11)


async def read(city: City, path: str, *, who: str | None = None, days: int = 3) -> list[DayFigures]:
    at = tenant_path(who or path)
    actor = Actor(kind="staff", id=new_id(), post=at, role="city_bureau")
    await facts.refresh(city.database)
    async with city.database.begin(actor, Scope(trees=(at,))) as uow:
        top = await uow.session.scalar(sa.select(Node).where(Node.path == path))
        assert top is not None
        return await trend(uow, top, last=DAY, days=days)


async def publish(city: City, heads: int, begin: timedelta) -> None:
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        form = good(headcount=heads, starts_at=START + begin, ends_at=START + begin + timedelta(hours=9))
        order = await service.create_order(
            uow, city.secrets.sealer, form, employer_id=city.trusted, tenant=STATION, submit=True
        )
        assert order.published_at is not None


async def test_every_day_has_its_heads(city: City) -> None:
    await publish(city, 6, timedelta(0))
    found = await read(city, "/4102/")
    assert [(d.day, d.wanted, d.arrived) for d in found] == [
        (DAY - timedelta(days=2), 0, 0),
        (DAY - timedelta(days=1), 0, 0),
        (DAY, 6, 0),
    ]
    assert (await read(city, COUNTY))[-1].wanted == 6


async def test_another_county_sees_nothing(city: City) -> None:
    await publish(city, 6, timedelta(0))
    assert (await read(city, OTHER_COUNTY))[-1].wanted == 0
    assert (await read(city, COUNTY, who=OTHER_COUNTY))[-1].wanted == 0


@pytest.mark.parametrize("days", [0, 367])
async def test_a_window_has_bounds(city: City, days: int) -> None:
    with pytest.raises(Invalid, match=r".*"):
        await read(city, COUNTY, days=days)
