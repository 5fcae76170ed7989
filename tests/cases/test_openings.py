"""Cases that open by themselves (53, 59, 65), and the order that settles as long as one is open (ruling 6)."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import OTHER_STATION, City

from linggong.cases import arrears, handling, intake, referrals, talks
from linggong.cases.forms import CaseForm, OfferForm, ReferForm, RulingForm, SignForm
from linggong.cases.models import Case as Row
from linggong.cases.models import CaseNote
from linggong.kernel import timers
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.market.models import Order
from linggong.people.notice_models import Notice
from linggong.wages import journal
from linggong.wages import service as wages
from linggong.wages.models import Bill
from linggong.work import attend, evidence, recognising
from tests.work.conftest import people, publish
from tests.work.looking import replays
from tests.work.walking import at_work

from .conftest import Case

PHOTO = b"\xff\xd8\xff wall"


async def the_case(case: Case) -> Row:
    async with case.city.database.system() as uow:
        return (await uow.session.scalars(sa.select(Row))).one()


async def the_bill(case: Case, bill_id: UUID | None = None) -> Bill:
    async with case.city.database.system() as uow:
        found = await uow.session.get(Bill, bill_id or case.bill_id)
    assert found is not None
    return found


async def order_state(case: Case) -> str:
    async with case.city.database.system() as uow:
        return str(await uow.session.scalar(sa.select(Order.state).where(Order.id == case.order_id)))


async def pay(case: Case, fen: int = 20000, *, received: bool = True) -> UUID:
    async with case.begin(case.employer) as uow:
        payment = (await wages.record_payment(uow, case.bill_id, amount_fen=fen, channel="cash")).id
    async with case.begin(case.worker(0)) as uow:
        await wages.answer_payment(uow, payment, received=received)
    return payment


async def test_a_part_that_is_not_accepted_is_held_and_nothing_else(city: City) -> None:
    """53 and path d: the disputed 40 yuan are held, 160 stay due on their date."""
    site = Case(city, await publish(city), await people(city, 1))
    _, assignment_id = await at_work(site)
    site.at(hours=9)
    async with site.begin(site.worker(0)) as uow:
        await attend.finish(uow, assignment_id)
    async with site.begin(site.employer) as uow:
        await recognising.accept_part(uow, assignment_id, reason="quality", words="二十平方没抹平", amount_fen=4000)
    row = await the_case(site)
    assert (row.kind, row.claimant, row.asks, row.amount_fen) == ("dispute", "employer", "less", 4000)
    assert row.bill_id is not None
    bill = await the_bill(site, row.bill_id)
    assert (bill.total_fen, bill.held_fen) == (20000, 4000)


async def disputed(city: City) -> tuple[Case, UUID]:
    site = Case(city, await publish(city), await people(city, 1))
    _, assignment_id = await at_work(site)
    site.at(hours=9)
    async with site.begin(site.worker(0)) as uow:
        await attend.finish(uow, assignment_id)
    async with site.begin(site.employer) as uow:
        await recognising.accept_part(uow, assignment_id, reason="quality", words="二十平方没抹平", amount_fen=4000)
    return site, assignment_id


async def test_an_objection_without_evidence_falls_after_a_day(city: City) -> None:
    """53: the clock ends the case, and what was held is due as it was."""
    site, assignment_id = await disputed(city)
    site.at(hours=23, minutes=59)
    await timers.sweep(city.database)
    assert (await the_case(site)).state == "D_OPEN"
    site.at(minutes=2)
    await timers.sweep(city.database)
    row = await the_case(site)
    assert (row.state, row.ended_how) == ("D_RESOLVED", "unproven")
    bill = await the_bill(site, row.bill_id)
    assert (bill.total_fen, bill.held_fen) == (20000, 0)
    async with site.begin(site.employer) as uow:
        with pytest.raises(Conflict, match="时间过了"):
            await evidence.give(uow, assignment_id, photo=PHOTO, secrets=city.secrets)
    async with city.database.system() as uow:
        said = (await uow.session.scalars(sa.select(Notice.text).where(Notice.to_side == "worker"))).all()
    assert any("按原数" in text for text in said)
    await replays(site)


async def test_evidence_in_time_keeps_the_objection(city: City) -> None:
    """53: a photo, from the employer's side alone, seen by both sides."""
    site, assignment_id = await disputed(city)
    async with site.begin(site.worker(0)) as uow:
        with pytest.raises(Conflict, match="另一方"):
            await evidence.give(uow, assignment_id, photo=PHOTO, secrets=city.secrets)
    async with site.begin(site.employer) as uow:
        with pytest.raises(Invalid, match=r".*"):
            await evidence.give(uow, assignment_id, photo=None, secrets=city.secrets)
    async with site.begin(site.employer) as uow:
        await evidence.give(uow, assignment_id, photo=PHOTO, secrets=city.secrets, words="墙角")
        await evidence.give(uow, assignment_id, photo=PHOTO, secrets=city.secrets)
    async with site.begin(site.worker(0)) as uow:
        shown = await evidence.shown(uow, assignment_id)
        assert await evidence.photo(uow, city.secrets, assignment_id, shown[0]) == ("image/jpeg", PHOTO)
    async with site.begin(city.staff(OTHER_STATION)) as uow:
        with pytest.raises(NotFound):
            await evidence.photo(uow, city.secrets, assignment_id, shown[0])
    site.at(hours=25)
    await timers.sweep(city.database)
    row = await the_case(site)
    assert row.state == "D_OPEN"
    assert (await the_bill(site, row.bill_id)).held_fen == 4000


