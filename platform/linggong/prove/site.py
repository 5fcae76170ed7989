"""The real app on a scratch database, in this process."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from linggong.app.application import build
from linggong.kernel import logs
from linggong.kernel.crypto import Secrets
from linggong.kernel.settings import Settings
from linggong.prove.client import Answer, Ask, Client
from linggong.prove.held import Watch, changes


@dataclass(slots=True)
class Site:
    """The app, the eye on its database, and a client."""

    app: Any
    watch: Watch
    client: Client

    async def ask(self, ask: Ask) -> Answer:
        """Send a request and note what it changed."""
        noted: list[Any] = []
        token = changes.set(noted)
        try:
            answer = await self.client.send(ask)
        finally:
            changes.reset(token)
        answer.changes = noted
        return answer


@contextlib.asynccontextmanager
async def served(dsn: str, secrets: Secrets, *, pool_size: int = 4) -> AsyncIterator[Any]:
    """Start the app in production mode on a database, in a task of its own, and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="linggong-prove-") as folder:
        settings = replace(
            Settings.from_env({"LINGGONG_DATA_DIR": folder, "LINGGONG_DEV": "0"}),
            data_dir=Path(folder),
            pool_size=pool_size,
        )
        logs.configure(settings.log_format, "CRITICAL")
        app = build(settings, dsn, secrets=secrets)
        started, stop = asyncio.Event(), asyncio.Event()

        async def live() -> None:
            async with app.lifespan():
                started.set()
                await stop.wait()

        task = asyncio.create_task(live())
        waiting = asyncio.create_task(started.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            waiting.cancel()
            task.result()
        try:
            yield app
        finally:
            stop.set()
            await task


@contextlib.asynccontextmanager
async def serve(dsn: str, secrets: Secrets, *, pool_size: int = 4) -> AsyncIterator[Site]:
    """Serve the app, with an eye on what every transaction changes."""
    async with served(dsn, secrets, pool_size=pool_size) as app:
        watch = Watch()
        watch.over(app.state.database)
        yield Site(app, watch, Client(app, secrets))
