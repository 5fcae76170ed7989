"""How fresh the facts are, and a short catch-up for whoever asks between two refreshes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from linggong.kernel.db import Database, UnitOfWork
from linggong.measures import facts

LITTLE: Final = 2000
"""Changed rows of the trail that are followed while somebody waits for a page; more of them wait for the job."""
SOON: Final = timedelta(seconds=30)
"""What was written so shortly ago may wait: following costs the one who asks a fifth of a second, whatever little there is."""
_BUSY: Final = "55P03"
_WAITING: Final = sa.text("""
SELECT coalesce(sum(h.n - coalesce(p.n, 0)), 0) AS rows, min((SELECT l.occurred_at FROM audit_log l
    WHERE l.chain = h.chain AND l.n = coalesce(p.n, 0) + 1)) AS since,
  EXISTS (SELECT FROM metric_positions) AS begun
  FROM audit_heads h LEFT JOIN metric_positions p ON p.chain = h.chain WHERE h.n > coalesce(p.n, 0)""")


async def caught_up(database: Database) -> datetime | None:
    """Follow what little has changed since the last refresh; return the moment up to which the facts are whole.

    None where nothing was ever counted. While somebody else refreshes, nobody waits for him.
    """
    async with database.system() as uow:
        waiting, moment = await _waiting(uow)
        if not waiting or waiting > LITTLE or (moment is not None and uow.now - moment < SOON) or not await _free(uow):
            return moment
    await facts.refresh(database)
    async with database.system() as uow:
        return (await _waiting(uow))[1]


async def _waiting(uow: UnitOfWork) -> tuple[int, datetime | None]:
    row = (await uow.execute(_WAITING)).one()
    if not row.rows:
        return 0, uow.now
    return int(row.rows), row.since if row.begun else None


async def _free(uow: UnitOfWork) -> bool:
    try:
        await uow.execute(sa.text("LOCK TABLE metric_positions IN EXCLUSIVE MODE NOWAIT"))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") != _BUSY:
            raise
        await uow.rollback()
        return False
    return True
