"""`weather`: ask the attached feed once, or serve a stand-in for one."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from pathlib import Path
from typing import Any

import cyclopts

from linggong.cli.output import note

weather = cyclopts.App(name="weather", help="Weather alerts: ask the feed, or stand in for one.")


@weather.command
def poll() -> int:
    """Ask the feed of LINGGONG_WEATHER_URL once."""
    from linggong.app import registry, runtime
    from linggong.kernel.crypto import Secrets
    from linggong.kernel.db import Database
    from linggong.kernel.settings import Settings
    from linggong.work.weather import HttpSource, feed

    settings = Settings.from_env()
    if not settings.weather_url:
        note("no feed: set LINGGONG_WEATHER_URL")
        return 1
    registry.register()

    async def ask() -> int:
        secrets = Secrets.load(settings.data_dir)
        database = Database(runtime.app_dsn(settings), pool_size=2, sealer=secrets.sealer)
        try:
            return await feed.take(database, HttpSource(settings.weather_url, name=settings.weather_name))
        finally:
            await database.dispose()

    note(f"{asyncio.run(ask())} alerts new, changed or withdrawn")
    return 0


@weather.command(name="stand-in")
def stand_in(file: Path, *, port: int = 8099) -> int:
    """Serve a file of alerts as a feed on 127.0.0.1 until interrupted.

    Parameters
    ----------
    file
        JSON: an object with a list `alerts`, as docs/weather.md describes it.
    port
        Where to listen.
    """
    from linggong.work.weather.stand_in import StandIn

    given: Any = json.loads(file.read_text(encoding="utf-8"))
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with StandIn(given["alerts"], port=port) as running:
        note(f"serving {len(running.alerts)} alerts at {running.url}")
        stopping.wait()
    return 0
