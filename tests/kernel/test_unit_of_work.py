"""The transaction: opened with its scope or not at all, nothing carried over to the next user of a connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import sqlalchemy as sa

from linggong.kernel.askers import one_asker
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import ANONYMOUS, SYSTEM, Actor, Database
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, ROOT, tenant_path

if TYPE_CHECKING:
    from conftest import TestDatabase

SETTINGS = sa.text(
    "SELECT current_setting('app.scope', true), current_setting('app.actor', true), current_setting('app.kind', true)"
)


async def test_opening_sets_scope_actor_and_kind(database: Database) -> None:
    person = uuid4()
    async with database.begin(Actor(kind="staff", id=person, post=tenant_path("/4102/25/"))) as uow:
        assert (await uow.execute(SETTINGS)).one() == ("/4102/25/", str(person), "staff")


async def test_nothing_is_carried_over_on_a_pooled_connection(database: Database) -> None:
    async with database.begin(SYSTEM) as uow:
        await uow.execute(sa.text("SELECT 1"))
    async with database.begin(ANONYMOUS) as uow:
        assert (await uow.execute(SETTINGS)).one() == ("#none", "", "anonymous")
    rows = await database.fetch_public("SELECT current_setting('app.scope', true) AS s")
    assert rows[0]["s"] == "#none"


async def test_a_transaction_without_scope_does_not_open(database: Database) -> None:
    async with database.engine.connect() as connection:
        with pytest.raises(RuntimeError, match="without scope"):
            await connection.execute(sa.text("SELECT 1"))


@pytest.mark.parametrize("kind", ["staff'; DROP TABLE nodes; --", "", "STAFF"])
def test_a_kind_that_is_no_word_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="bad actor kind"):
        Actor(kind=kind).opening()


@pytest.mark.parametrize("path", ["/4102", "4102/", "/4102/'/", "/A/", "//", "/" + "a" * 13 + "/"])
def test_a_bad_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="tenant path"):
        tenant_path(path)


async def test_the_app_role_is_bound_by_row_security(database: Database) -> None:
    await database.check_role()


async def test_the_owner_role_may_not_serve(blank: TestDatabase) -> None:
    owner = Database(blank.owner_dsn)
    with pytest.raises(RuntimeError, match="bypasses row security"):
        await owner.check_role()
    await owner.dispose()


async def test_after_a_rollback_there_is_nothing_to_commit(database: Database, secrets: Secrets) -> None:
    """A page that tells a refusal undoes the work itself; the edge commits what is answered."""
    for sealer in (None, secrets.sealer):
        pool = Database(database.url, sealer=sealer)
        uow = await pool.open(SYSTEM, EVERYWHERE)
        await uow.emit(NewEvent(type="node.added", chain="node:1", body={}))
        await uow.rollback()
        await uow.commit()
        await uow.emit(NewEvent(type="node.added", chain="node:1", body={}))
        with pytest.raises(RuntimeError, match="told after"):
            await uow.commit()
        await uow.close()
        await pool.dispose()
    async with database.begin(SYSTEM, EVERYWHERE) as fresh:
        assert await fresh.session.scalar(sa.text("SELECT count(*) FROM events")) == 0


async def test_events_form_a_chain_and_cannot_be_changed(database: Database, blank: TestDatabase) -> None:
    async with database.begin(SYSTEM) as uow:
        await uow.emit(NewEvent(type="node.added", chain="node:1", body={"name": "东关"}))
        await uow.emit(NewEvent(type="node.renamed", chain="node:1", body={"name": "西关"}))
    async with database.begin(SYSTEM) as uow:
        await uow.emit(NewEvent(type="node.closed", chain="node:1"))
    owner = await blank.owner()
    rows = await owner.fetch("SELECT n, hash, prev_hash, event_hash(prev_hash, e) AS again FROM events e ORDER BY n")
    assert [r["n"] for r in rows] == [1, 2, 3]
    assert all(r["hash"] == r["again"] for r in rows)
    assert [r["prev_hash"] for r in rows[1:]] == [r["hash"] for r in rows[:-1]]
    with pytest.raises(Exception, match="append-only"):
        await owner.execute("UPDATE events SET type = 'x'")
    await owner.close()
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        async with database.begin(SYSTEM) as uow:
            await uow.execute(sa.text("INSERT INTO event_heads VALUES ('x', 1, '')"))


async def test_rollback_leaves_no_event(database: Database) -> None:
    with pytest.raises(ValueError, match="stop"):
        async with database.begin(SYSTEM) as uow:
            await uow.emit(NewEvent(type="x", chain="c"))
            raise ValueError("stop")
    async with database.begin(SYSTEM) as uow:
        assert (await uow.execute(sa.text("SELECT count(*) FROM events"))).scalar() == 0


def test_root_is_a_path() -> None:
    assert tenant_path("/") == ROOT


async def test_a_cancelled_opening_leaves_no_transaction_behind(blank: TestDatabase) -> None:
    """A client that leaves while its transaction is being opened: the next one on that connection opens its own."""
    pool = Database(blank.app_dsn, pool_size=1)
    reader, writer = Actor(kind="staff", id=new_id(), post=tenant_path("/4102/")), Actor(kind="worker", id=new_id())
    async with pool.begin(writer):
        pass
    cancelled = 0
    for n in range(400):
        task = asyncio.create_task(pool.open(reader, read_only=True))
        # Somewhere between the request for a connection and the answer to BEGIN.
        for _ in range(n % 12):
            await asyncio.sleep(0)
        task.cancel()
        try:
            uow = await task
        except asyncio.CancelledError:
            cancelled += 1
        else:
            await uow.close()
        async with pool.begin(writer) as uow:
            assert await uow.session.scalar(sa.text("SHOW transaction_read_only")) == "off", n
    assert cancelled > 100
    await pool.dispose()


async def test_who_holds_a_connection_gets_his_second_from_the_reserve(blank: TestDatabase) -> None:
    """Also when a task of his own, such as one that a request's dependencies are resolved in, opened the first."""
    pool = Database(blank.app_dsn, pool_size=2)
    both = asyncio.Barrier(2)

    async def request() -> None:
        with one_asker():
            first = await asyncio.create_task(pool.open(SYSTEM))
            await both.wait()
            async with asyncio.timeout(5), pool.system():
                await first.close()

    await asyncio.gather(request(), request())
    async with asyncio.timeout(5), pool.system(), pool.system():
        pass
    await pool.dispose()


