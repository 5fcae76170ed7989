"""Alembic migrations: forward only, written as SQL files that are reviewed by reading them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import alembic.command
from alembic.config import Config
from sqlalchemy.util import await_only

HERE = Path(__file__).parent


def config(owner_url: str) -> Config:
    """Return Alembic's configuration for the owner role's connection."""
    settings = Config()
    settings.set_main_option("script_location", str(HERE))
    settings.attributes["owner_url"] = owner_url
    return settings


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Bring the database up to `revision`; nothing to do is quick. Runs its own event loop: call it outside one."""
    alembic.command.upgrade(config(owner_url), revision)


def run_file(bind: Any, name: str) -> None:
    """Execute a whole SQL file of `migrations/sql` as one simple query (several statements, one transaction)."""
    sql = (HERE / "sql" / name).read_text(encoding="utf-8")
    driver = bind.connection.dbapi_connection._connection
    await_only(driver.execute(sql))
