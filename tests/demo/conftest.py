"""A demo city of two days, filled once for all tests that only read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest
from demo_city import FilledCity, fill_two_days, load_city

from linggong.kernel.crypto import Secrets


@pytest.fixture(scope="module")
def city(server: Any, secrets: Secrets) -> Iterator[FilledCity]:
    """The city after two days."""

    async def make() -> FilledCity:
        empty = await load_city(server, "demo_city")
        report = await fill_two_days(empty, secrets)
        return FilledCity(empty.owner_dsn, empty.app_dsn, report)

    yield asyncio.run(make())
    asyncio.run(server.drop("demo_city"))


@pytest.fixture
async def owner(city: FilledCity) -> AsyncIterator[asyncpg.Connection]:
    """The owner role's view of the filled city."""
    connection = await asyncpg.connect(city.owner_dsn)
    yield connection
    await connection.close()
