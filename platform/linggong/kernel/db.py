"""Database access: one engine whose every transaction opens with its scope and actor, or does not open at all.

The engine runs SQLAlchemy's asyncpg dialect on AUTOCOMMIT, so the adapter never sends a BEGIN of its own; the engine's
"begin" event sends ``BEGIN; SET LOCAL ...`` in ONE simple query, taken from the connection's execution options. Absent
options are an error: a transaction without a scope cannot exist (it fails closed). SET LOCAL is never sent through
set_config(): on a sharded cluster that is not forwarded and the next statement would see the last transaction's rows.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from linggong.kernel import clock
from linggong.kernel.askers import Asker, asker

# Litestar reads the annotations of what it hands to operations: this one must be there at run time.
from linggong.kernel.crypto import Sealer
from linggong.kernel.dialect import spoken
from linggong.kernel.paths import EVERYWHERE, NOWHERE, ROOT, Scope, TenantPath, tenant_path

if TYPE_CHECKING:
    from datetime import datetime

    from linggong.kernel.events import NewEvent

_WORD = re.compile(r"[a-z_]{1,20}")
_TRAIL = re.compile(r"[A-Za-z0-9_.:-]{0,64}")
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts in a transaction, from where, for whom: what row security and the audit trail are told.

    `kind` is one of anonymous, worker, employer, staff, system. `post` is the acting post's node (staff), the outer
    boundary of row security. `employer_id` is the employer for which a person acts.
    """

    kind: str
    id: UUID = NOBODY
    employer_id: UUID = NOBODY
    post: TenantPath | None = None
    role: str = ""
    post_id: UUID = NOBODY
    """The role assignment at which a member of staff acts."""
    on_behalf_of: UUID = NOBODY
    """Whom he stands in for, for a while."""
    channel: str = "web"
    request_id: str = ""

    def as_system(self) -> Actor:
        """Return the same person in the transaction of a named service: it may do what he may not, and the trail names him."""
        return replace(self, kind="system", post=ROOT)

    def opening(self, *, read_only: bool = False) -> str:
        """Return the statement that opens a transaction for this actor; values are checked before they go in.

        `read_only`: PostgreSQL itself refuses every write, whatever the code does.
        """
        if not _WORD.fullmatch(self.kind):
            raise ValueError(f"bad actor kind {self.kind!r}")
        scope = tenant_path(self.post) if self.post is not None else "#none"
        actor = str(self.id) if self.id != NOBODY else ""
        employer = str(self.employer_id) if self.employer_id != NOBODY else ""
        trail = [self.role, self.channel, self.request_id]
        if not all(_TRAIL.fullmatch(part) for part in trail):
            raise ValueError(f"bad role, channel or request id: {trail!r}")
        trail += [str(i) if i != NOBODY else "" for i in (self.post_id, self.on_behalf_of)]
        return (
            f"BEGIN{' READ ONLY' if read_only else ''}; SET LOCAL app.scope = '{scope}'; SET LOCAL app.actor = '{actor}'; "
            f"SET LOCAL app.employer = '{employer}'; SET LOCAL app.kind = '{self.kind}'; "
            f"SET LOCAL app.now = '{clock.now().isoformat()}'; SET LOCAL app.trail = '{'|'.join(trail)}'"
        )


ANONYMOUS = Actor(kind="anonymous")
SYSTEM = Actor(kind="system", post=ROOT, channel="system")


@dataclass(slots=True)
class Deadlines:
    """What a transaction does to timers, until it is sent: `ended` by subject (keys, or None for all), then `started`."""

    ended: dict[UUID, set[str] | None] = field(default_factory=dict)
    started: dict[tuple[UUID, str, str], Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.ended or self.started)

    def clear(self) -> None:
        """Forget what was not sent."""
        self.ended, self.started = {}, {}


