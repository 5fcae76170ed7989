"""From application to rating: the main line as the people on it walk it, and what the loop refuses."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from signing import both_sign

from linggong.contracts import counter
from linggong.kernel import timers
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.replay import replay
from linggong.wages import queries as wage_queries
from linggong.wages import service as wages
from linggong.work import attend, engage, queries, rating
from linggong.work.models import Assignment

from .conftest import Site
from .walking import accepted, at_work, signed, state

if TYPE_CHECKING:
    from conftest import TestDatabase


async def test_the_whole_main_line(site: Site) -> None:
    assert await state(site) == "O_OPEN"
    engagement_id, assignment_id = await signed(site)
    async with site.begin(site.worker()) as uow:
        mine = (await queries.my_work(uow))[0]
    assert (mine.state, mine.shifts[0].state) == ("A_CONTRACTED", "A_CONTRACTED")
    assert mine.worker_name == "李师傅"
    site.city.clock.move_to(site.city.clock.now().replace(day=10, hour=23, minute=0))
    code = attend.arrival_code(site.city.secrets, site.order_id, date(2026, 3, 11))
    async with site.begin(site.worker()) as uow:
        await attend.arrive(uow, assignment_id, method="qr", code=code, secrets=site.city.secrets)
    assert await state(site) == "O_ACTIVE"
    site.at(minutes=30)
    assert await timers.sweep(site.city.database) >= 1
    async with site.begin(site.worker()) as uow:
        assert (await queries.my_work(uow))[0].shifts[0].state == "A_WORKING"
    site.at(hours=9)
    async with site.begin(site.worker()) as uow:
        row = await attend.finish(uow, assignment_id)
        assert row.minutes == 8 * 60
    assert await state(site) == "O_DONE"
    async with site.begin(site.employer) as uow:
        await attend.accept(uow, assignment_id)
    assert await state(site) == "O_SETTLING"
    async with site.begin(site.worker()) as uow:
        sums = await wage_queries.my_wages(uow)
    assert (sums.due_fen, sums.paid_fen) == (20000, 0)
    bill = sums.bills[0]
    assert bill.due_at.isoformat() == "2026-03-11T16:00:00+00:00", "日结 is due at 24:00 of the working day"
    async with site.begin(site.employer) as uow:
        payment = await wages.record_payment(uow, bill.id, amount_fen=20000, channel="wechat", voucher="W123")
    async with site.begin(site.worker()) as uow:
        await wages.answer_payment(uow, payment.id, received=True)
    assert await state(site) == "O_CLOSED"
    async with site.begin(site.worker()) as uow:
        await rating.rate(uow, engagement_id, stars=5, tags=["按时给钱"])
    async with site.begin(site.employer) as uow:
        await rating.rate(uow, engagement_id, stars=4, tags=["手脚快"])
        sums = await wage_queries.bills(uow)
        assert sums[0].state == "SETTLED"


async def test_a_clerk_walks_it_for_people_without_a_phone(site: Site) -> None:
    async with site.begin(site.clerk) as uow:
        row = await counter.hire(uow, site.order_id, site.workers[0])
        assert row.single_witness, "one clerk stood for both sides"
        assignment_id = await uow.session.scalar(sa.select(Assignment.id))
    site.city.clock.move_to(site.city.clock.now().replace(day=10, hour=23, minute=20))
    async with site.begin(site.clerk) as uow:
        await attend.arrive(uow, assignment_id, method="clerk")
        await attend.start(uow, assignment_id)
    site.at(hours=10)
    async with site.begin(site.clerk) as uow:
        await attend.finish(uow, assignment_id)
        await attend.accept(uow, assignment_id)
        bill = (await wage_queries.bills(uow))[0]
        payment = await wages.record_payment(uow, bill.id, amount_fen=bill.left_fen, channel="cash")
        await wages.answer_payment(uow, payment.id, received=True, note="本人签字")
    assert await state(site) == "O_CLOSED"


async def test_no_start_without_contract_but_arrival_at_the_gate(site: Site) -> None:
    async with site.begin(site.worker()) as uow:
        engagement_id = (await engage.apply(uow, site.order_id)).id
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, engagement_id)
    async with site.begin(site.worker()) as uow:
        await engage.confirm(uow, engagement_id)
        assignment_id = await uow.session.scalar(sa.select(Assignment.id))
    site.city.clock.move_to(site.city.clock.now().replace(day=10, hour=23, minute=20))
    async with site.begin(site.employer) as uow:
        await attend.arrive(uow, assignment_id, method="roll_call")
    with pytest.raises(Conflict, match="签约"):
        async with site.begin(site.employer) as uow:
            await attend.start(uow, assignment_id)
    await both_sign(site.city.database, engagement_id, site.worker(), site.employer)
    async with site.begin(site.employer) as uow:
        assert (await attend.start(uow, assignment_id)).state == "A_WORKING"


async def test_arrival_has_a_window_and_a_code(site: Site) -> None:
    _, assignment_id = await signed(site)
    code = attend.arrival_code(site.city.secrets, site.order_id, date(2026, 3, 11))
    with pytest.raises(Conflict, match="还没到签到时间"):
        async with site.begin(site.worker()) as uow:
            await attend.arrive(uow, assignment_id, method="code", code=code, secrets=site.city.secrets)
    site.city.clock.move_to(site.city.clock.now().replace(day=10, hour=23, minute=20))
    wrong = "0000" if code != "0000" else "1111"
    for bad in (wrong, "", "12", "一二三四"):
        with pytest.raises(Invalid, match="到岗码"):
            async with site.begin(site.worker()) as uow:
                await attend.arrive(uow, assignment_id, method="code", code=bad, secrets=site.city.secrets)
    site.at(hours=2)
    with pytest.raises(Conflict, match="过了"):
        async with site.begin(site.worker()) as uow:
            await attend.arrive(uow, assignment_id, method="code", code=code, secrets=site.city.secrets)


async def test_silence_does_not_cost_the_worker(site: Site) -> None:
    """44, 52, 58 by the system: nobody says anything after arrival, and the wage is still billed and settled on proof."""
    _, assignment_id = await at_work(site)
    site.at(hours=11, minutes=5)
    await timers.sweep(site.city.database)
    site.at(hours=5)
    await timers.sweep(site.city.database)
    async with site.begin(site.employer) as uow:
        bill = (await wage_queries.bills(uow))[0]
        assert (bill.assignment_id, bill.total_fen) == (assignment_id, 20000)
        await wages.record_payment(uow, bill.id, amount_fen=12000, channel="bank", voucher="B1")
        await wages.record_payment(uow, bill.id, amount_fen=8000, channel="cash")
    site.at(hours=73)
    await timers.sweep(site.city.database)
    async with site.begin(site.employer) as uow:
        bill = (await wage_queries.bills(uow))[0]
        assert (bill.paid_fen, bill.state) == (12000, "CLAIMED"), "cash without the worker's word proves nothing"


async def test_payment_is_checked(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"amount_fen": 0, "channel": "cash"}, "大于 0"),
        ({"amount_fen": -5, "channel": "cash"}, "大于 0"),
        ({"amount_fen": 20001, "channel": "cash"}, "最多还能登记 200 元"),
        ({"amount_fen": 20000, "channel": "bank"}, "转账单号"),
    ]
    for arguments, words in cases:
        with pytest.raises(Invalid, match=words):
            async with site.begin(site.employer) as uow:
                await wages.record_payment(uow, bill_id, **arguments)
    with pytest.raises(NotFound):
        async with site.begin(site.city.employer(site.city.elsewhere)) as uow:
            await wages.record_payment(uow, bill_id, amount_fen=100, channel="cash")
    with pytest.raises(Conflict):
        async with site.begin(site.worker()) as uow:
            await wages.record_payment(uow, bill_id, amount_fen=100, channel="cash")


async def test_denied_money_opens_the_bill_again(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    async with site.begin(site.employer) as uow:
        payment = await wages.record_payment(uow, bill_id, amount_fen=20000, channel="cash")
    with pytest.raises(Conflict, match="零工自己说"):
        async with site.begin(site.employer) as uow:
            await wages.answer_payment(uow, payment.id, received=True)
    with pytest.raises(NotFound):
        async with site.begin(site.worker(1)) as uow:
            await wages.answer_payment(uow, payment.id, received=True)
    async with site.begin(site.worker()) as uow:
        assert (await wages.answer_payment(uow, payment.id, received=False)).state == "OPEN"
    async with site.begin(site.employer) as uow:
        again = await wages.record_payment(uow, bill_id, amount_fen=20000, channel="wechat", voucher="W9")
    async with site.begin(site.worker()) as uow:
        assert (await wages.answer_payment(uow, again.id, received=True)).state == "SETTLED"
    assert await state(site) == "O_CLOSED"
    async with site.begin(site.worker()) as uow:
        assert (await wages.answer_payment(uow, again.id, received=False)).state == "OPEN", "59 within 15 days"
    assert await state(site) == "O_SETTLING", "ruling 6: a closed order goes back"


async def test_a_bill_that_does_not_add_up_is_not_kept(site: Site, blank: TestDatabase) -> None:
    await accepted(site)
    owner = await blank.owner()
    for statement in (
        "UPDATE bills SET total_fen = total_fen + 1",
        "UPDATE bill_lines SET amount_fen = amount_fen - 1",
        "UPDATE bills SET paid_fen = 1",
        "UPDATE bills SET state = 'SETTLED'",
    ):
        with pytest.raises(Exception, match="does not add up"):
            await owner.execute(statement)
    with pytest.raises(Exception, match="ck_bill_lines_kind"):
        await owner.execute("UPDATE bill_lines SET kind = 'deposit'")
    await owner.close()


async def test_events_tell_the_same_states_as_the_rows(site: Site, blank: TestDatabase) -> None:
    """Invariant 12: folding an order's chain gives the rows' states, and every link of the chain holds."""
    await accepted(site, 0)
    owner = await blank.owner()
    events = await owner.fetch(
        "SELECT type, subject_id, body, prev_hash, hash, event_hash(prev_hash, e) AS again FROM events e "
        "WHERE chain = $1 ORDER BY n",
        f"order:{site.order_id}",
    )
    assert all(e["hash"] == e["again"] for e in events)
    assert [e["prev_hash"] for e in events[1:]] == [e["hash"] for e in events[:-1]]
    told = replay(e["body"] for e in events)
    assert told.breaks == []
    rows = await owner.fetch(
        "SELECT 'order' AS machine, id, state FROM orders UNION ALL SELECT 'engagement', id, state FROM engagements "
        "UNION ALL SELECT 'assignment', id, state FROM assignments UNION ALL SELECT 'bill', id, state FROM bills "
        "UNION ALL SELECT 'overdue', id, wage_state FROM bills"
    )
    await owner.close()
    assert told.states == {(row["machine"], str(row["id"])): row["state"] for row in rows}


async def test_ratings_stay_blind_until_both_have_spoken(site: Site) -> None:
    engagement_id, _, _ = await accepted(site)
    async with site.begin(site.worker()) as uow:
        first = await rating.rate(uow, engagement_id, stars=2, tags=["拖着不给"])
        assert first.open_at - uow.now == timedelta(hours=72)
    with pytest.raises(Conflict, match="已经评价"):
        async with site.begin(site.worker()) as uow:
            await rating.rate(uow, engagement_id, stars=3, tags=[])
    with pytest.raises(Invalid) as caught:
        async with site.begin(site.employer) as uow:
            await rating.rate(uow, engagement_id, stars=9, tags=["好人"])
    assert {f.field for f in caught.value.faults} == {"stars", "tags"}
    async with site.begin(site.employer) as uow:
        second = await rating.rate(uow, engagement_id, stars=5, tags=[])
        assert second.open_at == uow.now


async def test_missing_ids_are_not_found(site: Site) -> None:
    nothing = new_id()
    for act in (
        lambda u: engage.apply(u, nothing),
        lambda u: engage.confirm(u, nothing),
        lambda u: attend.accept(u, nothing),
        lambda u: wages.record_payment(u, nothing, amount_fen=1, channel="cash"),
    ):
        with pytest.raises(NotFound):
            async with site.city.database.begin(site.worker()[0], EVERYWHERE) as uow:
                await act(uow)
