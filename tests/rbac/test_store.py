"""The decisions of a process follow the table: versions rise, a load that began too early is not taken for a new one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from linggong.kernel.paths import tenant_path
from rbac import store
from rbac.permissions import Permission as P
from rbac.principal import Post, Principal
from rbac.roles import Role

if TYPE_CHECKING:
    from conftest import TestDatabase

    from linggong.kernel.db import Database

STATION = tenant_path("/4102/2/001/s01/")
CLERK = Principal(acting=Post(Role.STATION_CLERK, STATION))
ADD = "INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES ('p', 'station_clerk', '*', 'overview', 'read', 'down', 'allow')"


async def version(owner: asyncpg.Connection) -> int:
    found: int = await owner.fetchval("SELECT version FROM policy_state")
    return found


async def test_every_way_of_changing_a_rule_raises_the_version(blank: TestDatabase) -> None:
    owner = await blank.owner()
    seen = [await version(owner)]
    for statement in (
        ADD,
        "UPDATE casbin_rule SET v1 = '/4102/' WHERE v2 = 'overview'",
        "DELETE FROM casbin_rule WHERE v2 = 'overview'",
    ):
        await owner.execute(statement)
        seen.append(await version(owner))
    assert seen == sorted(set(seen))
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute(ADD)
    await transaction.rollback()
    assert await version(owner) == seen[-1], "a change that was taken back was none"
    await owner.close()


async def test_the_table_refuses_what_casbin_would_pass_over(blank: TestDatabase) -> None:
    owner = await blank.owner()
    insert = "INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES ($1, 'auditor', '*', $2, $3, $4, $5)"
    for bad in (
        ("p", "person", "reveal", "any", "Deny"),
        ("p", "person", "reveal", "anywhere", "deny"),
        ("p", "person", "reveal", None, None),
        ("p", "person", None, "any", "deny"),
        ("p", "", "reveal", "any", "deny"),
        ("p2", "person", "reveal", "any", "deny"),
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await owner.execute(insert, *bad)
    with pytest.raises(asyncpg.UniqueViolationError):
        await owner.execute(insert, "p", "person", "reveal", "any", "deny")
    await owner.close()


async def test_callers_at_once_load_once_and_an_old_load_does_not_count(
    blank: TestDatabase, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await blank.owner()
    held = store.DecisionStore(await store.load(database))
    assert not held.current.can(CLERK, STATION, P.OVERVIEW_READ)
    loads, begun, go_on = [], asyncio.Event(), asyncio.Event()
    real = store.load

    async def slow(pool: Any) -> Any:
        found = await real(pool)
        loads.append(found.version)
        if len(loads) == 1:
            begun.set()
            await go_on.wait()
        return found

    monkeypatch.setattr(store, "load", slow)
    early = asyncio.create_task(held.reload(database))
    await begun.wait()
    await owner.execute(ADD)
    wanted = await version(owner)
    late = [asyncio.create_task(held.at_least(wanted, database)) for _ in range(10)]
    await asyncio.sleep(0)
    go_on.set()
    await early
    for decisions in await asyncio.gather(*late):
        assert decisions.version == wanted
        assert decisions.can(CLERK, STATION, P.OVERVIEW_READ)
    assert loads == [wanted - 1, wanted], "one for the early caller, one for all the others"
    await owner.close()


async def test_a_visitor_is_compared_once_a_second_while_notices_arrive(
    blank: TestDatabase, database: Database
) -> None:
    owner = await blank.owner()
    held = store.DecisionStore(await store.load(database))
    first = await held.compare(database, listening=True)
    await owner.execute(ADD)
    assert await held.compare(database, listening=True) is first, "within the second, with the notice on its way"
    assert (await held.compare(database, listening=False)).version == await version(owner)
    await owner.close()
