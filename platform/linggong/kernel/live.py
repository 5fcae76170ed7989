"""Live updates: one LISTEN connection a process, fanned out to server-sent-event clients.

The connection is never UNLISTENed and is made anew when it is lost; clients then get a `resync` and fetch again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import structlog

log = structlog.get_logger(__name__)
_RESYNC = '{"resync":true}'


class Hub:
    """Listens to channels and hands each payload to local callbacks and to subscribed clients."""

    def __init__(self, dsn: str, channels: tuple[str, ...]) -> None:
        self._dsn, self._channels = dsn, channels
        self._clients: dict[str, set[asyncio.Queue[bytes | None]]] = {c: set() for c in channels}
        self._callbacks: dict[str, list[Callable[[str], None]]] = {c: [] for c in channels}
        self._task: asyncio.Task[None] | None = None
        self.connected = asyncio.Event()

    def on(self, channel: str, callback: Callable[[str], None]) -> None:
        """Call `callback` with each payload of a channel, and with a resync note after every reconnect."""
        self._callbacks[channel].append(callback)

    async def start(self) -> None:
        """Begin to listen."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End all streams and the connection, so that a shutdown is quick."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for queues in self._clients.values():
            for queue in list(queues):
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(None)

    def _receive(self, _connection: Any, _pid: int, channel: str, payload: str) -> None:
        for callback in self._callbacks[channel]:
            callback(payload)
        # Encoded once for all clients; a payload holds ids only and no line break.
        frame = f"event: {channel}\ndata: {payload}\n\n".encode()
        for queue in self._clients[channel]:
            if queue.full():
                queue.get_nowait()  # a slow client loses the oldest, never the process its memory
            queue.put_nowait(frame)

    async def _run(self) -> None:
        delay = 0.5
        while True:
            connection = None
            try:
                connection = await asyncpg.connect(self._dsn)
                lost = asyncio.Event()
                connection.add_termination_listener(lambda _: lost.set())  # noqa: B023 - awaited below
                for channel in self._channels:
                    await connection.add_listener(channel, self._receive)
                for channel in self._channels:
                    self._receive(connection, 0, channel, _RESYNC)
                self.connected.set()
                delay = 0.5
                await lost.wait()
                self.connected.clear()
            except (OSError, asyncpg.PostgresError) as error:
                log.warning("live_connection_lost", error=type(error).__name__)
            finally:
                if connection is not None and not connection.is_closed():
                    connection.terminate()
            await asyncio.sleep(delay)
            delay = min(delay * 2, 15.0)

    async def stream(self, channel: str, heartbeat: float = 20.0) -> AsyncIterator[bytes]:
        """Yield frames for one client until it leaves or the hub stops."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(8)
        self._clients[channel].add(queue)
        try:
            yield b"retry: 3000\n: hello\n\n"
            while True:
                try:
                    frame = await asyncio.wait_for(queue.get(), heartbeat)
                except TimeoutError:
                    frame = b": heartbeat\n\n"
                if frame is None:
                    return
                yield frame
        finally:
            self._clients[channel].discard(queue)
