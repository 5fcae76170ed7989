"""Fixtures: a real embedded PostgreSQL for the run, one database a test cloned from a migrated template."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import settings

import migrations
from linggong.kernel import clock, events, outbox, postgres, timers
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.market import gates as market_gates
from linggong.outreach import freezes
from linggong.people import forms, notices, reaching
from linggong.phones import questions
from linggong.sites import targets
from linggong.work import gates as work_gates

# Examples race no clock: on a busy machine a slow one is no fault.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
_numbers = itertools.count()


@dataclass(frozen=True)
class Server:
    """The test run's PostgreSQL and the names of its templates."""

    info: postgres.ServerInfo
    passwords: postgres.RolePasswords
    data_dir: Path

    def dsn(self, role: str, database: str) -> str:
        """Return the DSN of 'owner' or 'app' for a database."""
        user, password = {
            "owner": (postgres.OWNER_ROLE, self.passwords.owner),
            "app": (postgres.APP_ROLE, self.passwords.app),
        }[role]
        return postgres.make_dsn(self.info.host, self.info.port, user, password, database)

    async def clone(self, template: str, name: str) -> None:
        """Create database `name` as a copy of `template`. By files: the log of a copy by blocks takes twice as long here."""
        connection = await asyncpg.connect(self.info.superuser_dsn)
        try:
            await connection.execute(
                f"CREATE DATABASE {name} TEMPLATE {template} OWNER {postgres.OWNER_ROLE} STRATEGY FILE_COPY"
            )
            await connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
            await connection.execute(f"GRANT CONNECT ON DATABASE {name} TO {postgres.APP_ROLE}")
        finally:
            await connection.close()

    async def drop(self, name: str) -> None:
        """Drop a database with whoever is still connected to it."""
        connection = await asyncpg.connect(self.info.superuser_dsn)
        try:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        finally:
            await connection.close()


@dataclass(frozen=True)
class TestDatabase:
    """One test's own database."""

    __test__ = False
    name: str
    owner_dsn: str
    app_dsn: str

    async def owner(self) -> asyncpg.Connection:
        """Connect as the owner role (sees everything); the caller closes."""
        return await asyncpg.connect(self.owner_dsn)


_LONG = (
    "browser/test_every_page", "browser/test_walk", "browser/test_paths", "app/test_canaries", "demo/", "loop/", "prove_small/", "admin/",
    "browser/", "app/",
)  # fmt: skip
"""Where the longest files lie: the whole run begins with them, or one process would sit over the last of them alone."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; within them, and after them, chance keeps its order."""

    def turn(item: pytest.Item) -> int:
        return next((n for n, name in enumerate(_LONG) if f"tests/{name}" in item.nodeid), len(_LONG))

    items.sort(key=turn)


_ROOM = 3_000_000_000
"""Bytes that a run's server may come to need; files in memory count against the machine's."""
_BOUND: tuple[dict[str, Any], ...] = (
    events._subscribers, timers._handlers, outbox._lines, market_gates.may_post, market_gates.must_be_read,
    market_gates.keeps_open, work_gates.ready_to_contract, work_gates.ready_to_start, work_gates.may_take,
    work_gates.rating_opens, freezes.frozen, notices.wordings, reaching.starts, questions.instead, targets._counted,
    forms.known_trade,
)  # fmt: skip
"""What floors bind by name at assembly."""


@contextmanager
def _as_before() -> Iterator[None]:
    before = [{k: dict(v) if isinstance(v, dict) else v for k, v in bound.items()} for bound in _BOUND]
    yield
    for bound, was in zip(_BOUND, before, strict=True):
        bound.clear()
        bound.update(was)


@pytest.fixture(autouse=True, scope="module")
def _bound_for_one_file() -> Iterator[None]:
    """What a file's own fixtures bind is gone after the file: which file a process runs next is chance."""
    with _as_before():
        yield


@pytest.fixture(autouse=True)
def _bound_for_one_test() -> Iterator[None]:
    """What a test binds is gone after it: the next one sees the floors that it asks for, whoever ran before."""
    with _as_before():
        yield


def _in_memory() -> str | None:
    """Return a folder in memory when the machine has room there: making a test's database is copying 1,300 files."""
    shared = Path("/dev/shm")
    roomy = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > _ROOM
    return str(shared) if roomy else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep what is loaded by now out of every later search for garbage: it is most of what such a search would walk through."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Start one embedded server for the run and migrate the template `template_empty` from nothing."""
    folder = Path(tempfile.mkdtemp(prefix="linggong-test-", dir=_in_memory()))
    folder.chmod(0o755)
    info = postgres.ensure_running(folder, fast=True)
    passwords = asyncio.run(postgres.bootstrap_roles(info.superuser_dsn, "template_empty", data_dir=folder))
    server = Server(info, passwords, folder)
    migrations.upgrade(server.dsn("owner", "template_empty"))
    yield server
    postgres.stop(folder, immediate=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def blank(server: Server) -> AsyncIterator[TestDatabase]:
    """A migrated database without rows (but the seeded policies)."""
    name = f"t{os.getpid()}_{next(_numbers)}"
    await server.clone("template_empty", name)
    yield TestDatabase(name, server.dsn("owner", name), server.dsn("app", name))
    await server.drop(name)


@pytest.fixture
async def database(blank: TestDatabase, secrets: Secrets) -> AsyncIterator[Database]:
    """The app role's pool on the test's own database."""
    pool = Database(blank.app_dsn, pool_size=5, sealer=secrets.sealer)
    yield pool
    await pool.dispose()


@pytest.fixture
def moved_clock() -> Iterator[clock.MovableClock]:
    """A clock standing at a Tuesday 05:10 in Kaifeng: 2026-03-10T05:10+08:00."""
    movable = clock.MovableClock(datetime(2026, 3, 9, 21, 10, tzinfo=UTC))
    with clock.clock_set(movable):
        yield movable


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    """Keys of this test run."""
    return Secrets.load(tmp_path_factory.mktemp("keys"))