class UnitOfWork:
    """One scoped transaction: a session, the actor, the decision's scope, the instant, and what will be told.

    Services take one and never commit. Events collected by `emit` are appended last, just before COMMIT, chains in
    sorted order, because a hot chain appended first serialises everybody behind it.
    """

    def __init__(
        self,
        session: AsyncSession,
        connection: AsyncConnection,
        actor: Actor,
        scope: Scope,
        *,
        sealer: Sealer | None = None,
        read_only: bool = False,
        release: Callable[[], None],
    ) -> None:
        self._sealer, self.read_only, self._release = sealer, read_only, release
        self.session, self._connection = session, connection
        self.actor = actor
        self.scope = scope
        self.now: datetime = clock.now()
        self.memo: dict[object, Any] = {}
        """What was read once and holds for this transaction, such as the parameters of a place."""
        self.deadlines = Deadlines()
        """Timers started and ended so far: sent together, before COMMIT and at the ends of a savepoint (`kernel.timers`)."""
        self._events: list[NewEvent] = []

    async def execute(self, statement: Any, parameters: Any = None) -> sa.Result[*tuple[Any, ...]]:
        """Run a statement in this transaction."""
        result: sa.Result[*tuple[Any, ...]] = await self.session.execute(statement, parameters)
        return result

    async def fetch(self, sql: str, *arguments: object) -> list[Any]:
        """Run a statement of fixed text ($1, $2) on the driver itself, in this transaction; returns rows by name.

        It costs a tenth of what `execute` does: for what nearly every step says and no mapper needs. Raises SQLAlchemy's errors,
        also when the transaction has ended.
        """
        connection: Any = self._connection.sync_connection
        adapted, heard = connection.connection.dbapi_connection, connection.dispatch
        for listener in heard.before_cursor_execute:
            listener(connection, None, sql, arguments, None, False)
        try:
            rows: list[Any] = await adapted._connection.fetch(sql, *arguments)
        except Exception as error:
            raise spoken(connection, sql, error) from error
        for listener in heard.after_cursor_execute:
            listener(connection, None, sql, arguments, None, False)
        return rows

    async def emit(self, new: NewEvent) -> None:
        """Record that something happened, and let subscribers act on it in this same transaction."""
        from linggong.kernel import events

        self._events.append(new)
        await events.dispatch(self, new)

    @property
    def told(self) -> tuple[NewEvent, ...]:
        """What happened in this transaction so far and is not appended yet."""
        return tuple(self._events)

    async def notify(self, channel: str, payload: str) -> None:
        """Tell listening processes after COMMIT (at most 8000 bytes; say ids, not content)."""
        await self.session.execute(sa.text("SELECT pg_notify(:c, :p)"), {"c": channel, "p": payload})

    async def flush(self) -> None:
        """Send pending ORM changes now, so that constraints speak here."""
        if self.session.new or self.session.dirty or self.session.deleted:
            await self.session.flush()

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part of the transaction that may fail alone: an error undoes it, with the events and the timers that it told."""
        from linggong.kernel import timers

        await timers.flush(self)
        told = len(self._events)
        try:
            async with self.session.begin_nested():
                # The session sets a savepoint only when it next says something; `fetch` does not ask it.
                await self.session.connection()
                yield
                await timers.flush(self)
        except BaseException:
            del self._events[told:]
            self.deadlines.clear()
            # What was read or locked in it may be undone.
            self.memo.clear()
            raise

    async def commit(self) -> None:
        """Append the collected events, chain what was changed (`kernel.audit`) and commit. Called at the edge only.

        After a rollback there is nothing to commit: a page that tells why something was refused has undone it already.
        """
        from linggong.kernel import audit, events, timers

        if not self.session.in_transaction():
            if self._events or self.deadlines:
                raise RuntimeError("something was told after the transaction had ended")
            return
        await self.flush()
        pending, self._events = self._events, []
        if self._sealer is not None and not self.read_only:
            told = events.payload(pending, self.actor, self.now) if pending else None
            await audit.close(self, self._sealer, told, timers.taken(self) if self.deadlines else None)
        else:
            await timers.flush(self)
            await events.append(self, pending)
        await self.session.commit()

    async def rollback(self) -> None:
        """Undo everything. Called at the edge only."""
        self._events.clear()
        self.deadlines.clear()
        await self.session.rollback()

    async def close(self) -> None:
        """Give the connection back; an uncommitted transaction is rolled back."""
        try:
            await self.session.close()
        finally:
            self._release()


_PATIENCE = 10
"""Seconds that a transaction waits for a connection."""


@dataclass(slots=True)
class Database:
    """The pool of the app role. `sealer` seals personal values in the audit trail; without one they are left out.

    A request that calls a named service in a transaction of its own (`system`) holds two connections for a moment. A few
    are kept back for such second ones: else as many requests as the pool is large would each hold one and wait for the
    other's, at dawn, until all of them time out.
    """

    url: str = field(repr=False)
    pool_size: int = 10
    lock_patience: int | None = None
    """Seconds that a statement waits for a row that somebody else holds; None: as long as it takes."""
    sealer: Sealer | None = field(default=None, repr=False)
    engine: AsyncEngine = field(init=False)
    _first: asyncio.Semaphore = field(init=False, repr=False)
    _holding: WeakKeyDictionary[Asker | asyncio.Task[Any], int] = field(init=False, repr=False)

    @property
    def reserve(self) -> int:
        """How many connections are kept back for whoever holds one already."""
        return max(2, self.pool_size // 2)

    def __post_init__(self) -> None:
        self._first = asyncio.Semaphore(self.pool_size)
        self._holding = WeakKeyDictionary()
        url = make_url(self.url).set(drivername="postgresql+scoped")
        self.engine = create_async_engine(
            url,
            # All of them are kept: an overflowing connection is closed after use, and at dawn each second one would be opened anew.
            pool_size=self.pool_size + self.reserve,
            max_overflow=0,
            pool_timeout=_PATIENCE,
            isolation_level="AUTOCOMMIT",
            query_cache_size=2000,
            connect_args={
                # A server says a few hundred different statements, and 100 kept ones would push each other out.
                "prepared_statement_cache_size": 500,
                # A bitmap over a million posts must stay exact: with the default of 4 MB it forgets which rows it holds.
                "server_settings": {"application_name": "linggong", "timezone": "UTC", "work_mem": "16MB"}
                | ({} if self.lock_patience is None else {"lock_timeout": f"{self.lock_patience}s"}),
            },
        )

        @event.listens_for(self.engine.sync_engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            opening = connection.get_execution_options().get("opening")
            if opening is None:
                raise RuntimeError("transaction without scope: open it through Database.begin")
            dialect: Any = connection.dialect
            try:
                dialect.simple(connection.connection.dbapi_connection, opening)
            except BaseException:
                # Cancelled on its way, BEGIN may stand on the server while the driver still takes the connection for idle:
                # given back like that, it would put the next user into this transaction. It is closed instead.
                connection.invalidate()
                raise

    async def open(self, actor: Actor, scope: Scope = NOWHERE, *, read_only: bool = False) -> UnitOfWork:
        """Open a scoped transaction; the caller commits or rolls back, and always closes."""
        release = await self._take_place()
        session = AsyncSession(self.engine, expire_on_commit=False)
        try:
            connection = await session.connection(execution_options={"opening": actor.opening(read_only=read_only)})
        except BaseException:
            try:
                await session.close()
            finally:
                release()
            raise
        return UnitOfWork(session, connection, actor, scope, sealer=self.sealer, read_only=read_only, release=release)

    async def _take_place(self) -> Callable[[], None]:
        """Wait for a place among the first connections, unless who asks holds one; returns what gives it back, once."""
        who = asker.get() or asyncio.current_task()
        first = who is None or not self._holding.get(who)
        if first:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._first.acquire()
            except TimeoutError:
                raise sa.exc.TimeoutError("no connection became free") from None
        if who is not None:
            self._holding[who] = self._holding.get(who, 0) + 1
        given = False

        def release() -> None:
            nonlocal given
            if given:
                return
            given = True
            if who is not None:
                self._holding[who] -= 1
            if first:
                self._first.release()

        return release

    @asynccontextmanager
    async def begin(
        self, actor: Actor, scope: Scope = NOWHERE, *, read_only: bool = False
    ) -> AsyncIterator[UnitOfWork]:
        """Open a scoped transaction that commits at the end of the block and rolls back on any error."""
        uow = await self.open(actor, scope, read_only=read_only)
        try:
            yield uow
            await uow.commit()
        except BaseException:
            await uow.rollback()
            raise
        finally:
            await uow.close()

    def system(self, *, read_only: bool = False) -> Any:
        """Open the transaction of a named service or background job; never for a request's own query.

        `read_only` where it only looks: then there is nothing to append and to chain at its end.
        """
        return self.begin(SYSTEM, EVERYWHERE, read_only=read_only)

    async def fetch_public(self, query: str, *arguments: object) -> Sequence[Any]:
        """Run one read of public (city) rows in a single round trip, without a transaction.

        No scope is set, so row security shows city rows and nothing else; the role's defaults see to that.
        """
        async with self.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            rows: Sequence[Any] = await driver.fetch(query, *arguments)
            return rows

    async def check_role(self) -> None:
        """Refuse to run with a role that row security does not bind; raises RuntimeError."""
        rows = await self.fetch_public(
            "SELECT rolname, rolbypassrls OR rolsuper AS unbound, current_setting('app.scope', true) AS scope "
            "FROM pg_roles WHERE rolname = current_user"
        )
        row = rows[0]
        if row["unbound"]:
            raise RuntimeError(f"role {row['rolname']} bypasses row security: connect as the app role")
        if row["scope"] != "#none":
            raise RuntimeError(
                f"role {row['rolname']} lacks its safe defaults: run `linggong db upgrade` with the owner role"
            )

    async def dispose(self) -> None:
        """Close the pool."""
        await self.engine.dispose()
