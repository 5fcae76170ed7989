"""A dispute from claim to settlement, with everybody who must not decide it (70 to 78, invariants 8 and 13)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import COUNTY, STATION

from linggong.cases import handling, intake, mediation, queries, referrals, status, talks
from linggong.cases.forms import CaseForm, OfferForm, ReferForm, RulingForm, SignForm
from linggong.cases.models import Case as Row
from linggong.kernel import timers
from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from linggong.kernel.events import Event
from linggong.kernel.machine import NEW
from linggong.kernel.replay import replay
from linggong.wages.models import Bill
from linggong.work import ending
from linggong.work.models import Assignment

from .conftest import Case


async def opened(case: Case, *, by: str = "worker", amount: int | None = 5000) -> UUID:
    asks = "more" if by == "worker" else None
    form = CaseForm(kind="wage", claim="少算了两个小时的工钱", bill_id=case.bill_id, amount_fen=amount, asks=asks)
    async with case.begin(case.worker(0) if by == "worker" else case.employer) as uow:
        return (await intake.open_case(uow, case.city.secrets.sealer, form)).id


async def negotiating(case: Case, **how: Any) -> UUID:
    case_id = await opened(case, **how)
    async with case.begin(case.clerk) as uow:
        await handling.contact(uow, case_id, words="两边都打通了，先自己谈。")
    return case_id


async def row_of(case: Case, case_id: UUID) -> Row:
    async with case.city.database.system() as uow:
        found = await uow.session.get(Row, case_id)
    assert found is not None
    return found


async def test_a_claim_has_a_receipt_an_owner_and_clocks(billed: Case) -> None:
    case_id = await opened(billed)
    async with billed.begin(billed.worker(0)) as uow:
        mine = await queries.one(uow, case_id)
    assert mine.line.receipt
    assert mine.line.state == "D_OPEN"
    assert mine.side == "worker"
    assert {"offer", "ask_withdraw", "refer"} <= set(mine.actions)
    async with billed.begin(billed.employer) as uow:
        theirs = await queries.one(uow, case_id)
    assert "ask_withdraw" not in theirs.actions, "only the claimant withdraws"
    async with billed.begin(billed.clerk) as uow:
        await handling.acknowledge(uow, case_id)
    row = await row_of(billed, case_id)
    assert row.owner_id == billed.city.clerk_id
    async with billed.begin(billed.clerk) as uow:
        await handling.hand_over(uow, case_id, billed.city.colleague_id, reason="我明天休息")
    row = await row_of(billed, case_id)
    assert (row.owner_id, row.handler_id) == (billed.city.clerk_id, billed.city.colleague_id), "首问负责"


async def test_the_neighbour_sees_nothing(billed: Case) -> None:
    case_id = await opened(billed)
    for who in (billed.worker(1), billed.city.other_clerk, billed.city.employer(billed.city.fresh)):
        async with billed.begin(who) as uow:
            assert not (await queries.cases_page(uow, which="all", cursor=None, limit=20)).items
            with pytest.raises(NotFound):
                await queries.one(uow, case_id)
            with pytest.raises(NotFound):
                await handling.add_note(uow, case_id, words="我也来说两句")


async def test_amounts_are_refused_all_at_once(billed: Case) -> None:
    for amount in (-1, 20001, 10**12):
        form = CaseForm(kind="wage", claim="少", bill_id=billed.bill_id, amount_fen=amount, asks="unpaid")
        async with billed.begin(billed.worker(0)) as uow:
            with pytest.raises(Invalid) as refused:
                await intake.open_case(uow, None, form)
            assert {f.field for f in refused.value.faults} == {"claim", "amount_fen"}
            await uow.rollback()
    async with billed.begin(billed.employer) as uow:
        with pytest.raises(Invalid, match="异议"):
            await intake.open_case(uow, None, CaseForm(kind="dispute", claim="活干得不好", bill_id=billed.bill_id))
        await uow.rollback()


async def test_one_side_claims_once(billed: Case) -> None:
    await opened(billed)
    async with billed.begin(billed.worker(0)) as uow:
        with pytest.raises(Conflict, match="受理号"):
            await intake.open_case(
                uow,
                None,
                CaseForm(kind="wage", claim="再说一遍吧", bill_id=billed.bill_id, amount_fen=100, asks="more"),
            )


async def test_both_sign_one_offer(billed: Case) -> None:
    case_id = await negotiating(billed)
    async with billed.begin(billed.worker(0)) as uow:
        with pytest.raises(Invalid):
            await talks.offer(uow, case_id, OfferForm(amount_fen=5001))
        first = (await talks.offer(uow, case_id, OfferForm(amount_fen=4000))).id
    async with billed.begin(billed.employer) as uow:
        offer_id = (await talks.offer(uow, case_id, OfferForm(amount_fen=3000, words="各让一步"))).id
    async with billed.begin(billed.worker(0)) as uow:
        with pytest.raises(Conflict, match="改过"):
            await talks.sign(uow, case_id, first, SignForm())
        await talks.sign(uow, case_id, offer_id, SignForm())
        with pytest.raises(Conflict, match="签过"):
            await talks.sign(uow, case_id, offer_id, SignForm())
    assert (await row_of(billed, case_id)).state == "D_NEGOTIATING", "one signature settles nothing"
    async with billed.begin(billed.employer) as uow:
        await talks.sign(uow, case_id, offer_id, SignForm())
    row = await row_of(billed, case_id)
    assert (row.state, row.ended_how, row.settled_fen) == ("D_RESOLVED", "settled", 3000)
    assert (await bill_of(billed)).total_fen == 23000, "30 yuan more on the bill"


async def bill_of(case: Case) -> Bill:
    async with case.city.database.system() as uow:
        found = await uow.session.get(Bill, case.bill_id)
    assert found is not None
    return found


async def test_only_what_the_employer_disputes_is_held(billed: Case) -> None:
    """Path d: 20 of 100 disputed, mediated to 10 (69, invariant 8)."""
    case_id = await negotiating(billed, by="employer", amount=4000)
    assert (await bill_of(billed)).held_fen == 4000
    async with billed.begin(billed.employer) as uow:
        assert (await queries.one(uow, case_id)).held_fen == 4000
        offer_id = (await talks.offer(uow, case_id, OfferForm(amount_fen=2000))).id
        await talks.sign(uow, case_id, offer_id, SignForm())
    async with billed.begin(billed.worker(0)) as uow:
        await talks.sign(uow, case_id, offer_id, SignForm())
    bill = await bill_of(billed)
    assert (bill.held_fen, bill.total_fen) == (0, 18000)


async def test_a_withdrawn_dispute_holds_nothing(billed: Case) -> None:
    case_id = await negotiating(billed, by="employer", amount=4000)
    async with billed.begin(billed.employer) as uow:
        await handling.ask_withdraw(uow, case_id, reason="看错了")
    async with billed.begin(billed.clerk) as uow:
        await handling.withdraw(uow, case_id, words="本人说看错了", forced=False)
    bill = await bill_of(billed)
    assert (bill.held_fen, bill.total_fen) == (0, 20000)


async def test_a_clerk_signs_for_one_side_only(billed: Case) -> None:
    case_id = await negotiating(billed)
    async with billed.begin(billed.clerk) as uow:
        offer_id = (await talks.offer(uow, case_id, OfferForm(amount_fen=3000, side="worker"))).id
        with pytest.raises(Invalid, match="协议"):
            await talks.sign(uow, case_id, offer_id, SignForm(side="worker"))
        await talks.sign(uow, case_id, offer_id, SignForm(side="worker", proof="协议 2026-031"))
        with pytest.raises(Conflict, match="双方不能都由您"):
            await talks.sign(uow, case_id, offer_id, SignForm(side="employer", proof="协议 2026-031"))
    async with billed.begin(billed.city.colleague) as uow:
        await talks.sign(uow, case_id, offer_id, SignForm(side="employer", proof="协议 2026-031"))
    assert (await row_of(billed, case_id)).state == "D_RESOLVED"


async def test_only_a_certified_stranger_mediates(billed: Case) -> None:
    case_id = await negotiating(billed)
    async with billed.begin(billed.clerk) as uow:
        with pytest.raises(Forbidden, match="名册"):
            await mediation.mediate(uow, case_id)
        offer_id = (await talks.offer(uow, case_id, OfferForm(amount_fen=2000, side="worker"))).id
        assert offer_id
    async with billed.begin(billed.mediator) as uow:
        await mediation.mediate(uow, case_id)
        await mediation.hear(uow, case_id, words="双方到场，各说各的理。")
        signed = (await talks.offer(uow, case_id, OfferForm(amount_fen=2500))).id
        for side in ("worker", "employer"):
            await talks.sign(uow, case_id, signed, SignForm(side=side, proof="调解书 7 号"))
    row = await row_of(billed, case_id)
    assert (row.ended_how, row.settled_fen) == ("mediated", 2500)


async def test_a_mediator_who_took_it_down_for_a_side_does_not_mediate(billed: Case) -> None:
    form = CaseForm(
        kind="wage",
        claim="少算了两个小时",
        bill_id=billed.bill_id,
        amount_fen=900,
        asks="more",
        claimant="worker",
        channel="phone",
    )
    async with billed.begin(billed.mediator) as uow:
        case_id = (await intake.open_case(uow, None, form)).id
    async with billed.begin(billed.mediator) as uow:
        await handling.contact(uow, case_id, words="都联系过了")
        with pytest.raises(Conflict, match="换一位"):
            await mediation.mediate(uow, case_id)


async def test_an_expired_certificate_mediates_nothing(billed: Case) -> None:
    case_id = await negotiating(billed)
    billed.at(days=700)
    async with billed.begin(billed.mediator) as uow:
        with pytest.raises(Forbidden):
            await mediation.mediate(uow, case_id)


async def test_fifteen_days_of_mediation(billed: Case) -> None:
    case_id = await negotiating(billed)
    async with billed.begin(billed.mediator) as uow:
        await mediation.mediate(uow, case_id)
    billed.at(days=15, minutes=1)
    await timers.sweep(billed.city.database)
    assert "mediate" in (await row_of(billed, case_id)).breaches


async def test_the_legal_form_decides_where_it_goes(billed: Case) -> None:
    """Ruling 16: 劳务 goes to people's mediation or court."""
    case_id = await negotiating(billed)
    async with billed.begin(billed.worker(0)) as uow:
        with pytest.raises(Invalid, match="劳动仲裁"):
            await referrals.refer(uow, case_id, ReferForm(body="arbitration"))
        await referrals.refer(uow, case_id, ReferForm(body="legal_aid"))
        await referrals.refer(uow, case_id, ReferForm(body="court"))
    row = await row_of(billed, case_id)
    assert row.state == "D_REFERRED"
    billed.at(days=15, minutes=1)
    await timers.sweep(billed.city.database)
    assert "ask" in (await row_of(billed, case_id)).breaches
    async with billed.begin(billed.bureau) as uow:
        await referrals.ask(uow, case_id, words="法院说下周开庭")
        await referrals.rule(
            uow, case_id, RulingForm(outcome="判决付给零工 40 元", document="(2026)豫0225民初9号", amount_fen=4000)
        )
    row = await row_of(billed, case_id)
    assert (row.state, row.ended_how, row.settled_fen) == ("D_RESOLVED", "ruled", 4000)


