"""A station whose records look made up is named with its evidence; one that works as stations do is not (M21)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import pytest
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, STATION, City

from linggong.kernel.db import Actor
from linggong.kernel.errors import Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, tenant_path
from linggong.measures.suspicion import Suspect, suspects
from tenants import service
from tests.tenants.rows import fill

if TYPE_CHECKING:
    from conftest import TestDatabase

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of March in Kaifeng."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


async def entry(owner: asyncpg.Connection, tenant: str, recorded: datetime, *, late: timedelta = timedelta(0)) -> None:
    await fill(
        owner, "events", tenant=tenant, actor_kind="staff", actor_id=new_id(), chain=str(new_id()),
        occurred_at=recorded - late, recorded_at=recorded, body="{}",
    )  # fmt: skip


async def person(owner: asyncpg.Connection, tenant: str, number: bytes, day: int) -> UUID:
    made = await fill(
        owner, "persons", sex="男", status="active", verified_method="id_number", birth_date=date(1970, 1, 1)
    )
    await fill(owner, "contacts", person_id=made["id"], kind="mobile", number_index=number)
    await fill(
        owner, "service_links", subject_id=made["id"], tenant=tenant, kind="registered", started_at=at(day, 9),
        ends_at=at(day, 9) + timedelta(days=700),
    )  # fmt: skip
    return made["id"]


async def ticket(
    owner: asyncpg.Connection, tenant: str, who: UUID, came: datetime, number: int, **more: object
) -> None:
    await fill(
        owner, "tickets", **({"tenant": tenant, "day": (came + timedelta(hours=8)).date(), "number": number,
        "person_id": who, "channel": "desk", "state": "left", "came_at": came, "recorded_at": came} | more),
    )  # fmt: skip


async def honest(owner: asyncpg.Connection) -> None:
    """Three entries a day through the month, one of them from a paper roll of yesterday now and then; families share a telephone."""
    for day in range(1, 32):
        for hour in (5, 9, 15):
            await entry(owner, STATION, at(day, hour, 7 * day % 60), late=timedelta(hours=30 if day % 8 == 0 else 0))
    people = [await person(owner, STATION, bytes([n // 3]), n + 1) for n in range(12)]
    for day in range(2, 31):
        for n, who in enumerate(people[: 5 + day % 7]):
            await ticket(owner, STATION, who, at(day, 5, 7 + 3 * n), n + 1, late=n == 2)


async def faked(owner: asyncpg.Connection) -> dict[str, set[UUID]]:
    """The month's entries on its last evening, everybody by one telephone, everybody at the full hour, ten a day."""
    people = [await person(owner, OTHER_STATION, b"one telephone", 30) for _ in range(10)]
    for n in range(60):
        await entry(owner, OTHER_STATION, at(31, 23, n), late=timedelta(days=n % 20 + 2))
    for day in range(2, 9):
        for n, who in enumerate(people):
            came = at(day, 6 + n % 3)
            await ticket(owner, OTHER_STATION, who, came, n + 1, late=True, recorded_at=at(31, 23, n))
    return {"phone": set(people)}


def hints(found: list[Suspect]) -> dict[str, set[str]]:
    return {site.path: {hint.key for hint in site.hints} for site in found}


async def test_the_faked_station_is_named_and_the_truthful_is_not(city: City, blank: TestDatabase) -> None:
    owner = await blank.owner()
    try:
        await honest(owner)
        evidence = await faked(owner)
    finally:
        await owner.close()
    who = Actor(kind="staff", id=new_id(), post=tenant_path("/4102/"), role="city_bureau")
    async with city.database.begin(who, Scope(trees=(tenant_path("/4102/"),))) as uow:
        found = await suspects(uow, tenant_path("/4102/"), first=FIRST, last=LAST)
        assert hints(found) == {OTHER_STATION: {"night", "month_end", "late", "phone", "round_times", "round_counts"}}
        by_key = {hint.key: hint for hint in found[0].hints}
        assert {record.id for record in by_key["phone"].records} == evidence["phone"]
        night = by_key["night"]
        assert (night.n, night.of, len(night.records), night.records[0].table) == (60, 60, 20, "events")
        assert night.words == "60 条录入里有 60 条在夜里 22:00—4:00 录的，占 100%（提醒线 30%）。"
        assert by_key["phone"].words.startswith("有一个电话登记了 10 个人")
        # Where the bureau moves a line, the hint goes.
        await service.set_parameter(uow, OTHER_COUNTY, "suspicion.phone_persons", "12", "测试")
        assert "phone" not in hints(await suspects(uow, tenant_path("/4102/"), first=FIRST, last=LAST))[OTHER_STATION]
        with pytest.raises(Invalid):
            await suspects(uow, tenant_path("/4102/"), first=LAST, last=FIRST)
    # The neighbour county sees none of it.
    who = Actor(kind="staff", id=new_id(), post=tenant_path(COUNTY), role="county_bureau")
    async with city.database.begin(who, Scope(trees=(tenant_path(COUNTY),))) as uow:
        assert await suspects(uow, tenant_path("/4102/"), first=FIRST, last=LAST) == []
