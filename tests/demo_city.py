"""A demo city of two days, for its tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import asyncpg

from linggong.demo.fill import FillReport, fill
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from tenants.loading import load_preset_into

UNTIL = date(2026, 5, 20)
"""A Wednesday in the garlic harvest."""
MOMENT = datetime(2026, 5, 20, 2, 0, tzinfo=UTC)
SCALE = 0.12


@dataclass(frozen=True)
class FilledCity:
    """Where a filled city lies, and what the fill said."""

    owner_dsn: str
    app_dsn: str
    report: FillReport | None = None


async def load_city(server: Any, name: str) -> FilledCity:
    """A database with the places of Kaifeng and nothing else."""
    await server.clone("template_empty", name)
    owner = await asyncpg.connect(server.dsn("owner", name))
    try:
        await load_preset_into(owner, "kaifeng")
    finally:
        await owner.close()
    return FilledCity(server.dsn("owner", name), server.dsn("app", name))


async def fill_two_days(city: FilledCity, secrets: Secrets, **changes: Any) -> FillReport:
    """Two days up to ten o'clock of the second."""
    wishes: dict[str, Any] = {"days": 2, "seed": 7, "until": UNTIL, "scale": SCALE, "moment": MOMENT}
    database = Database(city.app_dsn, pool_size=3)
    try:
        return await fill(database, city.owner_dsn, secrets.sealer, **(wishes | changes))
    finally:
        await database.dispose()
