"""The app, served in process. One is assembled for all tests of a process: that takes longer than most of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from litestar import Litestar

from linggong.app import registry
from linggong.app.application import Deployment, build

if TYPE_CHECKING:
    from linggong.kernel.crypto import Secrets
    from linggong.kernel.settings import Settings

_IDLE: dict[int, list[Litestar]] = {}
"""Assembled apps that nobody uses now, by what is fixed at their assembly: the largest body."""


@asynccontextmanager
async def served(settings: Settings, dsn: str, secrets: Secrets) -> AsyncIterator[Litestar]:
    """Start the app on a database with these keys; what it holds of them is made anew each time."""
    idle = _IDLE.setdefault(settings.max_body_bytes, [])
    if idle:
        registry.register()
        app = idle.pop()
        app.state.deployment = Deployment(settings, dsn, secrets)
    else:
        app = build(settings, dsn, secrets=secrets)
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # In one task from beginning to end: a fixture's two halves run in two.
        async with app.lifespan():
            started.set()
            await stop.wait()

    task = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    yield app
    stop.set()
    await task
    idle.append(app)
