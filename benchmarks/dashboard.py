"""The city's figures at a million assignments: every counted measure for the last day, thirty days and a year.

    python -m benchmarks.dashboard [--assignments 1000000] [--keep FOLDER]

In one run: how long the facts of the year take to count from scratch and how many there are; then, for each period, the server time
of all measures that are answered from facts, against the limit of 300 ms, and against counting the same components of the same
days from the records, with both ratios. The year is made up and written by SQL, spread over all stations of the city.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg

import migrations
from benchmarks import dashboard_city
from linggong.kernel import clock, postgres
from linggong.kernel.clock import MovableClock
from linggong.kernel.db import Actor, Database
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, tenant_path
from linggong.measures import facts
from linggong.measures.answers import answers
from linggong.measures.definitions import DEFINITIONS
from tenants.loading import load_preset_into

LIMIT_MS: Final = 300.0
CITY: Final = tenant_path("/4102/")
YESTERDAY: Final = date(2026, 11, 26)
PERIODS: Final = {"last day": 1, "30 days": 30, "a year": 365}
_TIMES: Final = 5


COUNTED: Final = [definition.id for definition in DEFINITIONS if definition.figures]


async def asked(database: Database, metrics: list[str], first: date) -> float:
    """Return how many ms it takes the city's bureau to ask for measures together, as its page does, transaction and all."""
    begun = time.perf_counter()
    actor = Actor(kind="staff", id=new_id(), post=CITY, role="city_bureau")
    async with database.begin(actor, Scope(trees=(CITY,)), read_only=True) as uow:
        await answers(uow, metrics, CITY, first=first, last=YESTERDAY)
    return (time.perf_counter() - begun) * 1000


async def measure(database: Database) -> None:
    """Print the table."""
    print(f"{'':10}{'from facts ms':>14}{'of limit':>10}{'from records ms':>17}{'ratio':>8}  slowest alone")
    for name, days in PERIODS.items():
        first = YESTERDAY - timedelta(days=days - 1)
        await asked(database, COUNTED, first)
        mine = statistics.median([await asked(database, COUNTED, first) for _ in range(_TIMES)])
        alone = {metric: await asked(database, [metric], first) for metric in COUNTED}
        begun = time.perf_counter()
        async with database.system() as uow:
            many = await facts.count(uow, first, YESTERDAY)
        theirs = (time.perf_counter() - begun) * 1000
        slow = sorted(alone.items(), key=lambda one: -one[1])[:6]
        told = ", ".join(f"{metric} {ms:.0f}" for metric, ms in slow)
        print(
            f"{name:10}{mine:14.0f}{mine / LIMIT_MS:10.2f}{theirs:17.0f}{theirs / mine:8.0f}  {told} ({many} facts)",
            flush=True,
        )


async def run(assignments: int, keep: Path | None, ask: Callable[[Database], Awaitable[None]] = measure) -> None:
    """Write, count, ask."""
    folder = keep or Path(tempfile.mkdtemp(prefix="linggong-bench-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    info = postgres.ensure_running(folder / "pg")
    try:
        passwords = await postgres.bootstrap_roles(info.superuser_dsn, "bench", data_dir=folder / "pg")
        owner_dsn = postgres.make_dsn(info.host, info.port, postgres.OWNER_ROLE, passwords.owner, "bench")
        app_dsn = postgres.make_dsn(info.host, info.port, postgres.APP_ROLE, passwords.app, "bench")
        await asyncio.to_thread(migrations.upgrade, owner_dsn)
        superuser = await asyncpg.connect(info.superuser_dsn, database="bench")
        database = Database(app_dsn, pool_size=2)
        if not await superuser.fetchval("SELECT EXISTS (SELECT FROM metric_facts)"):
            owner = await asyncpg.connect(owner_dsn)
            await load_preset_into(owner, "kaifeng")
            await owner.close()
            await dashboard_city.write(superuser, assignments)
            begun = time.perf_counter()
            days = await facts.recompute(database)
            took = time.perf_counter() - begun
            many = await superuser.fetchval("SELECT count(*) FROM metric_facts")
            print(f"counted from scratch in {took:.0f} s: {days} days of places, {many} facts", flush=True)
            await superuser.execute("VACUUM ANALYZE")
        with clock.clock_set(MovableClock(datetime(2026, 11, 27, 2, tzinfo=UTC))):
            await ask(database)
        await database.dispose()
        await superuser.close()
    finally:
        postgres.stop(folder / "pg", immediate=True)
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assignments", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="keep the city in this folder, and use it when it is there")
    given = parser.parse_args()
    asyncio.run(run(given.assignments, given.keep))
