"""Parameters on the database: inheritance, setting, clearing, who may, and what is recorded."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
import pytest
import sqlalchemy as sa

from linggong.kernel.db import ANONYMOUS, Database
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.paths import EVERYWHERE, Scope, TenantPath
from tenants import queries, service
from tenants.parameters import BadParameter, definitions
from tests.tenants.conftest import staff

if TYPE_CHECKING:
    from conftest import TestDatabase

CITY, LANKAO, QI, STREET = "/4102/", "/4102/25/", "/4102/21/", "/4102/25/001/"


async def put(database: Database, path: str, key: str, raw: str, source: str = "文件") -> None:
    async with database.system() as uow:
        await service.set_parameter(uow, path, key, raw, source)


async def get(database: Database, path: str, *keys: str) -> dict[str, object]:
    async with database.begin(ANONYMOUS) as uow:
        return dict(await service.parameters(uow, path, *keys))


async def test_the_nearest_value_holds(city: Database) -> None:
    assert await get(city, STREET, "t.lock", "worker.min_age") == {
        "t.lock": timedelta(minutes=60),
        "worker.min_age": 16,
    }
    await put(city, CITY, "t.lock", "90min")
    await put(city, LANKAO, "t.lock", "2h")
    await put(city, CITY, "wage.minimum_hourly_fen", "20.6元")
    assert await get(city, STREET, "t.lock", "wage.minimum_hourly_fen") == {
        "t.lock": timedelta(hours=2),
        "wage.minimum_hourly_fen": 2060,
    }
    assert (await get(city, QI, "t.lock"))["t.lock"] == timedelta(minutes=90)
    await put(city, LANKAO, "t.lock", "45分钟", "第二号文件")
    assert (await get(city, STREET, "t.lock"))["t.lock"] == timedelta(minutes=45)


async def test_parameters_are_one_query(city: Database) -> None:
    seen: list[str] = []

    def count(*event: object) -> None:
        seen.append(str(event[2]))

    sa.event.listen(city.engine.sync_engine, "before_cursor_execute", count)
    await get(city, STREET, "t.lock", "t.refresh", "t.review", "worker.min_age")
    # Besides what closes every transaction.
    assert len([s for s in seen if "close_transaction" not in s]) == 1


async def test_what_nobody_decided_is_named(city: Database) -> None:
    with pytest.raises(Conflict, match="还没有设置") as refused:
        await get(city, STREET, "fee.ceiling_year")
    assert refused.value.extra["key"] == "fee.ceiling_year"
    async with city.begin(ANONYMOUS) as uow:
        assert (await service.resolved(uow, STREET, "fee.ceiling_year"))["fee.ceiling_year"].value is None
        with pytest.raises(BadParameter):
            await service.parameters(uow, STREET, "no.such")


async def test_a_county_bureau_sets_only_below_itself(city: Database) -> None:
    actor, scope = staff(LANKAO)
    async with city.begin(actor, scope) as uow:
        assert await service.set_parameter(uow, STREET, "t.lock", "30min", "兰考县通知") == timedelta(minutes=30)
    for path in (CITY, QI, "/4102/21/001/", "/9/", "nonsense"):
        with pytest.raises(NotFound):
            async with city.begin(actor, scope) as uow:
                await service.set_parameter(uow, path, "t.lock", "30min", "兰考县通知")
    # Row security is the third wall: with a scope that claims everything, the post still binds.
    with pytest.raises((NotFound, sa.exc.DBAPIError)):
        async with city.begin(actor, EVERYWHERE) as uow:
            await service.set_parameter(uow, QI, "t.lock", "30min", "兰考县通知")
    assert (await get(city, QI, "t.lock"))["t.lock"] == timedelta(minutes=60)


async def test_all_faults_at_once(city: Database) -> None:
    async with city.system() as uow:
        with pytest.raises(Invalid) as refused:
            await service.set_parameter(uow, CITY, "t.lock", "soon", "  ")
        assert [f.field for f in refused.value.faults] == ["value", "source"]
        for key, raw, field in (
            ("no.such", "1", "key"),
            ("t.lock", "", "value"),
            ("market.min_staff", "1.5", "value"),
            ("market.min_staff", "9" * 30, "value"),
            ("wage.minimum_hourly_fen", "20.6", "value"),
        ):
            with pytest.raises(Invalid) as refused:
                await service.set_parameter(uow, CITY, key, raw, "文件")
            assert [f.field for f in refused.value.faults] == [field], key


async def test_clearing_lets_the_one_above_hold_again(city: Database, blank: TestDatabase) -> None:
    await put(city, CITY, "overtime.workday", "160")
    await put(city, LANKAO, "overtime.workday", "170")
    actor, scope = staff(LANKAO)
    async with city.begin(actor, scope) as uow:
        found = await service.clear_parameter(uow, LANKAO, "overtime.workday")
    assert (found.value, found.source_path) == (Decimal(160), CITY)
    with pytest.raises(NotFound):
        async with city.begin(actor, scope) as uow:
            await service.clear_parameter(uow, LANKAO, "overtime.workday")
    owner = await blank.owner()
    rows = await owner.fetch("SELECT type, body, actor_id FROM events WHERE type LIKE 'parameter.%' ORDER BY id")
    assert [r["type"] for r in rows] == ["parameter.set", "parameter.set", "parameter.cleared"]
    assert msgspec.json.decode(rows[2]["body"]) == {"from": "170", "key": "overtime.workday"}
    assert rows[2]["actor_id"] == actor.id
    await owner.close()


async def test_events_say_what_it_was_before(city: Database, blank: TestDatabase) -> None:
    await asyncio.gather(*(put(city, CITY, "t.lock", f"{n}min") for n in range(31, 36)))
    owner = await blank.owner()
    rows = await owner.fetch("SELECT body FROM events WHERE type = 'parameter.set' ORDER BY n")
    said = [msgspec.json.decode(r["body"]) for r in rows]
    assert [s["from"] for s in said] == [None, *(s["to"] for s in said[:-1])]
    assert await owner.fetchval("SELECT value FROM parameter_values") == said[-1]["to"]
    await owner.close()


async def test_the_table_shows_where_each_value_comes_from(city: Database) -> None:
    await put(city, CITY, "t.lock", "90min", "市里的文件")
    await put(city, LANKAO, "market.min_staff", "4", "县里的文件")
    async with city.begin(*staff(LANKAO)) as uow:
        table = {line.key: line for line in await service.parameter_table(uow, STREET)}
        own = await service.parameter_at(uow, LANKAO, "market.min_staff")
    assert list(table) == list(definitions())
    lock, crew, rest = table["t.lock"], table["market.min_staff"], table["t.refresh"]
    assert (lock.value, lock.source, lock.set_at_path, lock.set_at_name) == ("90min", "市里的文件", CITY, "开封")
    assert (crew.value, crew.set_at_name, crew.is_own, own.is_own) == ("4", "兰考", False, True)
    assert (rest.value, rest.set_at_path, rest.source) == (rest.default, None, definitions()["t.refresh"].source)
    assert table["fee.ceiling_year"].value is None


async def test_a_foreign_table_is_not_found(city: Database) -> None:
    actor, scope = staff(LANKAO)
    upward = Scope(trees=scope.trees, nodes=(TenantPath(CITY),))
    async with city.begin(actor, upward) as uow:
        assert await service.parameter_table(uow, CITY)
        for path in (QI, "/4102/21/001/", "/4102/25/777/"):
            with pytest.raises(NotFound):
                await service.parameter_table(uow, path)
        with pytest.raises(NotFound):
            await service.parameter_at(uow, LANKAO, "no.such")


async def test_overrides_of_neighbours_are_not_read(city: Database) -> None:
    await put(city, QI, "t.lock", "10min")
    async with city.begin(ANONYMOUS) as uow:
        assert await queries.overrides(uow, STREET) == {}
