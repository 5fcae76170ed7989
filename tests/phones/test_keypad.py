"""The keypad: what is read out, what the keys do, and who is called when a message is not answered."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import msgspec
import sqlalchemy as sa

from linggong.cases.models import Case
from linggong.kernel.outbox import OutsideCall
from linggong.people.notice_models import Notice
from linggong.phones import calling, line, protocol
from linggong.phones.models import PhoneQuestion
from linggong.phones.protocol import Press, Receipt
from linggong.wages import service as wages
from linggong.wages.models import Payment
from linggong.work import terms
from linggong.work.models import Engagement
from linggong.work.terms_values import TermsForm
from tests.work.walking import accepted, signed

from .conftest import Phones
from .test_path import offered, state


async def test_the_jobs_of_the_day_are_read_out_and_one_key_applies(phones: Phones) -> None:
    hello, jobs, done = await phones.dial("1", "1")
    assert hello.endswith("听今天的活请按1，我接的活请按2，工钱没拿到请按3，找人工请按0。")
    assert "，一天200元，日结，在兰阳街道，要6人，3月11日早上7点30分" in jobs
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
    assert "3月11日早上7点30分" in mine
    assert "电话 1 3 8" not in mine, "whoever calls may have made up the number"
    assert "电话 1 3 8" in (await phones.dial("2", attested="full"))[-1], "whom to call, digit by digit"
    assert "没法核实" in (await phones.dial(attested="failed"))[0]


async def test_a_wage_that_did_not_come_becomes_a_case_with_a_number(phones: Phones) -> None:
    await accepted(phones)
    _, no, back = await phones.dial("3", "1")
    assert "200" not in no, "his wages are not for whoever shows his number"
    assert "请挂机，我们马上打给您" in back
    hello, early = await phones.dial("1", call_id=await phones.called_back())
    assert "请李师傅本人听" in hello
    assert "200元" in hello
    assert "还没到付的时间" in early
    phones.at(hours=30)
    await phones.dial("3", "1")
    wages, done = await phones.dial("1", call_id=await phones.called_back())
    assert "200元，该付了" in wages
    async with phones.system() as uow:
        case = (await uow.session.scalars(sa.select(Case))).one()
    assert (case.kind, case.channel, case.claimant, case.amount_fen) == ("wage", "phone", "worker", 20000)
    assert " ".join(case.receipt) in done
    assert case.receipt in (await phones.dial("3", "1", attested="full"))[-1], "the number of the first"
    for _ in range(2):
        assert "马上打给您" in (await phones.dial("3", "1"))[-1]
    assert "打回去的次数多了" in (await phones.dial("3", "1"))[-1], "nobody makes another's telephone ring all day"


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


async def test_each_payment_is_asked_about_and_answered_where_nobody_can_pretend(phones: Phones) -> None:
    """57, 59: two payments of one bill; by message with the code, by telephone in a call of ours."""
    _, _, bill_id = await accepted(phones)
    async with phones.begin(phones.employer) as uow:
        first = (await wages.record_payment(uow, bill_id, amount_fen=12000, channel="cash")).id
    phones.at(minutes=1)
    async with phones.begin(phones.employer) as uow:
        second = (await wages.record_payment(uow, bill_id, amount_fen=8000, channel="cash")).id
    texts = sorted((t for t in await phones.tell() if "没收到" in t), key=lambda t: "付了80元" in t)
    assert [re.search(r"付了(\d+)元.*收到回1 [A-Z]\d，没收到回2 [A-Z]\d$", t).group(1) for t in texts] == ["120", "80"]
    code = {q.subject_id: q.code for q in await phones.questions() if q.state == "open"}
    assert sorted(code) == sorted([first, second])
    assert "请带编号回" in await phones.text("1")

    async def states() -> list[str]:
        async with phones.system() as uow:
            return list(await uow.session.scalars(sa.select(Payment.state).order_by(Payment.claimed_at)))

    assert await states() == ["claimed", "claimed"]
    assert "雇主登记了2笔付款，一笔一笔问您" in (await phones.dial("3", "1", attested="full"))[-1]
    assert await states() == ["claimed", "claimed"], "which of them did not come, he has not said"
    assert "您收到了" in await phones.text(f"收到 {code[second]}")
    assert await states() == ["claimed", "confirmed"]
    assert "已经过期，或者答过了" in await phones.text(f"2 {code[second]}"), "words for what is closed"
    assert "请带编号回" in await phones.text("2"), "one is left, and its code is asked for all the same"
    _, offer, back = await phones.dial("2", "1")
    assert "还有1件事要您答复" in offer
    assert "120" not in offer
    assert "马上打给您" in back
    asked, done = await phones.dial("2", call_id=await phones.called_back())
    assert "雇主登记3月11日现金付了120元。收到请按1，没收到请按2" in asked
    assert "您没收到" in done
    assert await states() == ["denied", "confirmed"]
    async with phones.system() as uow:
        bodies = await uow.session.scalars(
            sa.text("SELECT body FROM events WHERE type = 'phone.answered' ORDER BY occurred_at, id")
        )
        shown = [msgspec.json.decode(body)["shown"] for body in bodies]
    assert shown[0] == texts[1]
    assert shown[1] in asked, "what was read out to him, whole"
    assert shown[1].endswith("找人工请按0。")


async def test_the_whole_of_the_terms_is_read_before_a_key_agrees(phones: Phones) -> None:
    """24 to 26: a full stop in what somebody typed ends nothing."""
    engagement_id, _ = await signed(phones)
    place = "汴西物流园东门集合。再坐短驳车去二号库北边的冷库。里面零下十八度。自己带棉衣棉鞋，没有的不让进"
    phones.city.clock.move_to(phones.city.clock.now().replace(hour=14, minute=30))
    async with phones.begin(phones.employer) as uow:
        await terms.propose(uow, engagement_id, TermsForm(kind="place", place=place))
    texts = await phones.tell()
    assert any("内容长，明早6点以后打电话读给您听" in t for t in texts), texts
    assert "请接我们的来电" in await phones.text("1")
    assert await calling.late(phones.city.database) == 0, "nobody is woken for it"
    _, said, done = await phones.dial("2", "1")
    assert "零下" not in said
    assert "马上打给您" in done
    ring = await phones.called_back()
    asked = await phones.press("t", 0, call_id=ring)
    assert f"{place}。同意请按1，不同意请按2" in asked.say
    async with phones.system() as uow:
        question = (await uow.session.scalars(sa.select(PhoneQuestion).where(PhoneQuestion.kind == "terms"))).one()
        question.body = question.body.replace("零下十八度", "零下二十八度")
    assert "内容改了，请再听一遍" in (await phones.press("t", 1, "1", call_id=ring)).say
    assert "按新的办" in (await phones.press("t", 2, "1", call_id=ring)).say
    async with phones.system() as uow:
        body = await uow.session.scalar(sa.text("SELECT body FROM events WHERE type = 'phone.answered'"))
    assert "零下二十八度。自己带棉衣棉鞋" in body


async def test_one_bad_question_does_not_hold_up_the_others(phones: Phones) -> None:
    for n in range(3):
        await offered(phones, n)
    await phones.tell()
    phones.at(minutes=11)
    async with phones.system() as uow:
        bad = (await uow.session.scalars(sa.select(PhoneQuestion).order_by(PhoneQuestion.call_at).limit(1))).one()
        (await uow.session.get_one(Notice, bad.notice_id)).kind = "no_such_question"
    assert await calling.late(phones.city.database) == 2
    async with phones.system() as uow:
        again = await uow.session.get_one(PhoneQuestion, bad.id)
        assert (again.state, again.rung_at) == ("open", None)
        assert again.call_at == uow.now + timedelta(minutes=5)


async def test_what_has_lapsed_is_not_answered(phones: Phones) -> None:
    engagement_id = await offered(phones)
    await phones.tell()
    (question,) = await phones.questions()
    assert question.expires_at is not None
    phones.city.clock.move_to(question.expires_at)
    assert "已经过期" in await phones.text("1"), "though nobody has swept the timers yet"
    assert await state(phones, engagement_id) == "A_OFFERED"


async def test_nobody_is_woken_for_what_can_wait(phones: Phones) -> None:
    _, _, bill_id = await accepted(phones)
    async with phones.begin(phones.employer) as uow:
        await wages.record_payment(uow, bill_id, amount_fen=20000, channel="cash")
    phones.city.clock.move_to(phones.city.clock.now().replace(hour=14, minute=30))
    assert await phones.tell() == [], "22:30 in Kaifeng: neither a text"
    phones.at(minutes=11)
    assert await calling.late(phones.city.database) == 0, "nor a call"
    phones.at(hours=8)
    assert len(await phones.tell()) == 1
    phones.at(minutes=11)
    assert await calling.late(phones.city.database) == 1
