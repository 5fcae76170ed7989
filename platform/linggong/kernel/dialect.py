"""The dialect of `kernel.db`'s engine: SQLAlchemy's asyncpg one, whose transactions are opened and ended by plain statements."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.util import await_only


class ScopedDialect(PGDialect_asyncpg):
    """The asyncpg dialect with COMMIT and ROLLBACK sent as plain statements, to match the BEGIN sent by the engine."""

    supports_statement_cache = True

    def simple(self, connection: Any, sql: str) -> None:
        """Send one simple query on the driver's connection, keeping SQLAlchemy's error classes."""
        try:
            await_only(connection._connection.execute(sql))
        except Exception as error:
            connection._handle_exception(error)

    def do_commit(self, dbapi_connection: Any) -> None:
        """Commit."""
        self.simple(dbapi_connection, "COMMIT")

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Roll back if a transaction is open; a connection that died has nothing to roll back."""
        driver = dbapi_connection._connection
        if not driver.is_closed() and driver.is_in_transaction():
            self.simple(dbapi_connection, "ROLLBACK")


registry.register("postgresql.scoped", __name__, "ScopedDialect")


def spoken(connection: Any, sql: str, error: Exception) -> BaseException:
    """Return a driver's error as SQLAlchemy would raise it; a connection that died is not given to the next user."""
    dialect = connection.dialect
    adapted = connection.connection.dbapi_connection
    gone: bool = adapted._connection.is_closed()
    try:
        adapted._handle_exception(error)
    except dialect.loaded_dbapi.Error as said:
        if gone:
            connection.invalidate(said)
        base = dialect.loaded_dbapi.Error
        spoken: BaseException = sa.exc.DBAPIError.instance(
            sql, None, said, base, hide_parameters=True, connection_invalidated=gone, dialect=dialect
        )
        return spoken
    except Exception as other:
        return other
    return error
