"""Live updates: one LISTEN connection a process, fanned out to server-sent-event clients.

`close_transaction` tells what was appended, ids only; a client is told which of its topics changed and fetches again what he
may see, so that nothing is ever shown to him that the next request would refuse. The connection is never UNLISTENed and is made
anew when it is lost; clients then are told to fetch everything again.

The hub remembers when each key was heard last. A client says from when the page is that he looks at, or the number of the last
frame that he got, and is told at once of what changed since: what happens between the page and its stream is not lost, and who
only comes back after a break does not fetch for nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import asyncpg
import structlog

log = structlog.get_logger(__name__)
CHANNEL = "live"
_RESYNC = '{"resync":true}'
_GATHER = 0.03
"""Seconds for which changes are gathered before a client is told: a hiring tells a dozen things at once."""
_REMEMBERED = 1200.0
"""Seconds for which it is known what was heard when: longer than a stream lasts."""
_MOST_REMEMBERED = 50_000
_ALIVE = 30.0
"""Seconds after which a silent connection is asked whether it still stands."""


def stamp() -> int:
    """Return the machine's time in milliseconds: pages and frames carry it, whatever a demo's clock says."""
    return time.time_ns() // 1_000_000


def keys_of(told: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the keys under which a transaction is heard: of each event its kind's first word, alone and at each node, both nodes
    and all above them, both parties."""
    for kind in told.get("t", ()):
        yield f"type:{kind}"
    for path in told.get("n", ()):
        for kind in told.get("t", ()):
            yield f"{kind}@{path}"
        parts = path.strip("/").split("/")
        for n in range(1, len(parts) + 1):
            yield f"tenant:/{'/'.join(parts[:n])}/"
    for person in told.get("p", ()):
        yield f"person:{person}"
    for employer in told.get("e", ()):
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
        self._when: dict[str, int] = {}
        self._since = stamp()
        """From when on it is known what was heard."""
        self._from: Counter[str] = Counter()
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

    def clients_of(self, network: str) -> int:
        """How many streams of one network are open."""
        return self._from[network]

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
        told, now = json.loads(payload), stamp()
        if "t" not in told:
            self._when.clear()
            self._since = now
            for listener in self._all:
                listener.tell("")
            return
        for key in set(keys_of(told)):
            self._when.pop(key, None)
            self._when[key] = now
            for listener in self._heard.get(key, ()):
                listener.tell(listener.names[key])
        self._forget(now)

    def _forget(self, now: int) -> None:
        """Drop what was heard too long ago, oldest first; from then on is known."""
        while self._when:
            key = next(iter(self._when))
            if len(self._when) <= _MOST_REMEMBERED and self._when[key] > now - _REMEMBERED * 1000:
                return
            self._since = max(self._since, self._when.pop(key))

    def _missed(self, names: Mapping[str, str], since: int) -> set[str]:
        """Return the topics that changed after `since`; everything when that is no longer known."""
        if since <= self._since:
            return {""}
        return {name for key, name in names.items() if self._when.get(key, 0) >= since}

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
                while not lost.is_set():
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(lost.wait(), _ALIVE)
                    if not lost.is_set():  # a line that died without a word would be waited on for ever
                        await connection.fetchval("SELECT 1", timeout=_ALIVE)
            except Exception as error:  # whatever it is, the next connection is another one
                log.warning("live_connection_lost", error=type(error).__name__)
            finally:
                self.connected.clear()
                if connection is not None and not connection.is_closed():
                    connection.terminate()
            await asyncio.sleep(delay)
            delay = min(delay * 2, 15.0)

    async def stream(
        self,
        names: Mapping[str, str],
        *,
        since: int | None = None,
        network: str = "",
        heartbeat: float = 20.0,
        lasts: float = 900.0,
    ) -> AsyncIterator[bytes]:
        """Yield frames for one client until it leaves, the hub stops, or `lasts` seconds are over: then the browser comes
        again and is asked anew who it is. `names`: key to the topic's name; `since`: from when what he looks at is, a `stamp`;
        `network`: under which he is counted."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + lasts
        listener = Listener(names)
        self._all.add(listener)
        self._from[network] += 1
        for key in names:
            self._heard.setdefault(key, set()).add(listener)
        try:
            # The number is sent at once: who hears nothing for a while can still say from when on he missed something.
            yield f"retry: 3000\nid: {stamp()}\nevent: hello\ndata:\n\n".encode()
            if since is not None and (missed := self._missed(names, since)):
                yield self._frame(missed)
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
            self._from[network] -= 1
            if not self._from[network]:
                del self._from[network]
            for key in names:
                heard = self._heard[key]
                heard.discard(listener)
                if not heard:
                    del self._heard[key]

    @staticmethod
    def _frame(changed: set[str]) -> bytes:
        event, data = ("resync", "") if "" in changed else ("change", " ".join(sorted(changed)))
        return f"id: {stamp()}\nevent: {event}\ndata: {data}\n\n".encode()