async def test_who_worked_by_a_ruling_is_not_cancelled(billed: Case) -> None:
    """A shift that ends by the ruling (75) was worked: nobody is let go of afterwards (30), and his place stays taken."""
    case_id = await negotiating(billed)
    async with billed.begin(billed.worker(0)) as uow:
        await referrals.refer(uow, case_id, ReferForm(body="court"))
    async with billed.begin(billed.bureau) as uow:
        await referrals.rule(
            uow, case_id, RulingForm(outcome="判决付给零工 40 元", document="(2026)豫0225民初9号", rule_assignment=True)
        )
    async with billed.city.database.system() as uow:
        shift = await uow.session.get(Assignment, billed.assignment_id)
        assert shift is not None
        assert shift.state == "X_RULED"
    async with billed.begin(billed.employer) as uow:
        with pytest.raises(Conflict, match="已经开工"):
            await ending.cancel_engagement(uow, billed.engagement_id)


async def test_a_withdrawal_is_called_back_by_somebody_else(billed: Case) -> None:
    case_id = await negotiating(billed)
    async with billed.begin(billed.clerk) as uow:
        with pytest.raises(Conflict, match="还没有要求"):
            await handling.withdraw(uow, case_id, words="他说不告了", forced=False)
        await handling.ask_withdraw(uow, case_id, reason="打电话来说不告了")
        with pytest.raises(Conflict, match="另一位"):
            await handling.withdraw(uow, case_id, words="他说不告了", forced=False)
    async with billed.begin(billed.city.colleague) as uow:
        await handling.withdraw(uow, case_id, words="老板在旁边逼他说的", forced=True)
    assert (await row_of(billed, case_id)).state == "D_NEGOTIATING"
    async with billed.begin(billed.worker(0)) as uow:
        await handling.ask_withdraw(uow, case_id, reason="真的谈好了")
    async with billed.begin(billed.clerk) as uow:
        await handling.withdraw(uow, case_id, words="本人说谈好了", forced=False)
    assert (await row_of(billed, case_id)).state == "D_WITHDRAWN"


