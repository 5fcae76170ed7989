"""Ten thousand interleaved transactions of many actors over a pool of two: nothing is carried over, whatever goes wrong."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import sqlalchemy as sa

from linggong.kernel.db import Actor, Database
from linggong.kernel.paths import tenant_path
from tests.tenants.rows import fill

if TYPE_CHECKING:
    from conftest import TestDatabase

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]
COUNTIES = [tenant_path(f"/4102/{n:02d}/") for n in (2, 21)]
SEEN = sa.text(
    "SELECT current_setting('app.scope'), current_setting('app.actor'), "
    "(SELECT count(*) FROM staff), (SELECT count(*) FROM staff WHERE NOT starts_with(tenant, :own))"
)


async def test_no_row_of_the_other_county_ever(blank: TestDatabase) -> None:
    owner = await blank.owner()
    await fill(owner, "nodes", path="/4102/", kind="city", status="open", classification=None)
    for path in COUNTIES:
        await fill(owner, "nodes", path=path, kind="county", status="open", classification=None)
        for _ in range(20):
            await fill(owner, "staff", tenant=path, status="active", username=uuid4().hex)
    pool = Database(blank.app_dsn, pool_size=2)
    rng = random.Random(7)
    checked, endings = 0, dict.fromkeys(("commit", "rollback", "error", "raise", "cancel", "savepoint"), 0)

    async def one(number: int) -> None:
        nonlocal checked
        own, person = COUNTIES[number % 2], uuid4()
        ending = list(endings)[number % 6]
        uow = await pool.open(Actor(kind="staff", id=person, post=own))
        try:
            scope, actor, mine, foreign = (await uow.execute(SEEN, {"own": own})).one()
            assert (scope, actor, mine, foreign) == (own, str(person), 20, 0)
            checked += 1
            if ending == "error":
                await uow.execute(sa.text("SELECT 1/0"))
            elif ending == "raise":
                raise ValueError
            elif ending == "cancel":
                await uow.execute(sa.text("SELECT pg_sleep(1)"))
            elif ending == "savepoint":
                async with uow.savepoint():
                    await uow.execute(sa.text("SELECT 1"))
            await (uow.rollback() if ending == "rollback" else uow.commit())
        finally:
            endings[ending] += 1
            await uow.close()

    gate = asyncio.Semaphore(8)

    async def guarded(number: int) -> None:
        async with gate:
            task = asyncio.create_task(one(number))
            if number % 6 == 4:
                await asyncio.sleep(rng.random() * 0.02)
                task.cancel()
            try:
                await task
            except (ValueError, sa.exc.DBAPIError, asyncio.CancelledError):
                return

    await asyncio.gather(*(guarded(n) for n in range(10_000)))
    assert checked > 8_000
    assert min(endings.values()) > 100
    left = await owner.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND state LIKE 'idle in%'", blank.name
    )
    assert left == 0, "nothing stays open"
    await owner.close()
    await pool.dispose()
