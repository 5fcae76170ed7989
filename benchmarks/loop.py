"""Full loops a second: applied, chosen, confirmed, signed, arrived, begun, finished, recognised, paid, received.

    python -m benchmarks.loop [--loops 60]

Each step is a request through the whole app (guard, scoped transaction, audit chain, events, timers), handed to it as the
server would, without the network and without a client's cost; contracts are queued, their files are not made here. It
measures a server that runs: each process plays some loops before the clock starts, on the event loop that the server uses
(uvloop). Prints loops a second of one process and of two, p95 of each step and the share of its time that one process alone
waits for the database, and the ratio to the aim of 40 loops/s on two cores. What others run on the machine takes part in those
figures; what it does not change are the statements of a loop (BEGIN and COMMIT included) and its CPU time, in the server's
process and in PostgreSQL.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as dt_time
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import uvloop
from sqlalchemy import event

import migrations
from linggong.app import application
from linggong.demo.paths import cast, steps
from linggong.demo.paths.stage import DAY, Stage
from linggong.kernel import clock, db, postgres
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import SYSTEM
from linggong.kernel.dialect import ScopedDialect
from linggong.kernel.paths import EVERYWHERE
from linggong.people import sessions
from linggong.prove import site
from tenants.loading import load_preset_into

AIM = 40.0
"""Loops a second on two cores with contracts queued."""
PLACES = 20
WARM = 24
"""Loops that each process plays before the clock starts: each of its connections says every statement often enough to keep its plan."""
NAME = "bench_loop"


async def prepare(owner_dsn: str, app_dsn: str, folder: Path, loops: int, each: int) -> list[dict[str, Any]]:
    """Found the city with so many workers, and orders for each run of `each`; returns what each loop needs."""
    owner = await asyncpg.connect(owner_dsn)
    await load_preset_into(owner, "kaifeng")
    movable = clock.MovableClock(datetime(2026, 5, 19, 21, 0, tzinfo=UTC))
    plans = []
    with clock.clock_set(movable):
        async with site.served(app_dsn, Secrets.load(folder)) as app:
            stage = Stage(app, app.state.database, Secrets.load(folder), movable, {})
            await cast.staffed(stage, "驿站")
            boss = await cast.employer(stage, "开封建筑公司", agent="王经理", n=900)
            names = [f"李{'甲乙丙丁戊己庚辛壬癸'[n % 10]}" for n in range(loops)]
            born = [f"1968{1 + n // 28 % 12:02d}{1 + n % 28:02d}" for n in range(loops)]
            people = [
                (await cast.workers(stage, [name], first=n + 1, born=day))[0]
                for n, (name, day) in enumerate(zip(names, born, strict=True))
            ]
            # A run's orders are its own: one that closed takes nobody else.
            kinds = sorted({(n // each, n % each // PLACES) for n in range(loops)})
            orders = {
                k: await steps.post(stage, boss, cast.order_form(stage, headcount=min(PLACES, each))) for k in kinds
            }
            tokens = {}
            async with stage.database.begin(SYSTEM, EVERYWHERE) as uow:
                for who in (*people, boss, stage.people["驿站"]):
                    tokens[who.id] = await sessions.create(uow, who.kind, who.id, who.facts.get("acting"))
            plans = [
                {
                    "worker": tokens[who.id], "boss": tokens[boss.id], "clerk": tokens[stage.people["驿站"].id],
                    "order": orders[n // each, n % each // PLACES], "name": who.name,
                }
                for n, who in enumerate(people)
            ]  # fmt: skip
    await owner.execute("ANALYZE")
    await owner.close()
    return plans


class Loops:
    """Loops played by one process."""

    def __init__(self, app: Any, secrets: Secrets, plans: list[dict[str, Any]], width: int) -> None:
        self.app, self.secrets, self.plans = app, secrets, plans
        self.room = asyncio.Semaphore(width)
        self.took: dict[str, list[float]] = defaultdict(list)

    async def step(self, plan: dict[str, Any], who: str, name: str, path: str, body: Any) -> Any:
        """Send one step and note how long it took."""
        token = plan[who]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "path": path,
            "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1),
            "server": ("market.test", 80), "headers": [
                (b"host", b"market.test"), (b"content-type", b"application/json"), (b"cookie", f"lg_session={token}".encode()),
                (b"x-csrf-token", self.secrets.sign("csrf", token).encode()),
            ],
        }  # fmt: skip
        asked = {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}
        said: list[Any] = []

        async def receive() -> Any:
            return asked

        async def send(message: Any) -> None:
            said.append(message)

        start = time.perf_counter()
        await self.app(scope, receive, send)
        self.took[name].append(time.perf_counter() - start)
        text = b"".join(m.get("body", b"") for m in said[1:])
        if said[0]["status"] >= 300:
            raise RuntimeError(f"{name}: {said[0]['status']} {text[:300]!r}")
        return json.loads(text)

    async def before(self, p: dict[str, Any]) -> None:
        """Apply to signed (12, 17, 18, 20)."""
        async with self.room:
            made = await self.step(p, "worker", "apply", f"/api/v1/orders/{p['order']}/applications", {})
            p["engagement"] = path = f"/api/v1/engagements/{made['id']}"
            await self.step(p, "boss", "offer", f"{path}/offer", {})
            made = await self.step(p, "worker", "confirm", f"{path}/confirm", {"terms_version": 1})
            p["shift"] = f"/api/v1/assignments/{made['shifts'][0]['id']}"
            p["shift_id"] = made["shifts"][0]["id"]
            await self.step(p, "clerk", "sign", f"{path}/contract", {"side": "worker", "witness": "村会计"})
            await self.step(p, "clerk", "sign", f"{path}/contract", {"side": "employer", "witness": "村会计"})

    async def start(self, p: dict[str, Any]) -> None:
        """Arrived and begun (36, 37)."""
        async with self.room:
            await self.step(p, "boss", "arrive", f"{p['shift']}/arrive", {"method": "roll_call"})
            await self.step(p, "boss", "start", f"{p['shift']}/start", {})

    async def end(self, p: dict[str, Any]) -> None:
        """Finished, recognised, billed, paid and received (44, 51, 54, 56, 57)."""
        async with self.room:
            await self.step(p, "worker", "finish", f"{p['shift']}/finish", {})
            await self.step(p, "boss", "accept", f"{p['shift']}/accept", {})
            async with self.app.state.database.system() as uow:
                from sqlalchemy import text

                bill = await uow.session.scalar(
                    text("SELECT id FROM bills WHERE assignment_id = :a"), {"a": p["shift_id"]}
                )
            made = await self.step(
                p, "boss", "pay", f"/api/v1/bills/{bill}/payments", {"amount_fen": 20000, "channel": "cash"}
            )
            await self.step(
                p, "worker", "receive", f"/api/v1/payments/{made['payments'][-1]['id']}/answer", {"received": True}
            )


@dataclass(slots=True)
class Meter:
    """What a process has cost so far: statements sent and seconds waited for them, CPU seconds of it and of PostgreSQL."""

    postgres: int
    """PostgreSQL's first process."""
    statements: int = 0
    waited: float = 0.0

    def read(self) -> list[float]:
        """Return statements, seconds waited, CPU seconds here, CPU seconds in PostgreSQL (whoever asked it)."""
        first = psutil.Process(self.postgres)
        spent = [p.cpu_times() for p in (first, *first.children())]
        ended = spent[0].children_user + spent[0].children_system
        return [self.statements, self.waited, time.process_time(), ended + sum(t.user + t.system for t in spent)]

    def watch(self, database: db.Database) -> None:
        """Count the statements of a pool and add up how long they take, COMMIT and BEGIN included."""

        @event.listens_for(database.engine.sync_engine, "before_cursor_execute")
        def _before(*_: Any) -> None:
            self.statements += 1
            self.waited -= time.perf_counter()

        @event.listens_for(database.engine.sync_engine, "after_cursor_execute")
        def _after(*_: Any) -> None:
            self.waited += time.perf_counter()

        plain = ScopedDialect.simple

        def simple(dialect: Any, connection: Any, sql: str) -> None:
            self.statements += 1
            self.waited -= time.perf_counter()
            plain(dialect, connection, sql)
            self.waited += time.perf_counter()

        ScopedDialect.simple = simple  # type: ignore[assignment]


