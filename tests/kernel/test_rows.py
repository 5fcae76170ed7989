"""Rows by statements of fixed text are the session's own, and what is changed in them is written by its flush."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm.exc import StaleDataError

from linggong.kernel import reading
from linggong.kernel.clock import MovableClock
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.ids import new_id
from linggong.kernel.outbox import OutsideCall
from linggong.kernel.paths import EVERYWHERE, TenantPath
from tenants.models import Node


@pytest.fixture(autouse=True)
async def place(database: Database, moved_clock: MovableClock) -> None:
    async with database.system() as uow:
        uow.session.add(
            Node(id=new_id(), path="/x/", kind="city", name="市", short_name="市", status="open", created_at=uow.now)
        )


def a_call(uow: UnitOfWork) -> OutsideCall:
    """Add a call: some columns with declared defaults, some JSON that is missing and some that is None."""
    row = OutsideCall(
        id=new_id(), system="s", kind="k", subject_id=new_id(), chain="c", tenant="/x/", payload={"n": [1, None, "零"]},
        state="queued", next_at=uow.now, created_at=uow.now, contradiction=None,
    )  # fmt: skip
    uow.session.add(row)
    return row


async def test_it_is_read_as_the_sessions_own(database: Database, moved_clock: MovableClock) -> None:
    async with database.system() as uow:
        row = a_call(uow)
        row_id = row.id
        # What is pending is sent before the question; the answer is the very row, a later change is written.
        assert await reading.one(uow, OutsideCall, "WHERE id = $1", row_id) is row
        (again,) = await reading.changed(uow, OutsideCall, "SET waits = 7 WHERE id = $1", row_id)
        assert (again is row, row.waits) == (True, 7)
    async with database.system() as uow:
        found = await reading.one(uow, OutsideCall, "WHERE id = $1", row_id)
        assert found is not None
        assert await uow.session.get(OutsideCall, row_id) is found
        known = await uow.session.scalar(sa.select(OutsideCall).where(OutsideCall.id == row_id))
        assert known is found
        assert (found.payload, found.created_at) == ({"n": [1, None, "零"]}, uow.now)
        found.state = "sent"
    async with database.system() as uow:
        pairs = await reading.joined(
            uow, (OutsideCall, OutsideCall), "FROM outside_calls LEFT JOIN (SELECT) n ON true WHERE id = $1", row_id,
            also="1 + 1",
        )  # fmt: skip
        assert [(one.state, one is two, n) for one, two, n in pairs] == [("sent", True, 2)]


async def test_what_row_security_shows_and_keeps_is_an_error(database: Database, moved_clock: MovableClock) -> None:
    async with database.system() as uow:
        row_id = a_call(uow).id
    with pytest.raises(StaleDataError):
        async with database.system() as uow:
            row = await reading.one(uow, OutsideCall, "WHERE id = $1", row_id)
            assert row is not None
            await uow.execute(sa.text("SET LOCAL app.scope = '#none'"))
            row.state = "sent"
            await uow.flush()
    stranger = Actor(kind="staff", post=TenantPath("/x/y/"))
    async with database.begin(stranger, EVERYWHERE) as uow:
        assert await reading.one(uow, OutsideCall, "WHERE id = $1", row_id) is None


async def test_a_row_is_added_as_the_sessions_own(database: Database, moved_clock: MovableClock) -> None:
    values = {
        "system": "s",
        "kind": "k",
        "subject_id": new_id(),
        "chain": "c",
        "tenant": "/x/",
        "payload": {"n": [1, "零"]},
    }
    async with database.system() as uow:
        row = await reading.added(
            uow, OutsideCall, id=new_id(), **values, state="queued", next_at=uow.now, created_at=uow.now
        )
        assert await uow.session.get(OutsideCall, row.id) is row
        # What was left out got the model's default, and a later change is written.
        assert (row.payload, row.waits, row.answer) == ({"n": [1, "零"]}, 0, None)
        row.state = "sent"
        with pytest.raises(sa.exc.IntegrityError):
            async with uow.savepoint():
                await reading.added(
                    uow, OutsideCall, id=row.id, **values, state="sent", next_at=uow.now, created_at=uow.now
                )
        with pytest.raises(ZeroDivisionError):
            async with uow.savepoint():
                lost = await reading.added(
                    uow,
                    OutsideCall,
                    id=new_id(),
                    **values | {"subject_id": new_id()},
                    state="sent",
                    next_at=uow.now,
                    created_at=uow.now,
                )
                raise ZeroDivisionError
        assert await uow.session.get(OutsideCall, lost.id) is None
    async with database.system() as uow:
        found = await reading.one(uow, OutsideCall, "WHERE id = $1", row.id)
        assert found is not None
        assert (found.state, found.payload) == ("sent", {"n": [1, "零"]})


async def test_a_part_that_failed_leaves_no_row(database: Database, moved_clock: MovableClock) -> None:
    async with database.system() as uow:
        kept = a_call(uow)
        ids = [kept.id]
        with pytest.raises(sa.exc.IntegrityError):
            async with uow.savepoint():
                kept.waits = 9
                lost = a_call(uow)
                ids.append(lost.id)
                lost.state = "no such state"
                await uow.flush()
        kept.state = "sent"
        found = await reading.many(uow, OutsideCall, "WHERE id = ANY ($1::uuid[])", ids)
        assert [(row is kept, row.waits, row.state) for row in found] == [(True, 0, "sent")]
