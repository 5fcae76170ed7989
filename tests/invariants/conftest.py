"""One database in which a day was worked: the tests break it in a transaction of the owner and roll back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import pytest
import small_city
from small_city import START

from linggong.app import registry
from linggong.kernel import clock, timers
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.wages import service as wages
from linggong.work import engage
from tests.work.conftest import Site, people, publish
from tests.work.walking import accepted, signed

if TYPE_CHECKING:
    from conftest import Server


@dataclass(frozen=True)
class Day:
    """What stands in the database."""

    owner_dsn: str
    names: dict[str, UUID]


async def _play(server: Server, secrets: Secrets) -> Day:
    registry.register()
    await server.clone("template_empty", "invariants")
    database = Database(server.dsn("app", "invariants"), pool_size=3, sealer=secrets.sealer)
    movable = clock.MovableClock(datetime(2026, 3, 9, 21, 10, tzinfo=UTC))
    names: dict[str, UUID] = {}
    try:
        with clock.clock_set(movable):
            city = await small_city.found(database, secrets, movable)
            done = Site(city, await publish(city, headcount=1), await people(city, 5))
            names["closed"], names["worked"], names["bill"] = await accepted(done, 0)
            async with done.begin(done.employer) as uow:
                names["payment"] = (await wages.record_payment(uow, names["bill"], amount_fen=20000, channel="cash")).id
            async with done.begin(done.worker(0)) as uow:
                await wages.answer_payment(uow, names["payment"], received=True)
            live = Site(
                city,
                await publish(
                    city, headcount=3, starts_at=START + timedelta(days=2), ends_at=START + timedelta(days=2, hours=9)
                ),
                done.workers,
            )
            names |= {"done": done.order_id, "live": live.order_id}
            names |= {f"worker{n}": worker for n, worker in enumerate(done.workers)}
            names["contracted"], names["coming"] = await signed(live, 1)
            _, names["busy"] = await signed(live, 4)
            async with live.begin(live.worker(2)) as uow:
                names["offered"] = (await engage.apply(uow, live.order_id)).id
            async with live.begin(live.employer) as uow:
                await engage.offer(uow, names["offered"])
            async with live.begin(live.worker(3)) as uow:
                names["applied"] = (await engage.apply(uow, live.order_id)).id
            await timers.sweep(database)
    finally:
        await database.dispose()
    return Day(server.dsn("owner", "invariants"), names)


@pytest.fixture(scope="module")
def day(server: Server, secrets: Secrets) -> Iterator[Day]:
    """The day, played once."""
    yield asyncio.run(_play(server, secrets))
    asyncio.run(server.drop("invariants"))


@pytest.fixture
async def owner(day: Day) -> AsyncIterator[asyncpg.Connection[Any]]:
    """The owner role, past every service and row policy, in a transaction that is undone."""
    connection = await asyncpg.connect(day.owner_dsn)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()