async def play(dsn: str, folder: Path, plans: list[dict[str, Any]], width: int, server: int) -> dict[str, Any]:
    """Play the loops of one process; the clock is moved between its three parts. No timer is swept: runs share the database,
    and every step has a person who takes it."""
    movable = clock.MovableClock(datetime(2026, 5, 19, 21, 0, tzinfo=UTC))
    secrets = Secrets.load(folder)
    meter = Meter(server)
    spent = [0.0] * 5
    with clock.clock_set(movable):
        async with site.served(dsn, secrets, pool_size=width + 1) as app:
            application.settle()
            meter.watch(app.state.database)
            loops = Loops(app, secrets, plans[WARM:], width)
            warming = Loops(app, secrets, plans[:WARM], width)
            starts = clock.at_shanghai(DAY, dt_time(7, 30))
            for at, part in ((None, "before"), (starts, "start"), (starts + timedelta(hours=9), "end")):
                if at is not None:
                    movable.move_to(at)
                    await _renew(app.state.database)
                await asyncio.gather(*(getattr(warming, part)(p) for p in warming.plans))
                before = [time.perf_counter(), *meter.read()]
                await asyncio.gather(*(getattr(loops, part)(p) for p in loops.plans))
                after = [time.perf_counter(), *meter.read()]
                spent = [s + b - a for s, a, b in zip(spent, before, after, strict=True)]
    names = ("seconds", "statements", "waited", "cpu", "cpu_postgres")
    return {"loops": len(loops.plans), "took": loops.took, **dict(zip(names, spent, strict=True))}


