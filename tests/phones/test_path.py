"""A worker without a smartphone goes the whole way by text messages (11 to 20, 57, 59; requirements section 7.1)."""

from __future__ import annotations

import asyncio
from typing import Any

import sqlalchemy as sa
from signing import both_sign

from linggong.cases.models import Case
from linggong.kernel import timers
from linggong.wages import service as wages
from linggong.wages.models import Bill, Payment
from linggong.work import attend, engage
from linggong.work.models import Assignment, Engagement

from .conftest import Phones


async def offered(phones: Phones, n: int = 0) -> Any:
    """A worker applies at the desk and is chosen by the employer."""
    async with phones.begin(phones.clerk) as uow:
        row = await engage.apply(uow, phones.order_id, worker_id=phones.workers[n])
    async with phones.begin(phones.employer) as uow:
        await engage.offer(uow, row.id)
    return row.id


async def state(phones: Phones, engagement_id: Any) -> str:
    async with phones.system() as uow:
        return str(await uow.session.scalar(sa.select(Engagement.state).where(Engagement.id == engagement_id)))


async def test_from_the_application_to_the_case(phones: Phones) -> None:
    engagement_id = await offered(phones)
    (text,) = await phones.tell()
    assert len(text) <= 70
    assert "3月11日7:30" in text
    assert "200元/天" in text
    assert text.endswith("去回1，不去回2")
    # The receipt comes over HTTP a moment later.
    for _ in range(100):
        if await phones.states() == ["delivered"]:
            break
        await asyncio.sleep(0.02)
    assert await phones.states() == ["delivered"]

    assert "说定了" in await phones.text("1", ref="m-1")
    assert await state(phones, engagement_id) == "A_CONFIRMED"
    async with phones.system() as uow:
        row = await uow.session.get_one(Engagement, engagement_id)
        assert (row.worker_confirmed_by, row.single_witness) == ("self", False)
        told = (
            await uow.execute(
                sa.text(
                    "SELECT type, actor_kind, actor_id, channel, body FROM events WHERE type IN ('engagement.confirmed', 'phone.answered') ORDER BY type"
                )
            )
        ).all()
    assert [(t.type, t.actor_kind, t.channel) for t in told] == [
        ("engagement.confirmed", "worker", "sms"), ("phone.answered", "worker", "sms"),
    ]  # fmt: skip
    assert all(t.actor_id == phones.workers[0] for t in told)
    assert '"ref":"m-1"' in told[1].body
    assert "200元/天" in told[1].body
    assert phones.number() not in told[1].body

    await both_sign(phones.city.database, engagement_id, phones.worker(), phones.employer)
    async with phones.begin(phones.worker()) as uow:
        shift = (await uow.session.scalars(sa.select(Assignment.id))).one()
    assert "7:30" in await phones.text("3")
    phones.city.clock.move_to(phones.city.clock.now().replace(day=10, hour=23, minute=20))
    async with phones.begin(phones.employer) as uow:
        await attend.arrive(uow, shift, method="roll_call")
    phones.at(minutes=10)
    await timers.sweep(phones.city.database)
    phones.at(hours=9)
    async with phones.begin(phones.worker()) as uow:
        await attend.finish(uow, shift)
    async with phones.begin(phones.employer) as uow:
        await attend.accept(uow, shift)
        bill = (await uow.session.scalars(sa.select(Bill))).one()
        await wages.record_payment(uow, bill.id, amount_fen=20000, channel="cash")
    (asked,) = [t for t in await phones.tell() if "没收到回2" in t]
    assert "现金付了200元" in asked
    assert "没收到" in await phones.text(f"2没收到 {asked[-2:]}")
    async with phones.system() as uow:
        payment = (await uow.session.scalars(sa.select(Payment))).one()
        assert (payment.state, payment.answered_by, payment.answered_channel) == ("denied", "self", "sms")
        case = (await uow.session.scalars(sa.select(Case))).one()
        assert (case.kind, case.claimant, case.amount_fen) == ("wage", "worker", 20000)
    assert any(case.receipt in t for t in await phones.tell()), "he is told the receipt's number"
