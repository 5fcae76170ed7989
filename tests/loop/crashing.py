"""Kills at every write point: a database and an app of their own, steps sent over HTTP, and what must be true after each death."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import psutil
import small_city
import sqlalchemy as sa
from signing import CODE
from small_city import START, STATION

import migrations
from linggong.app import registry
from linggong.contracts import signing
from linggong.invariants import run
from linggong.kernel import anchors, clock, postgres, timers
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import SYSTEM, Database
from linggong.kernel.paths import EVERYWHERE
from linggong.people import employers, sessions, staff
from linggong.work import attend, engage
from tests.loop.market import DAWN
from tests.work.conftest import Site, people, publish

NAME = "crash"


@dataclass(slots=True)
class Subject:
    """One worker on his way through the order."""

    worker: UUID
    token: str
    engagement: UUID
    shift: UUID | None = None
    bill: UUID | None = None
    payment: UUID | None = None


@dataclass(slots=True)
class Step:
    """A step over HTTP: who sends what about a subject, and how many rows it leaves when it was done exactly once."""

    name: str
    who: str
    path: str
    count: str
    """SQL that counts the step's effect for the subject's id `$1`."""
    of: str
    json: dict[str, Any] | None = None


def _event(machine: str, event: str) -> str:
    return (
        "SELECT count(*) FROM events WHERE subject_id = $1 AND body::jsonb ->> 'event' = "
        f"'{event}' AND body::jsonb ->> 'machine' = '{machine}'"
    )


STEPS = {
    "confirm": Step("confirm", "worker", "/api/v1/engagements/{engagement}/confirm", _event("engagement", "confirm"), "engagement"),
    "contract": Step("contract", "clerk", "/api/v1/engagements/{engagement}/contract", _event("engagement", "contract"), "engagement",
                     {"side": "worker"}),
    "accept": Step("accept", "employer", "/api/v1/assignments/{shift}/accept", "SELECT count(*) FROM bills WHERE assignment_id = $1",
                   "shift", {}),
    "pay": Step("pay", "employer", "/api/v1/bills/{bill}/payments", "SELECT count(*) FROM payments WHERE bill_id = $1", "bill",
                {"amount_fen": 20000, "channel": "cash"}),
    "receive": Step("receive", "worker", "/api/v1/payments/{payment}/answer",
                    "SELECT count(*) FROM payments WHERE id = $1 AND state = 'confirmed'", "payment", {"received": True}),
}  # fmt: skip


@dataclass(slots=True)
class Wreck:
    """The server that is killed, the app that is killed, and what was acknowledged."""

    folder: Path
    passwords: postgres.RolePasswords
    clock: clock.MovableClock
    secrets: Secrets
    info: postgres.ServerInfo
    forker: subprocess.Popen[str] | None = None
    employer: str = ""
    clerk: str = ""
    subjects: list[Subject] = field(default_factory=list)
    site: Site | None = None
    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0

    def dsn(self, role: str) -> str:
        """Return a DSN of the database, wherever the server listens now."""
        user, password = {
            "owner": (postgres.OWNER_ROLE, self.passwords.owner), "app": (postgres.APP_ROLE, self.passwords.app)
        }[role]  # fmt: skip
        return postgres.make_dsn(self.info.host, self.info.port, user, password, NAME)

    def fork(self) -> None:
        """Start the process that forks the app's children."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, "tests"])}
        self.forker = subprocess.Popen(
            [sys.executable, "-m", "tests.loop.forker", str(self.folder), self.dsn("app")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        assert "ready" in self._read()

    def _read(self) -> dict[str, Any]:
        assert self.forker is not None
        assert self.forker.stdout is not None
        line = self.forker.stdout.readline()
        assert line, "the forking process is gone"
        found: dict[str, Any] = json.loads(line)
        return found

    def _write(self, line: str) -> None:
        assert self.forker is not None
        assert self.forker.stdin is not None
        self.forker.stdin.write(line + "\n")
        self.forker.stdin.flush()

    def task(self, **task: Any) -> dict[str, Any]:
        """Let a child do a task; when it pauses, the database is killed under it and started again."""
        self._write(json.dumps({"now": self.clock.now().isoformat(), "keys": str(self.folder), **task}))
        answer = self._read()
        if "paused" in answer:
            self.kill_postgres()
            self._write("go on")
            answer = self._read()
            self.revive()
        return answer

    def kill_postgres(self) -> None:
        """SIGKILL the server and all its backends at once."""
        family = [psutil.Process(self.info.pid), *psutil.Process(self.info.pid).children(recursive=True)]
        for process in family:
            os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs(family, timeout=10)
        self.kills["postgres"] += 1

    def revive(self) -> None:
        """Start the server again: it recovers from its log."""
        port = self.info.port
        self.info = postgres.ensure_running(self.folder)
        if self.info.port != port:
            self.end_fork()
            self.fork()

    def end_fork(self) -> None:
        """End the forking process."""
        if self.forker is not None:
            assert self.forker.stdin is not None
            assert self.forker.stdout is not None
            self.forker.stdin.close()
            self.forker.wait(20)
            self.forker.stdout.close()
            self.forker = None

    def send(self, step: Step, subject: Subject, **how: Any) -> dict[str, Any]:
        """Send a step of a subject, with one Idempotency-Key for all its tries."""
        names = {k: str(getattr(subject, k)) for k in ("engagement", "shift", "bill", "payment")}
        return self.task(
            send={
                "token": {"worker": subject.token, "employer": self.employer, "clerk": self.clerk}[step.who],
                "path": step.path.format(**names), "json": step.json, "key": f"{step.name}-{subject.engagement}",
            },
            **how,
        )  # fmt: skip

    def fetch(self, query: str, *values: Any) -> Any:
        """Ask the database as its owner."""

        async def ask() -> Any:
            owner = await asyncpg.connect(self.dsn("owner"))
            try:
                return await owner.fetch(query, *values)
            finally:
                await owner.close()

        return asyncio.run(ask())

    def effects(self, step: Step, subject: Subject) -> int:
        """Count what a step left."""
        return int(self.fetch(step.count, getattr(subject, step.of))[0][0])

    def killed_at(self, step: Step, subject: Subject, point: int, name: str, how: str) -> None:
        """Kill a step of a subject at a point, look, and send it again: it was done once, whatever died."""
        answer = self.send(step, subject, kill=point, how=how)
        if answer["killed"]:
            self.kills["app"] += 1
        there = self.effects(step, subject)
        where = f"{step.name} killed ({how}) at {point}, {name}"
        assert there in (0, 1), f"{where}: done {there} times"
        if answer["status"] in (200, 201):
            assert there == 1, f"{where}: acknowledged and lost"
        if name == "after COMMIT":
            assert there == 1, f"{where}: committed and lost"
        again = self.send(step, subject)
        assert again["status"] in (200, 201), f"{where}: then {again['status']} {again['body']}"
        self.acknowledged += 1
        assert self.effects(step, subject) == 1, f"{where}: sent again, done {self.effects(step, subject)} times"

    def phase(self, name: str, plan: Sequence[tuple[Subject, str]], rnd: Random, *, every: bool = False) -> int:
        """Take a step with every subject: the first one lives and shows the points, the others die at one each.

        `plan` says how each dies. Without `every` the points are drawn, those around COMMIT first. Returns the points.
        """
        step = STEPS[name]
        first = self.send(step, plan[0][0])
        assert first["status"] in (200, 201), first["body"]
        assert self.effects(step, plan[0][0]) == 1
        self.acknowledged += 1
        names = first["names"]
        order = [i + 1 for i, words in enumerate(names) if words in ("before COMMIT", "after COMMIT")][-2:]
        rest = [i + 1 for i in range(len(names)) if i + 1 not in order]
        order += rest if every else rnd.sample(rest, len(rest))
        for n, (subject, how) in enumerate(plan[1:]):
            point = order[n % len(order)]
            self.killed_at(step, subject, point, names[point - 1], how)
        return len(names)

    def hold(self) -> None:
        """Hold everything against the invariants and the hash chains."""

        async def look() -> None:
            owner = await asyncpg.connect(self.dsn("owner"))
            try:
                report = await run.check(owner)
                assert report.violations == []
                assert (await anchors.verify(owner)).faults == []
            finally:
                await owner.close()

        asyncio.run(look())


@contextmanager
def wreck(count: int) -> Iterator[Wreck]:
    """A server with the small city, an order of `count` places, and as many workers who were chosen for it."""
    folder = Path(tempfile.mkdtemp(prefix="linggong-crash-"))
    folder.chmod(0o755)
    made: Wreck | None = None
    movable = clock.MovableClock(DAWN)
    try:
        info = postgres.ensure_running(folder)
        passwords = asyncio.run(postgres.bootstrap_roles(info.superuser_dsn, NAME, data_dir=folder))
        made = Wreck(folder, passwords, movable, Secrets.load(folder), info)
        migrations.upgrade(made.dsn("owner"))
        registry.register()
        with clock.clock_set(movable):
            asyncio.run(_prepare(made, count))
            made.fork()
            yield made
    finally:
        if made is not None:
            made.end_fork()
        postgres.stop(folder, immediate=True)
        shutil.rmtree(folder, ignore_errors=True)


def _pool(made: Wreck) -> Database:
    return Database(made.dsn("app"), pool_size=2, sealer=made.secrets.sealer)


async def _prepare(made: Wreck, count: int) -> None:
    database = _pool(made)
    try:
        city = await small_city.found(database, made.secrets, made.clock)
        workers = await people(city, count)
        made.site = site = Site(city, await publish(city, headcount=count), workers)
        boss = (await people(city, 1))[0]
        async with database.begin(SYSTEM, EVERYWHERE) as uow:
            await employers.add_member(uow, city.trusted, boss, "owner")
            made.employer = await sessions.create(uow, "person", boss, {"employer_id": str(city.trusted)})
            clerk = await staff.create_staff(uow, "limin", "李敏", "station_clerk", STATION, "dawn-at-the-bridge-5")
            made.clerk = await sessions.create(uow, "staff", clerk)
        for n, worker in enumerate(workers):
            async with site.begin(site.worker(n)) as uow:
                engagement = (await engage.apply(uow, site.order_id)).id
            async with site.begin(site.employer) as uow:
                await engage.offer(uow, engagement)
                await signing.sign(uow, engagement, proof=CODE)
            async with database.begin(SYSTEM, EVERYWHERE) as uow:
                token = await sessions.create(uow, "person", worker)
            made.subjects.append(Subject(worker, token, engagement))
    finally:
        await database.dispose()


def work_a_day(made: Wreck) -> None:
    """Let everybody come, work and go home; sessions are opened anew where they ran out."""

    async def day() -> None:
        assert made.site is not None
        database = _pool(made)
        object.__setattr__(made.site.city, "database", database)
        try:
            made.clock.move_to(START - timedelta(minutes=10))
            await timers.sweep(database)
            code = attend.arrival_code(made.secrets, made.site.order_id, clock.business_date(START))
            for n, subject in enumerate(made.subjects):
                async with made.site.begin(made.site.worker(n)) as uow:
                    subject.shift = await uow.session.scalar(
                        sa.text("SELECT id FROM assignments WHERE engagement_id = :e"), {"e": subject.engagement}
                    )
                    assert subject.shift is not None
                    await attend.arrive(uow, subject.shift, method="code", code=code, secrets=made.secrets)
            made.clock.move_to(START)
            await timers.sweep(database, limit=10_000)
            made.clock.move_to(START + timedelta(hours=9))
            for n, subject in enumerate(made.subjects):
                assert subject.shift is not None
                async with made.site.begin(made.site.worker(n)) as uow:
                    await attend.finish(uow, subject.shift)
            async with database.begin(SYSTEM, EVERYWHERE) as uow:
                for subject in made.subjects:
                    subject.token = await sessions.create(uow, "person", subject.worker)
                boss = await uow.session.scalar(sa.text("SELECT person_id FROM employer_members LIMIT 1"))
                made.employer = await sessions.create(uow, "person", boss, {"employer_id": str(made.site.city.trusted)})
        finally:
            await database.dispose()

    asyncio.run(day())


def find_bills(made: Wreck) -> None:
    """Note the bill of every subject."""
    bills = {r["assignment_id"]: r["id"] for r in made.fetch("SELECT id, assignment_id FROM bills")}
    for subject in made.subjects:
        subject.bill = bills.get(subject.shift)


def find_payments(made: Wreck) -> None:
    """Note the payment of every subject."""
    payments = {r["bill_id"]: r["id"] for r in made.fetch("SELECT id, bill_id FROM payments")}
    for subject in made.subjects:
        subject.payment = payments.get(subject.bill)


def whole_loop(made: Wreck, hows: Sequence[str], rnd: Random, *, every: bool = False) -> dict[str, int]:
    """Take all subjects through the loop, killing each step of each; returns the points of each step."""
    points = {}
    plan = list(zip(made.subjects, hows, strict=True))
    for name, then in (
        ("confirm", None), ("contract", work_a_day), ("accept", find_bills), ("pay", find_payments), ("receive", None)
    ):  # fmt: skip
        points[name] = made.phase(name, plan, rnd, every=every)
        if then is not None:
            then(made)
        made.hold()
    return points
