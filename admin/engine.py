"""Piccolo's queries on the request's own transaction: one pool, one connection, one scope. No transaction, no query."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from piccolo.engine.postgres import PostgresEngine
from piccolo.querystring import QueryString

from admin.context import visit


class TransactionEngine(PostgresEngine):
    """Hands every query to the driver's connection under the visitor's unit of work."""

    def __init__(self) -> None:
        super().__init__(config={})

    async def get_version(self) -> float:
        """Name a version: Piccolo asks the database for it when the engine is made, before there is one."""
        return 18.0

    async def check_version(self) -> None:
        """Ask nothing: the app refuses an old server itself."""

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[dict[str, Any]]:
        """Run one query; JSON comes back as the text that Piccolo expects."""
        sql, arguments = querystring.compile_string(engine_type=self.engine_type)
        connection = await visit().opened().session.connection()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        statement = await driver.prepare(sql)
        documents = [a.name for a in statement.get_attributes() if a.type.name in ("json", "jsonb")]
        rows = [dict(row) for row in await statement.fetch(*arguments)]
        for row in rows:
            for name in documents:
                if row[name] is not None and not isinstance(row[name], str):
                    row[name] = json.dumps(row[name], ensure_ascii=False)
        return rows

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> NoReturn:
        """Refuse: migrations own the schema."""
        raise RuntimeError("the console changes no schema")

    def transaction(self, allow_nested: bool = True) -> NoReturn:
        """Refuse: the request has its one transaction."""
        raise RuntimeError("the console opens no transaction of its own")

    def atomic(self) -> NoReturn:
        """Refuse: the request has its one transaction."""
        raise RuntimeError("the console opens no transaction of its own")

    async def get_new_connection(self) -> NoReturn:
        """Refuse: there is one pool."""
        raise RuntimeError("the console opens no connection of its own")
