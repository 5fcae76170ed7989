"""Calls to outside systems: slow, down, broken, answered twice, answered late (Must hold: the pool stays free)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from linggong.cover import line as insurer
from linggong.kernel import outbox
from linggong.kernel.clock import MovableClock
from linggong.kernel.db import SYSTEM, Actor, Database
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.events import Event
from linggong.kernel.ids import new_id
from linggong.kernel.outbox import Answer, Asked, Line, OutsideCall, Unanswered
from linggong.kernel.paths import EVERYWHERE, Scope, tenant_path
from linggong.phones import line as sms
from tenants.models import Node

CITY, OTHER = tenant_path("/4102/"), tenant_path("/4103/")


class Far:
    """An outside system: what it says is set by the test, what it heard is kept."""

    def __init__(self) -> None:
        self.heard: list[UUID] = []
        self.effects: list[dict[str, Any]] = []
        self.say: Callable[[Asked], Any] = lambda _: Answer({"done": True})

    async def prepare(self, uow: Any, call: OutsideCall) -> str:
        return f"for {call.subject_id}"

    async def send(self, asked: Asked, request: Any) -> Answer:
        self.heard.append(asked.id)
        said = self.say(asked)
        if asyncio.iscoroutine(said):
            said = await said
        if isinstance(said, Exception):
            raise said
        assert isinstance(said, Answer)
        return said

    async def answered(self, uow: Any, call: OutsideCall, answer: dict[str, Any]) -> None:
        self.effects.append(answer)


@pytest.fixture
async def far(database: Database, moved_clock: MovableClock) -> Far:
    made = Far()
    outbox.connect(
        Line(
            system="far",
            words="远方",
            kinds={"ask": "问"},
            prepare=made.prepare,
            send=made.send,
            answered=made.answered,
            tries=4,
            first=frozenset({"code"}),
        )
    )
    async with database.begin(SYSTEM, EVERYWHERE) as uow:
        for path in (CITY, OTHER):
            uow.session.add(
                Node(id=new_id(), path=path, kind="city", name=path, short_name=path, status="open", point_is_demo=True, created_at=uow.now)
            )  # fmt: skip
    return made


async def put(database: Database, subject: UUID | None = None, *, tenant: str = CITY, what: str = "") -> UUID:
    subject = subject or new_id()
    async with database.begin(SYSTEM, EVERYWHERE) as uow:
        return await outbox.enqueue(
            uow, system="far", kind="ask", subject_id=subject, chain=f"order:{subject}", tenant=tenant,
            payload={"what": what} if what else {"n": 1},
        )  # fmt: skip


async def row(database: Database, call_id: UUID) -> OutsideCall:
    async with database.begin(SYSTEM, EVERYWHERE) as uow:
        found = await uow.session.get(OutsideCall, call_id)
        assert found is not None
        return found


async def hear(database: Database, call: OutsideCall, body: dict[str, Any], **more: Any) -> str:
    async with database.begin(SYSTEM, EVERYWHERE) as uow:
        return await outbox.hear(uow, "far", call.id, more.get("subject", call.subject_id), Answer(body))


async def test_a_call_is_made_after_its_transaction_and_answered_once(database: Database, far: Far) -> None:
    call_id = await put(database)
    assert await outbox.work(database, "far") == 1
    assert far.heard == [call_id]
    assert far.effects == [{"done": True}]
    kept = await row(database, call_id)
    assert (kept.state, kept.answer, kept.attempts) == ("answered", {"done": True}, 0)
    assert await outbox.work(database, "far") == 0


async def test_what_somebody_waits_for_goes_before_what_was_due_longer(database: Database, far: Far) -> None:
    news, more, code = await put(database, what="news"), await put(database), await put(database, what="code")
    assert [await outbox.work(database, "far", limit=1) for _ in range(3)] == [1, 1, 1]
    assert far.heard == [code, news, more]


async def test_what_was_rolled_back_is_never_asked(database: Database, far: Far) -> None:
    with pytest.raises(RuntimeError):
        async with database.begin(SYSTEM, EVERYWHERE) as uow:
            await outbox.enqueue(
                uow, system="far", kind="ask", subject_id=new_id(), chain="order:x", tenant=CITY, payload={}
            )
            raise RuntimeError
    assert await outbox.work(database, "far") == 0


async def test_every_kind_of_every_gateway_has_a_word(database: Database, far: Far) -> None:
    for connected in (insurer, sms):
        connected.register()
        kinds = outbox._lines[connected.SYSTEM].kinds
        assert all(re.fullmatch(r"[\u4e00-\u9fff]+", outbox.kind_words(connected.SYSTEM, kind)) for kind in kinds)
    assert {"send", "ring", "call_back"} == set(outbox._lines[sms.SYSTEM].kinds)
    async with database.begin(SYSTEM, EVERYWHERE) as uow:
        for system in ("far", insurer.SYSTEM, sms.SYSTEM):
            with pytest.raises(ValueError, match="has no kind 'nameless'"):
                await outbox.enqueue(
                    uow, system=system, kind="nameless", subject_id=new_id(), chain="x", tenant=CITY, payload={}
                )


async def test_slow_calls_hold_no_connection(database: Database, far: Far) -> None:
    """Twenty calls hang; a pool of five serves twenty transactions meanwhile, and not one connection is out."""
    let_go = asyncio.Event()

    async def hang(_: Asked) -> Answer:
        await let_go.wait()
        return Answer({"done": True})

    far.say = hang
    ids = [await put(database) for _ in range(20)]
    working = asyncio.create_task(outbox.work(database, "far"))
    while len(far.heard) < 20:
        await asyncio.sleep(0.01)
    pool: Any = database.engine.pool
    assert pool.checkedout() == 0

    async def other() -> None:
        async with database.begin(SYSTEM, EVERYWHERE) as uow:
            await uow.execute(sa.text("SELECT pg_sleep(0.01)"))

    await asyncio.wait_for(asyncio.gather(*(other() for _ in range(20))), 5)
    assert not working.done()
    assert far.effects == []
    let_go.set()
    assert await working == 20
    assert {(await row(database, i)).state for i in ids} == {"answered"}


async def test_a_call_in_the_air_is_not_made_twice_and_a_lost_one_again(
    database: Database, far: Far, moved_clock: MovableClock
) -> None:
    """Another worker leaves it alone; after two minutes without an outcome (a killed worker) it is made again, same key."""
    call_id = await put(database)
    never: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    far.say = lambda _: asyncio.wait_for(never, 60)
    first = asyncio.create_task(outbox.work(database, "far"))
    while not far.heard:
        await asyncio.sleep(0.01)
    assert await outbox.work(database, "far") == 0
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    moved_clock.advance(timedelta(minutes=2, seconds=1))
    far.say = lambda _: Answer({"done": True})
    assert await outbox.work(database, "far") == 1
    assert far.heard == [call_id, call_id]
    assert len(far.effects) == 1


async def test_failures_wait_longer_and_longer_until_it_is_a_dead_letter(
    database: Database, far: Far, moved_clock: MovableClock
) -> None:
    far.say = lambda _: Unanswered("对方没接")
    call_id = await put(database)
    waits = []
    for _ in range(4):
        assert await outbox.work(database, "far") == 1
        kept = await row(database, call_id)
        waits.append(kept.next_at - moved_clock.now())
        assert await outbox.work(database, "far") == 0, "not before its time"
        moved_clock.advance(timedelta(minutes=31))
    assert (kept.state, kept.attempts, kept.last_error) == ("dead", 4, "对方没接")
    for wait, most in zip(waits[:3], (5, 10, 20), strict=True):
        assert timedelta(seconds=most * 0.6) <= wait <= timedelta(seconds=most)
    assert await outbox.work(database, "far") == 0
    async with database.begin(SYSTEM, EVERYWHERE) as uow:
        told = (await uow.session.scalars(sa.select(Event.type).where(Event.subject_id == kept.subject_id))).all()
    assert told == ["outside.dead"]


async def test_a_dead_letter_is_sent_again_by_who_may(database: Database, far: Far, moved_clock: MovableClock) -> None:
    far.say = lambda _: Unanswered("对方没接")
    call_id = await put(database)
    for _ in range(4):
        await outbox.work(database, "far")
        moved_clock.advance(timedelta(minutes=31))

    def admin(at: Any) -> tuple[Actor, Scope]:
        return Actor(kind="staff", id=new_id(), post=at, role="sysadmin"), Scope(trees=(at,))

    with pytest.raises(NotFound):
        async with database.begin(*admin(OTHER)) as uow:
            await outbox.resend(uow, call_id)
    async with database.begin(*admin(CITY)) as uow:
        await outbox.resend(uow, call_id)
    with pytest.raises(Conflict):
        async with database.begin(*admin(CITY)) as uow:
            await outbox.resend(uow, call_id)
    far.say = lambda _: Answer({"done": True})
    assert await outbox.work(database, "far") == 1
    kept = await row(database, call_id)
    assert (kept.state, kept.resent, len(far.effects), set(far.heard)) == ("answered", 1, 1, {call_id})


async def test_not_decided_yet_is_asked_again_and_never_dies_of_it(
    database: Database, far: Far, moved_clock: MovableClock
) -> None:
    far.say = lambda _: Answer({}, final=False)
    call_id = await put(database)
    for _ in range(8):
        assert await outbox.work(database, "far") == 1
        moved_clock.advance(timedelta(minutes=31))
    kept = await row(database, call_id)
    assert (kept.state, kept.waits, kept.attempts) == ("sent", 8, 0)
    assert await hear(database, kept, {"done": True}) == "first"
    assert await outbox.work(database, "far") == 0


async def test_an_answer_counts_once_however_often_it_comes(database: Database, far: Far) -> None:
    call_id = await put(database)
    await outbox.work(database, "far")
    kept = await row(database, call_id)
    assert await hear(database, kept, {"done": True}) == "again"
    assert await hear(database, kept, {"done": False}) == "contradicts"
    kept = await row(database, call_id)
    assert (kept.answer, kept.contradiction) == ({"done": True}, {"done": False})
    assert far.effects == [{"done": True}], "the first answer holds"


async def test_answers_to_what_was_never_asked_are_refused(database: Database, far: Far) -> None:
    call_id = await put(database)
    kept = await row(database, call_id)
    with pytest.raises(NotFound):
        await hear(database, kept, {"done": True})  # not sent yet
    await outbox.work(database, "far")
    with pytest.raises(NotFound):
        await hear(database, kept, {"done": True}, subject=new_id())
    async with database.begin(SYSTEM, EVERYWHERE) as uow:
        with pytest.raises(NotFound):
            await outbox.hear(uow, "far", new_id(), kept.subject_id, Answer({}))
    assert len(far.effects) == 1


async def test_one_that_breaks_does_not_stop_the_others(database: Database, far: Far) -> None:
    bad = new_id()
    far.say = lambda asked: ZeroDivisionError() if asked.subject_id == bad else Answer({"done": True})
    ids = [await put(database), await put(database, bad), await put(database)]
    assert await outbox.work(database, "far") == 3
    assert [(await row(database, i)).state for i in ids] == ["answered", "failed", "answered"]


async def test_an_answer_that_cannot_be_acted_on_is_asked_again(
    database: Database, far: Far, moved_clock: MovableClock
) -> None:
    """The effect and the record are one transaction: without the effect there is no record that it was answered."""

    async def broken(uow: Any, call: OutsideCall, answer: dict[str, Any]) -> None:
        raise RuntimeError

    ids = [await put(database), await put(database)]
    outbox.connect(
        Line(
            system="far",
            words="远方",
            kinds={"ask": "问"},
            prepare=far.prepare,
            send=far.send,
            answered=broken,
            tries=4,
        )
    )
    assert await outbox.work(database, "far") == 2
    assert [(await row(database, i)).state for i in ids] == ["failed", "failed"]
    outbox.connect(
        Line(
            system="far",
            words="远方",
            kinds={"ask": "问"},
            prepare=far.prepare,
            send=far.send,
            answered=far.answered,
            tries=4,
        )
    )
    moved_clock.advance(timedelta(seconds=6))
    assert await outbox.work(database, "far") == 2
    assert len(far.effects) == 2


async def test_two_open_calls_about_the_same_thing_cannot_be(database: Database, far: Far) -> None:
    subject = new_id()
    await put(database, subject)
    with pytest.raises(sa.exc.IntegrityError):
        await put(database, subject)
    await outbox.work(database, "far")
    await put(database, subject)


async def test_workers_share_the_calls(database: Database, far: Far) -> None:
    ids = [await put(database) for _ in range(12)]
    await asyncio.gather(*(outbox.work(database, "far", limit=5) for _ in range(3)))
    await outbox.work(database, "far")
    assert sorted(far.heard) == sorted(ids)
