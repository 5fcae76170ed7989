"""Scratch databases: migrated from nothing, cloned from a template, dropped whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets as random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

import migrations
from linggong.kernel import postgres
from linggong.kernel.settings import Settings


@dataclass(frozen=True, slots=True)
class Server:
    """Where scratch databases can be made; the DSNs carry passwords and never go into a message."""

    admin: str = field(repr=False)
    owner: str = field(repr=False)
    app: str = field(repr=False)

    def owner_of(self, name: str) -> str:
        """Return the owner role's DSN of a database."""
        return _on(self.owner, name)

    def app_of(self, name: str) -> str:
        """Return the app role's DSN of a database."""
        return _on(self.app, name)


def _on(dsn: str, name: str) -> str:
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


def server(settings: Settings) -> Server:
    """Find the server of the settings: DATABASE_URL's (its owner role needs CREATEDB), else the embedded one.

    Raises ValueError when the owner role may not create databases. Runs its own event loop: call it outside one.
    """
    if settings.database_url and settings.owner_database_url:
        found = Server(settings.owner_database_url, settings.owner_database_url, settings.database_url)
        asyncio.run(_may_create(found.admin))
        return found
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    info = postgres.ensure_running(settings.data_dir)
    passwords = asyncio.run(postgres.bootstrap_roles(info.superuser_dsn, "linggong", data_dir=settings.data_dir))
    return embedded(info, passwords)


def embedded(info: postgres.ServerInfo, passwords: postgres.RolePasswords) -> Server:
    """Return the embedded server as a place for scratch databases."""
    return Server(
        info.superuser_dsn,
        postgres.make_dsn(info.host, info.port, postgres.OWNER_ROLE, passwords.owner, "postgres"),
        postgres.make_dsn(info.host, info.port, postgres.APP_ROLE, passwords.app, "postgres"),
    )


async def _may_create(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        if not await connection.fetchval("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"):
            raise ValueError(
                "the proof makes a scratch database: give the owner role CREATEDB for the time of the proof"
            )
    finally:
        await connection.close()


async def _run(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _create(place: Server, name: str, template: str) -> None:
    owner, app = urlsplit(place.owner).username, urlsplit(place.app).username
    await _run(
        place.admin,
        f"CREATE DATABASE {name} OWNER {owner} ENCODING 'UTF8' TEMPLATE {template}",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name} TO {app}",
    )


async def drop(place: Server, *names: str) -> None:
    """Drop databases with whoever is still connected."""
    await _run(place.admin, *(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in names))


@contextlib.contextmanager
def migrated(place: Server) -> Iterator[str]:
    """Make a migrated database and drop it at the end, also after Ctrl-C. Runs its own event loops."""
    name = f"prove_{os.getpid()}_{random.token_hex(3)}"
    try:
        asyncio.run(_create(place, name, "template0"))
        migrations.upgrade(place.owner_of(name))
        yield name
    finally:
        asyncio.run(drop(place, name))


@contextlib.asynccontextmanager
async def clone(place: Server, template: str) -> AsyncIterator[str]:
    """Copy a database to which nobody is connected, and drop the copy at the end."""
    name = f"{template}_{random.token_hex(3)}"
    try:
        await _create(place, name, template)
        yield name
    finally:
        await drop(place, name)


async def owner_connection(place: Server, name: str) -> asyncpg.Connection[Any]:
    """Connect as the owner role, with JSON read as values."""
    import json

    connection = await asyncpg.connect(place.owner_of(name))
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    return connection
