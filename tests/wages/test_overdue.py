"""Region W: due, grace, overdue, arrears, referred, paid late; what pauses it, and what an employer in arrears may not do."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from small_city import OTHER_CODE, OTHER_STATION, good

from linggong.kernel import timers
from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.money import fen
from linggong.kernel.paths import EVERYWHERE, tenant_path
from linggong.kernel.replay import replay
from linggong.market import service as market
from linggong.people.notice_models import Notice
from linggong.wages import holding, overdue, queries, service
from linggong.wages.models import Bill
from linggong.wages.rules import Line

from .conftest import Site, accepted, crew_accepted, people, publish, state


async def sweep(site: Site) -> None:
    await timers.sweep(site.city.database)


async def wage(site: Site, bill_id: UUID) -> str:
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        return str(await uow.session.scalar(sa.select(Bill.wage_state).where(Bill.id == bill_id)))


async def told(site: Site, kind: str) -> list[str]:
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        found = await uow.session.scalars(sa.select(Notice.to_side).where(Notice.kind == kind).order_by(Notice.to_side))
        return list(found)


async def pay(site: Site, bill_id: UUID, amount: int, *, channel: Any = "cash", voucher: str = "") -> UUID:
    async with site.begin(site.employer) as uow:
        payment = await service.record_payment(uow, bill_id, amount_fen=amount, channel=channel, voucher=voucher)
    return payment.id


async def answer(site: Site, payment_id: UUID, *, received: bool = True, got: int = 0, n: int = 0) -> None:
    async with site.begin(site.worker(n)) as uow:
        await service.answer_payment(uow, payment_id, received=received, got_fen=got)


async def test_nobody_pays(site: Site) -> None:
    """55, 63, 64, 65 by the clock: each step once, each with its receipts, and no new order in any county."""
    _, _, bill_id = await accepted(site)
    await sweep(site)
    assert await wage(site, bill_id) == "W_DUE", "日结 is due on the day of the work"
    site.at(hours=8)
    await sweep(site)
    assert await wage(site, bill_id) == "W_GRACE"
    assert await told(site, "wage_due") == ["employer", "worker"]
    site.at(hours=12)
    await sweep(site)
    assert await wage(site, bill_id) == "W_OVERDUE"
    assert await told(site, "wage_overdue") == ["employer", "worker"]
    for tenant, code in ((None, None), (OTHER_STATION, OTHER_CODE)):
        changes = {"division_code": code} if code else {}
        with pytest.raises(Conflict, match="1 笔工钱过期没付"):
            async with site.begin(site.employer) as uow:
                await market.create_order(
                    uow, site.city.secrets.sealer, good(**changes), employer_id=site.city.trusted, tenant=tenant
                )
    site.at(hours=71)
    await sweep(site)
    assert await wage(site, bill_id) == "W_OVERDUE"
    site.at(hours=2)
    await sweep(site)
    assert await wage(site, bill_id) == "W_ARREARS"
    assert await told(site, "wage_arrears") == ["employer", "worker"]
    await answer(site, await pay(site, bill_id, 20000))
    assert await wage(site, bill_id) == "W_PAIDLATE"
    async with site.begin(site.employer) as uow:
        assert await overdue.may_post(uow, site.city.trusted) is None
    assert await state(site) == "O_CLOSED"


async def test_paid_in_time_ends_the_region(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    await answer(site, await pay(site, bill_id, 20000))
    assert await wage(site, bill_id) == "W_PAID"
    site.at(days=10)
    await sweep(site)
    assert await wage(site, bill_id) == "W_PAID"


async def test_a_claim_pauses_only_with_proof(site: Site) -> None:
    """Ruling 3: cash without the worker's word pauses nothing; a bank record pauses for the receipt time and then settles."""
    first, second = await crew_accepted(site, 2)
    await pay(site, first, 20000)
    await pay(site, second, 20000, channel="bank", voucher="B1")
    site.at(hours=20)
    await sweep(site)
    assert await wage(site, first) == "W_OVERDUE"
    assert await wage(site, second) == "W_DUE"
    site.at(hours=53)
    await sweep(site)
    assert await wage(site, second) == "W_PAID", "settled by evidence after three tries (58)"


