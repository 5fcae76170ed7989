"""Wall 3 alone: each policy is made true once, and what foreigners then get from its table must show it.

No guard and no scope stands in between: the app role's own connection asks, opened as a request of somebody would be.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from linggong.kernel.db import NOBODY, SYSTEM, Actor
from linggong.kernel.paths import tenant_path
from linggong.prove import walls
from linggong.prove.city import A11, B, City, Subject
from linggong.prove.world import Row, World, public_tables
from linggong.tables import metadata

FOREIGN = "/41/b/2/s2/"
"""Where the rows lie that none of the askers may touch."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One hole and whether it was noticed."""

    wall: str
    name: str
    killed: bool
    how: str = ""


def actor(subject: Subject) -> Actor:
    """Return what the app opens a transaction with for a subject."""
    kind = "staff" if subject.is_staff else subject.role
    return Actor(
        kind=kind, id=subject.id or NOBODY, employer_id=subject.employer_id or NOBODY,
        post=tenant_path(subject.path) if subject.is_staff else None, role=subject.role,
    )  # fmt: skip


@dataclass(slots=True)
class RowProbe:
    """Asks a table for what the asker may not have; returns what happened, word by word."""

    app: asyncpg.Connection[Any]
    world: World
    city: City

    def askers(self) -> list[Subject]:
        """Return those who ask: a clerk and a county of the other branch, a worker, an employer, nobody."""
        wanted = (f"station_clerk {A11}", "county_bureau /41/a/", f"worker {A11}", f"employer {A11}", "anonymous")
        return [s for s in self.city.subjects if s.name in wanted]

    def foreign(self, table: str) -> Row | None:
        """Return a row that belongs to none of the askers."""
        rows = self.world.by_table.get(table, [])
        there = [r for r in rows if FOREIGN in r.sides.paths] or [
            r for r in rows if any(p.startswith(B) for p in r.sides.paths)
        ]
        found = there or rows
        return found[-1] if found else None

    async def ask(self, table: str) -> dict[str, str]:
        """Return the outcome of reading, changing, moving, deleting and inserting foreign rows, for each asker."""
        row = self.foreign(table)
        told: dict[str, str] = {}
        if row is None:
            return told
        for subject in [*self.askers(), None]:
            who = subject.name if subject is not None else "nobody"
            opening = actor(subject).opening() if subject is not None else "BEGIN"
            for what, sql, values in self._questions(table, row, subject):
                told[f"{who}: {what}"] = await self._outcome(opening, sql, values)
        return told

    async def _outcome(self, opening: str, sql: str, values: tuple[Any, ...]) -> str:
        await self.app.execute(opening)
        try:
            return f"rows {len(await self.app.fetch(sql, *values))}"
        except asyncpg.PostgresError as error:
            return f"refused {error.sqlstate}"
        finally:
            await self.app.execute("ROLLBACK")

    def _questions(self, name: str, row: Row, subject: Subject | None) -> list[tuple[str, str, tuple[Any, ...]]]:
        table = metadata.tables[name]
        keys = [c.name for c in table.primary_key.columns]
        where = " AND ".join(f"to_jsonb(t)->>'{k}' = ${n}" for n, k in enumerate(keys, 1))
        values = tuple(str(row.cells[k]) for k in keys)
        asked = [("read", f"SELECT 1 FROM {name} t WHERE {where}", values)]  # noqa: S608 - our own tables
        plain = next(c.name for c in table.columns if c.name not in keys) if len(table.columns) > len(keys) else keys[0]
        asked.append(("change", f'UPDATE {name} t SET "{plain}" = "{plain}" WHERE {where} RETURNING 1', values))  # noqa: S608
        asked.append(("delete", f"DELETE FROM {name} t WHERE {where} RETURNING 1", values))  # noqa: S608
        asked.append(("insert", self._copy(table), (json.dumps(self._fresh(table, row.cells)),)))
        place = next((c for c in ("tenant", "path") if c in table.columns), None)
        own = self._own(name, subject, place)
        if place is not None and own is not None:
            mine = tuple(str(own.cells[k]) for k in keys)
            target = FOREIGN if place == "tenant" else FOREIGN + "moved/"
            asked.append(("move", f"UPDATE {name} t SET {place} = '{target}' WHERE {where} RETURNING 1", mine))  # noqa: S608
        return asked

    def _own(self, table: str, subject: Subject | None, place: str | None) -> Row | None:
        if subject is None or not subject.is_staff or place is None:
            return None
        return next(
            (r for r in self.world.by_table.get(table, ()) if str(r.cells.get(place, "")).startswith(subject.path)),
            None,
        )

    @staticmethod
    def _copy(table: sa.Table) -> str:
        columns = [c.name for c in table.columns if c.identity is None and c.computed is None]
        listed = ", ".join(f'"{c}"' for c in columns)
        return f"INSERT INTO {table.name} ({listed}) SELECT {listed} FROM jsonb_populate_record(NULL::{table.name}, $1::jsonb)"  # noqa: S608

    @staticmethod
    def _fresh(table: sa.Table, cells: Mapping[str, Any]) -> dict[str, Any]:
        """Return the cells of a row that is new and foreign: keys that point to nothing else are changed."""
        made = dict(cells)
        for column in table.primary_key.columns:
            if not column.foreign_keys and isinstance(column.type, sa.Uuid):
                made[column.name] = str(UUID(int=UUID(str(cells[column.name])).int ^ 0xFFFF))
        return made


