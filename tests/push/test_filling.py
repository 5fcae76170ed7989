"""Somebody does not come, and others are asked in waves until the place is filled (38, 40)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import START, STATION

from linggong.kernel import timers
from linggong.kernel.errors import Conflict
from linggong.market.models import BoardPost
from linggong.people.notice_models import Notice
from linggong.push import filling
from linggong.push.models import FillIn, FillInAsk
from linggong.stations import queue
from linggong.work import absence, attend, engage
from linggong.work.models import Assignment, Engagement
from tests.work.conftest import publish
from tests.work.walking import signed

from .conftest import Phones
from .test_reaching import set_parameter


async def short(phones: Phones, *, ask: str = "2") -> None:
    """One place, whose worker has not come half an hour after the start; another waits in the hall, a third is at home."""
    phones.order_id = await publish(phones.city, headcount=1)
    await set_parameter(phones.city, "push.wave_people", ask)
    _, shift = await signed(phones, 0)
    phones.city.clock.move_to(START + timedelta(minutes=10))
    async with phones.begin(phones.clerk) as uow:
        await queue.sign_in(uow, at=STATION, channel="desk", person_id=phones.workers[2])
    phones.at(minutes=21)
    await timers.sweep(phones.city.database)
    await phones.tell()
    async with phones.begin(phones.employer) as uow:
        await absence.no_show(uow, shift, call_note="8:01 打了两次没人接")
    await timers.sweep(phones.city.database)


async def asks(phones: Phones) -> list[tuple[int, str, UUID, str]]:
    async with phones.system() as uow:
        rows = await uow.execute(
            sa.select(FillInAsk.wave, FillInAsk.source, Engagement.worker_id, Engagement.state)
            .join(Engagement, Engagement.id == FillInAsk.engagement_id)
            .order_by(FillInAsk.asked_at, FillInAsk.id)
        )
        return [(r.wave, r.source, r.worker_id, r.state) for r in rows]


async def gap(phones: Phones) -> FillIn:
    async with phones.system() as uow:
        return (await uow.session.scalars(sa.select(FillIn))).one()


async def told_employer(phones: Phones) -> list[str]:
    async with phones.system() as uow:
        rows = await uow.session.scalars(
            sa.select(Notice.text).where(Notice.kind == "fill_in").order_by(Notice.created_at, Notice.id)
        )
        return list(rows)


async def test_from_the_no_show_to_the_answer_that_fills_the_place(phones: Phones) -> None:
    await short(phones)
    one, two = phones.workers[1:]
    assert await asks(phones) == [(1, "here", two, "A_OFFERED"), (1, "available", one, "A_OFFERED")]
    texts = await phones.tell()
    assert [t.endswith("去回1，不去回2") for t in texts if "请您现在去顶人" in t] == [True, True]
    assert "说定了" in await phones.text("1", 1)
    await timers.sweep(phones.city.database)
    assert [state for *_, state in await asks(phones)] == ["X_DECLINED", "A_CONFIRMED"]
    assert ((await gap(phones)).state, (await gap(phones)).begun_by) == ("filled", "self")
    begun, filled = await told_employer(phones)
    assert "正在叫人顶上" in begun
    assert "补齐了：李师傅" in filled
    assert any("刚补齐了人" in t for t in await phones.tell()), "the other is told at once"
    async with phones.system() as uow:
        assert (await uow.session.get_one(BoardPost, phones.order_id)).places_left == 0
        row = await uow.session.scalar(sa.select(Engagement).where(Engagement.worker_id == one))
        assert row is not None
        assert (row.worker_confirmed_by, row.employer_confirmed_by) == ("self", "self")
        shift = (await uow.session.scalars(sa.select(Assignment).where(Assignment.engagement_id == row.id))).one()
    # He may come half an hour after he was taken on, and is not late by the hour at which the others began.
    phones.at(minutes=10)
    async with phones.begin(phones.employer) as uow:
        with pytest.raises(Conflict, match="半小时"):
            await absence.no_show(uow, shift.id, call_note="打了没人接")
        came = await attend.arrive(uow, shift.id, method="roll_call")
        assert (came.state, came.end_reason) == ("A_ARRIVED", "")


async def test_a_wave_without_an_answer_is_followed_by_the_next(phones: Phones) -> None:
    await short(phones, ask="1")
    one, two = phones.workers[1:]
    assert [a[1:3] for a in await asks(phones)] == [("here", two)]
    phones.at(minutes=8, seconds=2)
    await timers.sweep(phones.city.database)
    assert [(a[0], a[2], a[3]) for a in await asks(phones)] == [(1, two, "X_DECLINED"), (2, one, "A_OFFERED")]
    await phones.tell()
    await phones.text("2", 1)
    await timers.sweep(phones.city.database)
    assert (await gap(phones)).state == "over"
    assert "没人能去" in (await told_employer(phones))[-1]
    async with phones.system() as uow:
        assert set(await uow.session.scalars(sa.select(Engagement.end_reason))) >= {"no_answer", "电话答复不去"}


async def test_the_waitlist_comes_first_and_a_clerk_begins_and_stops(phones: Phones) -> None:
    phones.order_id = await publish(phones.city, headcount=1)
    engagement, _ = await signed(phones, 0)
    async with phones.begin(phones.worker(1)) as uow:
        await engage.apply(uow, phones.order_id)
    async with phones.begin(phones.clerk) as uow:
        with pytest.raises(Conflict, match="不缺人"):
            await filling.begin(uow, phones.order_id)
    phones.city.clock.move_to(START - timedelta(minutes=20))
    async with phones.begin(phones.worker(0)) as uow:
        await engage.withdraw(uow, engagement)
    async with phones.begin(phones.clerk) as uow:
        one = await filling.begin(uow, phones.order_id)
    await timers.sweep(phones.city.database)
    async with phones.system() as uow:
        rows = await uow.execute(sa.select(Engagement.worker_id, Engagement.state, Engagement.source))
        held = {r.worker_id: (r.state, r.source) for r in rows}
    assert held[phones.workers[1]] == ("A_OFFERED", "applied"), "he waited for it"
    assert held[phones.workers[2]] == ("A_OFFERED", "fill_in"), "asked beside him: who confirms first has it"
    async with phones.begin(phones.clerk) as uow:
        assert (await filling.stop(uow, one.id)).state == "stopped"
        with pytest.raises(Conflict, match="不在叫人"):
            await filling.stop(uow, one.id)
    async with phones.begin(phones.employer) as uow:
        assert list(await uow.session.scalars(sa.select(FillIn))) == [], "no employer's business"
