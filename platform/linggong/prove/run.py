"""The proof: builds the city, sends the requests, compares, and says what was found."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg

from linggong.kernel.crypto import Secrets
from linggong.prove import city as cities
from linggong.prove import console, held, oracle, rows, scratch, world
from linggong.prove.client import Ask
from linggong.prove.judge import CARDS, LEAK, MISMATCH, OUTSIDE, Finding, Judge, alike
from linggong.prove.operations import Operation, operations
from linggong.prove.plan import Case, Planner
from linggong.prove.site import Site, serve

SIDE_BY_SIDE = 3
TOLD = 200
Say = Callable[[str], None]


@dataclass(slots=True)
class Report:
    """What a proof found."""

    operations: int = 0
    covered: int = 0
    requests: int = 0
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    reached: int = 0
    """Operations that did their work at least once: the depth of the proof."""
    statuses: Counter[str] = field(default_factory=Counter)
    mutants: dict[str, Any] | None = None

    def count(self, kind: str) -> int:
        """Return how many findings are of a kind."""
        return sum(f.kind == kind for f in self.findings)

    @property
    def clean(self) -> bool:
        """Tell whether nothing was found and nothing was left out."""
        return not self.findings and self.covered == self.operations and not (self.mutants or {}).get("survived")

    def line(self) -> dict[str, Any]:
        """Return the last line of the output."""
        made: dict[str, Any] = {
            "operations": self.operations, "covered": self.covered, "requests": self.requests,
            "leaks": self.count(LEAK), "writes_outside": self.count(OUTSIDE),
            "oracle_mismatches": self.count(MISMATCH), "seconds": round(self.seconds, 1), "reached": self.reached,
        }  # fmt: skip
        return made if self.mutants is None else made | {"mutants": self.mutants}


@dataclass(slots=True)
class Stage:
    """A built city with everything that a proof on it needs; the template is left alone and cloned."""

    place: scratch.Server
    template: str
    secrets: Secrets
    city: cities.City
    world: world.World
    oracle: oracle.Oracle


async def build(place: scratch.Server, name: str, seed: int) -> Stage:
    """Build the city in a migrated database and read it back. Raises RuntimeError about a table that took no row."""
    with TemporaryDirectory(prefix="linggong-prove-") as folder:
        secrets = Secrets.load(Path(folder))
    owner = await scratch.owner_connection(place, name)
    try:
        now = rows.now()
        made = await cities.build(owner, place.app_of(name), secrets, seed, now)
        await held.watch(owner)
        read = await world.read(owner, made, now)
        counts = {t: len(read.by_table[t]) for t in world.tables()}
        empty = cities.tables_without_rows(counts)
        if empty:
            raise RuntimeError(f"no row in {', '.join(empty)}: give prove.rows.GIVEN what they take: {made.unfilled}")
        return Stage(place, name, secrets, made, read, await oracle.read(owner, read))
    finally:
        await owner.close()


@contextlib.asynccontextmanager
async def opened(stage: Stage, *, pool_size: int = 4) -> AsyncIterator[tuple[Site, asyncpg.Connection[Any]]]:
    """Serve the app on a clone of the city, with an owner connection beside it."""
    async with scratch.clone(stage.place, stage.template) as name:
        owner = await scratch.owner_connection(stage.place, name)
        try:
            async with serve(stage.place.app_of(name), stage.secrets, pool_size=pool_size) as site:
                yield site, owner
        finally:
            await owner.close()


class Proof:
    """Sends what the planner draws and judges the answers."""

    def __init__(self, stage: Stage, site: Site, seed: int) -> None:
        self.site = site
        self.operations = operations_of(site)
        self.planner = Planner(stage.city, stage.world, stage.oracle, self.operations, seed)
        self.judge = Judge(stage.oracle)
        self.report = Report(operations=len(self.operations))
        self._covered: set[str] = set()
        self._reached: set[str] = set()

    async def run(self, requests: int, say: Say) -> None:
        """Send that many requests (twins count), a few side by side."""
        cases = self.planner.cases()
        tenth = max(1, requests // 10)
        said = 0

        async def worker() -> None:
            nonlocal said
            while self.report.requests < requests:
                await self.one(next(cases))
                if self.report.requests // tenth > said:
                    said = self.report.requests // tenth
                    say(f"{self.report.requests} requests, {len(self.report.findings)} findings")

        await asyncio.gather(*(worker() for _ in range(SIDE_BY_SIDE)))
        self.report.covered, self.report.reached = len(self._covered), len(self._reached)

    async def one(self, case: Case) -> list[Finding]:
        """Send a request, and its twin where the row is foreign; judge both."""
        answer = await self.site.ask(case.ask)
        self.report.requests += 1
        self._covered.add(case.operation.key)
        if answer.status < 400 and not answer.refused:
            self._reached.add(case.operation.key)
        self.report.statuses[f"{answer.status}"] += 1
        found = self.judge.judge(case, answer)
        if case.twin is not None and self._foreign(case):
            twin = await self.site.ask(case.twin)
            self.report.requests += 1
            if not alike(case, answer, twin) and await self._tells(case, case.twin):
                what = f"foreign and missing differ: {answer.status} and {twin.status}"
                if answer.status == twin.status:
                    what += _difference(answer.body, twin.body)
                found.append(Finding(LEAK, what, case.ask.told() + "\n    " + case.twin.told()))
        self.report.findings += found[: max(0, TOLD - len(self.report.findings))]
        return found

    async def _tells(self, case: Case, twin: Ask) -> bool:
        """Ask again: does the answer tell a foreign key from a missing one, and not only one time from another?"""
        once, again, other = [await self.site.ask(a) for a in (case.ask, case.ask, twin)]
        if alike(case, once, other):
            return False
        # What is drawn anew for each answer (a code, say) tells nothing; the status still would.
        return alike(case, once, again) or once.status != other.status

    def _foreign(self, case: Case) -> bool:
        """Tell whether the row is one of which the subject must not even learn that it is there."""
        if case.target is None or not self.judge.oracle.may_call(case.subject, case.operation.permission):
            return False
        if case.operation.key in CARDS or self.judge.oracle.sees(case.subject, case.operation.permission, case.target):
            return False
        # What stands in a row that he sees is no secret to him: a worker of his own order, say.
        known = self.judge.oracle.tokens(case.subject, case.operation.permission)
        if case.target.table == "orders" and ("board_posts", case.target.key) in self.judge.oracle.world.by_key:
            known = known | {str(case.target.cells["trace_code"])}
        return not set(case.named) & known


def _difference(one: bytes, other: bytes) -> str:
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, at - 40)
    return (
        f": {one[start : at + 80].decode(errors='replace')!r} and {other[start : at + 80].decode(errors='replace')!r}"
    )


async def prove(stage: Stage, requests: int, seed: int, say: Say) -> Report:
    """Send the requests to a clone of the city; at the end every table must hash as before."""
    began = time.perf_counter()
    async with opened(stage) as (site, owner):
        before = await world.hashes(owner)
        proof = Proof(stage, site, seed)
        await proof.run(requests, say)
        after = await world.hashes(owner)
        for name in before:
            if before[name] != after[name]:
                proof.report.findings.append(Finding(OUTSIDE, f"rows of {name} changed past every transaction", ""))
    proof.report.seconds = time.perf_counter() - began
    return proof.report


def operations_of(site: Site) -> list[Operation]:
    """Return every operation of the app that is served, the console's included."""
    return sorted([*operations(site.app), *console.operations()], key=lambda o: (o.path, o.method))
