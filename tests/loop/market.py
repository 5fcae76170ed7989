"""A market to play with: the real services on a real database, everybody who may act, and an eye that misses nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import small_city
from small_city import COUNTY, STATION

from linggong.app import registry
from linggong.invariants import run
from linggong.invariants.subjects import BY_NAME, SUBJECTS
from linggong.kernel import clock, timers
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import SYSTEM, Actor, Database
from linggong.kernel.errors import Invalid, LinggongError
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, Scope, tenant_path
from rbac.roles import Role
from tests.work.conftest import people

if TYPE_CHECKING:
    from conftest import Server

DAWN = datetime(2026, 3, 9, 21, 10, tzinfo=UTC)
HANDS = "WECOBMIS"
_STAFF = {
    "C": (Role.STATION_CLERK, STATION), "O": (Role.COUNTY_OPERATOR, COUNTY), "B": (Role.COUNTY_BUREAU, COUNTY),
    "M": (Role.MEDIATOR, COUNTY), "I": (Role.INSURER, "/4102/"),
}  # fmt: skip
_OF_KIND = {"worker": "WL", "employer": "E", "staff": "COBMI", "system": "S"}


class Broken(AssertionError):
    """Something that must never happen, with the steps that led there."""


@dataclass(frozen=True, slots=True)
class Row:
    """A subject: its machine, id and state, and whose it is."""

    machine: str
    id: UUID
    state: str
    order_id: UUID
    worker_id: UUID | None
    employer_id: UUID | None


Verb = Callable[["Market", Any, Row, Random], Awaitable[Any]]


@dataclass(slots=True)
class Market:
    """One database of its own, with what is known of it after the last step."""

    server: Server
    secrets: Secrets
    name: str
    clock: clock.MovableClock
    city: small_city.City
    workers: list[UUID]
    owner: asyncpg.Connection[Any] = field(init=False)
    rows: dict[tuple[str, UUID], Row] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    seen: set[tuple[str, int]] = field(default_factory=set)
    made: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    staff: dict[str, UUID] = field(default_factory=lambda: {hand: new_id() for hand in _STAFF})

    @property
    def database(self) -> Database:
        """The pool in use."""
        return self.city.database

    def who(self, hand: str, row: Row | None = None, *, worker: UUID | None = None) -> tuple[Actor, Scope]:
        """Return who acts when a hand acts on a row."""
        if hand in "WL":
            return Actor(
                kind="worker", id=worker or (row and row.worker_id) or self.workers[0], role="worker"
            ), EVERYWHERE
        if hand == "E":
            employer = (row and row.employer_id) or self.city.trusted
            return Actor(kind="employer", id=self.staff["C"], employer_id=employer, role="employer"), EVERYWHERE
        if hand == "S":
            return SYSTEM, EVERYWHERE
        role, path = _STAFF[hand]
        at = tenant_path(path)
        return Actor(kind="staff", id=self.staff[hand], post=at, role=role.value), Scope(trees=(at,))

    async def look(self) -> None:
        """See every subject, and hold every event since the last look against the declared tables."""
        found = [Row(*r) for r in await self.owner.fetch(_ROWS)]
        self.rows = {(row.machine, row.id): row for row in found}
        for event in await self.owner.fetch(
            "SELECT chain, n, actor_kind, body FROM events WHERE recorded_at >= $1 AND (chain LIKE 'order:%' OR chain LIKE 'case:%' "
            "OR body LIKE '%\"machine\"%') ORDER BY chain, n",
            self.clock.now(),
        ):
            if (event["chain"], event["n"]) not in self.seen:
                self.seen.add((event["chain"], event["n"]))
                self._hold(event["actor_kind"], json.loads(event["body"]))

    def _hold(self, kind: str, body: dict[str, Any]) -> None:
        """Check one event: each move is declared, and the one that was said by somebody was said by a hand that may."""
        if "machine" in body:
            machine = BY_NAME[body["machine"]].machine
            found = machine.find(body["from"], body["event"])
            if found is None:
                self.fail(f"{machine.name}: nothing leads from {body['from']} by {body['event']}")
            derived = body["event"] == "derive"
            number = "32" if body.get("transition") == "33" and found.number == "32" else body.get("transition")
            if not derived and (found.target != body["to"] or found.number != number):
                self.fail(f"{machine.name}: {body} is not {found}")
            if not derived and "S" not in found.actors and not any(machine.permits(found, h) for h in _OF_KIND[kind]):
                self.fail(f"{machine.name}: {found.event} from {found.source} was said by {kind}")
            self.made[f"{machine.name} {found.number} {found.event}"] += 1
        for name, _, source, target in body.get("moved", ()):
            rows = BY_NAME[name].machine.table
            if not any(r.source == source and r.target == target for r in rows):
                self.fail(f"{name}: nothing leads from {source} to {target}")
            self.made[f"{name} {source}>{target}"] += 1

    async def attempt(self, hand: str, name: str, verb: Verb, row: Row, rnd: Random) -> bool:
        """Let a hand try a verb on a row: it is done as declared, or refused in Chinese; anything else is broken."""
        said = f"{clock.shanghai(self.clock.now()):%m-%d %H:%M} {hand} {name} {row.machine} {str(row.id)[-6:]} in {row.state}"
        try:
            async with self.database.begin(*self.who(hand, row)) as uow:
                await verb(self, uow, row, rnd)
        except LinggongError as error:
            self.told.append(f"{said}: refused {error}")
            self.refused[
                f"{hand} {name} in {row.state}: {str(error)[:50] if not isinstance(error, Invalid) else error.faults[0].message}"
            ] += 1
            words = [f.message for f in error.faults] if isinstance(error, Invalid) else [str(error)]
            if not all(_chinese(w) for w in words):
                self.fail(f"refused without a Chinese reason: {error!r}")
            return False
        except Exception as error:
            self.fail(f"{said}: {type(error).__name__}: {error}", error)
        self.told.append(said)
        await self.look()
        return True

    def fail(self, why: str, cause: BaseException | None = None) -> Any:
        """Raise with the last steps."""
        raise Broken("\n".join([*self.told[-60:], why])) from cause

    async def move(self, to: datetime) -> None:
        """Move the clock and let the worker's sweep fire what is due; a deadline that fails is broken."""
        self.clock.move_to(max(to, self.clock.now()))
        fired = await timers.sweep(self.database, limit=10_000)
        self.told.append(f"{clock.shanghai(self.clock.now()):%m-%d %H:%M} clock, {fired} timers")
        failed = await self.owner.fetch("SELECT key, region, subject_id FROM timers WHERE state = 'failed'")
        if failed:
            self.fail(f"failed timers: {[tuple(map(str, r)) for r in failed]}")
        await self.look()

    async def restart(self) -> None:
        """Everything in memory is gone: new connections, and everybody bound anew. Compiled SQL is kept: it is dear to make."""
        await self.database.dispose()
        registry.register()
        self.told.append("restart")

    async def hold(self) -> None:
        """Hold the database against every invariant."""
        report = await run.check(self.owner)
        if report.violations:
            self.fail("\n".join(f"invariant {v.rule}: {v.row}: {v.detail}" for v in report.violations))

    async def close(self) -> None:
        """Drop the database."""
        await self.owner.close()
        await self.database.dispose()
        await self.server.drop(self.name)

    def of(self, machine: str, *states: str) -> list[Row]:
        """Return the subjects of a machine, in these states or in any."""
        return [r for r in self.rows.values() if r.machine == machine and (not states or r.state in states)]


