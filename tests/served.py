"""The app, served in process or by the real server. In process one is assembled for all tests: that takes longer than most of them."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from litestar import Litestar

from linggong.app import registry
from linggong.app.application import Deployment, build

if TYPE_CHECKING:
    from conftest import Server

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


@contextmanager
def served_for_real(server: Server, name: str, folder: Path) -> Iterator[str]:
    """Serve a database by the real server in a process of its own, and drop it in the end; yields the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": server.dsn("app", name),
        "LINGGONG_OWNER_DATABASE_URL": server.dsn("owner", name),
        "LINGGONG_DATA_DIR": str(folder),
        "LINGGONG_PORT": str(port),
        "LINGGONG_POOL_SIZE": "5",
    }
    process = subprocess.Popen([sys.executable, "-m", "linggong", "serve"], env=environment)
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(base)
        yield base
    finally:
        process.terminate()
        assert process.wait(30) == 0, "SIGTERM ends the server cleanly"
        asyncio.run(server.drop(name))


def _wait(base: str) -> None:
    for _ in range(400):
        try:
            with urllib.request.urlopen(f"{base}/health/ready", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail("the server did not become ready")