async def test_reopened_within_thirty_days_only(billed: Case) -> None:
    case_id = await negotiating(billed)
    await settle(billed, case_id)
    billed.at(days=29)
    async with billed.begin(billed.worker(0)) as uow:
        await handling.reopen(uow, case_id, reason="说好的钱没给")
    assert (await row_of(billed, case_id)).state == "D_REOPENED"
    async with billed.begin(billed.clerk) as uow:
        await handling.contact(uow, case_id, words="又打了一遍")
    await settle(billed, case_id)
    billed.at(days=31)
    async with billed.begin(billed.worker(0)) as uow:
        with pytest.raises(Conflict, match="30 天"):
            await handling.reopen(uow, case_id, reason="说好的钱没给")


async def settle(case: Case, case_id: UUID, amount: int = 3000) -> None:
    async with case.begin(case.employer) as uow:
        offer_id = (await talks.offer(uow, case_id, OfferForm(amount_fen=amount))).id
        await talks.sign(uow, case_id, offer_id, SignForm())
    async with case.begin(case.worker(0)) as uow:
        await talks.sign(uow, case_id, offer_id, SignForm())


async def test_both_say_how_content_they_are(billed: Case) -> None:
    case_id = await negotiating(billed)
    await settle(billed, case_id)
    async with billed.begin(billed.worker(0)) as uow:
        await handling.rate(uow, case_id, stars=5)
        with pytest.raises(Conflict):
            await handling.rate(uow, case_id, stars=1)
    async with billed.begin(billed.employer) as uow:
        await handling.rate(uow, case_id, stars=3)
    row = await row_of(billed, case_id)
    assert (row.worker_stars, row.employer_stars) == (5, 3)
    assert row.closed_at is not None


