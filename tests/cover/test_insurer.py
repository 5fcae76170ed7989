"""An insurer that is slow, down, lying, or answers twice (Must hold: outside systems), over HTTP and at our callback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from small_city import City

from linggong.cover import enrolment, line, protocol, standin
from linggong.cover.insurer import HttpInsurer
from linggong.cover.protocol import Enrolment, Reply
from linggong.cover.standin import InProcess, StandIn
from linggong.kernel import clock
from linggong.kernel.clock import MovableClock
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Forbidden, Invalid, NotFound
from linggong.kernel.outbox import OutsideCall, Unanswered
from linggong.kernel.paths import EVERYWHERE

from .conftest import KEY, Covered
from .test_enrolling import confirmed

if TYPE_CHECKING:
    from uuid import UUID


def asked(**changes: Any) -> Enrolment:
    start = clock.now() + timedelta(hours=2)
    values: dict[str, Any] = {
        "request_id": str(uuid4()), "reference": str(uuid4()), "product": "JB-A1", "name": "李国强",
        "id_number": "410225196805010010", "birth_date": date(1968, 5, 1), "occupation_class": 4, "starts_at": start,
        "ends_at": start + timedelta(hours=9), "days": 1, "premium_fen": 100,
    }  # fmt: skip
    return Enrolment(**(values | changes))


@pytest.fixture
async def far(moved_clock: MovableClock) -> AsyncIterator[tuple[StandIn, HttpInsurer]]:
    made = StandIn(KEY, delay=2.0)
    client = HttpInsurer("http://insurer.test", KEY, transport=InProcess(made))
    yield made, client
    await client.aclose()


async def test_it_takes_and_refuses(far: tuple[StandIn, HttpInsurer]) -> None:
    _, insurer = far
    good = await insurer.enrol(asked())
    assert good.result == "accepted"
    assert good.policy_no
    old = await insurer.enrol(asked(birth_date=date(1950, 1, 1)))
    assert (old.result, old.code) == ("refused", "age")
    high = await insurer.enrol(asked(occupation_class=6))
    assert (high.result, high.code) == ("refused", "class")
    late = await insurer.enrol(
        asked(starts_at=clock.now() - timedelta(hours=9), ends_at=clock.now() - timedelta(hours=1))
    )
    assert (late.result, late.code) == ("refused", "late")
    now = await insurer.enrol(asked(starts_at=clock.now() - timedelta(hours=1)))
    assert now.effective_at == clock.now(), "nothing is insured backwards"


async def test_the_same_request_is_one_request(far: tuple[StandIn, HttpInsurer]) -> None:
    made, insurer = far
    request = asked()
    first, second = await insurer.enrol(request), await insurer.enrol(request)
    assert first == second
    assert len(made.answers) == 1
    with pytest.raises(Unanswered, match="409"):
        await insurer.enrol(msgspec.structs.replace(request, name="另一个人"))


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("fail", "出错"), ("wrong_policy", "别的保单"), ("forged", "签名"), ("garbage", "看不懂"), ("no_policy", "没有保单号"),
    ],
)  # fmt: skip
async def test_what_cannot_be_its_answer_is_none(far: tuple[StandIn, HttpInsurer], mode: Any, says: str) -> None:
    made, insurer = far
    made.behave(mode)
    with pytest.raises(Unanswered, match=says):
        await insurer.enrol(asked())


async def test_a_wrong_key_is_refused_on_both_sides(
    far: tuple[StandIn, HttpInsurer], moved_clock: MovableClock
) -> None:
    made, _ = far
    stranger = HttpInsurer("http://insurer.test", b"another key", transport=InProcess(made))
    with pytest.raises(Unanswered, match="401"):
        await stranger.enrol(asked())
    await stranger.aclose()
    body = b"{}"
    header = protocol.sign(KEY, clock.now(), "/x", body)
    assert protocol.verify(KEY, header, "/x", body, clock.now())
    assert not protocol.verify(KEY, header, "/y", body, clock.now())
    assert not protocol.verify(KEY, header, "/x", b"{ }", clock.now())
    assert not protocol.verify(KEY, header, "/x", body, clock.now() + timedelta(minutes=6))
    for bad in ("", "t=,v=", "t=abc,v=00", "v=00", "t=99999999999999,v=00"):
        assert not protocol.verify(KEY, bad, "/x", body, clock.now())


async def test_over_a_real_port_it_is_slow_down_and_gone(moved_clock: MovableClock) -> None:
    """A real HTTP server on the loopback: an answer, one that comes too late, and a port where nobody listens."""
    made = StandIn(KEY, delay=1.5)
    server = standin.serve(made)
    port = server.server_address[1]
    quick = HttpInsurer(f"http://127.0.0.1:{port}", KEY, seconds=0.5)
    try:
        assert (await quick.enrol(asked())).result == "accepted"
        made.behave("slow")
        with pytest.raises(Unanswered, match="连不上"):
            await quick.enrol(asked())
        patient = HttpInsurer(f"http://127.0.0.1:{port}", KEY, seconds=5, in_all=0.5)
        with pytest.raises(Unanswered, match="超时"):
            await patient.enrol(asked())
        await patient.aclose()
    finally:
        await quick.aclose()
        server.shutdown()
        server.server_close()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = HttpInsurer(f"http://127.0.0.1:{free.getsockname()[1]}", KEY, seconds=1)
        with pytest.raises(Unanswered, match="连不上"):
            await nobody.enrol(asked())
        await nobody.aclose()


async def test_a_long_answer_is_not_read_to_its_end(moved_clock: MovableClock) -> None:
    def long(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"x" * (protocol.MOST_BYTES + 1))

    class Endless(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return long(request)

    insurer = HttpInsurer("http://insurer.test", KEY, transport=Endless())
    with pytest.raises(Unanswered, match="太长"):
        await insurer.enrol(asked())
    await insurer.aclose()


async def test_a_slow_insurer_holds_no_connection(covered: Covered) -> None:
    """Enrolments hang at the insurer while the pool of five serves others."""
    assert covered.standin is not None
    await covered.born(date(1968, 5, 1))
    ids = [await confirmed(covered, n) for n in range(3)]
    covered.standin.delay = 1.0
    covered.standin.behave("slow")
    working = asyncio.create_task(covered.ask())
    while covered.standin.requests < 3:
        await asyncio.sleep(0.01)
    pool: Any = covered.city.database.engine.pool
    assert pool.checkedout() == 0
    async with covered.begin(covered.clerk) as uow:
        await uow.execute(sa.text("SELECT 1"))
    assert not working.done()
    assert await working == 3
    assert [await covered.state(i) for i in ids] == ["active"] * 3


# --- the callback -----------------------------------------------------------------------------------------------------


async def deliver(site: Covered, body: bytes, key: bytes = KEY) -> str:
    header = protocol.sign(key, clock.now(), protocol.CALLBACK_PATH, body)
    return await line.callback(site.city.database, KEY, header, body)


async def call_of(site: Covered) -> OutsideCall:
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        found = await uow.session.scalar(sa.select(OutsideCall))
        assert found is not None
        return found


async def test_a_decision_that_comes_later_counts_once(covered: Covered) -> None:
    assert covered.standin is not None
    assert covered.wire is not None
    covered.standin.behave("pending", 1)
    engagement_id = await confirmed(covered)
    await covered.ask()
    assert await covered.state(engagement_id) == "pending"
    (body,) = covered.wire.later
    assert await deliver(covered, body) == "first"
    assert await deliver(covered, body) == "again"
    assert await covered.state(engagement_id) == "active"
    covered.at(minutes=31)
    assert await covered.ask() == 0, "what is answered is not asked again"
    assert (await covered.told(engagement_id)).count("cover.enrolled") == 1


async def test_pending_is_asked_again_and_the_late_callback_is_the_same_answer(covered: Covered) -> None:
    assert covered.standin is not None
    assert covered.wire is not None
    covered.standin.behave("pending", 1)
    engagement_id = await confirmed(covered)
    await covered.ask()
    covered.at(minutes=1)
    assert await covered.ask() == 1
    assert await covered.state(engagement_id) == "active"
    assert await deliver(covered, covered.wire.later[0]) == "again"


async def test_answering_twice_changes_nothing(covered: Covered) -> None:
    assert covered.standin is not None
    assert covered.wire is not None
    covered.standin.behave("twice")
    engagement_id = await confirmed(covered)
    await covered.ask()
    assert [await deliver(covered, body) for body in covered.wire.later] == ["again", "again"]
    assert await covered.told(engagement_id) == ["cover.requested", "cover.enrolled"]


async def test_a_contradiction_counts_for_nothing_until_somebody_has_asked(covered: Covered) -> None:
    assert covered.standin is not None
    assert covered.wire is not None
    covered.standin.behave("contradict")
    engagement_id = await confirmed(covered)
    await covered.ask()
    assert await covered.state(engagement_id) == "active"
    assert await deliver(covered, covered.wire.later[0]) == "contradicts"
    assert await covered.state(engagement_id) == "pending"
    assert (await call_of(covered)).contradiction is not None
    assert (await covered.told(engagement_id))[-1] == "cover.disputed"


async def test_a_lie_about_another_policy_changes_nothing(covered: Covered) -> None:
    assert covered.standin is not None
    covered.standin.behave("pending")
    engagement_id = await confirmed(covered)
    await covered.ask()
    call = await call_of(covered)
    other: UUID = uuid4()
    for request_id, reference in ((call.id, other), (other, call.subject_id)):
        reply = Reply(
            request_id=str(request_id), reference=str(reference), result="accepted", policy_no="P-1", effective_at=clock.now()
        )  # fmt: skip
        with pytest.raises(NotFound):
            await deliver(covered, msgspec.json.encode(reply))
    assert await covered.state(engagement_id) == "pending"


async def test_the_callback_believes_no_stranger_and_no_nonsense(covered: Covered) -> None:
    assert covered.standin is not None
    covered.standin.behave("pending")
    engagement_id = await confirmed(covered)
    await covered.ask()
    call = await call_of(covered)
    yes = Reply(
        request_id=str(call.id), reference=str(call.subject_id), result="accepted", policy_no="P-1", effective_at=clock.now()
    )  # fmt: skip
    body = msgspec.json.encode(yes)
    with pytest.raises(Forbidden):
        await deliver(covered, body, key=b"not ours")
    with pytest.raises(Forbidden):
        await line.callback(covered.city.database, KEY, "", body)
    old = protocol.sign(KEY, clock.now() - timedelta(minutes=10), protocol.CALLBACK_PATH, body)
    with pytest.raises(Forbidden):
        await line.callback(covered.city.database, KEY, old, body)
    for bad in (
        b"", b"[]", b"{}", b"\xff\xfe", msgspec.json.encode(msgspec.structs.replace(yes, policy_no="")),
        msgspec.json.encode(msgspec.structs.replace(yes, request_id="x")), body.replace(b"accepted", b"perhaps"),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            await deliver(covered, bad)
    assert await covered.state(engagement_id) == "pending"


async def test_cover_for_somebody_who_has_left_is_given_back(covered: Covered) -> None:
    """His answer was in the air when he withdrew: it is heard, and withdrawn again."""
    from linggong.work import engage

    assert covered.standin is not None
    assert covered.wire is not None
    covered.standin.behave("pending", 1)
    engagement_id = await confirmed(covered)
    await covered.ask()
    async with covered.begin(covered.worker()) as uow:
        await engage.withdraw(uow, engagement_id)
    assert await deliver(covered, covered.wire.later[0]) == "late"
    assert [p.state for p in await covered.policies(engagement_id)] == ["ended"]
    assert await covered.ask() == 1
    async with covered.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        kinds = (await uow.execute(sa.select(OutsideCall.kind, OutsideCall.state))).all()
    assert {tuple(k) for k in kinds} == {("enrol", "answered"), ("withdraw", "answered")}


async def test_nobody_to_ask_leaves_the_call_waiting(covered: Covered, city: City) -> None:
    line.use(None, None)
    await confirmed(covered)
    await line.work(city.database)
    call = await call_of(covered)
    assert (call.state, call.attempts) == ("queued", 0)
    assert call.system == enrolment.SYSTEM
