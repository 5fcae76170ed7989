"""A stage for the demo's paths: the app on a database of its own with the places of Kaifeng."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from demo_city import load_city
from small_city import _timers, city

from linggong.demo.paths.stage import Stage
from linggong.invariants.subjects import BY_NAME
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.prove import site

if TYPE_CHECKING:
    from conftest import Server

_numbers = itertools.count()
__all__ = ["_timers", "city"]


@pytest.fixture(scope="module")
def places(server: Server) -> Iterator[str]:
    """A database with the places of Kaifeng and nothing else, to be copied."""
    name = f"places_{os.getpid()}_{next(_numbers)}"
    asyncio.run(load_city(server, name))
    yield name
    asyncio.run(server.drop(name))


@pytest.fixture
async def stage(server: Server, secrets: Secrets, places: str) -> AsyncIterator[Stage]:
    """The app in production mode, a moved clock, and nobody there yet."""
    name = f"path_{os.getpid()}_{next(_numbers)}"
    await server.clone(places, name)
    movable = clock.MovableClock(datetime(2026, 5, 19, 0, 0, tzinfo=UTC))
    with clock.clock_set(movable):
        async with site.served(server.dsn("app", name), secrets) as app:
            machines = {n: s.machine for n, s in BY_NAME.items()}
            yield Stage(app, app.state.database, secrets, movable, machines)
    await server.drop(name)


@pytest.fixture
async def owner_of(server: Server, stage: Stage) -> AsyncIterator[asyncpg.Connection[Any]]:
    """The owner's view of the stage's database."""
    name = stage.database.url.rsplit("/", 1)[1].split("?")[0]
    connection = await asyncpg.connect(server.dsn("owner", name))
    yield connection
    await connection.close()
