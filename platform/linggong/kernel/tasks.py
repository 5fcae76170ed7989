"""Background work on pgqueuer: jobs enqueued in the business transaction, run by a worker, at least once.

Handlers are idempotent. A failed job is held and retried by the database executor; payloads hold ids, never personal
data. pgqueuer runs only what is due: its crons are UTC and its delays use the database's clock, so everything with a
business deadline is a row of `kernel.timers`, swept by one periodic job here.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec
import structlog

from linggong.kernel.db import Database, UnitOfWork

if TYPE_CHECKING:
    from pgqueuer import PgQueuer

log = structlog.get_logger(__name__)
Handler = Callable[[Database, dict[str, Any]], Awaitable[None]]
Periodic = Callable[[Database], Awaitable[None]]
_handlers: dict[str, Handler] = {}
_periodic: dict[str, tuple[str, Periodic]] = {}
_REST = 4.0
"""How often longer than its step long work rests: it takes a fifth of what it could, and a thousand invitations some minutes."""


def task(name: str, handler: Handler) -> None:
    """Register what runs for jobs of a name."""
    _handlers[name] = handler


def periodic(name: str, cron: str, handler: Periodic) -> None:
    """Register work that repeats by a UTC cron of six fields, the seconds last.

    Raises ValueError for one that runs in each second of certain minutes: its seconds stand where the minutes belong.
    """
    fields = cron.split()
    if len(fields) != 6 or (fields[5] == "*" and set(fields) != {"*"}):
        raise ValueError(f"{name}: {cron!r} is no cron of six fields with its seconds last")
    _periodic[name] = (cron, handler)


@contextlib.asynccontextmanager
async def giving_way() -> AsyncIterator[None]:
    """Do one step of long work that nobody waits for, then rest: who stands at the counter shares the machine with it."""
    begun = time.perf_counter()
    yield
    await asyncio.sleep(_REST * (time.perf_counter() - begun))


async def enqueue(uow: UnitOfWork, name: str, payload: dict[str, Any], *, dedupe_key: str | None = None) -> None:
    """Enqueue a job that exists exactly when this transaction commits; a live duplicate key is skipped."""
    from pgqueuer.db import AsyncpgDriver
    from pgqueuer.queries import Queries

    connection = await uow.session.connection()
    raw = await connection.get_raw_connection()
    queries = Queries(AsyncpgDriver(raw.driver_connection))
    await queries.enqueue(name, msgspec.json.encode(payload), dedupe_key=dedupe_key, on_conflict="skip")


def _queuer(connection: asyncpg.Connection, database: Database) -> PgQueuer:
    from pgqueuer import PgQueuer
    from pgqueuer.core.executors import DatabaseRetryEntrypointExecutor

    queuer = PgQueuer.from_asyncpg_connection(connection)

    def bind(name: str, handler: Handler) -> None:
        @queuer.entrypoint(
            name,
            on_failure="hold",
            executor_factory=lambda parameters: DatabaseRetryEntrypointExecutor(
                parameters, max_attempts=5, initial_delay=timedelta(seconds=2)
            ),
        )
        async def run(job: Any) -> None:
            await handler(database, msgspec.json.decode(job.payload or b"{}"))

    def bind_periodic(name: str, cron: str, handler: Periodic) -> None:
        @queuer.schedule(name, cron)
        async def run(_: Any) -> None:
            try:
                await handler(database)
            except Exception:
                log.exception("periodic_failed", job=name)

    for name, handler in _handlers.items():
        bind(name, handler)
    for name, (cron, periodic_handler) in _periodic.items():
        bind_periodic(name, cron, periodic_handler)
    return queuer


async def run_worker(dsn: str, database: Database) -> None:
    """Run jobs until SIGTERM or SIGINT; the job in hand is finished. Reconnects when the database goes away."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    while not stopping.is_set():
        try:
            connection = await asyncpg.connect(dsn)
            queuer = _queuer(connection, database)
            work = asyncio.create_task(queuer.run(dequeue_timeout=timedelta(seconds=5)))
            stop = asyncio.create_task(stopping.wait())
            await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
            queuer.shutdown.set()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(work, 20)
            stop.cancel()
            await connection.close()
        except (OSError, asyncpg.PostgresError) as error:
            log.warning("worker_lost_database", error=type(error).__name__)
        if not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), 2)