async def test_satisfaction_is_not_waited_for_for_ever(billed: Case) -> None:
    case_id = await negotiating(billed)
    await settle(billed, case_id)
    billed.at(days=7, minutes=1)
    await timers.sweep(billed.city.database)
    assert (await row_of(billed, case_id)).closed_at is not None


async def test_missed_clocks_stay_with_the_case(billed: Case) -> None:
    case_id = await opened(billed)
    billed.at(hours=2, minutes=1)
    await timers.sweep(billed.city.database)
    assert (await row_of(billed, case_id)).breaches == ["ack"]
    billed.at(days=10)
    await timers.sweep(billed.city.database)
    assert set((await row_of(billed, case_id)).breaches) == {"ack", "first", "close"}
    async with billed.begin(billed.clerk) as uow:
        late = await queries.cases_page(uow, which="late", cursor=None, limit=20)
    assert [line.id for line in late.items] == [case_id]


async def test_papers_are_asked_for_once(billed: Case) -> None:
    """R098: a second batch is a breach."""
    case_id = await opened(billed)
    async with billed.begin(billed.clerk) as uow:
        await handling.ask_papers(uow, case_id, ["身份证复印件", "考勤照片"])
        assert "asked_twice" not in (await handling.add_note(uow, case_id, words="等材料")).breaches
        row = await handling.ask_papers(uow, case_id, ["银行流水"])
    assert "asked_twice" in row.breaches


async def test_a_complaint_of_the_station_is_out_of_its_sight(billed: Case) -> None:
    """Invariant 13: the operator neither sees who complained of it nor closes the case."""
    form = CaseForm(kind="complaint", claim="驿站的人态度很差", against="station", against_path=STATION)
    async with billed.begin(billed.worker(0)) as uow:
        case_id = (await intake.open_case(uow, None, form)).id
    for who in (billed.clerk, billed.officer("county_operator"), billed.officer("station_manager", STATION)):
        async with billed.begin(who) as uow:
            assert not (await queries.cases_page(uow, which="all", cursor=None, limit=20)).items
            with pytest.raises(NotFound):
                await handling.contact(uow, case_id, words="我们自己处理")
    async with billed.begin(billed.bureau) as uow:
        view = await queries.one(uow, case_id)
        assert "answer" in view.actions
        await handling.answer(uow, case_id, outcome="已批评教育，当面道歉。")
    assert (await row_of(billed, case_id)).tenant == COUNTY


async def test_the_receipt_opens_the_status_without_signing_in(billed: Case) -> None:
    case_id = await opened(billed)
    row = await row_of(billed, case_id)
    database, secrets = billed.city.database, billed.city.secrets
    for digits in (row.digits, "0000"):  # worker 0 has the number 13900000000
        found = await status.look_up(database, secrets, row.receipt.lower(), digits, "192.0.2.1")
        assert found.state == "D_OPEN"
    for receipt, digits in (
        (row.receipt, "9999" if row.digits != "9999" else "9998"),
        ("ACACACAC", row.digits),
        (row.receipt, ""),
    ):
        with pytest.raises(NotFound):
            await status.look_up(database, secrets, receipt, digits, "192.0.2.1")


async def test_replaying_the_events_gives_the_states(billed: Case) -> None:
    case_id = await negotiating(billed)
    await settle(billed, case_id)
    async with billed.begin(billed.worker(0)) as uow:
        await handling.reopen(uow, case_id, reason="说好的钱没给")
    async with billed.city.database.system() as uow:
        bodies = (
            await uow.session.scalars(
                sa.select(Event.body).where(Event.chain == f"order:{billed.order_id}").order_by(Event.n)
            )
        ).all()
    done = replay(bodies)
    assert done.states["dispute", str(case_id)] == "D_REOPENED"
    assert not [b for b in done.breaks if "dispute" in b], NEW
