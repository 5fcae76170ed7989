"""Timers: what a failing handler leaves behind, and what merely met somebody else."""

from __future__ import annotations

from datetime import timedelta
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
