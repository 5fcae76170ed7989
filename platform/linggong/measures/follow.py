"""From the audit trail to the days whose facts are out of date. The writer of a record does nothing for it.

The trail is gapless in each chain and its head is written in the transaction that adds to it, so that what is read up to a head is
whole. From each row's changes its images are laid one over the other, back to what it was when the trail was read last: the days
of all of them are counted anew. A move of a subtree is no change of a row: facts move with it, and a path of before the move is
read as the one that its node has now.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.orm import Base
from linggong.measures.models import MetricPosition
from linggong.measures.subject import Follow, said

Pair = tuple[str, date]
AT_ONCE = 200_000
"""Changed rows that are followed one by one; beyond that it is faster to count everything."""

_HEADS = sa.text(
    "SELECT h.chain, coalesce(p.n, 0) AS since, h.n AS upto FROM audit_heads h LEFT JOIN metric_positions p ON p.chain = h.chain"
    " WHERE h.n > coalesce(p.n, 0)"
)
_CHANGED = sa.text("""
SELECT l.table_name, count(*) AS n, bool_or(l.op = 'truncate') AS emptied
  FROM unnest(cast(:chains AS uuid[]), cast(:since AS bigint[]), cast(:upto AS bigint[])) u (chain, since, upto)
  JOIN audit_log l ON l.chain = u.chain AND l.n > u.since AND l.n <= u.upto GROUP BY 1""")
_MOVED = sa.text("""
SELECT EXISTS (SELECT FROM unnest(cast(:chains AS uuid[]), cast(:since AS bigint[]), cast(:upto AS bigint[])) u (chain, since, upto)
  JOIN audit_log l ON l.chain = u.chain AND l.n > u.since AND l.n <= u.upto
  WHERE l.table_name = 'nodes' AND l.op = 'update' AND cast(l.before AS jsonb) ? 'path')""")
_TRAIL = """
WITH trail AS MATERIALIZED (
  SELECT l.id, l.table_name, l.row_id, l.before, l.after
  FROM unnest(cast(:chains AS uuid[]), cast(:since AS bigint[]), cast(:upto AS bigint[])) u (chain, since, upto)
  JOIN audit_log l ON l.chain = u.chain AND l.n > u.since AND l.n <= u.upto AND l.table_name IN (@names)
), images AS MATERIALIZED (
  SELECT table_name, row_id, jsonb_overlay(coalesce(before, '{}')::jsonb) OVER (PARTITION BY table_name, row_id ORDER BY id DESC) AS was
    FROM trail
  UNION SELECT table_name, row_id, '{}'::jsonb FROM trail
), moved AS MATERIALIZED (
  SELECT before::jsonb ->> 'path' AS path, row_id::uuid AS id FROM trail
    WHERE table_name = 'nodes' AND before::jsonb ? 'path'
)"""
_ROWS = """, rows_of_@table AS MATERIALIZED (
  SELECT r.* FROM images i LEFT JOIN @table c ON c.@key = i.row_id::uuid
    CROSS JOIN LATERAL jsonb_populate_record(NULL::@table, (coalesce(to_jsonb(c), '{}') || i.was) - @clear) r
    WHERE i.table_name = '@table'
)"""
_PLACED = """, touched (tenant, day) AS (@days)
SELECT n.path, t.day FROM touched t JOIN nodes n ON n.path = t.tenant COLLATE "C" WHERE t.day IS NOT NULL
UNION SELECT n.path, t.day FROM touched t JOIN moved m ON m.path = t.tenant JOIN nodes n ON n.id = m.id WHERE t.day IS NOT NULL"""


_EVERY = "SELECT tenant, day FROM (@days) t (tenant, day) WHERE tenant IS NOT NULL AND day IS NOT NULL"


class Trail:
    """What of the trail is new, for a transaction that sees one state of everything from its start."""

    def __init__(self, chains: Sequence[UUID], since: Sequence[int], upto: Sequence[int]) -> None:
        self._positions = dict(zip(chains, upto, strict=True))
        self._bound = {"chains": list(chains), "since": list(since), "upto": list(upto)}

    @classmethod
    async def new(cls, uow: UnitOfWork) -> Trail:
        """Return what was added since the positions that were kept."""
        rows = list(await uow.execute(_HEADS))
        return cls([row.chain for row in rows], [row.since for row in rows], [row.upto for row in rows])

    async def keep(self, uow: UnitOfWork) -> None:
        """Keep the positions: all of it is in the facts now."""
        if self._positions:
            insert = sa.dialects.postgresql.insert(MetricPosition)
            await uow.execute(
                insert.on_conflict_do_update(index_elements=["chain"], set_={"n": insert.excluded.n}),
                [{"chain": chain, "n": n} for chain, n in self._positions.items()],
            )

    async def moved(self, uow: UnitOfWork) -> bool:
        """Tell whether a place has got another path."""
        return bool(await uow.session.scalar(_MOVED, self._bound))

    async def pairs(self, uow: UnitOfWork, follows: Sequence[Follow]) -> list[Pair] | None:
        """Return the days of places that are touched; None where so much changed that all must be counted anew."""
        tables = {follow.table for follow in follows}
        changed = {row.table_name: row for row in await uow.execute(_CHANGED, self._bound)}
        here = [row for name, row in changed.items() if name in tables]
        if any(row.emptied for row in here) or sum(row.n for row in here) > AT_ONCE:
            return None
        wanted = [follow for follow in follows if follow.table in changed]
        if not wanted:
            return []
        rows = await uow.execute(sa.text(_query(wanted)), self._bound)
        return sorted((row.path, row.day) for row in rows)


def _query(follows: Sequence[Follow]) -> str:
    tables = sorted({follow.table for follow in follows})
    rows = ""
    for name in tables:
        table = Base.metadata.tables[name]
        (key,) = table.primary_key.columns
        clear = "ARRAY[" + ", ".join(f"'{column}'" for column in table.info["scope"].personal) + "]::text[]"
        rows += said(_ROWS, {"@table": name, "@key": key.name, "@clear": clear})
    days = dict.fromkeys(said(follow.days).replace("@rows", f"rows_of_{follow.table}") for follow in follows)
    names = ", ".join(f"'{name}'" for name in sorted({*tables, "nodes"}))
    query = said(_TRAIL, {"@names": names}) + rows + _PLACED.replace("@days", " UNION ALL ".join(days))
    return query.replace("::", r"\:\:")


def every(follows: Sequence[Follow]) -> str:
    """Return the query of every day of a place of which a record could tell something."""
    days = dict.fromkeys(said(f.days).replace("@rows", f.table) for f in follows if f.whole)
    return _EVERY.replace("@days", " UNION ".join(days))
