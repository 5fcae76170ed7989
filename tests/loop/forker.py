"""A process that has built the app and forks a child for each task: it serves one request or does a worker's job, and may die.

Run as `python -m tests.loop.forker FOLDER DSN`; reads one JSON task a line, writes one JSON answer a line:
`{"now", "keys", "kill", "how", "send": {...} | "work": name}` -> `{"killed", "points", "status", "body"}`. `kill` counts the
statements of the task, BEGIN and COMMIT included; `how` is kill (SIGKILL of the child), or pause (say so and wait for a line,
so that the caller can kill the database meanwhile). `work` is timers, papers or insurer, one run of that job of the worker;
or worker, the whole worker process, killed after `seconds`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
import traceback
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from sqlalchemy import event

from linggong.app import registry
from linggong.app.application import build
from linggong.contracts import seal, typeset
from linggong.cover import line
from linggong.cover.insurer import HttpInsurer
from linggong.kernel import clock, logs, outbox, tasks, timers
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.dialect import ScopedDialect
from linggong.kernel.settings import Settings

LONGEST = 60
"""Seconds that a task may take."""
INSURER_KEY = b"a key that both sides hold"
assert seal.apply is not None
assert typeset.pdf is not None  # what a paper needs is loaded once, before the children


class Killer:
    """Counts what the task sends to the database, and ends the process before the n-th is sent, or after it came back."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.at, self.how, self.n, self.names = task.get("kill"), task.get("how", "kill"), 0, []

    def point(self, words: str) -> None:
        """One point at which the process may die."""
        self.n += 1
        self.names.append(words[:60])
        if self.n != self.at:
            return
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        print(json.dumps({"paused": words}), flush=True)
        sys.stdin.readline()

    def over(self, database: Database) -> None:
        """Watch a pool from now on."""
        killer = self

        @event.listens_for(database.engine.sync_engine, "before_cursor_execute")
        def _before(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            killer.point(f"before {statement.strip()}")

        @event.listens_for(database.engine.sync_engine, "after_cursor_execute")
        def _after(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.lstrip().upper().startswith("SELECT"):
                killer.point(f"after {statement.strip()}")

        plain = ScopedDialect.simple

        def simple(dialect: Any, connection: Any, sql: str) -> None:
            if sql == "COMMIT":
                killer.point("before COMMIT")
            plain(dialect, connection, sql)
            if sql == "COMMIT":
                killer.point("after COMMIT")

        ScopedDialect.simple = simple


async def send(app: Any, task: dict[str, Any], secrets: Secrets) -> dict[str, Any]:
    """Serve one request with the app."""
    killer = Killer(task)
    asked = task["send"]
    async with app.lifespan():
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://market.test", timeout=60) as client:
            client.cookies.set("lg_session", asked["token"])
            headers = {"x-csrf-token": secrets.sign("csrf", asked["token"]), "idempotency-key": asked["key"]}
            killer.over(app.state.database)
            answer = await client.request(
                asked.get("method", "POST"), asked["path"], json=asked.get("json"), headers=headers
            )
    return {"status": answer.status_code, "body": answer.text[:2000], "points": killer.n, "names": killer.names}


async def work(dsn: str, task: dict[str, Any], secrets: Secrets) -> dict[str, Any]:
    """Do one run of a job as the worker does, or be the worker."""
    killer = Killer(task)
    registry.register()
    database = Database(dsn, pool_size=3, sealer=secrets.sealer)
    insurer = HttpInsurer(task["insurer"], INSURER_KEY)
    line.use(insurer, secrets.sealer)
    try:
        killer.over(database)
        match task["work"]:
            case "timers":
                await timers.sweep(database)
            case "papers":
                await _papers(dsn, database, killer)
            case "insurer":
                await outbox.work(database, line.SYSTEM)
            case "worker":
                await tasks.run_worker(dsn, database)
    finally:
        await insurer.aclose()
        await database.dispose()
    return {"status": 200, "body": "", "points": killer.n, "names": killer.names}


async def _papers(dsn: str, database: Database, killer: Killer) -> None:
    """Take what is due, and make it, until nothing is; what the queue itself writes are points at which to die too."""
    connection = await asyncpg.connect(dsn)
    queuer = tasks._queuer(connection, database)
    driver = queuer.connection
    fetch, execute = driver.fetch, driver.execute

    async def fetched(query: str, *values: Any) -> Any:
        killer.point("before taking a job")
        found = await fetch(query, *values)
        killer.point("after taking a job")
        return found

    async def executed(query: str, *values: Any) -> Any:
        killer.point("before the queue's word")
        said = await execute(query, *values)
        killer.point("after the queue's word")
        return said

    driver.fetch, driver.execute = fetched, executed

    async def ends() -> None:
        """No job is due or in hand, or the database is gone: this run is over."""
        try:
            watching = await asyncpg.connect(dsn)
            while await watching.fetchval("SELECT count(*) FROM pgqueuer WHERE execute_after < now()"):
                await asyncio.sleep(0.1)
            await watching.close()
        finally:
            queuer.qm.shutdown.set()

    await asyncio.gather(queuer.qm.run(dequeue_timeout=timedelta(seconds=1)), ends())
    await connection.close()


def child(app: Any, dsn: str, task: dict[str, Any], out: int) -> None:
    """Do a task and leave its answer in a pipe."""
    try:
        clock.set_clock(clock.MovableClock(datetime.fromisoformat(task["now"])))
        secrets = Secrets.load(Path(task["keys"]))
        do = work(dsn, task, secrets) if "work" in task else send(app, task, secrets)
        answer = asyncio.run(asyncio.wait_for(do, LONGEST))
    except BaseException:
        answer = {"status": 0, "body": traceback.format_exc()[-2000:], "points": 0, "names": []}
    os.write(out, json.dumps(answer).encode())


def main() -> None:
    """Serve tasks until the input ends."""
    folder, dsn = Path(sys.argv[1]), sys.argv[2]
    os.environ["LINGGONG_DATA_DIR"] = str(folder)
    settings = replace(
        Settings.from_env({"LINGGONG_DATA_DIR": str(folder), "LINGGONG_DEV": "0"}), data_dir=folder, pool_size=1
    )
    logs.configure(settings.log_format, "CRITICAL")
    app = build(settings, dsn, secrets=Secrets.load(folder))
    print(json.dumps({"ready": os.getpid()}), flush=True)
    while told := sys.stdin.readline():
        task = json.loads(told)
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            child(app, dsn, task, write)
            os._exit(0)
        os.close(write)
        if "seconds" in task:
            time.sleep(task["seconds"])
            os.kill(pid, signal.SIGKILL)
        with os.fdopen(read) as pipe:
            told = pipe.read()
        _, status = os.waitpid(pid, 0)
        killed = os.WIFSIGNALED(status)
        answer = json.loads(told) if told and not killed else {"status": 0, "body": "", "points": 0, "names": []}
        print(json.dumps({**answer, "killed": killed}), flush=True)


if __name__ == "__main__":
    main()
