"""Alembic's environment: one connection of the owner role, with lock and statement time-outs set."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from alembic import context
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import linggong.tables  # noqa: F401 - every table of every slice
from linggong.kernel.orm import Base


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
    with context.begin_transaction():
        # A migration that cannot get its lock soon must fail, not queue every request behind itself.
        connection.execute(sa.text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(sa.text("SET LOCAL statement_timeout = '15min'"))
        # Functions keep the search path they are created under; temporary tables must never shadow ours.
        connection.execute(sa.text("SELECT set_config('search_path', current_schema() || ', pg_temp', true)"))
        context.run_migrations()


async def _online() -> None:
    url = make_url(context.config.attributes["owner_url"]).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(_online())
