"""`practice`: keeps the practice market running beside the real one, fills it, and starts it afresh at night or when asked.

Runs in the environment that `kernel.practice.environment` made: it does not know where the real database is.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from datetime import date, datetime, time, timedelta
from typing import Any

import asyncpg

from linggong.cli.output import note
from linggong.kernel import clock, postgres, practice
from linggong.kernel.settings import Settings

FILLED = "linggong_filled"
"""The filled city as it was made: a template from which a fresh one is copied in a second."""
_NIGHT = time(3, 20)
_EVERY = 0.5


def practice_market() -> int:
    """Run the practice market (`linggong run` starts this beside the real one; docs/practice.md)."""
    if not practice.PRACTISING:
        return subprocess.call(
            [sys.executable, "-m", "linggong", "practice"], env=practice.environment(Settings.from_env())
        )
    settings = Settings.from_env()
    os.nice(5)  # the real market comes first
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    status = 0
    try:
        made = asyncio.run(_made(settings))
        if made is None or (made != clock.business_date(clock.now()) and settings.demo_days):
            _fill(settings)
        (settings.data_dir / practice.RESET).unlink(missing_ok=True)
        while not stopping.is_set():
            status = _serve_until(settings, stopping)
            if status:
                break
    finally:
        postgres.stop(settings.data_dir)
    return status


def _serve_until(settings: Settings, stopping: threading.Event) -> int:
    """Serve until it is to stop, somebody asked for a fresh market, or the night has come; then make it fresh."""
    from linggong.cli.serve import _end

    children = [
        subprocess.Popen([sys.executable, "-m", "linggong", part], start_new_session=True)  # noqa: S603
        for part in ("serve", "worker")
    ]
    mark, night = settings.data_dir / practice.RESET, _next_night(clock.now())
    while not stopping.is_set() and not mark.exists() and clock.now() < night:
        if any(child.poll() is not None for child in children):
            note("the practice market ended by itself")
            _end(children)
            return 1
        stopping.wait(_EVERY)
    _end(children)
    if not stopping.is_set():
        if mark.exists():
            asyncio.run(_copy(settings, FILLED, "linggong"))
            mark.unlink()
        else:
            _fill(settings)
        _ready(settings)
    return 0


def _ready(settings: Settings) -> Any:
    from linggong.app import runtime

    return runtime.prepare(settings)


def _fill(settings: Settings) -> None:
    """Make a small city of today from nothing, and keep it as the template."""
    from linggong.cli import data

    asyncio.run(_drop(settings, "linggong", FILLED))
    prepared = _ready(settings)
    data.fill_empty(settings, prepared)
    asyncio.run(_no_second_factor(prepared.owner))
    asyncio.run(_copy(settings, "linggong", FILLED))
    (settings.data_dir / "filled").write_text(f"{clock.business_date(clock.now())}\n", encoding="ascii")


async def _no_second_factor(owner_dsn: str) -> None:
    """A clerk who practises signs in with a press: nothing here is worth a second factor."""
    owner = await asyncpg.connect(owner_dsn)
    try:
        async with owner.transaction():
            await owner.execute(
                "INSERT INTO parameter_values (id, tenant, key, value, source, set_at) SELECT gen_random_uuid(), path, "
                "'staff.second_factor_roles', '[]', '训练模式', now() FROM nodes ORDER BY length(path) LIMIT 1"
            )
            await owner.execute("UPDATE staff_credentials SET totp_sealed = NULL, totp_enrolled_at = NULL")
            await owner.execute("DELETE FROM printed_codes")
    finally:
        await owner.close()


async def _made(settings: Settings) -> date | None:
    """Return of which day the kept city is; None when there is none, or it is of an older schema."""
    info = postgres.ensure_running(settings.data_dir)
    try:
        day = date.fromisoformat((settings.data_dir / "filled").read_text(encoding="ascii").strip())
        connection = await asyncpg.connect(info.dsn("linggong"))
    except (FileNotFoundError, ValueError, asyncpg.InvalidCatalogNameError):
        return None
    try:
        from linggong.app import runtime

        head = await connection.fetchval("SELECT version_num FROM alembic_version")
        return day if head == runtime.HEAD else None
    finally:
        await connection.close()


async def _drop(settings: Settings, *names: str) -> None:
    connection = await asyncpg.connect(postgres.ensure_running(settings.data_dir).superuser_dsn)
    try:
        for name in names:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    finally:
        await connection.close()


async def _copy(settings: Settings, source: str, target: str) -> None:
    await _drop(settings, target)
    connection = await asyncpg.connect(postgres.ensure_running(settings.data_dir).superuser_dsn)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
            source,
        )
        await connection.execute(f"CREATE DATABASE {target} TEMPLATE {source} OWNER {postgres.OWNER_ROLE}")
    finally:
        await connection.close()


def _next_night(now: datetime) -> datetime:
    """Return the next 03:20 in Kaifeng."""
    night = clock.at_shanghai(clock.business_date(now), _NIGHT)
    return night if night > now else night + timedelta(days=1)
