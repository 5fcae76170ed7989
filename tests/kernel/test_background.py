"""Background work and live updates on the real database: jobs that exist when the transaction commits, one LISTEN a process."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import asyncpg
import pytest

from linggong.kernel import tasks
from linggong.kernel.db import Database
from linggong.kernel.events import NewEvent
from linggong.kernel.live import Hub, stamp

if TYPE_CHECKING:
    from conftest import TestDatabase

WORKER = """
import asyncio, sys
from linggong.kernel import tasks
from linggong.kernel.db import Database
async def note(database, payload):
    if payload["n"] == 2 and not note.failed:
        note.failed = True
        raise ValueError("once")
    print("done", payload["n"], flush=True)
note.failed = False
ticks = 0
async def tick(database):
    global ticks
    ticks += 1
    if ticks == 1:
        print("tick", flush=True)
async def main():
    tasks.task("note", note)
    tasks.periodic("tick", "* * * * * */1", tick)
    database = Database(sys.argv[1], pool_size=2)
    print("up", flush=True)
    await tasks.run_worker(sys.argv[1], database)
    await database.dispose()
    print("ended", flush=True)
asyncio.run(main())
"""


async def test_a_job_exists_when_its_transaction_commits_and_is_tried_again(
    database: Database, blank: TestDatabase
) -> None:
    async with database.system() as uow:
        await tasks.enqueue(uow, "note", {"n": 1}, dedupe_key="one")
        await tasks.enqueue(uow, "note", {"n": 1}, dedupe_key="one")
    with pytest.raises(ValueError, match="undo"):
        async with database.system() as uow:
            await tasks.enqueue(uow, "note", {"n": 9})
            raise ValueError("undo")
    async with database.system() as uow:
        await tasks.enqueue(uow, "note", {"n": 2})
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, blank.app_dsn, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    said: list[str] = []
    assert worker.stdout is not None
    async with asyncio.timeout(40):
        while not {"done 1", "done 2", "tick"} <= set(said):
            said.append((await worker.stdout.readline()).decode().strip())
    worker.terminate()
    async with asyncio.timeout(30):
        said += [line.decode().strip() async for line in worker.stdout]
        assert await worker.wait() == 0
    assert said.count("done 1") == 1, "the duplicate was skipped"
    assert "done 9" not in said, "what was rolled back never ran"
    assert said[-1] == "ended", "SIGTERM ends the worker cleanly"


async def test_live_updates_reach_whom_they_concern_and_survive_a_lost_connection(
    database: Database, blank: TestDatabase
) -> None:
    """Told in the call that commits: the worker hears of his matter, the county of what lies below it, the neighbour nothing."""
    hub = Hub(blank.app_dsn)
    await hub.start()
    await asyncio.wait_for(hub.connected.wait(), 5)
    worker = uuid4()
    his: Any = hub.stream({f"person:{worker}": "me"})
    county: Any = hub.stream({"tenant:/4102/25/": "here"})
    neighbour: Any = hub.stream({"tenant:/4102/2/": "here", "person:other": "me"})
    back: Any = hub.stream({"type:order": "board"}, since=stamp() - 3_600_000)
    for frames in (his, county, neighbour, back):
        assert (await anext(frames)).startswith(b"retry:")
    assert b"event: resync" in await anext(back), "who comes back after longer than is known fetches again"
    waiting = [asyncio.ensure_future(anext(f)) for f in (his, county, neighbour)]
    await asyncio.sleep(0.05)
    before = stamp()
    owner = await blank.owner()
    await owner.execute(
        "INSERT INTO nodes (id, path, kind, name, short_name, status, created_at, extra, name_warnings, point_is_demo) "
        "VALUES (gen_random_uuid(), '/4102/25/001/', 'street', '县里一街', '一街', 'open', now(), '{}', '[]', false)"
    )
    async with database.system() as uow:
        for _ in range(3):
            await uow.emit(
                NewEvent(type="engagement.offered", chain="order:1", tenant="/4102/25/001/", person_id=worker)
            )
    assert (await asyncio.wait_for(waiting[0], 5)).endswith(b"event: change\ndata: me\n\n"), (
        "three things are told once"
    )
    assert (await asyncio.wait_for(waiting[1], 5)).endswith(b"data: here\n\n")
    await asyncio.sleep(0.1)
    assert not waiting[2].done(), "a neighbour hears nothing"
    caught: Any = hub.stream({f"person:{worker}": "me", "type:order": "board"}, since=before)
    assert b"hello" in await anext(caught)
    assert (await asyncio.wait_for(anext(caught), 5)).endswith(b"event: change\ndata: me\n\n"), (
        "what changed between the page and its stream is told, and nothing else"
    )
    await owner.close()
    same_role = await asyncpg.connect(blank.app_dsn)
    await same_role.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    )
    assert b"event: resync" in await asyncio.wait_for(waiting[2], 10), "clients are told to fetch again"
    await same_role.close()
    await hub.stop()
    with pytest.raises(StopAsyncIteration):
        while True:
            await asyncio.wait_for(anext(his), 5)
    assert hub.clients == 4, "the streams that nobody reads on are closed by their server"


@pytest.mark.parametrize("cron", ["11 */10 * * * *", "*/5 * * * *", "* * * * * * *"])
def test_a_cron_with_its_seconds_at_the_wrong_end_is_refused(cron: str) -> None:
    """It would run in each second of one minute, hours apart: the proposal of 04:30 came at no dawn."""

    async def nothing(database: Database) -> None: ...

    with pytest.raises(ValueError, match="seconds last"):
        tasks.periodic("wrong", cron, nothing)