async def test_a_row_that_is_held_lets_go_of_who_waits_for_it(blank: TestDatabase) -> None:
    """One long transaction does not gather all others behind it: they are told to try again, and their connections are free."""
    holder, pool = Database(blank.app_dsn, pool_size=1), Database(blank.app_dsn, pool_size=2, lock_patience=1)
    lock = sa.text("SELECT pg_advisory_xact_lock(7)")

    async def waits() -> str:
        with pytest.raises(sa.exc.DBAPIError) as refused:
            async with pool.system() as uow:
                await uow.execute(lock)
        return str(getattr(refused.value.orig, "sqlstate", None))

    async with holder.system() as holding:
        await holding.execute(lock)
        assert await asyncio.gather(*(waits() for _ in range(4))) == ["55P03"] * 4
    async with pool.system() as uow:
        await uow.execute(lock)
    for one in (holder, pool):
        await one.dispose()


async def test_what_is_said_to_the_driver_itself_is_in_the_transaction_and_ends_with_it(database: Database) -> None:
    async with database.begin(Actor(kind="staff", post=tenant_path("/4102/"))) as uow:
        assert (await uow.fetch("SELECT current_setting('app.scope') AS s, $1::int AS n", 7))[0]["s"] == "/4102/"
        with pytest.raises(sa.exc.IntegrityError) as refused:
            async with uow.savepoint():
                words = "DO $$ BEGIN RAISE EXCEPTION 'taken' USING ERRCODE = '23505'; END $$"
                await uow.fetch(words)
        assert getattr(refused.value.orig, "sqlstate", None) == "23505"
        assert (await uow.fetch("SELECT 1 AS n"))[0]["n"] == 1
        await uow.rollback()
        with pytest.raises(sa.exc.ResourceClosedError):
            await uow.fetch("SELECT 1")


async def test_a_connection_that_dies_under_the_driver_is_not_given_to_the_next_user(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError):
        async with database.begin(SYSTEM) as uow:
            await uow.fetch("SELECT pg_terminate_backend(pg_backend_pid())")
    for _ in range(database.pool_size):
        async with database.begin(SYSTEM) as uow:
            assert (await uow.execute(SETTINGS)).one()[2] == "system"


async def test_requests_that_call_a_service_do_not_wait_for_each_other(blank: TestDatabase) -> None:
    """As many requests as the pool is large hold a connection each, and each asks a service with a transaction of its own."""
    pool = Database(blank.app_dsn, pool_size=3)
    held = asyncio.Barrier(3)

    async def request(wait: bool) -> int:
        async with pool.begin(SYSTEM, EVERYWHERE):
            if wait:
                await held.wait()
            async with pool.system() as service:
                return int(await service.session.scalar(sa.text("SELECT 1")))

    try:
        done = await asyncio.wait_for(asyncio.gather(*(request(n < 3) for n in range(12))), 8)
        assert done == [1] * 12
        assert pool.engine.pool.checkedout() == 0
    finally:
        await pool.dispose()
