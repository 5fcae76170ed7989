"""What anybody may try about a case: bring it, talk, offer, sign, mediate, refer, rule, withdraw, reopen, rate."""

from __future__ import annotations

from random import Random
from typing import Any

import sqlalchemy as sa

from linggong.cases import claims, handling, injuries, mediation, referrals, talks
from linggong.cases.api import open_anywhere
from linggong.cases.forms import CaseForm, InjuryForm, OfferForm, ReferForm, RulingForm, SignForm
from linggong.cases.models import CaseOffer
from linggong.cover import waivers
from linggong.cover.models import CoverWaiver
from linggong.wages import overdue
from tests.loop.market import Market, Row
from tests.loop.verbs import tries


async def bring(m: Market, rnd: Random) -> None:
    """Bring a case about a bill, a shift, or an order."""
    bills, shifts, orders = m.of("bill"), m.of("assignment"), m.of("order")
    subject = rnd.choice([*bills, *bills, *shifts[:3], *orders[:2]] or [None])
    if subject is None:
        return
    hand = rnd.choice("WWEC")
    row = Row(
        "dispute", subject.id, "-", subject.order_id, subject.worker_id or rnd.choice(m.workers), subject.employer_id
    )

    async def write(m: Market, uow: Any, row: Row, rnd: Random) -> None:
        of: dict[str, Any] = {
            "bill": {"bill_id": subject.id}, "assignment": {"assignment_id": subject.id}, "order": {"order_id": subject.id}
        }[subject.machine]  # fmt: skip
        money: dict[str, Any] = {}
        if subject.machine == "bill":
            money = {"amount_fen": rnd.choice((1, 3000, 9000, 10**8)), "asks": rnd.choice(("unpaid", "more"))}
            if hand == "E":
                money.pop("asks")
        if hand == "C":
            of |= {"claimant": "worker", "claimant_id": row.worker_id}
        form = CaseForm(
            kind="wage" if subject.machine == "bill" else rnd.choice(("complaint", "fee", "dispute")),
            claim="工钱和说好的不一样", wanted="按约定付清", against=rnd.choice(("employer", "employer", "station")),
            against_path="/4102/25/001/s01/" if rnd.random() < 0.5 else None, **of, **money,
        )  # fmt: skip
        await open_anywhere(uow, m.database, m.secrets, form)

    await m.attempt(hand, "open_case", write, row, rnd)


def side(uow: Any, rnd: Random) -> Any:
    """Return for which side staff speak; a party says nothing of it."""
    return rnd.choice(("worker", "employer")) if uow.actor.kind == "staff" else None


@tries("dispute", "contact")
async def contact(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await handling.contact(uow, row.id, words="两边都打过电话了")


@tries("dispute", "settle")
async def offer(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await talks.offer(
        uow, row.id, OfferForm(amount_fen=rnd.choice((0, 500, 3000)), words="各让一步", side=side(uow, rnd))
    )


@tries("dispute", "settle")
async def sign(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    found = await uow.session.scalar(
        sa.select(CaseOffer.id).where(CaseOffer.case_id == row.id, CaseOffer.state == "open")
    )
    await talks.sign(uow, row.id, found or row.id, SignForm(side=side(uow, rnd), proof="协议上签了字"))


@tries("dispute", "settle")
async def sign_too(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await sign(m, uow, row, rnd)


@tries("dispute", "answer")
async def answer(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await handling.answer(uow, row.id, outcome="查过了，已经要求改正")


@tries("dispute", "mediate")
async def mediate(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await mediation.mediate(uow, row.id)


@tries("dispute", "hear")
async def hear(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await mediation.hear(uow, row.id, words="双方到场，各说各的")


@tries("dispute", "refer")
async def refer(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    body: Any = rnd.choice(("arbitration", "inspection", "court", "peoples_mediation", "legal_aid"))
    await referrals.refer(uow, row.id, ReferForm(body=body, number="仲2026-1", reason="谈不拢"))


@tries("dispute", "rule")
async def rule_case(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    form = RulingForm(
        outcome="裁决雇主补付", document="裁字2026-1", amount_fen=rnd.choice((None, 0, 3000, 50_000)),
        rule_assignment=rnd.random() < 0.3,
    )  # fmt: skip
    await referrals.rule(uow, row.id, form)


@tries("dispute", "ask_withdraw")
async def ask_withdraw(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await handling.ask_withdraw(uow, row.id, reason="已经说好了", side=side(uow, rnd))


@tries("dispute", "withdraw")
async def withdraw_case(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await handling.withdraw(uow, row.id, words="电话里问过，是自愿的", forced=rnd.random() < 0.1)


@tries("dispute", "reopen")
async def reopen(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await handling.reopen(uow, row.id, reason="说好的钱没有给")


@tries("dispute", "rate")
async def rate_case(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await handling.rate(uow, row.id, stars=rnd.randint(1, 5), side=side(uow, rnd))


@tries("overdue", "arrears")
async def arrears(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await overdue.report_arrears(uow, row.id, unreachable=rnd.random() < 0.5, note="老板电话打不通")


@tries("overdue", "refer")
async def refer_arrears(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await overdue.refer(uow, [row.id], authority=rnd.choice(("inspection", "centre")), number="劳监2026-7")


@tries("overdue", "rule")
async def rule_arrears(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await overdue.rule(uow, row.id, document="处字2026-3", words="责令支付")


async def hurt(m: Market, rnd: Random) -> None:
    """Report an injury on some shift."""
    shifts = m.of("assignment", "A_WORKING", "A_PAUSED", "A_FINISHED", "A_ARRIVED")
    if not shifts:
        return
    subject = rnd.choice(shifts)

    async def write(m: Market, uow: Any, row: Row, rnd: Random) -> None:
        await injuries.report(
            uow, InjuryForm(assignment_id=row.id, place="楼梯口", words="崴了脚", can_go_on=rnd.random() < 0.5)
        )

    await m.attempt(rnd.choice("WWEC"), "hurt", write, subject, rnd)


async def uninsured(m: Market, rnd: Random) -> None:
    """An employer says that somebody works without cover."""
    agreed = m.of("engagement", "A_CONFIRMED", "A_CONTRACTED")
    if not agreed:
        return

    async def write(m: Market, uow: Any, row: Row, rnd: Random) -> None:
        await waivers.waive(uow, row.id, reason="保险公司不收")

    await m.attempt(rnd.choice("EEC"), "uninsured", write, rnd.choice(agreed), rnd)


@tries("waiver", "acknowledge")
async def acknowledge(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    found = await uow.session.get_one(CoverWaiver, row.id)
    shown = found.text_hash.hex() if rnd.random() < 0.9 else "0" * 64
    await waivers.acknowledge(uow, found.engagement_id, text_hash=shown)


@tries("injury", "verify")
async def verify(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await injuries.called(uow, row.id, words="人在家里")
    await injuries.visited(uow, row.id, words="上门看过")
    for name in ("李甲", "李乙"):
        await injuries.state(uow, row.id, name=name, role="co_worker", words="看见他摔了一下")
    await injuries.verify(uow, row.id)


@tries("injury", "notify_insurer")
async def notify_insurer(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await injuries.notify_insurer(uow, row.id, ref="报案20260311")


@tries("injury", "claim")
async def claim(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await claims.claim(uow, row.id, policy_no="P20260311", ref="案20260311")


@tries("injury", "close")
async def close_injury(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await claims.close(uow, row.id, summary="双方说清了，没有余下的事")
