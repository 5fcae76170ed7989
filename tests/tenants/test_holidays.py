"""Working days: the published arrangements, what a place sets for itself, and deadlines that count by them (R097)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from small_city import STATION, City, city

from linggong.kernel import clock
from linggong.kernel.db import Actor
from linggong.kernel.errors import Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, tenant_path
from tenants import holidays

__all__ = ["city"]
COUNTY = "/4102/25/"


def bureau(path: str = COUNTY) -> tuple[Actor, Scope]:
    at = tenant_path(path)
    return Actor(kind="staff", id=new_id(), post=at, role="county_bureau"), Scope(trees=(at,))


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=clock.SHANGHAI)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        # Friday: one working day ends on Monday at 24:00.
        (date(2026, 3, 13), 1, date(2026, 3, 16)),
        (date(2026, 3, 13), 3, date(2026, 3, 18)),
        # National Day 2026: 1 to 7 October are free, Saturday the 10th is worked.
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),
        # A Sunday that is worked counts as a day.
        (date(2026, 1, 3), 1, date(2026, 1, 4)),
    ],
)
async def test_working_days_follow_the_published_table(city: City, start: date, days: int, due: date) -> None:
    async with city.database.begin(*city.clerk) as uow:
        found = await holidays.working_deadline(uow, STATION, at(start), days)
    assert clock.shanghai(found) == at(due, 0) + timedelta(days=1), "24:00 of that day"


async def test_wages_due_on_a_holiday_are_due_before_it(city: City) -> None:
    """保障农民工工资支付条例: a pay day on a holiday moves to the working day before."""
    midnight = clock.at_shanghai(date(2026, 10, 4), datetime.min.time())
    async with city.database.begin(*city.clerk) as uow:
        moved = await holidays.not_on_a_holiday(uow, STATION, midnight)
        same = await holidays.not_on_a_holiday(uow, STATION, datetime(2026, 3, 10, 4, tzinfo=UTC))
    assert clock.shanghai(moved).isoformat() == "2026-10-01T00:00:00+08:00", "24:00 of 30 September"
    assert same == datetime(2026, 3, 10, 4, tzinfo=UTC)


async def test_a_place_sets_its_own_days_for_all_below(city: City) -> None:
    day = date(2026, 3, 11)
    async with city.database.begin(*bureau()) as uow:
        await holidays.set_day(uow, COUNTY, day, "holiday", "庙会", "县政府通知〔2026〕3号")
    async with city.database.begin(*city.clerk) as uow:
        assert not holidays.works(day, await holidays.calendar(uow, STATION))
        due = await holidays.working_deadline(uow, STATION, at(date(2026, 3, 10)), 1)
        elsewhere = await holidays.working_deadline(uow, "/4102/02/003/s01/", at(date(2026, 3, 10)), 1)
    assert (clock.shanghai(due).date(), clock.shanghai(elsewhere).date()) == (date(2026, 3, 13), date(2026, 3, 12))
    async with city.database.begin(*bureau()) as uow:
        await holidays.clear_day(uow, COUNTY, day)
        assert holidays.works(day, await holidays.calendar(uow, COUNTY))
    with pytest.raises(NotFound):
        async with city.database.begin(*bureau()) as uow:
            await holidays.clear_day(uow, COUNTY, day)


async def test_days_need_a_name_a_source_and_ones_own_place(city: City) -> None:
    with pytest.raises(Invalid) as caught:
        async with city.database.begin(*bureau()) as uow:
            await holidays.set_day(uow, COUNTY, date(2036, 3, 11), "holiday", " ", "")
    assert {f.field for f in caught.value.faults} == {"name", "source", "day"}
    with pytest.raises(NotFound):
        async with city.database.begin(*bureau("/4102/02/")) as uow:
            await holidays.set_day(uow, COUNTY, date(2026, 3, 11), "holiday", "庙会", "通知")