async def test_a_mediator_goes_on_without_the_evidence(city: City) -> None:
    """53: what is with a mediator is his to judge; the file says that nothing was shown."""
    site, _ = await disputed(city)
    async with city.database.system() as uow:
        row = (await uow.session.scalars(sa.select(Row))).one()
        row.state = "D_MEDIATING"
    site.at(hours=25)
    await timers.sweep(city.database)
    row = await the_case(site)
    assert row.state == "D_MEDIATING"
    async with city.database.system() as uow:
        words = (await uow.session.scalars(sa.select(CaseNote.words).where(CaseNote.kind == "note"))).all()
    assert words == ["到期没有交证据。"]


async def test_a_denied_payment_opens_a_dispute_of_the_gap(billed: Case) -> None:
    """59 and path j."""
    await pay(billed, 15000, received=False)
    row = await the_case(billed)
    assert (row.kind, row.claimant, row.asks, row.amount_fen) == ("wage", "worker", "unpaid", 15000)
    assert (await the_bill(billed)).held_fen == 0, "the worker's word holds nothing"
    await pay(billed)
    row = await the_case(billed)
    assert (row.state, row.ended_how) == ("D_RESOLVED", "paid")


async def test_a_closed_order_settles_again_and_is_archived_thirty_days_after_the_last_closing(billed: Case) -> None:
    await pay(billed)
    assert await order_state(billed) == "O_CLOSED"
    billed.at(days=3)
    async with billed.begin(billed.worker(0)) as uow:
        case_id = (
            await intake.open_case(
                uow,
                None,
                CaseForm(kind="wage", claim="加班没算钱", bill_id=billed.bill_id, amount_fen=3000, asks="more"),
            )
        ).id
    assert await order_state(billed) == "O_SETTLING"
    async with billed.begin(billed.clerk) as uow:
        await handling.contact(uow, case_id, words="都联系上了")
    async with billed.begin(billed.employer) as uow:
        offer_id = (await talks.offer(uow, case_id, OfferForm(amount_fen=3000))).id
        await talks.sign(uow, case_id, offer_id, SignForm())
    async with billed.begin(billed.worker(0)) as uow:
        await talks.sign(uow, case_id, offer_id, SignForm())
    assert await order_state(billed) == "O_SETTLING", "30 yuan more are owed"
    await pay(billed, 3000)
    assert await order_state(billed) == "O_CLOSED"
    billed.at(days=29)
    await timers.sweep(billed.city.database)
    assert await order_state(billed) == "O_CLOSED"
    billed.at(days=1, minutes=1)
    await timers.sweep(billed.city.database)
    assert await order_state(billed) == "O_ARCHIVED"


