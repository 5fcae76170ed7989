"""A county's forecast on its score card (M23): what the page reads for a year of records, against the limit of 500 ms.

    python -m benchmarks.forecast [--assignments 20000] [--keep FOLDER]

The made-up year of `benchmarks.dashboard`, by default of about the demo city's size. Printed: the median of five for the service
year to date, for thirty days, and for what is frozen at the year's end, each with its share of the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from benchmarks import dashboard
from linggong.assessment import gather, keeping, queries
from linggong.assessment.card import of_library
from linggong.assessment.keeping import PublishForm
from linggong.kernel.db import Actor, Database
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, tenant_path

LIMIT_MS: Final = 500.0
COUNTY: Final = tenant_path("/4102/02/")
_TIMES: Final = 5


async def asked(database: Database, first: date, *, deep: bool) -> float:
    """Return how many ms the county's bureau waits for the figures, transaction and all."""
    begun = time.perf_counter()
    actor = Actor(kind="staff", id=new_id(), post=COUNTY, role="county_bureau")
    async with database.begin(actor, Scope(trees=(COUNTY,)), read_only=True) as uow:
        if deep:
            ask = gather.Ask(uow, [COUNTY], first, dashboard.YESTERDAY, deep=True)
            await gather.entries(ask, of_library("jianning"))
        else:
            found = await queries.forecast_at(uow, COUNTY, first, dashboard.YESTERDAY)
            assert found is not None
    return (time.perf_counter() - begun) * 1000


async def measure(database: Database) -> None:
    """Print the table."""
    async with database.system() as uow:
        await keeping.publish(uow, PublishForm(preset="jianning", path=COUNTY, first=date(2025, 1, 1)))
    print(f"{'':24}{'ms':>8}{'of limit':>10}")
    for name, days, deep in (
        ("the year to date", 365, False),
        ("thirty days", 30, False),
        ("frozen at year's end", 365, True),
    ):
        first = dashboard.YESTERDAY - timedelta(days=days - 1)
        await asked(database, first, deep=deep)
        ms = statistics.median([await asked(database, first, deep=deep) for _ in range(_TIMES)])
        print(f"{name:24}{ms:8.0f}{ms / LIMIT_MS:10.2f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assignments", type=int, default=20_000)
    parser.add_argument("--keep", type=Path, help="keep the city in this folder, and use it when it is there")
    given = parser.parse_args()
    asyncio.run(dashboard.run(given.assignments, given.keep, measure))