async def row_mutants(
    owner: asyncpg.Connection[Any], app_dsn: str, city: City, world: World
) -> tuple[list[Mutant], list[str]]:
    """Open each policy once; returns the mutants and what the whole wall lets through by itself."""
    app = await asyncpg.connect(app_dsn)
    try:
        probe = RowProbe(app, world, city)
        whole: dict[str, dict[str, str]] = {}
        broken: list[str] = []
        found: list[Mutant] = []
        for policy in await walls.policies(owner):
            if policy.table not in metadata.tables:
                continue
            if policy.table not in whole:
                whole[policy.table] = await probe.ask(policy.table)
                broken += [
                    f"{policy.table}: {k}: {v}" for k, v in whole[policy.table].items() if _through(policy.table, k, v)
                ]
            for part in policy.parts():
                if _same_for_all_rows(policy, part):
                    continue
                async with walls.hole(owner, policy, part):
                    now = await probe.ask(policy.table)
                seen = [f"{k}: {whole[policy.table][k]} -> {v}" for k, v in now.items() if v != whole[policy.table][k]]
                name = f"{policy.table}.{policy.name} {part}"
                found.append(Mutant("rows", name, bool(seen), seen[0] if seen else ""))
        functions, more = await function_mutants(owner, app, city, world)
        return found + functions, broken + more
    finally:
        await app.close()


async def function_mutants(
    owner: asyncpg.Connection[Any], app: asyncpg.Connection[Any], city: City, world: World
) -> tuple[list[Mutant], list[str]]:
    """Let the owner functions believe everybody to act on a row: each that asks must then do what it refused before."""
    probe = RowProbe(app, world, city)
    confirmed = next(e for e in world.by_table["engagements"] if FOREIGN in e.sides.paths and e.cells["confirmed_at"])
    offered = next(
        e for e in world.by_table["engagements"] if FOREIGN in e.sides.paths and e.cells["state"] == "A_OFFERED"
    )
    asked = {
        "worker_contact": ("SELECT 1 FROM worker_contact($1) WHERE number_sealed IS NOT NULL", confirmed),
        "release_place": ("SELECT 1 WHERE release_place($1, 'X_WITHDRAWN', 'x', now())", _held(world)),
        "take_place": ("SELECT 1 WHERE take_place($1, now(), 100000)", offered),
    }

    async def outcomes() -> dict[str, str]:
        return {
            f"{name} for {who.name}": await probe._outcome(actor(who).opening(), sql, (UUID(row.key),))
            for name, (sql, row) in asked.items()
            for who in probe.askers()
        }

    whole = await outcomes()
    body = await owner.fetchval("SELECT pg_get_functiondef('acts_on(text,text,uuid,uuid)'::regprocedure)")
    await owner.execute(
        "CREATE OR REPLACE FUNCTION acts_on(p_tenant text, p_via text, p_worker uuid, p_employer uuid) RETURNS boolean "
        "LANGUAGE sql STABLE AS 'SELECT true'"
    )
    try:
        now = await outcomes()
    finally:
        await owner.execute(body)
    noticed = {n for n in asked if any(now[k] != whole[k] for k in whole if k.startswith(f"{n} for"))}
    found = [Mutant("functions", f"acts_on in {n}", n in noticed) for n in asked]
    return found, [f"{k}: {v}" for k, v in whole.items() if v != "rows 0"]


def _held(world: World) -> Row:
    """Return a foreign engagement whose place can be given back."""
    busy = {a.cells["engagement_id"] for a in world.by_table["assignments"]}
    return next(
        e for e in world.by_table["engagements"]
        if FOREIGN in e.sides.paths and e.cells["state"] == "A_CONTRACTED" and e.key not in busy
    )  # fmt: skip


def _through(table: str, question: str, outcome: str) -> bool:
    """Tell whether a foreigner got something from the whole wall."""
    if outcome.startswith("refused") or outcome == "rows 0":
        return False
    return not (question.endswith(": read") and table in public_tables())


def _same_for_all_rows(policy: walls.Policy, part: str) -> bool:
    """Tell whether the check says of a changed row nothing but what USING said before: then it is no wall of its own."""
    return (
        part == "check"
        and policy.command == "UPDATE"
        and policy.check == policy.using
        and policy.using == f"(current_setting('app.kind'::text, true) = '{SYSTEM.kind}'::text)"
    )
