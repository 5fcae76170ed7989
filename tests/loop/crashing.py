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
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import psutil
import small_city
from signing import CODE
from small_city import STATION

import migrations
from linggong.app import registry
from linggong.contracts import signing
from linggong.cover import standin
from linggong.invariants import run
from linggong.kernel import anchors, clock, postgres
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import SYSTEM, Database
from linggong.kernel.paths import EVERYWHERE
from linggong.people import employers, sessions, staff
from linggong.people.models import Person
from linggong.work import engage
from tests.cover.conftest import BASIC, offer_products
from tests.loop.forker import INSURER_KEY
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
    case: UUID | None = None
    offer: UUID | None = None


@dataclass(slots=True)
class Step:
    """A step: who sends what about a subject, or what the worker process does by itself; `count` is 1 when it was done once."""

    name: str
    who: str
    path: str
    """Where it is sent; for the worker process, which of its jobs it is."""
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
    "confirm": Step("confirm", "worker", "/api/v1/engagements/{engagement}/confirm", _event("engagement", "confirm"), "engagement",
                    {"terms_version": 1}),
    "contract": Step("contract", "clerk", "/api/v1/engagements/{engagement}/contract", _event("engagement", "contract"), "engagement",
                     {"side": "worker"}),
    "accept": Step("accept", "employer", "/api/v1/assignments/{shift}/accept", "SELECT count(*) FROM bills WHERE assignment_id = $1",
                   "shift", {}),
    "pay": Step("pay", "employer", "/api/v1/bills/{bill}/payments", "SELECT count(*) FROM payments WHERE bill_id = $1", "bill",
                {"amount_fen": 20000, "channel": "cash"}),
    "receive": Step("receive", "worker", "/api/v1/payments/{payment}/answer",
                    "SELECT count(*) FROM payments WHERE id = $1 AND state = 'confirmed'", "payment", {"received": True}),
    "settle": Step("settle", "worker", "/api/v1/cases/{case}/offers/{offer}/sign",
                   "SELECT count(*) FROM bill_lines WHERE bill_id = (SELECT bill_id FROM cases WHERE id = $1) AND amount_fen = 1000",
                   "case", {"proof": ""}),
    "insure": Step("insure", "worker process", "insurer",
                   "SELECT count(*) FROM events WHERE type = 'cover.enrolled' AND body::jsonb ->> 'engagement' = $1::uuid::text",
                   "engagement"),
    "paper": Step("paper", "worker process", "papers",
                  "SELECT count(*) FROM events WHERE type = 'contract.sealed' AND body::jsonb ->> 'engagement' = $1::uuid::text",
                  "engagement"),
    "fall due": Step("fall due", "worker process", "timers", _event("overdue", "due"), "bill"),
}  # fmt: skip

