"""Sixty days of the demo city: facts that followed while it was written are exactly those counted from scratch."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from demo_city import UNTIL, fill_two_days, load_city

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.measures import facts, rollup
from linggong.measures.definitions import DEFINITIONS

pytestmark = [pytest.mark.prove, pytest.mark.timeout(3600)]
DAYS = 60


async def test_sixty_days_followed_are_sixty_days_counted(server: Any, secrets: Secrets) -> None:
    city = await load_city(server, "sixty_days_of_measures")
    followed: list[int] = []
    database = Database(city.app_dsn, pool_size=3, sealer=secrets.sealer)

    async def keep_up() -> None:
        while True:
            followed.append(await facts.refresh(database))
            await asyncio.sleep(1)

    try:
        # It follows what is written while it is being written, from the first day on.
        task = asyncio.create_task(keep_up())
        report = await fill_two_days(city, secrets, days=DAYS, until=UNTIL)
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await facts.refresh(database)
        async with database.system() as uow:
            before, summed = await facts.kept(uow), await rollup.kept(uow)
        began = time.perf_counter()
        days = await facts.recompute(database)
        took = time.perf_counter() - began
        async with database.system() as uow:
            after, again = await facts.kept(uow), await rollup.kept(uow)
        print(
            f"{report.done} steps; {len(followed)} refreshes of {sum(followed)} days; {days} days, {len(after)} facts, {took:.1f} s"
        )
        assert (report.days, len(followed) > DAYS) == (DAYS, True)
        assert before == after
        assert summed == again
        assert {fact[1] for fact in after} >= {UNTIL - timedelta(days=n) for n in range(DAYS)}
        # Each component that a definition names really comes up in a plausible city, but for what it has none of.
        named = {name for d in DEFINITIONS for f in d.figures for name in (f.above, f.below) if name}
        print(sorted(named - {fact[2] for fact in after}))
    finally:
        await database.dispose()
        await server.drop("sixty_days_of_measures")
