"""Moving a subtree, as the owner role: every row that hangs on it follows in one transaction, and history stays.

One update of `nodes.path`; foreign keys cascade it, past row security and past the append-only guard, which lets a
cascade pass when nothing but a path changes. Hashes of events cover the place's id and never its path, so chains still
verify (R048). Paths that no foreign key carries (`casbin_rule.v1`) move in the same transaction.
"""

from __future__ import annotations

import re
import time

import asyncpg
import msgspec

from linggong.kernel import clock, events
from linggong.kernel.db import Actor
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.paths import ROOT, is_under, parent, tenant_path
from tenants.kinds import BuildStatus, NodeKind, may_hang_under
from tenants.service import TREE_LOCK

_LONGEST = 120
_IN = "{column} >= $1 AND {column} < $1 || '~'"
_PATH_COLUMNS = """
SELECT c.relname AS tab, a.attname AS col FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
  JOIN pg_collation l ON l.oid = a.attcollation AND l.collname = 'C'
  WHERE a.attname IN ('path', 'tenant', 'via') AND NOT a.attisdropped ORDER BY 1, 2
"""
"""Path columns by the house's convention of names; found in the catalogue, because higher floors' tables are unknown here."""


class MoveReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a move did: `rows` counts what followed by `table.column`, `policies` the rules limited to the subtree."""

    name: str
    moved_from: str
    moved_to: str
    rows: dict[str, int]
    policies: int
    seconds: float


async def move_subtree(
    owner: asyncpg.Connection,
    path: str,
    new_parent: str,
    *,
    new_segment: str | None = None,
    actor_note: str,
    actor: Actor | None = None,
) -> MoveReport:
    """Hang the place at `path`, with all below it, under `new_parent`; returns what followed.

    `actor_note` says who decided it and why; it goes into the event. Raises NotFound for a missing place, Invalid for a
    bad segment or an empty note, Conflict when the place would hang under itself, its kind may not hang there, the new
    parent is closed, the segment is taken or the tree grows too deep.
    """
    started = time.perf_counter()
    _check_input(path, new_parent, new_segment, actor_note)
    async with owner.transaction():
        await owner.execute("SELECT pg_advisory_xact_lock($1)", TREE_LOCK)
        node = await owner.fetchrow("SELECT id, path, kind, name FROM nodes WHERE path = $1 FOR UPDATE", path)
        above = await owner.fetchrow("SELECT kind, name, status FROM nodes WHERE path = $1", new_parent)
        if node is None or above is None:
            raise NotFound
        target = f"{new_parent}{new_segment or path.rstrip('/').rpartition('/')[2]}/"
        await _check_joint(owner, node, above, target)
        columns = [(row["tab"], row["col"]) for row in await owner.fetch(_PATH_COLUMNS)]
        await owner.execute("SET LOCAL app.moving = 'on'")
        await owner.execute(
            "UPDATE nodes SET path = $2 || substr(path, length($1) + 1) WHERE path >= $1 AND path < $1 || '~'",
            path,
            target,
        )
        await owner.execute("SET LOCAL app.moving = ''")
        tag = await owner.execute(
            "UPDATE casbin_rule SET v1 = $2 || substr(v1, length($1) + 1) WHERE ptype = 'p' AND starts_with(v1, $1)",
            path,
            target,
        )
        rows: dict[str, int] = {}
        for table, column in columns:
            await _nothing_left(owner, table, column, path)
            rows[f"{table}.{column}"] = await _count(owner, table, column, target)
        told = NewEvent(
            type="node.moved",
            chain=f"node:{node['id']}",
            subject_id=node["id"],
            tenant=target,
            body={"from": path, "to": target, "note": actor_note.strip(), "nodes": rows["nodes.path"]},
        )
        who = actor or Actor(kind="system", post=ROOT, channel="cli")
        await owner.execute("SELECT append_events($1::jsonb)", events.payload([told], who, clock.now()))
        policies = int(tag.rpartition(" ")[2])
    return MoveReport(
        name=node["name"],
        moved_from=path,
        moved_to=target,
        rows={name: count for name, count in rows.items() if count},
        policies=policies,
        seconds=round(time.perf_counter() - started, 3),
    )


def _check_input(path: str, new_parent: str, new_segment: str | None, note: str) -> None:
    for raw in (path, new_parent):
        try:
            tenant_path(raw)
        except ValueError:
            raise NotFound from None
    faults = []
    if new_segment is not None and not re.fullmatch(r"[a-z0-9]{1,12}", new_segment):
        faults.append(Fault("new_segment", "路径段只能用 1 到 12 个小写字母和数字。", "segment"))
    if not note.strip():
        faults.append(Fault("actor_note", "请写明谁决定的、为什么调整。", "required"))
    if faults:
        raise Invalid(faults)
    if path == ROOT:
        raise NotFound


async def _check_joint(owner: asyncpg.Connection, node: asyncpg.Record, above: asyncpg.Record, target: str) -> None:
    path, name = node["path"], node["name"]
    if target == path:
        raise Conflict(f"“{name}”已经在“{above['name']}”下面，不用调整。")
    if is_under(target, path):
        raise Conflict(f"“{name}”不能放到它自己下面，请换一个上级。")
    kind = NodeKind(node["kind"])
    if not may_hang_under(kind, NodeKind(above["kind"])):
        raise Conflict(f"{kind.label}“{name}”不能放在“{above['name']}”下面，请换一个上级。")
    if above["status"] == BuildStatus.CLOSED:
        raise Conflict(f"“{above['name']}”已经关停，请先开办它或换一个上级。")
    taken = await owner.fetchval("SELECT name FROM nodes WHERE path = $1", target)
    if taken is not None:
        raise Conflict(f"路径 {target} 已经是“{taken}”的，请另给一个路径段。", parent=parent(tenant_path(target)))
    longest = await owner.fetchval(f"SELECT max(length(path)) FROM nodes WHERE {_IN.format(column='path')}", path)  # noqa: S608 - constant text
    if longest - len(path) + len(target) > _LONGEST:
        raise Conflict("调整以后层级太深，请换一个上级或用短一些的路径段。")


async def _count(owner: asyncpg.Connection, table: str, column: str, top: str) -> int:
    found = await owner.fetchval(f"SELECT count(*) FROM {table} WHERE {_IN.format(column=column)}", top)  # noqa: S608 - names from the catalogue
    return int(found)


async def _nothing_left(owner: asyncpg.Connection, table: str, column: str, path: str) -> None:
    """Fail the move when a row stays behind: a table whose path column lost its foreign key would split the city."""
    if await _count(owner, table, column, path):
        raise RuntimeError(f"{table}.{column} does not follow its place: rows stayed at {path}")
