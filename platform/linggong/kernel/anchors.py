"""Checking the chains of events and audit rows, and the daily anchors that a cut tail with a mended head does not fit.

An anchor hashes the heads of all chains that grew since the one before, onto that one's hash. Its line also goes to
``audit-anchors.jsonl`` in the data directory, away from the database: whoever rewrites chains, heads and anchors alike
still does not fit the file, of which a copy belongs elsewhere.
"""

from __future__ import annotations

import asyncio
import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa

from linggong.kernel.audit import Anchor
from linggong.kernel.db import Database

FILE = "audit-anchors.jsonl"


class AnchorLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the file."""

    anchor: int
    taken_at: datetime
    heads: int
    hash: str


class AuditFault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong: in which chain, at which number, about which row.

    `kind`: altered, removed, reordered, broken, forged, head, rewritten, unchained (rows), or anchor, file (anchors).
    """

    log: str
    chain: str
    n: int | None
    kind: str
    subject: str
    detail: str


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found."""

    rows: dict[str, int]
    chains: dict[str, int]
    anchors: int
    faults: list[AuditFault]
    seconds: float


async def take(database: Database, data_dir: Path) -> AnchorLine:
    """Take an anchor and write its line, with those of earlier ones that did not get there."""
    async with database.system() as uow:
        row = (await uow.execute(sa.text("SELECT * FROM take_anchor()"))).one()
        taken = _line(row)
    await write_lines(database, data_dir)
    return taken


async def write_lines(database: Database, data_dir: Path) -> int:
    """Append the lines of anchors that the file does not have yet; returns how many."""
    known = read_lines(data_dir)
    last = known[-1].anchor if known else 0
    async with database.system() as uow:
        found = await uow.execute(sa.select(Anchor.__table__).where(Anchor.id > last).order_by(Anchor.id))
        lines = [_line(row) for row in found]
    if lines:
        await asyncio.to_thread(_append, data_dir, lines)
    return len(lines)


def _append(data_dir: Path, lines: list[AnchorLine]) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / FILE).open("ab") as file:
        file.write(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def read_lines(data_dir: Path) -> list[AnchorLine]:
    """Return the file's lines; none when there is no file. Raises msgspec.DecodeError for a line that is none."""
    path = data_dir / FILE
    if not path.exists():
        return []
    return [msgspec.json.decode(line, type=AnchorLine) for line in path.read_bytes().splitlines() if line.strip()]


def _line(row: Any) -> AnchorLine:
    return AnchorLine(anchor=row.id, taken_at=row.taken_at, heads=row.heads, hash=bytes(row.hash).hex())


async def verify(owner: asyncpg.Connection, data_dir: Path | None = None, chain: str | None = None) -> AuditReport:
    """Check every chain of both logs, or one, with the owner role's connection.

    `chain` is an event chain ('order:...'), or the node's id or path for the audit chain of a place. Without `data_dir`
    the anchors are not held against the file.
    """
    started = time.perf_counter()
    faults: list[AuditFault] = []
    rows: dict[str, int] = {}
    chains: dict[str, int] = {}
    async with owner.transaction(isolation="repeatable_read", readonly=True):
        for log, table in (("audit", "audit_log"), ("events", "events")):
            wanted = await _chain_of(owner, log, chain)
            if chain is not None and wanted is None:
                continue
            where, values = ("", []) if wanted is None else (" WHERE chain::text = $1", [wanted])
            counted = await owner.fetchrow(
                f"SELECT count(*) AS rows, count(DISTINCT chain) AS chains FROM {table}{where}",  # noqa: S608 - constant
                *values,
            )
            rows[log], chains[log] = counted["rows"], counted["chains"]
            found = await owner.fetch("SELECT * FROM audit_faults($1, $2)", log, wanted)
            faults += [AuditFault(log=log, **dict(row)) for row in found]
        if chain is None:
            faults += await _anchor_faults(owner, data_dir)
            # Rows of transactions under way are not visible here: what is, was left by a forged setting.
            left = await owner.fetch("SELECT table_name, row_id FROM audit_pending ORDER BY xid, id LIMIT 100")
            faults += [
                AuditFault(
                    log="audit", chain="", n=None, kind="unchained", subject=f"{row['table_name']}/{row['row_id']}",
                    detail="it was written and never chained",
                )
                for row in left
            ]  # fmt: skip
        anchors = await owner.fetchval("SELECT count(*) FROM audit_anchors")
    return AuditReport(
        rows=rows, chains=chains, anchors=anchors, faults=faults, seconds=round(time.perf_counter() - started, 2)
    )


async def _chain_of(owner: asyncpg.Connection, log: str, chain: str | None) -> str | None:
    if chain is None:
        return None
    if log == "events":
        return chain if ":" in chain else None
    if chain.startswith("/"):
        found = await owner.fetchval("SELECT id::text FROM nodes WHERE path = $1", chain)
        return None if found is None else str(found)
    return None if ":" in chain else chain


_ANCHORS = """
SELECT a.id, a.taken_at, a.heads, a.hash, a.hash = audit_anchor_hash(a.prev_hash, a.id, a.taken_at) AS sound,
       a.heads = (SELECT count(*) FROM audit_anchor_heads h WHERE h.anchor_id = a.id) AS complete,
       a.prev_hash = coalesce(lag(a.hash) OVER w, ''::bytea) AS linked, a.id = coalesce(lag(a.id) OVER w, 0) + 1 AS next
FROM audit_anchors a WINDOW w AS (ORDER BY a.id) ORDER BY a.id
"""


async def _anchor_faults(owner: asyncpg.Connection, data_dir: Path | None) -> list[AuditFault]:
    found = await owner.fetch(_ANCHORS)
    faults = []
    for row in found:
        if not (row["sound"] and row["complete"]):
            faults.append(_fault("anchor", row["id"], "its heads do not fit its hash: the anchor was altered"))
        if not row["next"]:
            faults.append(_fault("anchor", row["id"], "the anchor before it is missing"))
        elif not row["linked"]:
            faults.append(_fault("anchor", row["id"], "it does not follow from the anchor before it"))
    if data_dir is None:
        return faults
    held = {row["id"]: bytes(row["hash"]).hex() for row in found}
    try:
        lines = read_lines(data_dir)
    except msgspec.DecodeError:
        return [*faults, _fault("file", None, f"{FILE} holds a line that is none")]
    for line in lines:
        if line.anchor not in held:
            faults.append(_fault("file", line.anchor, f"{FILE} has this anchor, the database has it no longer"))
        elif held[line.anchor] != line.hash:
            faults.append(_fault("file", line.anchor, f"{FILE} has another hash for this anchor"))
    missing = sorted(held.keys() - {line.anchor for line in lines})
    if missing:
        faults.append(
            _fault("file", missing[0], f"{FILE} lacks this anchor" + (" and later ones" if missing[1:] else ""))
        )
    return faults


def _fault(kind: str, anchor: int | None, detail: str) -> AuditFault:
    return AuditFault(log="anchors", chain="", n=anchor, kind=kind, subject="", detail=detail)
