"""What anybody may try about a shift on site and about an order that is frozen, short of people or moved to another day."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from linggong.kernel import clock
from linggong.market import rescheduling, shortage, suspending
from linggong.work import (
    absence,
    attend,
    differing,
    ending,
    evidence,
    leading,
    recognising,
    stopping,
    terms,
    transferring,
    waiting,
)
from linggong.work.terms_values import TermsForm
from tests.loop.market import Market, Row
from tests.loop.verbs import tries

PHOTO = b"\xff\xd8\xff wall"


@tries("assignment", "pause")
async def pause(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await stopping.pause(uow, row.id, cause=rnd.choice(("rain", "heat", "material", "power", "safety")), note="雨大")


@tries("assignment", "resume")
async def resume(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await stopping.resume(uow, row.id)


@tries("assignment", "end_pause")
async def end_pause(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await stopping.end_pause(uow, row.id)


@tries("assignment", "leave")
async def leave(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await stopping.leave(uow, row.id)


@tries("assignment", "end_early")
async def end_early(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await attend.end_early(uow, row.id, reason="活干完了", task_done=rnd.random() < 0.3, quantity=rnd.choice((None, 8)))


@tries("assignment", "leave_early")
async def leave_early(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    reason = rnd.choice(("illness", "safety", "other"))
    await attend.leave_early(uow, row.id, reason=reason, words="头晕，先回去了", quantity=rnd.choice((None, 5)))


@tries("assignment", "finish_part")
async def finish_part(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await attend.finish_part(uow, row.id, quantity=rnd.choice((3, 20)), note="下雨了")


@tries("assignment", "propose_record")
async def propose_record(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await recognising.propose_record(uow, row.id, minutes=rnd.choice((60, 200)), reason="中间走开了很久")


@tries("assignment", "agree_record", "refuse_record")
async def answer_record(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await recognising.answer_record(uow, row.id, agree=rnd.random() < 0.5)


@tries("assignment", "accept_part")
async def accept_part(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    words = "有一面墙没有刷平整"
    await recognising.accept_part(uow, row.id, reason="quality", words=words, amount_fen=rnd.choice((1, 3000, 10**8)))


@tries("assignment", "add_evidence")
async def add_evidence(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await evidence.give(uow, row.id, photo=PHOTO if rnd.random() < 0.9 else None, secrets=m.secrets)


@tries("assignment", "vouch")
async def vouch(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await leading.vouch(uow, row.id, agree=rnd.random() < 0.7)


@tries("assignment", "no_show")
async def no_show(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await absence.no_show(uow, row.id, call_note="打了两次没人接", statement="一直没来")


@tries("assignment", "contest")
async def contest(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await absence.contest(uow, row.id, reason="other", words="班车坏在半路上了")


@tries("assignment", "uphold", "excuse", "reinstate")
async def decide(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    outcome: Any = rnd.choice(("upheld", "withdrawn", "arrived"))
    came = m.clock.now() - timedelta(hours=1) if outcome == "arrived" else None
    await absence.decide(uow, row.id, outcome=outcome, note="问过双方，核实了", came_at=came)


@tries("assignment", "employer_no_show")
async def employer_no_show(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    now = m.clock.now()
    calls = [now - timedelta(minutes=20), now - timedelta(minutes=5)]
    await absence.employer_no_show(uow, row.id, calls=calls, statement="工地大门锁着，没有人接", secrets=m.secrets)


@tries("assignment", "differs")
async def differs(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await differing.differs(uow, row.id, what="trade", statement="说是保洁，其实是拆墙", secrets=m.secrets)


@tries("assignment", "void")
async def void(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await differing.void(uow, row.id, reason="false_identity", proof="身份证与本人不符，当面核对")


@tries("assignment", "transfer")
async def transfer(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    others = [o for o in m.of("order", "O_OPEN", "O_LOCKED", "O_ACTIVE") if o.id != row.order_id]
    to = rnd.choice(others).id if others else row.order_id
    await transferring.transfer(uow, row.id, to_order_id=to, agreed_how="当面说好了", quantity=rnd.choice((None, 4)))


@tries("engagement", "cancel_employer")
async def cancel_one(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await ending.cancel_engagement(uow, row.id, reason="用不了这么多人")


@tries("engagement", "promote")
async def promote(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await waiting.promote(uow, row.id)


@tries("order", "suspend")
async def suspend(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await suspending.suspend(uow, row.id, reason="false_post", note="有人举报")


@tries("order", "restore")
async def restore(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await suspending.restore(uow, row.id, findings="去现场看过，情况属实，没有问题")


@tries("order", "take_down")
async def take_down(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    if rnd.random() < 0.5:
        await suspending.propose_takedown(uow, row.id, findings="没有这个工地，电话也是假的")
    else:
        await suspending.confirm_takedown(uow, row.id, note="同意")


@tries("order", "objection_upheld")
async def objection(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    if uow.actor.kind == "employer":
        await suspending.object_to(uow, row.id, words="工地是真的，有合同为证")
    else:
        await suspending.answer_objection(uow, row.id, uphold=rnd.random() < 0.5, note="核对了合同")


@tries("order", "choose_crew")
async def choose_crew(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await shortage.choose(uow, row.id, choice=rnd.choice(("fewer", "split", "ask_around", "cancel")), note="先干着")


@tries("order", "cancel_weather")
async def reschedule(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    day = clock.business_date(m.clock.now()) + timedelta(days=2)
    await rescheduling.reschedule(uow, m.secrets.sealer, row.id, work_date=day)


async def change_terms(m: Market, rnd: Random) -> None:
    """Propose other terms: for everybody on an order, or for one."""
    agreed = m.of("engagement", "A_CONFIRMED", "A_CONTRACTED")
    if not agreed:
        return
    subject = rnd.choice(agreed)
    row = Row("terms", subject.id, "-", subject.order_id, subject.worker_id, subject.employer_id)
    now = m.clock.now()

    async def write(m: Market, uow: Any, row: Row, rnd: Random) -> None:
        starts = now + timedelta(hours=rnd.choice((2, 5, 20)))
        form = rnd.choice(
            (
                TermsForm(kind="price", pay_fen=rnd.choice((28000, 33000, 10)), reason="活比说的重"),
                TermsForm(kind="time", starts_at=starts, ends_at=starts + timedelta(hours=8), reason="下雨改时间"),
                TermsForm(kind="place", place="西关大街3号工地", reason="换工地"),
                TermsForm(kind="headcount", headcount=rnd.randint(1, 5), reason="活多了"),
                TermsForm(kind="overtime", until=now + timedelta(hours=3), hourly_fen=4000, reason="赶工"),
            )
        )
        side: Any = rnd.choice(("worker", "employer")) if uow.actor.kind == "staff" else None
        if form.kind in ("price", "time", "place", "headcount") and rnd.random() < 0.4:
            await terms.propose_to_all(uow, row.order_id, form)
        else:
            shifts = [a.id for a in m.of("assignment", "A_WORKING") if a.worker_id == row.worker_id]
            shift = shifts[0] if shifts and form.kind == "overtime" else None
            await terms.propose(uow, row.id, form, side=side, assignment_id=shift)

    await m.attempt(rnd.choice("EEWC"), "change_terms", write, row, rnd)


@tries("terms", "agree")
async def agree(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await terms.agree(uow, row.id)


@tries("terms", "refuse")
async def refuse(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await terms.refuse(uow, row.id, note="不行")


@tries("terms", "take_back")
async def take_back(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await terms.take_back(uow, row.id)
