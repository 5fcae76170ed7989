"""Timers: what a failing handler leaves behind, and what merely met somebody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from linggong.kernel import clock, timers
from linggong.kernel.clock import MovableClock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.ids import new_id
from linggong.kernel.timers import Timer
from tenants.models import Node


async def a_timer(database: Database, key: str) -> UUID:
    subject = new_id()
    async with database.system() as uow:
        if await uow.session.scalar(sa.select(Node.id).where(Node.path == "/x/")) is None:
            uow.session.add(
                Node(
                    id=new_id(), path="/x/", kind="city", name="市", short_name="市", status="open", created_at=uow.now
                )
            )
            await uow.flush()
        due = uow.now - timedelta(minutes=1)
        await timers.set_timer(uow, subject_id=subject, region="test", key=key, due_at=due, tenant="/x/")
    return subject


async def state(database: Database, subject: UUID) -> str | None:
    async with database.system() as uow:
        return await uow.session.scalar(sa.select(Timer.state).where(Timer.subject_id == subject))


async def test_a_handler_that_fails_ends_its_own_timer_and_holds_up_nobody(
    database: Database, moved_clock: MovableClock
) -> None:
    seen: list[str] = []

    async def breaks(uow: UnitOfWork, timer: Timer) -> None:
        timer.region = "changed"
        await uow.flush()
        raise RuntimeError("no")

    async def works(uow: UnitOfWork, timer: Timer) -> None:
        seen.append(timer.key)

    timers.on_timer("test.breaks", breaks)
    timers.on_timer("test.works", works)
    broken, good = await a_timer(database, "test.breaks"), await a_timer(database, "test.works")
    assert await timers.sweep(database) == 1
    assert seen == ["test.works"]
    assert await state(database, broken) == "failed"
    assert await state(database, good) == "fired"


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
async def test_a_timer_that_met_a_deadlock_stays_live_and_fires_at_the_next_sweep(
    database: Database, moved_clock: MovableClock, sqlstate: str
) -> None:
    tries: list[int] = []

    async def unlucky_once(uow: UnitOfWork, timer: Timer) -> None:
        tries.append(1)
        if len(tries) == 1:
            words = f"DO $$ BEGIN RAISE EXCEPTION 'met somebody' USING ERRCODE = '{sqlstate}'; END $$"
            await uow.execute(sa.text(words))

    timers.on_timer("test.unlucky", unlucky_once)
    subject = await a_timer(database, "test.unlucky")
    assert await timers.sweep(database) == 0
    assert await state(database, subject) == "live"
    moved_clock.move_to(clock.now() + timedelta(seconds=5))
    assert await timers.sweep(database) == 1
    assert await state(database, subject) == "fired"


async def live(database: Database, subject: UUID) -> dict[str, datetime]:
    async with database.system() as uow:
        rows = await uow.execute(
            sa.select(Timer.key, Timer.due_at).where(Timer.subject_id == subject, Timer.state == "live")
        )
        return {row.key: row.due_at for row in rows}


async def test_what_a_transaction_does_to_timers_is_sent_as_it_was_said(
    database: Database, moved_clock: MovableClock
) -> None:
    subject = await a_timer(database, "a")
    sent: list[str] = []
    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *of: sent.append(str(of[2])))
    async with database.system() as uow:
        at = [uow.now + timedelta(hours=n) for n in range(6)]

        async def start(key: str, due: datetime, *, once: bool = False) -> None:
            how = timers.set_once if once else timers.set_timer
            await how(uow, subject_id=subject, region="test", key=key, due_at=due, tenant="/x/")

        await start("a", at[1], once=True)  # lives already: stays
        await start("b", at[1])
        await start("b", at[2])  # moved
        await start("c", at[1])
        await timers.cancel_timers(uow, subject, "c")  # never was
        await start("d", at[1])
        await timers.cancel_timers(uow, subject, "d")
        await start("d", at[3])  # ended and started anew
        await start("e", at[4], once=True)
        await start("e", at[5])  # moved after all
    assert len([s for s in sent if "keep_timers" in s or "end_transaction" in s]) == 1
    assert await live(database, subject) == {"a": at[0] - timedelta(minutes=1), "b": at[2], "d": at[3], "e": at[5]}
    async with database.system() as uow:
        await timers.set_timer(uow, subject_id=subject, region="test", key="f", due_at=at[1], tenant="/x/")
        await timers.cancel_timers(uow, subject)
        await timers.cancel_timers(uow, subject, "f")
        await timers.set_timer(uow, subject_id=subject, region="test", key="b", due_at=at[1], tenant="/x/")
    assert await live(database, subject) == {"b": at[1]}


async def test_a_part_that_failed_leaves_no_timer(database: Database, moved_clock: MovableClock) -> None:
    subject = await a_timer(database, "a")
    with pytest.raises(sa.exc.IntegrityError):
        async with database.system() as uow:
            await timers.set_timer(uow, subject_id=subject, region="test", key="c", due_at=uow.now, tenant="/nowhere/")
            # The deadline is the fault of the part in which it was set: it is told there, and nothing of it is left.
            async with uow.savepoint():
                pass
    async with database.system() as uow:
        with pytest.raises(RuntimeError):
            async with uow.savepoint():
                await timers.set_timer(uow, subject_id=subject, region="test", key="b", due_at=uow.now, tenant="/x/")
                raise RuntimeError
    assert list(await live(database, subject)) == ["a"]
