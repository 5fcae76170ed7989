"""The two roles that the market signs in with, and the database that one of them owns."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg

from linggong.kernel.postgres_host import locked, prepare, read_state, write_state

OWNER_ROLE: Final = "linggong_owner"
APP_ROLE: Final = "linggong_app"

# What a session of the app role starts with: no scope at all. `#none` sorts before every path, and unlike ''
# no range over it matches a row.
_APP_SETTINGS: Final[Mapping[str, str]] = {
    "app.scope": "#none",
    "app.actor": "",
    "app.kind": "none",
    "app.employer": "",
}


@dataclass(frozen=True, slots=True)
class RolePasswords:
    """Passwords of the two roles that the market signs in with."""

    owner: str = field(repr=False)
    app: str = field(repr=False)


def role_passwords(data_dir: Path) -> RolePasswords:
    """The roles' passwords of this data directory, made at random the first time and kept (mode 0600)."""
    data_dir = prepare(data_dir)
    with locked(data_dir):
        state = read_state(data_dir)
        if "owner_password" not in state or "app_password" not in state:
            state.setdefault("owner_password", secrets.token_urlsafe(24))
            state.setdefault("app_password", secrets.token_urlsafe(24))
            write_state(data_dir, state)
        return RolePasswords(owner=state["owner_password"], app=state["app_password"])


async def bootstrap_roles(superuser_dsn: str, database: str, *, data_dir: Path) -> RolePasswords:
    """Create, or put right, the two roles and the database that the owner role owns.

    ``linggong_owner`` has BYPASSRLS (migrations, backup, moves) and is no superuser; ``linggong_app`` owns
    nothing and has no BYPASSRLS, and its sessions start with a scope that matches no row. Idempotent; several
    processes may call it at once. Returns the passwords kept in ``data_dir``.
    """
    passwords = role_passwords(data_dir)
    conn = await asyncpg.connect(superuser_dsn)
    try:
        # A failing ALTER ROLE must not leave a password in the server's log.
        await conn.execute("SET log_min_error_statement = 'panic'; SET log_min_duration_statement = -1")
        await conn.execute("SELECT pg_advisory_lock(hashtext('linggong.bootstrap_roles'))")
        for role, bypass, password in (
            (OWNER_ROLE, "BYPASSRLS", passwords.owner),
            (APP_ROLE, "NOBYPASSRLS", passwords.app),
        ):
            if not await conn.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                await conn.execute(f"CREATE ROLE {role}")
            await conn.execute(
                f"ALTER ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION {bypass} "
                f"PASSWORD {_literal(password)}"
            )
        for name, value in _APP_SETTINGS.items():
            await conn.execute(f"ALTER ROLE {APP_ROLE} SET {name} = {_literal(value)}")
        name = '"' + database.replace('"', '""') + '"'
        if await conn.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
            await conn.execute(f"ALTER DATABASE {name} OWNER TO {OWNER_ROLE}")
        else:
            await conn.execute(f"CREATE DATABASE {name} OWNER {OWNER_ROLE} ENCODING 'UTF8' TEMPLATE template0")
        await conn.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        await conn.execute(f"GRANT CONNECT ON DATABASE {name} TO {APP_ROLE}")
    finally:
        await conn.close()
    return passwords


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