async def _renew(database: db.Database) -> None:
    from sqlalchemy import text

    async with database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(text("UPDATE web_sessions SET seen_at = :now, expires_at = :until"),
                          {"now": uow.now, "until": uow.now + timedelta(days=1)})  # fmt: skip


def child(dsn: str, folder: Path, plans: list[dict[str, Any]], width: int, server: int) -> subprocess.Popen[str]:
    """Start a process that waits for a line, then plays."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.loop", "--child", dsn, "--folder", str(folder), "--width", str(width),
         "--server", str(server)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ.copy(),
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(json.dumps(plans) + "\n")
    process.stdin.flush()
    return process


def run(dsn: str, folder: Path, parts: list[list[dict[str, Any]]], width: int, server: int) -> list[dict[str, Any]]:
    """Play parts in as many processes at once."""
    processes = [child(dsn, folder, part, width, server) for part in parts]
    answers = []
    for process in processes:
        out, _ = process.communicate()
        answers.append(json.loads(out.splitlines()[-1]))
    return answers


def main() -> None:
    """Prepare, play, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--loops", type=int, default=60, help="loops of each run")
    parser.add_argument("--child")
    parser.add_argument("--folder")
    parser.add_argument("--server", type=int)
    parser.add_argument("--width", type=int, default=4)
    asked = parser.parse_args()
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the stage that founds the city asks with it
    if asked.child:
        plans = json.loads(sys.stdin.readline())
        print(json.dumps(uvloop.run(play(asked.child, Path(asked.folder), plans, asked.width, asked.server))))
        return
    folder = Path(tempfile.mkdtemp(prefix="linggong-bench-"))
    folder.chmod(0o755)
    try:
        info = postgres.ensure_running(folder)
        passwords = asyncio.run(postgres.bootstrap_roles(info.superuser_dsn, NAME, data_dir=folder))
        owner = postgres.make_dsn(info.host, info.port, postgres.OWNER_ROLE, passwords.owner, NAME)
        dsn = postgres.make_dsn(info.host, info.port, postgres.APP_ROLE, passwords.app, NAME)
        migrations.upgrade(owner)
        n = asked.loops + WARM
        plans = uvloop.run(prepare(owner, dsn, folder, 4 * n, n))
        alone = run(dsn, folder, [plans[:n]], 1, info.pid)[0]
        one = run(dsn, folder, [plans[n : 2 * n]], 4, info.pid)[0]
        two = run(dsn, folder, [plans[2 * n : 3 * n], plans[3 * n :]], 4, info.pid)
    finally:
        postgres.stop(folder, immediate=True)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{'step':10}{'p50 ms':>9}{'p95 ms':>9}   (one at a time)")
    for name, took in alone["took"].items():
        ordered = sorted(took)
        print(f"{name:10}{statistics.median(took) * 1000:9.1f}{ordered[int(len(ordered) * 0.95)] * 1000:9.1f}")
    print(f"share of that time spent in the database: {alone['waited'] / alone['seconds']:.0%}")
    print(
        f"a loop: {one['statements'] / one['loops']:.0f} statements; CPU {one['cpu'] / one['loops'] * 1000:.1f} ms in the server, "
        f"{one['cpu_postgres'] / one['loops'] * 1000:.1f} ms in PostgreSQL"
    )
    print(f"one process, four at once: {one['loops'] / one['seconds']:.1f} loops/s")
    both = sum(t["loops"] for t in two) / max(t["seconds"] for t in two)
    print(f"two processes: {both:.1f} loops/s; aim {AIM:.0f}, ratio {both / AIM:.2f}")


if __name__ == "__main__":
    main()