async def test_a_denied_record_lets_the_clock_catch_up(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    payment = await pay(site, bill_id, 20000, channel="wechat", voucher="W1")
    site.at(hours=30)
    await sweep(site)
    assert await wage(site, bill_id) == "W_DUE"
    await answer(site, payment, received=False, got=5000)
    await sweep(site)
    assert await wage(site, bill_id) == "W_OVERDUE", "the original due date holds (60)"
    async with site.begin(site.employer) as uow:
        row = await service.bill(uow, bill_id)
        assert (row.paid_fen, row.state) == (5000, "OPEN")
    assert await told(site, "payment_denied") == ["employer"]


async def test_only_the_disputed_part_waits(site: Site) -> None:
    """69: 50 of 200 are held, the other 150 fall due; when the case ends the 50 count again."""
    _, _, bill_id = await accepted(site)
    case = uuid4()
    async with site.begin(site.employer) as uow:
        await holding.hold(uow, bill_id, 5000, case)
    site.at(hours=20)
    await sweep(site)
    assert await wage(site, bill_id) == "W_OVERDUE"
    await answer(site, await pay(site, bill_id, 15000))
    assert await wage(site, bill_id) == "W_OVERDUE", "open still, but the rest is held"
    site.at(hours=80)
    await sweep(site)
    assert await wage(site, bill_id) == "W_OVERDUE"
    async with site.begin(site.clerk) as uow:
        line = Line(kind="base", words="认少 10 平方", quantity=-10, rate_fen=fen(250), amount_fen=fen(-2500))
        await holding.settle(uow, bill_id, case, [line])
    await sweep(site)
    assert await wage(site, bill_id) == "W_ARREARS"
    await answer(site, await pay(site, bill_id, 2500))
    async with site.begin(site.employer) as uow:
        row = await service.bill(uow, bill_id)
        assert (row.total_fen, row.paid_fen, row.held_fen, row.state) == (17500, 17500, 0, "SETTLED")


async def test_a_hold_lapses(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    async with site.begin(site.employer) as uow:
        await holding.hold(uow, bill_id, 20000, uuid4())
    site.at(days=14)
    await sweep(site)
    assert await wage(site, bill_id) == "W_DUE"
    site.at(days=2)
    await sweep(site)
    assert await wage(site, bill_id) == "W_OVERDUE"


@pytest.mark.parametrize("amount", [0, -1, 20001, 10**12])
async def test_no_more_is_held_than_is_open(site: Site, amount: int) -> None:
    _, _, bill_id = await accepted(site)
    with pytest.raises(Invalid, match="争议金额"):
        async with site.begin(site.employer) as uow:
            await holding.hold(uow, bill_id, amount, uuid4())


async def test_twelve_people_unpaid_are_arrears_at_once(site: Site) -> None:
    """Path e: ten persons of one employer are a group; every overdue bill of his is a lead, and more follow as they fall due."""
    order = await publish(site.city, headcount=12)
    crew = Site(site.city, order, await people(site.city, 12))
    bills = await crew_accepted(crew, 12)
    site.at(hours=20)
    await sweep(site)
    assert {await wage(site, b) for b in bills} == {"W_ARREARS"}
    async with site.begin(site.city.employer(site.city.trusted)) as uow:
        assert await overdue.may_post(uow, site.city.trusted)


async def test_a_vanished_employer_is_reported_and_referred(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    with pytest.raises(Conflict, match="还没到付款时间"):
        async with site.begin(site.clerk) as uow:
            await sweep(site)
            await overdue.report_arrears(uow, bill_id, unreachable=True, note="打了两次都关机")
    site.at(hours=8)
    await sweep(site)
    with pytest.raises(Conflict, match="宽限"):
        async with site.begin(site.worker()) as uow:
            await overdue.report_arrears(uow, bill_id)
    with pytest.raises(Invalid, match="打过电话"):
        async with site.begin(site.clerk) as uow:
            await overdue.report_arrears(uow, bill_id, unreachable=True)
    async with site.begin(site.clerk) as uow:
        row = await overdue.report_arrears(uow, bill_id, unreachable=True, note="8 点、9 点各打一次，关机")
        assert row.wage_state == "W_ARREARS"
    with pytest.raises(Invalid) as caught:
        async with site.begin(site.worker()) as uow:
            await overdue.refer(uow, [bill_id], authority="", number="")
    assert {f.field for f in caught.value.faults} == {"authority", "number"}
    with pytest.raises(Conflict, match="另一方"):
        async with site.begin(site.employer) as uow:
            await overdue.refer(uow, [bill_id], authority="县劳动监察大队", number="LK1")
    async with site.begin(site.worker()) as uow:
        await overdue.refer(uow, [bill_id], authority="县劳动监察大队", number="LK1")
    assert await wage(site, bill_id) == "W_REFERRED"


async def test_events_give_both_states_of_a_bill_back(site: Site) -> None:
    """Invariant 12 for the bill's two machines, through denial, hold, settlement and late payment."""
    _, _, bill_id = await accepted(site)
    await answer(site, await pay(site, bill_id, 20000))
    async with site.begin(site.worker()) as uow:
        rows = await uow.session.scalars(sa.text("SELECT id FROM payments"))
        await service.answer_payment(uow, rows.one(), received=False)
    site.at(hours=20)
    await sweep(site)
    await answer(site, await pay(site, bill_id, 20000))
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        bodies = await uow.session.scalars(
            sa.text("SELECT body FROM events WHERE chain = :c ORDER BY n"), {"c": f"order:{site.order_id}"}
        )
        done = replay(bodies)
        row = await uow.session.get(Bill, bill_id)
        assert row is not None
    assert done.breaks == []
    assert done.states["bill", str(bill_id)] == row.state == "SETTLED"
    assert done.states["overdue", str(bill_id)] == row.wage_state == "W_PAIDLATE"


async def test_the_file_of_arrears_holds_all_that_shows_them(site: Site) -> None:
    """65: contract, attendance, bill and every reminder, for the desks that serve them and nobody else."""
    first, second = await crew_accepted(site, 2)
    site.at(hours=20)
    await sweep(site)
    async with site.begin(site.city.staff("/4102/25/")) as uow:
        found = await queries.arrears_file(uow, site.city.trusted)
    assert (found.employer_name, found.persons, found.open_fen) == ("开封建筑公司", 2, 40000)
    assert {e.bill.id for e in found.entries} == {first, second}
    for entry in found.entries:
        assert entry.contracted_at is not None
        assert entry.shift is not None
        assert (entry.shift.minutes, entry.shift.arrived_method) == (480, "roll_call")
        assert {n.kind for n in entry.reminders} == {"wage_due", "wage_overdue"}
    for stranger in (site.city.staff("/4102/02/"), site.city.employer(site.city.elsewhere)):
        with pytest.raises(NotFound):
            async with site.begin(stranger) as uow:
                await queries.arrears_file(uow, site.city.trusted)
    async with site.begin(site.city.staff("/4102/02/")) as uow:
        assert (await queries.arrears_file(uow, site.city.elsewhere)).entries == []


async def test_what_an_authority_ruled_ends_the_clock(site: Site) -> None:
    """68: the bill leaves the clock and the order closes; what is paid then is kept for its file."""
    _, _, bill_id = await accepted(site)
    site.at(hours=20)
    await sweep(site)
    async with site.begin(site.worker()) as uow:
        await overdue.report_arrears(uow, bill_id)
        await overdue.refer(uow, [bill_id], authority="县劳动监察大队", number="LK1")
    bureau = (Actor(kind="staff", id=site.city.clerk_id, post=tenant_path("/4102/25/"), role="county_bureau"), site.city.staff("/4102/25/")[1])  # fmt: skip
    with pytest.raises(Invalid, match="编号"):
        async with site.begin(bureau) as uow:
            await overdue.rule(uow, bill_id, document="")
    with pytest.raises(Conflict, match="另一方"):
        async with site.begin(site.worker()) as uow:
            await overdue.rule(uow, bill_id, document="豫劳监〔2026〕7号")
    async with site.begin(bureau) as uow:
        row = await overdue.rule(uow, bill_id, document="豫劳监〔2026〕7号")
        assert (row.state, row.wage_state) == ("RULED", "W_RULED")
    assert await state(site) == "O_CLOSED"
    await pay(site, bill_id, 20000)  # kept with its proof, for the file
    async with site.begin(site.employer) as uow:
        assert await overdue.may_post(uow, site.city.trusted) is None


async def test_a_mediator_may_settle_what_is_left_to_nothing(site: Site) -> None:
    """72: 150 of 200 are paid, 50 in dispute; mediated to nothing, the bill is settled by the mediator's own step."""
    _, _, bill_id = await accepted(site)
    case = uuid4()
    async with site.begin(site.employer) as uow:
        await holding.hold(uow, bill_id, 5000, case)
    await answer(site, await pay(site, bill_id, 15000))
    at = tenant_path("/4102/25/")
    mediator = (Actor(kind="staff", id=site.city.clerk_id, post=at, role="mediator"), site.city.staff("/4102/25/")[1])
    line = Line(kind="base", words="调解书，减", quantity=1, rate_fen=fen(-5000), amount_fen=fen(-5000))
    with pytest.raises(Invalid, match="更少"):
        async with site.begin(mediator) as uow:
            await holding.settle(uow, bill_id, case, [line, line])
    async with site.begin(mediator) as uow:
        row = await holding.settle(uow, bill_id, case, [line])
        assert (row.state, row.wage_state, row.total_fen) == ("SETTLED", "W_PAID", 15000)
