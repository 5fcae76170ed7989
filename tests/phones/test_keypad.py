"""The keypad: what is read out, what the keys do, and who is called when a message is not answered."""

from __future__ import annotations

import asyncio

import msgspec
import sqlalchemy as sa

from linggong.cases.models import Case
from linggong.kernel.outbox import OutsideCall
from linggong.phones import calling, line, protocol
from linggong.phones.protocol import Press, Receipt
from linggong.wages import service as wages
from linggong.work.models import Engagement
from tests.work.walking import accepted

from .conftest import Phones
from .test_path import offered, state


async def test_the_jobs_of_the_day_are_read_out_and_one_key_applies(phones: Phones) -> None:
    hello, jobs, done = await phones.dial("1", "1")
    assert hello.endswith("听今天的活请按1，我接的活请按2，工钱没拿到请按3，找人工请按0。")
    assert "200/天 · 日结 · 兰阳街道 · 要6人 · 3月11日7:30" in jobs
    assert "报上名了" in done
    async with phones.system() as uow:
        row = (await uow.session.scalars(sa.select(Engagement))).one()
    assert (row.state, row.worker_id, row.channel) == ("A_APPLIED", phones.workers[0], "keypad")
    assert "已经报过名" in (await phones.dial("1", "1"))[-1]
    assert "没有这个选项" in (await phones.dial("7"))[-1]
    assert "没有这个选项" in (await phones.dial("1", "8"))[-1]


async def test_open_questions_come_first_and_are_answered_by_keys(phones: Phones) -> None:
    engagement_id = await offered(phones)
    await phones.tell()
    _, asked, wrong, done, mine = await phones.dial("2", "5", "1", "2")
    assert "定了您去" in asked
    assert "去请按1，不去请按2" in asked
    assert "没有这个选项" in wrong
    assert "说定了" in done
    assert await state(phones, engagement_id) == "A_CONFIRMED"
    assert "3月11日7:30" in mine
    assert "电话 1 3 8" in mine, "whom to call, digit by digit"


async def test_a_wage_that_did_not_come_becomes_a_case_with_a_number(phones: Phones) -> None:
    await accepted(phones)
    assert "还没到付的时间" in (await phones.dial("3", "1"))[-1]
    phones.at(hours=30)
    _, wages, done = await phones.dial("3", "1")
    assert "200元，该付了" in wages
    async with phones.system() as uow:
        case = (await uow.session.scalars(sa.select(Case))).one()
    assert (case.kind, case.channel, case.claimant, case.amount_fen) == ("wage", "phone", "worker", 20000)
    assert " ".join(case.receipt) in done
    assert case.receipt in (await phones.dial("3", "1"))[-1], "the second time he hears the number of the first"


async def test_a_human_calls_back_and_strangers_hear_where_to_go(phones: Phones) -> None:
    assert "驿站会给这个号码打电话" in (await phones.dial("0"))[-1]
    assert len(await phones.calls()) == 1
    (said,) = await phones.dial(number="13700000000")
    assert "没有登记" in said
    await phones.share(1, phones.number(0))
    who, menu = await phones.dial("2")
    assert "李师傅请按1，李师傅请按2" in who
    assert "听今天的活" in menu
    await phones.share(2, "13911110000", kind="relative", signs_in=False)
    assert "没有登记" in (await phones.dial(number="13911110000"))[0], "a telephone for messages only opens nothing"


async def test_a_step_that_is_asked_again_is_the_same_step(phones: Phones) -> None:
    first = await phones.press("s", 0)
    await phones.press("s", 1, "1")
    applied = await phones.press("s", 2, "1")
    assert await phones.press("s", 2, "1") == applied
    async with phones.system() as uow:
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(Engagement)) == 1
    for step, number in ((1, phones.number()), (9, phones.number()), (3, phones.number(1))):
        body = msgspec.json.encode(Press(session="s", step=step, number=number, keys="9"))
        status = await asyncio.to_thread(phones.standin.bring, phones.url, protocol.KEYPAD_PATH, body)
        assert status in (404, 409)
    assert first.then == "keys"


async def test_who_does_not_answer_is_rung_and_then_called(phones: Phones) -> None:
    engagement_id = await offered(phones)
    await offered(phones, 1)
    await phones.tell()
    assert await calling.late(phones.city.database) == 0
    phones.at(minutes=11)
    assert await calling.late(phones.city.database) == 2
    assert await calling.late(phones.city.database) == 0
    await line.work(phones.city.database)
    rung = {ring.number: key for key, ring in phones.standin.calls.items()}
    assert sorted(rung) == [phones.number(0), phones.number(1)]
    said, done = await phones.dial("1", call_id=rung[phones.number(0)])
    assert "请李师傅本人听" in said
    assert "说定了" in done
    assert await state(phones, engagement_id) == "A_CONFIRMED"
    body = msgspec.json.encode(Receipt(request_id=rung[phones.number(1)], result="no_answer"))
    assert await asyncio.to_thread(phones.standin.bring, phones.url, protocol.RECEIPT_PATH, body) == 200
    assert len(await phones.calls()) == 1
    phones.at(minutes=6)
    await calling.late(phones.city.database)
    assert len(await phones.calls()) == 1
    async with phones.system() as uow:
        kinds = (await uow.execute(sa.select(OutsideCall.kind, OutsideCall.state).order_by(OutsideCall.kind))).all()
    assert [tuple(k) for k in kinds] == [("ring", "answered")] * 2 + [("send", "answered")] * 2


async def test_without_a_gateway_the_desk_is_asked_at_once(phones: Phones) -> None:
    await offered(phones)
    line.use(None, None)
    await phones.tell()
    phones.at(minutes=11)
    assert await calling.late(phones.city.database) == 0
    assert len(await phones.calls()) == 1


async def test_nobody_is_woken_for_what_can_wait(phones: Phones) -> None:
    _, _, bill_id = await accepted(phones)
    async with phones.begin(phones.employer) as uow:
        await wages.record_payment(uow, bill_id, amount_fen=20000, channel="cash")
    phones.city.clock.move_to(phones.city.clock.now().replace(hour=14, minute=30))
    await phones.tell()
    phones.at(minutes=11)
    assert await calling.late(phones.city.database) == 0, "22:41 in Kaifeng"
    phones.at(hours=8)
    assert await calling.late(phones.city.database) == 1
