"""Kill -9 of the database and of the process that writes: what was acknowledged is there, and every chain holds."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import asyncpg
import psutil
import pytest

import migrations
from linggong.kernel import postgres

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]
WRITER = """
import asyncio, sys
from linggong.kernel.db import Database, SYSTEM
from linggong.kernel.events import NewEvent
async def main():
    database = Database(sys.argv[1], pool_size=2)
    n = 0
    while True:
        async with database.begin(SYSTEM) as uow:
            await uow.emit(NewEvent(type="proof", chain=f"proof:{n % 5}", body={"n": n}))
        print(n, flush=True)
        n += 1
asyncio.run(main())
"""


@pytest.mark.parametrize("round_", range(3))
def test_nothing_acknowledged_is_lost(round_: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="linggong-crash-"))
    folder.chmod(0o755)
    try:
        info = postgres.ensure_running(folder)
        passwords = asyncio.run(postgres.bootstrap_roles(info.superuser_dsn, "crash", data_dir=folder))
        migrations.upgrade(postgres.make_dsn(info.host, info.port, postgres.OWNER_ROLE, passwords.owner, "crash"))
        app = postgres.make_dsn(info.host, info.port, postgres.APP_ROLE, passwords.app, "crash")
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, app], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        time.sleep(3 + round_)
        family = [psutil.Process(info.pid), *psutil.Process(info.pid).children(recursive=True)]
        for process in family:
            os.kill(process.pid, signal.SIGKILL)
        writer.kill()
        said, _ = writer.communicate()
        acknowledged = [int(line) for line in said.split()]
        assert len(acknowledged) > 50

        async def look() -> tuple[set[int], int]:
            again = postgres.ensure_running(folder)
            owner = await asyncpg.connect(
                postgres.make_dsn(again.host, again.port, postgres.OWNER_ROLE, passwords.owner, "crash")
            )
            there = {r["n"] for r in await owner.fetch("SELECT (body::jsonb->>'n')::int AS n FROM events")}
            broken = await owner.fetchval(
                "SELECT count(*) FROM (SELECT e.hash, event_hash(e.prev_hash, e) AS again, e.prev_hash, "
                "lag(e.hash) OVER (PARTITION BY e.chain ORDER BY e.n) AS before, e.n FROM events e) x "
                "WHERE hash <> again OR (n > 1 AND prev_hash <> before)"
            )
            await owner.close()
            return there, broken

        there, broken = asyncio.run(look())
        assert set(acknowledged) <= there, "an acknowledged event is missing"
        assert broken == 0
    finally:
        postgres.stop(folder, immediate=True)
        shutil.rmtree(folder, ignore_errors=True)
