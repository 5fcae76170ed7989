"""Answers that are clear, unclear, late, doubled, from shared telephones or from strangers, and gateways that fail."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from small_city import START, STATION

from linggong.kernel import outbox, timers
from linggong.kernel.outbox import OutsideCall, Unanswered
from linggong.offices import outside
from linggong.people import notices
from linggong.people.models import OutMessage
from linggong.people.notice_models import PhoneStop
from linggong.phones import inbox, line, protocol, queries, standin
from linggong.phones.gateway import HttpGateway
from linggong.phones.inbox import Meant, meaning
from linggong.phones.models import InMessage
from linggong.phones.protocol import Inbound, Receipt, Send
from linggong.phones.standin import StandIn
from linggong.work import engage

from .conftest import Phones, publish
from .test_path import offered, state

SAID = {
    "1": ("1", ""), " 1 。": ("1", ""), "１": ("1", ""), "1去": ("1", "", "去"), "去": ("", "", "去"), "回1": ("1", ""),
    "好的": ("", "", "好的"), "2": ("2", ""), "不去": ("", "", "不去"), "2没收到！": ("2", "", "没收到"),
    "1 A3": ("1", "A3"), "a3 1": ("1", "A3"), "2，B7": ("2", "B7"), "去A3": ("", "A3", "去"), "1A3去": ("1", "A3", "去"),
    "td": ("stop", ""), "退订": ("stop", ""), "DY": ("start", ""), "0": ("0", ""), "3": ("3", ""), "？": ("help", ""),
    "1不去": ("1", "", "不去"), "12": ("1", "", "2"), "4": ("", "", "4"), "我在B2区": ("", "", "我在区"), "": ("", "", "?"),
    "退": ("", "", "退"), "👍": ("", "", "👍"),
}  # fmt: skip


@pytest.mark.parametrize("text", sorted(SAID))
def test_what_a_message_means(text: str) -> None:
    assert meaning(text) == Meant(*SAID[text])


ANSWERS = {
    "offer": {
        "1": "1",
        "2": "2",
        "去": "1",
        "不去": "2",
        "1去": "1",
        "1不去": "",
        "收到": "",
        "好的": "",
        "同意": "",
        "12": "",
    },
    "invitation": {"1": "1", "要去": "1", "去不了": "2", "没收到": "", "不": "", "行": ""},
    "terms": {"1": "1", "同意": "1", "不同意": "2", "2不同意": "2", "收到": "", "去": "", "好": "", "可以": ""},
    "payment": {"2": "2", "收到": "1", "没收到": "2", "收到了": "1", "同意": "", "好的": "", "没有": "", "去": ""},
}


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_a_word_answers_only_its_own_kind_of_question(kind: str) -> None:
    """Manners bind nobody: 收到 is no yes to an offer, 好的 to nothing at all."""
    assert {text: meaning(text).answer(kind) for text in ANSWERS[kind]} == ANSWERS[kind]


async def test_manners_bind_nobody_and_a_late_message_answers_what_he_knew(phones: Phones) -> None:
    engagement_id = await offered(phones)
    before = phones.city.clock.now()
    assert "没有要您答复的事" in await phones.text("1"), "it is chosen, and he was not told yet"
    phones.at(seconds=30)
    await phones.tell()
    for said in ("收到", "好的", "同意", "退", "1不去"):
        assert "请只回：去回1，不去回2" in await phones.text(said), said
    # It was sent before the question came, and was long on its way.
    assert "没有要您答复的事" in await phones.text("1", sent_at=before + timedelta(seconds=10))
    assert await phones.text("1", attested="failed") == "", "the carrier says that the sender is made up"
    assert await phones.outcome() == "made_up"
    assert await state(phones, engagement_id) == "A_OFFERED"
    async with phones.system() as uow:
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(PhoneStop)) == 0
    phones.at(seconds=30)
    assert "说定了" in await phones.text("去", sent_at=phones.city.clock.now())
    assert "没有要您答复的事" in await phones.text("好的")


async def test_what_is_not_an_answer_is_told_so(phones: Phones) -> None:
    engagement_id = await offered(phones)
    await phones.tell()
    assert "没看懂" in await phones.text("几点去呀")
    assert "没看懂" in await phones.text("5")
    assert "没有在办的事" in await phones.text("4"), (
        "how far one's matters are (R043), also while something else is asked"
    )
    assert "没看懂" in await phones.text("1不去")
    assert "退订" in await phones.text("?")
    assert "没有登记" in await phones.text("1", number="13700000000")
    assert await state(phones, engagement_id) == "A_OFFERED"
    assert "没有要您答复的事" in await phones.text("1", n=1)
    assert "没有接下的活" in await phones.text("3", n=1)
    for _ in range(3):
        await phones.text("1", number="13700000000")
    assert await phones.text("1", number="13700000000") == "", "who is no one of ours costs no more messages"


async def test_no_is_no_an_answer_counts_once_and_a_late_one_is_told_so(phones: Phones) -> None:
    engagement_id = await offered(phones)
    late = await offered(phones, 1)
    await phones.tell()
    body = msgspec.json.encode(Inbound(message_id="twice", number=phones.number(), text="2"))
    headers = phones.standin.headers(protocol.INBOUND_PATH, body)
    answers = await asyncio.gather(
        *(phones.client.post(phones.url + protocol.INBOUND_PATH, content=body, headers=headers) for _ in range(4))
    )
    assert sorted(a.json()["heard"] for a in answers) == ["again", "again", "again", "first"]
    assert await state(phones, engagement_id) == "X_WITHDRAWN"
    assert len([t for t in await phones.tell() if "您不去" in t]) == 1
    assert "已经过期，或者答过了" in await phones.text("1")
    assert await state(phones, engagement_id) == "X_WITHDRAWN"
    phones.at(hours=5)
    await timers.sweep(phones.city.database)
    assert await state(phones, late) == "X_DECLINED"
    assert "过期" in await phones.text("1", n=1)
    assert await state(phones, late) == "X_DECLINED"


async def test_two_open_questions_are_asked_back_and_told_apart(phones: Phones) -> None:
    first = await offered(phones)
    other = await publish(phones.city, title="装卸工两名", headcount=3)
    async with phones.begin(phones.clerk) as uow:
        second = (await engage.invite(uow, other, phones.workers[0])).id
    await phones.tell()
    back = await phones.text("1")
    assert "请带编号回" in back
    assert await phones.outcome() == "asked_back"
    codes = {q.subject_id: q.code for q in await phones.questions()}
    assert "没有编号" in await phones.text("1 Z9" if "Z9" not in codes.values() else "1 Y9")
    assert "您不去" in await phones.text(f"2{codes[second]}")
    assert await state(phones, second) == "X_DECLINED"
    assert "说定了" in await phones.text("1"), "one is left, and needs no code"
    assert await state(phones, first) == "A_CONFIRMED"


async def test_two_who_share_a_telephone_say_which_of_them(phones: Phones) -> None:
    await phones.share(1, phones.number(0))
    mine, his = await offered(phones, 0), await offered(phones, 1)
    texts = await phones.tell()
    assert all(re.search(r"李师傅.*去回1 [A-Z]\d，不去回2 [A-Z]\d$", t) for t in texts), texts
    assert all(len(t) <= 70 for t in texts)
    assert "请带编号回" in await phones.text("1")
    codes = {q.subject_id: q.code for q in await phones.questions()}
    assert "说定了" in await phones.text(f"1 {codes[his]}")
    assert (await state(phones, mine), await state(phones, his)) == ("A_OFFERED", "A_CONFIRMED")
    assert "请带编号回" in await phones.text("2"), (
        "the code is asked for though one question is left: two people may answer"
    )
    assert await state(phones, mine) == "A_OFFERED"
    said = [await phones.text(f"1 {c}") for c in ("A2", "B3", "C4", "D5", "E6", "F7", "G8") if c not in codes.values()]
    assert "没有编号" in said[0]
    assert "编号错得太多" in said[-1], "who goes on is guessing"
    assert "编号错得太多" in await phones.text(f"1 {codes[mine]}")


async def test_a_relatives_telephone_passes_on_and_answers_only_where_he_named_it(phones: Phones) -> None:
    await phones.share(0, "13911110000", kind="relative", signs_in=False)
    await phones.share(1, "13911110001", kind="relative")
    first, second = await offered(phones, 0), await offered(phones, 1)
    texts = await phones.tell()
    assert [t for t in texts if "转告" in t] == ["【零工市场】请转告李师傅：驿站有事找他，请联系驿站。"], (
        "nothing of what or how much"
    )
    assert len(await phones.calls()) == 1, "whom nobody can ask by message is called"
    assert "只转告" in await phones.text("1", number="13911110000")
    assert await state(phones, first) == "A_OFFERED"
    (question,) = await phones.questions()
    assert "说定了" in await phones.text(f"1 {question.code}", number="13911110001")
    assert await state(phones, second) == "A_CONFIRMED"
    async with phones.system() as uow:
        await notices.notify(
            uow, to="worker", kind="wage_due", text="“搬砖”的工钱200元到时间还没登记付款。", subject_id=first,
            tenant=STATION, person_id=phones.workers[0],
        )  # fmt: skip
    assert await phones.tell() == ["请转告李师傅：驿站有事找他，请联系驿站。"]
    assert len(await phones.calls()) == 2


async def test_whom_to_call_and_who_wants_no_messages(phones: Phones) -> None:
    assert "打电话" in await phones.text("0")
    await phones.text("0")
    assert len(await phones.calls()) == 1
    assert "已退订" in await phones.text("退订", n=1)
    await offered(phones, 1)
    assert await phones.tell() == []
    (question,) = await phones.questions()
    assert question.state == "open", "it is asked by a call"
    assert "请接我们的来电" in await phones.text("1", n=1), "he has not heard it yet"
    assert "恢复" in await phones.text("订阅", n=1)


async def test_what_is_not_signed_is_refused_and_kept_nowhere(phones: Phones) -> None:
    await offered(phones)
    await phones.tell()
    forger = StandIn(b"some other key")
    assert await asyncio.to_thread(forger.text_back, phones.url, phones.number(), "1", message_id="x") == 403
    body = msgspec.json.encode(Receipt(request_id="0190", result="delivered"))
    assert await asyncio.to_thread(forger.bring, phones.url, protocol.RECEIPT_PATH, body) == 403
    assert await asyncio.to_thread(forger.bring, phones.url, protocol.KEYPAD_PATH, b"{}") == 403
    own = phones.standin
    assert await asyncio.to_thread(own.bring, phones.url, protocol.INBOUND_PATH, b'{"message_id":""}') == 422
    assert await asyncio.to_thread(own.bring, phones.url, protocol.RECEIPT_PATH, body) == 404
    headers = own.headers(protocol.INBOUND_PATH, body)
    async with httpx.AsyncClient() as client:
        answer = await client.post(phones.url + protocol.INBOUND_PATH, content=body + b" ", headers=headers)
    assert answer.status_code == 403
    async with phones.system() as uow:
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(InMessage)) == 0


async def test_what_a_dead_process_left_is_done_once(phones: Phones) -> None:
    engagement_id = await offered(phones)
    await phones.tell()
    await phones.text("你好", ref="left")
    async with phones.system() as uow:
        row = (await uow.session.scalars(sa.select(InMessage))).one()
        row.state, row.taken_at = "taken", uow.now
        row.text_sealed = phones.city.secrets.sealer.seal("1", f"in_messages.text_sealed.{row.id}")
    phones.at(minutes=1)
    assert await inbox.leftovers(phones.city.database, phones.city.secrets.sealer) == 0
    phones.at(minutes=2)
    assert await inbox.leftovers(phones.city.database, phones.city.secrets.sealer) == 1
    assert await state(phones, engagement_id) == "A_CONFIRMED"
    # It died once more, after the step and before the answer: the step is not made again, and he hears of it. What he was
    # asked meanwhile is another question, though it is the only one that is open.
    day = timedelta(days=1)
    other = await publish(
        phones.city, title="装卸工两名", headcount=3, starts_at=START + day, ends_at=START + day * 1.3
    )
    async with phones.begin(phones.clerk) as uow:
        second = (await engage.invite(uow, other, phones.workers[0])).id
    await phones.tell()
    async with phones.system() as uow:
        (await uow.session.scalars(sa.select(InMessage))).one().state = "taken"
    phones.at(minutes=3)
    await inbox.leftovers(phones.city.database, phones.city.secrets.sealer)
    assert await phones.outcome() == "answered"
    assert await state(phones, second) == "A_INVITED"


# --- the gateway ------------------------------------------------------------------------------------------------------


async def _until(what: Any) -> None:
    for _ in range(200):
        if await what():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came")


async def test_what_does_not_arrive_is_a_call_and_receipts_count_once(phones: Phones) -> None:
    phones.standin.behave("undelivered", 1)
    await offered(phones)
    await phones.tell()
    await _until(phones.calls)
    assert await phones.states() == ["failed"]
    async with phones.begin(phones.clerk) as uow:
        listed = await queries.failed_texts(uow, phones.city.database)
        assert [(t.kind, t.listed) for t in listed] == [("offer", True)]
    async with phones.begin(phones.city.other_clerk) as uow:
        assert await queries.failed_texts(uow, phones.city.database) == []
    assert "说定了" in await phones.text("1"), "it came after all"
    assert await phones.calls() == []
    async with phones.system() as uow:
        first = await uow.session.scalar(sa.select(OutMessage.id).where(OutMessage.kind == "offer"))
    phones.standin.behave("twice", 1)
    await offered(phones, 1)
    await phones.tell()

    async def arrived() -> Any:
        async with phones.system() as uow:
            of_this = sa.select(OutMessage.id).where(OutMessage.kind == "offer", OutMessage.state == "delivered")
            return await uow.session.scalar(
                sa.select(OutsideCall.id).where(
                    OutsideCall.subject_id.in_(of_this),
                    OutsideCall.subject_id != first,
                )
            )

    await _until(arrived)
    late = msgspec.json.encode(Receipt(request_id=str(await arrived()), result="failed"))
    assert await asyncio.to_thread(phones.standin.bring, phones.url, protocol.RECEIPT_PATH, late) == 200
    assert await arrived(), "what arrived stays arrived"
    assert await phones.calls() == []
    phones.standin.behave("refuse")
    await offered(phones, 2)
    await phones.tell()
    assert len(await phones.calls()) == 1, "a number that cannot be is called by a person, who sees it"


async def test_a_dead_gateway_is_asked_again_and_ends_at_a_person(phones: Phones) -> None:
    phones.standin.delay = 0.8
    phones.standin.behave("slow", 1)
    await offered(phones)
    working = asyncio.create_task(phones.tell())
    while not phones.standin.requests:
        await asyncio.sleep(0.01)
    pool: Any = phones.city.database.engine.pool
    assert pool.checkedout() == 0, "who waits for the gateway holds no connection"
    await working

    async def arrived() -> bool:
        return await phones.states() == ["delivered"]

    await _until(arrived)
    phones.at(minutes=1)
    await line.work(phones.city.database)
    assert phones.standin.requests == 1, "its receipt came, if not its answer: nobody is asked twice"

    phones.standin.behave("fail")
    await offered(phones, 1)
    await phones.tell()
    for _ in range(9):
        phones.at(minutes=31)
        await line.work(phones.city.database)
    async with phones.begin(phones.city.employer()) as uow:
        assert list(await uow.session.scalars(sa.select(OutsideCall))) == []
    async with phones.system() as uow:
        (view,) = (await outside.calls(uow, "dead")).items
        call_id = view.id
    assert (view.system_words, view.kind, view.attempts) == ("短信平台", "send", 10)
    assert outbox.kind_words(view.system, view.kind) == "发短信"
    assert len(await phones.calls()) == 1
    phones.standin.behave("good")
    async with phones.system() as uow:
        await outbox.resend(uow, call_id)
    await line.work(phones.city.database)
    assert (await phones.states())[-1] in ("sent", "delivered")


@pytest.mark.parametrize(("mode", "says"), [("fail", "出错"), ("forged", "签名"), ("garbage", "看不懂")])
async def test_what_cannot_be_its_answer_is_none(mode: Any, says: str) -> None:
    made = StandIn(b"the one key of both")
    made.behave(mode)
    server = standin.serve(made)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    gateway = HttpGateway(address, b"the one key of both")
    stranger = HttpGateway(address, b"another key than its")
    try:
        with pytest.raises(Unanswered, match=says):
            await gateway.send(Send(request_id="1", number="13900000000", text="您好"))
        with pytest.raises(Unanswered, match="401"):
            await stranger.send(Send(request_id="2", number="13900000000", text="您好"))
    finally:
        await gateway.aclose()
        await stranger.aclose()
        server.shutdown()
        server.server_close()