_HELD_BACK = {
    "insurer": "UPDATE outside_calls SET next_at = $2::timestamptz + CASE WHEN payload IS NOT NULL AND subject_id IN "
               "(SELECT id FROM cover_policies WHERE engagement_id = $1) THEN interval '-1 s' ELSE interval '1 day' END "
               "WHERE state IN ('queued', 'sent', 'failed')",
    "papers": "UPDATE pgqueuer SET heartbeat = now() - interval '1 minute', execute_after = now() + CASE WHEN "
              "convert_from(payload, 'UTF8')::jsonb ->> 'file' IN (SELECT id::text FROM contract_files WHERE engagement_id = $1) "
              "THEN interval '-1 s' ELSE interval '1 day' END WHERE $2::timestamptz IS NOT NULL",
    "timers": "UPDATE timers SET due_at = $2::timestamptz + CASE WHEN subject_id = $1 THEN interval '-1 s' ELSE interval '1 hour' END "
              "WHERE state = 'live' AND key LIKE 't.pay%'",
}  # fmt: skip
"""Lets the worker find one subject's work only, and at once: leases of a killed worker are over."""


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
    insurer: str = ""
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
        if step.who == "worker process":
            self.execute(_HELD_BACK[step.path], getattr(subject, step.of), self.clock.now())
            return self.task(work=step.path, insurer=self.insurer, **how)
        names = {k: str(getattr(subject, k)) for k in ("engagement", "shift", "bill", "payment", "case", "offer")}
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

    def execute(self, query: str, *values: Any) -> None:
        """Change the database as its owner."""

        async def change() -> None:
            owner = await asyncpg.connect(self.dsn("owner"))
            try:
                await owner.execute(query, *values)
            finally:
                await owner.close()

        asyncio.run(change())

    def effects(self, step: Step, subject: Subject) -> int:
        """Count what a step left."""
        return int(self.fetch(step.count, getattr(subject, step.of))[0][0])

    def killed_at(self, step: Step, subject: Subject, point: int, name: str, how: str) -> None:
        """Kill a step of a subject at a point, look, and send it again: it was done once, whatever died."""
        answer = self.send(step, subject, kill=point, how=how)
        by_itself = step.who == "worker process"
        if answer["killed"]:
            self.kills["worker" if by_itself else "app"] += 1
        there = self.effects(step, subject)
        where = f"{step.name} killed ({how}) at {point}, {name}"
        assert there in (0, 1), f"{where}: done {there} times"
        if answer["status"] in (200, 201) and not by_itself:
            assert there == 1, f"{where}: acknowledged and lost"
        if name == "after COMMIT" and not by_itself:
            assert there == 1, f"{where}: committed and lost"
        again = self.send(step, subject)
        assert again["status"] in (200, 201), f"{where}: then {again['status']} {again['body']}"
        self.acknowledged += 1
        assert self.effects(step, subject) == 1, f"{where}: sent again, done {self.effects(step, subject)} times"

    def phase(self, name: str, plan: Sequence[tuple[Subject, str]], rnd: Random, *, every: bool = False) -> int:
        """Take a step with every subject: the first one lives and shows the points, the others die at one each.

        `plan` says how each dies. Without `every`, or with too few subjects, the points are drawn, those around COMMIT first. Returns the points.
        """
        step = STEPS[name]
        first = self.send(step, plan[0][0])
        assert first["status"] in (200, 201), first["body"]
        assert self.effects(step, plan[0][0]) == 1
        self.acknowledged += 1
        names = first["names"]
        order = [i + 1 for i, words in enumerate(names) if words in ("before COMMIT", "after COMMIT")][-2:]
        rest = [i + 1 for i in range(len(names)) if i + 1 not in order]
        order += rest if every and len(names) < len(plan) else rnd.sample(rest, len(rest))
        for n, (subject, how) in enumerate(plan[1:]):
            point = order[n % len(order)]
            self.killed_at(step, subject, point, names[point - 1], how)
        return len(names)

    def kill_worker(self, seconds: float) -> None:
        """Let the whole worker process run, and kill it at no chosen point."""
        self.task(work="worker", insurer=self.insurer, seconds=seconds)
        self.kills["worker"] += 1

    def catch_up(self) -> None:
        """Let a worker do what is left."""
        done = self.task(work="timers", insurer=self.insurer)
        assert done["status"] == 200, done["body"]

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
    insurer = standin.serve(standin.StandIn(INSURER_KEY))
    try:
        info = postgres.ensure_running(folder)
        passwords = asyncio.run(postgres.bootstrap_roles(info.superuser_dsn, NAME, data_dir=folder))
        made = Wreck(folder, passwords, movable, Secrets.load(folder), info)
        made.insurer = f"http://127.0.0.1:{insurer.server_address[1]}"
        migrations.upgrade(made.dsn("owner"))
        registry.register()
        with clock.clock_set(movable):
            asyncio.run(_prepare(made, count))
            made.fork()
            yield made
    finally:
        if made is not None:
            made.end_fork()
        insurer.shutdown()
        insurer.server_close()
        postgres.stop(folder, immediate=True)
        shutil.rmtree(folder, ignore_errors=True)


def pool(made: Wreck) -> Database:
    """Return a pool of the app's role, for what happens with nothing dying."""
    return Database(made.dsn("app"), pool_size=2, sealer=made.secrets.sealer)


async def numbered(city: small_city.City, workers: Sequence[UUID]) -> None:
    """Give everybody a number that opens: the insurer and the contract's paper need it."""
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        for n, worker in enumerate(workers):
            person = await uow.session.get_one(Person, worker)
            person.id_sealed = city.secrets.sealer.seal(f"41022519680501{n:04d}", f"persons.id_sealed.{worker}")


async def _prepare(made: Wreck, count: int) -> None:
    database = pool(made)
    try:
        city = await small_city.found(database, made.secrets, made.clock)
        await offer_products(city, BASIC)
        workers = await people(city, count)
        await numbered(city, workers)
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
