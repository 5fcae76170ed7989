"""The scratch app's database: what a request commits is seen, judged and, so that every request meets the same city, undone.

Triggers write each change of a row into a log. At the COMMIT of any transaction of the app its deferred constraints are
checked and its part of the log is read; then the transaction is committed (`keep`) or rolled back. Everything else is
the app's own: its role, its opening, its row policies.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy.util import await_only

from linggong.kernel.db import Database
from linggong.prove.world import tables

LOG = """
CREATE UNLOGGED TABLE prove_log (n bigint GENERATED ALWAYS AS IDENTITY, xid xid8 NOT NULL, name text NOT NULL,
  op text NOT NULL, before jsonb, after jsonb);
CREATE INDEX ON prove_log (xid);
CREATE FUNCTION prove_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO prove_log (xid, name, op, before, after) VALUES (pg_current_xact_id(), TG_TABLE_NAME, TG_OP,
    CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END);
  RETURN NULL;
END $$;
CREATE FUNCTION prove_changes() RETURNS TABLE (name text, op text, before text, after text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF pg_current_xact_id_if_assigned() IS NULL THEN
    RETURN;
  END IF;
  SET CONSTRAINTS ALL IMMEDIATE;
  RETURN QUERY SELECT l.name, l.op, l.before::text, l.after::text FROM prove_log l
    WHERE l.xid = pg_current_xact_id() ORDER BY l.n;
END $$;
GRANT EXECUTE ON FUNCTION prove_changes() TO linggong_app;
"""
Change = tuple[str, str, Any, Any]
changes: ContextVar[list[Change] | None] = ContextVar("changes", default=None)
"""Where the transactions of the request being served note what they changed."""


async def watch(owner: asyncpg.Connection[Any]) -> None:
    """Put the log and its triggers into a scratch database."""
    await owner.execute(LOG)
    for name in tables():
        # The name sorts last, so that what other triggers did to the row is in it.
        await owner.execute(
            f"CREATE TRIGGER zz_prove AFTER INSERT OR UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION prove_note()"
        )


@dataclass(slots=True)
class Watch:
    """The eye on a pool; `keep` lets commits stand."""

    keep: bool = False

    def over(self, database: Database) -> None:
        """Watch every COMMIT of the pool from now on."""
        dialect: Any = database.engine.sync_engine.dialect

        def commit(connection: Any) -> None:
            try:
                rows = await_only(connection._connection.fetch("SELECT * FROM prove_changes()"))
            except Exception as error:
                connection._handle_exception(error)
            noted = changes.get()
            if noted is not None:
                for row in rows:
                    before, after = (json.loads(row[c]) if row[c] else None for c in ("before", "after"))
                    noted.append((row["name"], row["op"], before, after))
            dialect.simple(connection, "COMMIT" if self.keep else "ROLLBACK")

        dialect.do_commit = commit
