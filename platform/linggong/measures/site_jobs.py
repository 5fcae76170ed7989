"""The machine's own jobs for the measures of stations."""

from __future__ import annotations

from datetime import timedelta

from linggong.kernel import clock
from linggong.kernel.db import Database
from linggong.measures import facts, signs, zombies

_DAYS = 5
"""Days of a new month on which the month before may still be judged, should the machine have stood still."""
_BACK = 3


async def keep_signs(database: Database) -> None:
    """Note what today leaves of itself at each station; sessions and beats do not stay."""
    async with database.system() as uow:
        await signs.collect(uow, clock.business_date(uow.now))


async def nightly(database: Database) -> None:
    """Finish the days that are over; in the first days of a month judge the one before it, each station once."""
    async with database.system() as uow:
        today = clock.business_date(uow.now)
        for back in range(_BACK, 0, -1):
            await signs.collect(uow, today - timedelta(days=back), over=True)
    if today.day > _DAYS:
        return
    await facts.refresh(database)
    async with database.system() as uow:
        await zombies.record(uow, today.replace(day=1) - timedelta(days=1))
