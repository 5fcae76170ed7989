"""How long the month reports of all stations take, beside asking station by station: `python benchmarks/month_reports.py`.

Reads a filled city (LINGGONG_DATA_DIR as for `linggong`), drafts the month that is over, and rolls everything back. Prints the
seconds for all stations, the seconds of a sample of stations asked one by one, and their ratio.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import date, timedelta

from linggong import tables  # noqa: F401 - mappers of every slice
from linggong.app import runtime
from linggong.kernel import clock
from linggong.kernel.db import Database
from linggong.kernel.paths import ROOT
from linggong.kernel.settings import Settings
from linggong.ledgers import months, queries

LIMIT = 60.0
SAMPLE, ROUNDS = 10, 3


class _Undo(Exception):
    """Ends a transaction without a trace."""


async def _all(database: Database, month: date) -> tuple[float, int]:
    begun, made = time.perf_counter(), 0
    try:
        async with database.system() as uow:
            begun = time.perf_counter()
            made = await months.draft(uow, month)
            await uow.flush()
            raise _Undo
    except _Undo:
        return time.perf_counter() - begun, made


async def _one_by_one(database: Database, month: date) -> tuple[float, int]:
    last = queries.month_end(month)
    async with database.system() as uow:
        sites = await months.there(uow, ROOT, month, last)
        begun = time.perf_counter()
        for site in sites[:SAMPLE]:
            await months.figures(uow, [site], month, last)
        return (time.perf_counter() - begun) / max(1, len(sites[:SAMPLE])) * len(sites), len(sites)


async def main(database: Database) -> None:
    """Measure and print."""
    try:
        month = (clock.business_date(clock.now()).replace(day=1) - timedelta(days=1)).replace(day=1)
        runs = [await _all(database, month) for _ in range(ROUNDS)]
        together = statistics.median(seconds for seconds, _ in runs)
        single, sites = await _one_by_one(database, month)
    finally:
        await database.dispose()
    print(f"{month:%Y-%m}: {runs[0][1]} reports of {sites} stations in {together:.2f} s (limit {LIMIT:.0f} s)")
    print(f"station by station (from {min(SAMPLE, sites)}): {single:.2f} s, {single / together:.1f} times as long")
    if together > LIMIT:
        raise SystemExit(1)


if __name__ == "__main__":
    asyncio.run(main(Database(runtime.prepare(Settings.from_env()).app)))