_WORKERS = {"order": "NULL::uuid"}
_ROWS = " UNION ALL ".join(
    f"SELECT '{s.name}' AS machine, id, {s.column}, {s.order}, {_WORKERS.get(s.name, 'worker_id')}, employer_id FROM {s.table}"
    for s in SUBJECTS
    if s.name != "cover" and not s.party and not s.chain
)


def _chinese(words: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in words)


async def template(server: Server, secrets: Secrets) -> tuple[dict[str, Any], list[UUID]]:
    """Make the database from which every market is copied; returns the city's ids and its workers."""
    await server.clone("template_empty", "loop_template")
    database = Database(server.dsn("app", "loop_template"), pool_size=2, sealer=secrets.sealer)
    movable = clock.MovableClock(DAWN)
    try:
        with clock.clock_set(movable):
            city = await small_city.found(database, secrets, movable)
            workers = await people(city, 6)
    finally:
        await database.dispose()
    names = ("trusted", "fresh", "unverified", "restricted", "elsewhere", "clerk_id", "colleague_id")
    return {n: getattr(city, n) for n in names}, workers


async def open_market(
    server: Server,
    secrets: Secrets,
    name: str,
    known: tuple[dict[str, Any], list[UUID]],
    movable: clock.MovableClock,
    database: Database | None = None,
) -> Market:
    """Copy the template under the name that the pool connects to, and open it."""
    registry.register()
    await server.clone("loop_template", name)
    database = database or Database(server.dsn("app", name), pool_size=2, sealer=secrets.sealer)
    city = small_city.City(database, secrets, movable, **known[0])
    market = Market(server, secrets, name, movable, city, known[1])
    market.owner = await asyncpg.connect(server.dsn("owner", name))
    return market


def soon(market: Market, rnd: Random) -> datetime:
    """Return a plausible start: in an hour or two, or some hour of the next days."""
    at = market.clock.now().replace(minute=rnd.choice((0, 30)), second=0, microsecond=0)
    return at + timedelta(hours=rnd.choice((1, 2, 3, 5, 8, 14, 26, 31)))
