"""Where a path is played: people with sessions, requests over HTTP, a clock that is moved, and the timeline that is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import sqlalchemy as sa

from linggong.kernel import clock, timers
from linggong.kernel.clock import MovableClock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import SYSTEM, Database
from linggong.kernel.machine import NEW, Machine
from linggong.kernel.paths import EVERYWHERE
from linggong.people import sessions

DAY = date(2026, 5, 20)
"""A Wednesday in the garlic harvest."""
_IDLE = timedelta(minutes=5)
Say = Callable[["Line"], None]


class PathError(Exception):
    """A step of a path went otherwise than written; says the request and the answer."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline: when, who, what was said or done, and what it moved."""

    at: datetime
    who: str
    what: str
    moved: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the line as it is printed."""
        local = clock.shanghai(self.at)
        head = f"{local:%m-%d %H:%M}  {self.who:　<8}{self.what}"
        return "\n".join([head, *(f"{'':13}└ {m}" for m in self.moved)])


@dataclass(slots=True)
class Who:
    """Somebody with a browser or at a counter."""

    name: str
    id: UUID
    token: str = ""
    kind: str = "person"
    opened: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Stage:
    """The app as it is served, its database, and everybody who has come so far."""

    app: Any
    database: Database
    secrets: Secrets
    clock: MovableClock
    machines: Mapping[str, Machine]
    say: Say = lambda line: None
    lines: list[Line] = field(default_factory=list)
    people: dict[str, Who] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """What a subject is called in the timeline, by its id."""
    _seen: set[tuple[str, int]] = field(default_factory=set)

    def at(self, hour: int, minute: int = 0, *, day: date | None = None) -> datetime:
        """Return a wall-clock time of the path's day, or of another."""
        return clock.at_shanghai(day or clock.business_date(self.clock.now()), time(hour, minute))

    async def until(self, to: datetime) -> None:
        """Move the clock, and let what falls due on the way happen at its own time, as the worker would."""
        while True:
            async with self.database.system() as uow:
                due = await uow.session.scalar(
                    sa.text("SELECT min(due_at) FROM timers WHERE state = 'live' AND due_at <= :to"), {"to": to}
                )
            if due is None:
                break
            self.clock.move_to(max(due, self.clock.now()))
            await self.sweep()
        self.clock.move_to(max(to, self.clock.now()))

    async def sweep(self) -> None:
        """Let the worker do what is due now."""
        await timers.sweep(self.database)
        moved = await self._moved()
        if moved:
            self.tell("系统", "到点", moved)

    def tell(self, who: str, what: str, moved: tuple[str, ...] = ()) -> None:
        """Add a line."""
        line = Line(self.clock.now(), who, what, moved)
        self.lines.append(line)
        self.say(line)

    def note(self, who: str, what: str) -> None:
        """Say what happens outside the system: a bus that broke down, a van that leaves."""
        self.tell(who, what)

    async def ask(
        self, who: Who, what: str, method: str, path: str, body: Any = None, *, files: Any = None, data: Any = None
    ) -> Any:
        """Send a request as somebody, tell what it moved, and return the answer. Raises PathError when it was refused."""
        answer = await self.send(who, method, path, body, files=files, data=data)
        if answer.status_code >= 300:
            raise PathError(f"{what}: {method} {path} as {who.name}: {answer.status_code} {answer.text[:600]}")
        self.tell(who.name, what, await self._moved())
        await self.sweep()
        kind = answer.headers.get("content-type", "")
        return answer.json() if "json" in kind else answer.content

    async def look(self, who: Who, path: str) -> Any:
        """Read something as somebody, without a line. Raises PathError."""
        answer = await self.send(who, "GET", path, None)
        if answer.status_code >= 300:
            raise PathError(f"GET {path} as {who.name}: {answer.status_code} {answer.text[:600]}")
        return answer.json()

    async def refused(self, who: Who, what: str, method: str, path: str, body: Any = None) -> str:
        """Send a request that must be refused; tell and return the reason. Raises PathError when it was not."""
        answer = await self.send(who, method, path, body)
        if answer.status_code < 400 or answer.status_code >= 500:
            raise PathError(f"{what}: {method} {path} as {who.name}: {answer.status_code}, a refusal was due")
        problem = answer.json()
        reasons = [e["message"] for e in problem.get("errors", ()) if e.get("message")]
        reason = "；".join(reasons) or problem.get("detail") or problem.get("title", "")
        self.tell(who.name, f"{what}：不行——{reason}", await self._moved())
        return str(reason)

    async def send(
        self, who: Who, method: str, path: str, body: Any, *, files: Any = None, data: Any = None, key: str = ""
    ) -> httpx.Response:
        """Send a request as somebody, under an Idempotency-Key of its own or the given one; returns whatever came."""
        if who.opened is not None and self.clock.now() - who.opened > _IDLE:
            await self.sign_in(who)
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://market.test", timeout=60) as client:
            headers = {"idempotency-key": key or uuid4().hex}
            if who.token:
                client.cookies.set("lg_session", who.token)
                headers["x-csrf-token"] = self.secrets.sign("csrf", who.token)
            if files is not None or data is not None:
                return await client.request(method, path, files=files, data=data, headers=headers)
            return await client.request(method, path, json=body, headers=headers)

    async def sign_in(self, who: Who) -> Who:
        """Open a new session for somebody: his door is not what a path is about, and sessions end when nobody uses them."""
        async with self.database.begin(SYSTEM, EVERYWHERE) as uow:
            who.token = await sessions.create(uow, who.kind, who.id, who.facts.get("acting"))
        who.opened = self.clock.now()
        return who

    async def _moved(self) -> tuple[str, ...]:
        """Return what the events since the last look moved, in words."""
        async with self.database.system() as uow:
            rows = (
                await uow.execute(
                    sa.text(
                        "SELECT chain, n, body FROM events WHERE recorded_at >= :at AND chain LIKE 'order:%' ORDER BY chain, n"
                    ),
                    {"at": self.clock.now()},
                )
            ).all()
        told: list[str] = []
        for row in rows:
            if (row.chain, row.n) in self._seen:
                continue
            self._seen.add((row.chain, row.n))
            body = json.loads(row.body)
            if "machine" in body:
                told.append(
                    self._move(body["machine"], body["subject"], body["from"], body["to"], body.get("transition", ""))
                )
            for machine, subject, source, target in body.get("moved", ()):
                told.append(self._move(machine, subject, source, target, ""))
        return tuple(told)

    def _move(self, machine: str, subject: str, source: str, target: str, number: object) -> str:
        known = self.machines.get(machine)
        title = known.title if known else machine
        words = [known.labels.get(s, s) if known else s for s in (source, target)]
        said = words[1] if source in (NEW, target) else f"{words[0]} → {words[1]}"
        name = self.names.get(subject, "")
        return f"{title}{f'（{name}）' if name else ''} {said}" + (f"　[{number}]" if number else "")

    async def state(self, table: str, row_id: UUID | str, column: str = "state") -> str:
        """Return where a row stands, for the end of a path and for tests."""
        async with self.database.system() as uow:
            query = f"SELECT {column} FROM {table} WHERE id = :id"  # noqa: S608 - names of ours
            found = await uow.session.scalar(sa.text(query), {"id": str(row_id)})
        return str(found)
