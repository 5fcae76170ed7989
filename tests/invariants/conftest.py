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
import sqlalchemy as sa
from small_city import START

from linggong.app import registry
from linggong.kernel import clock, timers
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import SYSTEM, Database
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.wages import holding
from linggong.wages import service as wages
from linggong.wages.models import Bill
from linggong.work import attend, engage
from tests.work.conftest import Site, people, publish
from tests.work.walking import signed

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
            done = Site(city, await publish(city, headcount=2), await people(city, 5))
            names["done"] = done.order_id
            names |= {f"worker{n}": worker for n, worker in enumerate(done.workers)}
            shifts = [(await signed(done, n))[1] for n in (0, 4)]
            movable.move_to(START - timedelta(minutes=10))
            code = attend.arrival_code(secrets, done.order_id, clock.business_date(START))
            for n, shift in zip((0, 4), shifts, strict=True):
                async with done.begin(done.worker(n)) as uow:
                    await attend.arrive(uow, shift, method="code", code=code, secrets=secrets)
            movable.move_to(START)
            await timers.sweep(database)
            movable.move_to(START + timedelta(hours=9))
            for n, shift, bill in zip((0, 4), shifts, ("bill", "owed"), strict=True):
                async with done.begin(done.worker(n)) as uow:
                    await attend.finish(uow, shift)
                async with done.begin(done.employer) as uow:
                    await attend.accept(uow, shift)
                    names[bill] = await uow.session.scalar(sa.select(Bill.id).where(Bill.assignment_id == shift))
            names["worked"] = shifts[0]
            async with done.begin(done.employer) as uow:
                names["payment"] = (await wages.record_payment(uow, names["bill"], amount_fen=20000, channel="cash")).id
            async with done.begin(done.worker(0)) as uow:
                await wages.answer_payment(uow, names["payment"], received=True)
            async with database.begin(SYSTEM, EVERYWHERE) as uow:
                await holding.hold(uow, names["owed"], 4000, new_id())
            live = Site(
                city,
                await publish(
                    city, headcount=3, starts_at=START + timedelta(days=2), ends_at=START + timedelta(days=2, hours=9)
                ),
                done.workers,
            )
            names["live"] = live.order_id
            names["contracted"], names["coming"] = await signed(live, 1)
            _, names["busy"] = await signed(live, 3)
            async with live.begin(live.worker(2)) as uow:
                names["offered"] = (await engage.apply(uow, live.order_id)).id
            async with live.begin(live.employer) as uow:
                await engage.offer(uow, names["offered"])
            async with live.begin(live.worker(0)) as uow:
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