async def test_arrears_have_a_file_and_go_to_the_authority(billed: Case) -> None:
    """65, 66, 68: case file, referral with number, the authority's own clock, the ruling."""
    for hours in (9, 13, 73):
        billed.at(hours=hours)
        await timers.sweep(billed.city.database)
    assert (await the_bill(billed)).wage_state == "W_ARREARS"
    row = await the_case(billed)
    assert (row.kind, row.claimant, row.asks, row.amount_fen) == ("wage", "system", "unpaid", 20000)
    async with billed.begin(billed.clerk) as uow:
        file = await arrears.file(uow, row.id)
    assert file.contract_hash
    assert file.arrived_at
    assert file.bill.left_fen == 20000
    assert file.reminders
    async with billed.begin(billed.bureau) as uow:
        await referrals.refer(uow, row.id, ReferForm(body="inspection", number="兰监察〔2026〕31号"))
    bill = await the_bill(billed)
    assert (bill.wage_state, bill.referral_no) == ("W_REFERRED", "兰监察〔2026〕31号")
    async with billed.begin(billed.bureau) as uow:
        await referrals.rule(
            uow, row.id, RulingForm(outcome="责令支付 200 元，逾期加付赔偿金", document="兰监决〔2026〕7号")
        )
    bill = await the_bill(billed)
    assert (bill.state, bill.wage_state) == ("RULED", "W_RULED")
    assert (await the_case(billed)).ended_how == "ruled"
    await _paid_after_the_ruling(billed)


async def _paid_after_the_ruling(billed: Case) -> None:
    """68: what is paid then is kept with its proof and answer, and the file says what the authority is to be told."""
    async with billed.begin(billed.employer) as uow:
        with pytest.raises(Invalid):
            await wages.record_payment(uow, billed.bill_id, amount_fen=20001, channel="cash")
    async with billed.begin(billed.employer) as uow:
        first = (
            await wages.record_payment(uow, billed.bill_id, amount_fen=15000, channel="wechat", voucher="WX0001")
        ).id
    billed.at(hours=73)
    await timers.sweep(billed.city.database)
    bill = await the_bill(billed)
    assert (bill.state, bill.paid_fen, bill.settled_by) == ("RULED", 15000, "ruled"), "by the bank's record"
    await pay(billed, 5000, received=False)
    await pay(billed, 5000)
    bill = await the_bill(billed)
    assert (bill.state, bill.wage_state, bill.paid_fen) == ("RULED", "W_RULED", 20000)
    async with billed.begin(billed.worker(0)) as uow:
        await wages.answer_payment(uow, first, received=False)
        assert await journal.sums(uow, billed.bill_id) == {
            "employer_owes": 15000, "worker_owed": -20000, "held": 0, "paid": 5000,
        }  # fmt: skip
    async with billed.city.database.system() as uow:
        cases = (await uow.session.scalars(sa.select(Row))).all()
        words = list(
            await uow.session.scalars(sa.select(CaseNote.words).where(CaseNote.kind == "file").order_by(CaseNote.at))
        )
    assert len(cases) == 1, "no new dispute: the authority has ruled"
    told = [w for w in words if w.startswith("裁决后")]
    assert len(told) == 7
    assert "单号 WX0001（按银行凭证）" in told[1]
    await replays(billed)


async def test_an_authority_takes_longer_once_with_its_reason(billed: Case) -> None:
    """66: 60 working days and 30 more."""
    for hours in (9, 13, 73):
        billed.at(hours=hours)
        await timers.sweep(billed.city.database)
    row = await the_case(billed)
    async with billed.begin(billed.bureau) as uow:
        with pytest.raises(Conflict, match="没有转出去"):
            await referrals.extend(uow, row.id, reason="案情复杂，要再查")
        sent = await referrals.refer(uow, row.id, ReferForm(body="inspection", number="兰监察〔2026〕31号"))
        before = sent.decide_due_at
        with pytest.raises(Invalid):
            await referrals.extend(uow, row.id, reason=" ")
    async with billed.begin(billed.bureau) as uow:
        longer = await referrals.extend(uow, row.id, reason="案情复杂，要再查")
        assert before is not None
        assert longer.decide_due_at is not None
        assert (longer.decide_due_at - before).days >= 40, "thirty working days are six weeks"
        with pytest.raises(Conflict, match="延长过一次"):
            await referrals.extend(uow, row.id, reason="案情复杂，要再查")


async def test_arrears_not_referred_are_marked(billed: Case) -> None:
    for hours in (9, 13, 73, 24 * 12):
        billed.at(hours=hours)
        await timers.sweep(billed.city.database)
    assert "refer" in (await the_case(billed)).breaches


async def test_arrears_that_are_paid_end_the_case(billed: Case) -> None:
    """67."""
    for hours in (9, 13, 73):
        billed.at(hours=hours)
        await timers.sweep(billed.city.database)
    await pay(billed)
    assert (await the_case(billed)).ended_how == "paid"
    assert (await the_bill(billed)).wage_state == "W_PAIDLATE"
