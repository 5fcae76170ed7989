"""From settings to a database that can be served: find or start PostgreSQL, make the roles, migrate."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import asyncpg

from linggong.kernel import postgres
from linggong.kernel.settings import Settings

DATABASE = "linggong"
HEAD = "0008"


@dataclass(frozen=True, slots=True)
class Prepared:
    """Connections of the two roles to a migrated database."""

    app: str = field(repr=False)
    owner: str = field(repr=False)
    embedded: bool


def app_dsn(settings: Settings) -> str:
    """Return the app role's DSN; the embedded server is found, or started when it is down."""
    if settings.database_url:
        return settings.database_url
    info = postgres.ensure_running(settings.data_dir)
    passwords = postgres.role_passwords(settings.data_dir)
    return postgres.make_dsn(info.host, info.port, postgres.APP_ROLE, passwords.app, DATABASE)


async def _at_head(owner: str) -> bool:
    try:
        connection = await asyncpg.connect(owner)
    except asyncpg.InvalidCatalogNameError:
        return False
    try:
        return bool(await connection.fetchval("SELECT version_num FROM alembic_version") == HEAD)
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()


def prepare(settings: Settings) -> Prepared:
    """Start or find the server, bring roles and schema up to date. Quick when there is nothing to do."""
    if settings.database_url and settings.owner_database_url:
        prepared = Prepared(settings.database_url, settings.owner_database_url, embedded=False)
    else:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        info = postgres.ensure_running(settings.data_dir)
        passwords = asyncio.run(postgres.bootstrap_roles(info.superuser_dsn, DATABASE, data_dir=settings.data_dir))
        prepared = Prepared(
            postgres.make_dsn(info.host, info.port, postgres.APP_ROLE, passwords.app, DATABASE),
            postgres.make_dsn(info.host, info.port, postgres.OWNER_ROLE, passwords.owner, DATABASE),
            embedded=True,
        )
    if not asyncio.run(_at_head(prepared.owner)):
        import migrations

        migrations.upgrade(prepared.owner)
    return prepared


async def is_empty(owner: str) -> bool:
    """Tell whether the database holds no city yet."""
    connection = await asyncpg.connect(owner)
    try:
        return not await connection.fetchval("SELECT EXISTS (SELECT 1 FROM nodes)")
    finally:
        await connection.close()
