"""Live updates: one LISTEN connection a process, fanned out to server-sent-event clients.

`close_transaction` tells what was appended, ids only; a client is told which of its topics changed and fetches again what he
may see, so that nothing is ever shown to him that the next request would refuse. The connection is never UNLISTENed and is made
anew when it is lost; clients then, and whoever comes back after a break (`Last-Event-ID`), are told to fetch everything again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import asyncpg
import structlog

log = structlog.get_logger(__name__)
CHANNEL = "live"
_RESYNC = '{"resync":true}'
_GATHER = 0.03
"""Seconds for which changes are gathered before a client is told: a hiring tells a dozen things at once."""


def keys_of(kind: str, tenant: str | None, via: str | None, person: str | None, employer: str | None) -> Iterator[str]:
    """Yield the keys under which an event is heard: its kind's first word, both nodes and all above them, both parties."""
    yield f"type:{kind.partition('.')[0]}"
    for path in {tenant, via} - {None}:
        parts = str(path).strip("/").split("/")
        for n in range(1, len(parts) + 1):
            yield f"tenant:/{'/'.join(parts[:n])}/"
    if person:
        yield f"person:{person}"
    if employer:
        yield f"employer:{employer}"


class Listener:
    """One client: the keys he hears, by the name that he knows them by, and what he has not been told yet."""

    __slots__ = ("names", "pending", "wake")

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self.pending: set[str] = set()
        self.wake = asyncio.Event()

    def tell(self, name: str) -> None:
        """Note that something changed; the same thing twice is one."""
        self.pending.add(name)
        self.wake.set()


class Hub:
    """Listens to channels, calls back for each payload, and tells clients what of theirs has changed."""

    def __init__(self, dsn: str, channels: tuple[str, ...] = ()) -> None:
        self._dsn, self._channels = dsn, (*channels, CHANNEL)
        self._callbacks: dict[str, list[Callable[[str], None]]] = {c: [] for c in self._channels}
        self._heard: dict[str, set[Listener]] = {}
        self._all: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._number = 0
        self._stopped = False
        self.connected = asyncio.Event()
        self.on(CHANNEL, self._spread)

    def on(self, channel: str, callback: Callable[[str], None]) -> None:
        """Call `callback` with each payload of a channel, and with a resync note after every reconnect."""
        self._callbacks[channel].append(callback)

    @property
    def clients(self) -> int:
        """How many streams are open."""
        return len(self._all)

    async def start(self) -> None:
        """Begin to listen."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End all streams and the connection, so that a shutdown is quick."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._stopped = True
        for listener in self._all:
            listener.wake.set()

    def _receive(self, _connection: Any, _pid: int, channel: str, payload: str) -> None:
        for callback in self._callbacks[channel]:
            callback(payload)

    def _spread(self, payload: str) -> None:
        told = json.loads(payload)
        if not isinstance(told, list) or not told:
            for listener in self._all:
                listener.tell("")
            return
        for key in {key for event in told for key in keys_of(*event)}:
            for listener in self._heard.get(key, ()):
                listener.tell(listener.names[key])

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

    async def stream(
        self, names: Mapping[str, str], *, resync: bool = False, heartbeat: float = 20.0, lasts: float = 900.0
    ) -> AsyncIterator[bytes]:
        """Yield frames for one client until it leaves, the hub stops, or `lasts` seconds are over: then the browser comes
        again and is asked anew who it is. `names`: key to the topic's name; `resync`: he was here before, and may have missed
        something."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + lasts
        listener = Listener(names)
        self._all.add(listener)
        for key in names:
            self._heard.setdefault(key, set()).add(listener)
        try:
            yield b"retry: 3000\n: hello\n\n"
            if resync:
                yield self._frame({""})
            while not self._stopped and loop.time() < ends:
                try:
                    await asyncio.wait_for(listener.wake.wait(), heartbeat)
                except TimeoutError:
                    yield b": heartbeat\n\n"
                    continue
                await asyncio.sleep(_GATHER)
                changed, listener.pending = listener.pending, set()
                listener.wake.clear()
                if changed:
                    yield self._frame(changed)
        finally:
            self._all.discard(listener)
            for key in names:
                heard = self._heard[key]
                heard.discard(listener)
                if not heard:
                    del self._heard[key]

    def _frame(self, changed: set[str]) -> bytes:
        self._number += 1
        event, data = ("resync", "") if "" in changed else ("change", " ".join(sorted(changed)))
        return f"id: {self._number}\nevent: {event}\ndata: {data}\n\n".encode()
