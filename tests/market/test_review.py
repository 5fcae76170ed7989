"""Submission and review of an order (transitions 2 to 5), and what follows from the clock."""

from __future__ import annotations

import asyncio
import json
from datetime import date, timedelta
from hashlib import sha256

import pytest
import sqlalchemy as sa

from linggong.kernel.db import ANONYMOUS
from linggong.kernel.errors import Conflict, Invalid
from linggong.market import board, queries, review, service
from linggong.market.forms import OrderForm

from .conftest import START, City
from .ordering import Who, create, events_of, live_timers, load, published, tick


async def test_submit_review_publish(city: City) -> None:
    order_id = await create(city)
    order = await load(city, order_id)
    assert (order.state, order.submitted_at) == ("O_REVIEW", city.clock.now())
    assert set(await live_timers(city, order_id)) == {"t.review", "t.fill_until"}
    async with city.database.begin(*city.clerk) as uow:
        queue = (await queries.review_queue(uow)).items
        assert [(q.id, q.first_time, q.own_entry) for q in queue] == [(order_id, True, False)]
        assert queue[0].due_at == city.clock.now() + timedelta(minutes=30)
    async with city.database.begin(*city.clerk) as uow:
        await review.approve(uow, order_id, call_back="reached", note="电话核实")
    order = await load(city, order_id)
    assert (order.state, order.reviewed_by, order.terms_version) == ("O_OPEN", city.clerk_id, 1)
    due = await live_timers(city, order_id)
    assert due == {
        "t.refresh": city.clock.now() + timedelta(hours=24),
        "t.refresh.remind": city.clock.now() + timedelta(hours=20),
        "t.lock": START - timedelta(minutes=60),
        "t.fill_until": START + timedelta(minutes=30),
        "t.understaffed": START - timedelta(minutes=60),
        "t.nobody_came": START + timedelta(minutes=60),
    }
    told = await events_of(city, order_id)
    assert [(e, b.get("transition")) for e, b in told] == [
        ("order.created", "1"), ("order.submitted", "2"), ("order.published", "3"),
    ]  # fmt: skip
    assert told[1][1]["fields"]["title"] == "搬砖小工，管午饭"
    assert "contact_phone" not in told[1][1]["fields"]


async def test_terms_say_what_both_sides_confirm_and_carry_their_hash(city: City) -> None:
    order_id = await published(city, last_date=date(2026, 3, 12), meals="管午饭", ride="5:40车", rain_rule="雨停算半天")
    async with city.database.begin(ANONYMOUS) as uow:
        terms = await queries.terms(uow, order_id)
        shifts = (await uow.execute(sa.text("SELECT count(*) FROM shifts"))).scalar()
    assert terms.hash == sha256(terms.body.encode()).digest()
    body = json.loads(terms.body)
    assert [s["date"] for s in body["shifts"]] == ["2026-03-11", "2026-03-12"]
    assert (body["pay"]["fen"], body["pay"]["unit"], body["settlement"]["when"]) == (20000, "day", "daily")
    assert (body["meals"], body["ride"], body["rain_rule"]) == ("管午饭", "5:40车", "雨停算半天")
    assert "30%" in body["cancel_rule"]
    assert "1380" not in terms.body
    assert "王师傅" not in terms.body
    assert shifts == 0, "shifts are not for the board"
    async with city.database.system() as uow:
        rows = (await uow.execute(sa.text("SELECT starts_at, ends_at FROM shifts ORDER BY starts_at"))).all()
    assert [(r.starts_at, r.ends_at) for r in rows] == [
        (START + timedelta(days=d), START + timedelta(days=d, hours=9)) for d in (0, 1)
    ]


async def test_a_first_time_employer_is_called_back_and_then_trusted(city: City) -> None:
    order_id = await create(city)
    for answer in (None, "not_reached", "nonsense"):
        async with city.database.begin(*city.clerk) as uow:
            with pytest.raises(Invalid) as caught:
                await review.approve(uow, order_id, call_back=answer)
        assert caught.value.faults[0].field == "call_back"
    async with city.database.begin(*city.clerk) as uow:
        await review.approve(uow, order_id, call_back="reached")
        assert (await queries.employer_for_order(uow, city.fresh)).is_trusted
    second = await create(city)
    assert (await load(city, second)).state == "O_OPEN"  # 05:10, trusted by now


async def test_nobody_reviews_his_own_proxy_entry(city: City) -> None:
    order_id = await create(city, city.clerk)
    for act in (
        lambda uow: review.approve(uow, order_id, call_back="reached"),
        lambda uow: review.return_order(uow, order_id, reasons=["pay"]),
    ):
        async with city.database.begin(*city.clerk) as uow:
            with pytest.raises(Conflict, match="自己代录"):
                await act(uow)
    async with city.database.begin(*city.clerk) as uow:
        assert (await queries.review_queue(uow)).items[0].own_entry
    async with city.database.begin(*city.colleague) as uow:
        await review.approve(uow, order_id, call_back="reached")
    assert (await load(city, order_id)).state == "O_OPEN"


async def test_a_colleague_who_submitted_the_entry_does_not_review_it_either(city: City) -> None:
    order_id = await create(city, city.clerk, submit=False)
    async with city.database.begin(*city.colleague) as uow:
        await service.submit(uow, city.secrets.sealer, order_id)
    async with city.database.begin(*city.colleague) as uow:
        with pytest.raises(Conflict, match="自己代录"):
            await review.approve(uow, order_id, call_back="reached")


async def test_a_trusted_employers_order_passes_by_rule_at_dawn_and_is_looked_at_again(city: City) -> None:
    order_id = await create(city, city.clerk, employer_id=city.trusted)
    order = await load(city, order_id)
    assert (order.state, order.reviewed_by) == ("O_OPEN", None)
    assert (await live_timers(city, order_id))["t.review.recheck"] == city.clock.now() + timedelta(hours=4)
    async with city.database.begin(*city.clerk) as uow:
        with pytest.raises(Conflict, match="自己代录"):
            await review.recheck(uow, order_id)
    async with city.database.begin(*city.colleague) as uow:
        await review.recheck(uow, order_id, note="看过")
    assert (await load(city, order_id)).reviewed_by == city.colleague_id
    assert "t.review.recheck" not in await live_timers(city, order_id)
    async with city.database.begin(*city.colleague) as uow:
        with pytest.raises(Conflict, match="不用复核"):
            await review.recheck(uow, order_id)


async def test_an_employer_himself_passes_by_rule_too(city: City) -> None:
    assert (await load(city, await create(city, employer_id=city.trusted))).state == "O_OPEN"


async def test_by_day_a_trusted_order_waits_for_a_person_until_the_limit(city: City) -> None:
    city.clock.advance(timedelta(hours=4))
    order_id = await create(city, employer_id=city.trusted)
    assert (await load(city, order_id)).state == "O_REVIEW"
    await tick(city, timedelta(minutes=31))
    assert (await load(city, order_id)).state == "O_OPEN"


async def test_a_finding_that_wants_an_eye_keeps_a_trusted_order_in_the_queue(city: City) -> None:
    order_id = await create(city, employer_id=city.trusted, description="本地人优先")
    order = await load(city, order_id)
    assert order.findings
    assert order.state == "O_REVIEW"


async def test_a_late_review_is_told(city: City) -> None:
    order_id = await create(city)
    await tick(city, timedelta(minutes=31))
    assert (await events_of(city, order_id))[-1][0] == "order.review_late"
    assert (await load(city, order_id)).state == "O_REVIEW"


async def test_return_edit_and_submit_again(city: City) -> None:
    order_id = await create(city)
    async with city.database.begin(*city.clerk) as uow:
        await review.return_order(uow, order_id, reasons=["pay", "place"], note="写清门牌")
    order = await load(city, order_id)
    assert (order.state, order.review_note) == ("O_RETURNED", "工钱没说清或太低；地点找不到；写清门牌")
    async with city.database.begin(*city.employer()) as uow:
        await service.edit_draft(
            uow,
            city.secrets.sealer,
            order_id,
            OrderForm(pay_fen=22000, contact_phone="13900000000"),
            clear=["description"],
        )
        await service.submit(uow, city.secrets.sealer, order_id)
    told = await events_of(city, order_id)
    assert [e for e, _ in told][2:] == ["order.returned", "order.edited", "order.submitted"]
    assert told[3][1]["changed"] == {
        "pay_fen": [20000, 22000], "contact_phone": "changed", "description": ["上料、搬砖。", None],
    }  # fmt: skip
    assert told[4][1]["transition"] == "5"
    assert "1390" not in json.dumps(told)
    assert "t.return" not in await live_timers(city, order_id)
    assert (await load(city, order_id)).reviewed_by is None, "nobody has judged what was handed in anew"


@pytest.mark.parametrize(("reasons", "note"), [([], ""), (["nonsense"], ""), (["other"], " ")])
async def test_a_return_names_its_reasons(city: City, reasons: list[str], note: str) -> None:
    order_id = await create(city)
    async with city.database.begin(*city.clerk) as uow:
        with pytest.raises(Invalid):
            await review.return_order(uow, order_id, reasons=reasons, note=note)


async def test_a_returned_order_that_does_not_come_back_expires(city: City) -> None:
    order_id = await create(city, starts_at=START + timedelta(days=5), ends_at=START + timedelta(days=5, hours=9))
    async with city.database.begin(*city.clerk) as uow:
        await review.return_order(uow, order_id, reasons=["pay"])
    await tick(city, timedelta(hours=49))
    order = await load(city, order_id)
    assert (order.state, order.end_reason) == ("O_EXPIRED", "return_lapsed")


async def test_an_order_that_nobody_reviewed_goes_back_at_its_start_and_then_expires(city: City) -> None:
    order_id = await create(city)
    await tick(city, timedelta(days=2))
    assert (await load(city, order_id)).state == "O_RETURNED"
    await tick(city, timedelta(hours=49))
    assert (await load(city, order_id)).state == "O_EXPIRED"
    assert await live_timers(city, order_id) == {}


async def test_too_late_to_publish(city: City) -> None:
    order_id = await create(city)
    city.clock.advance(timedelta(days=1, hours=3))
    async with city.database.begin(*city.clerk) as uow:
        with pytest.raises(Conflict, match="开工时间已过"):
            await review.approve(uow, order_id, call_back="reached")


async def test_posted_inside_the_lock_window_it_is_locked_from_the_start(city: City) -> None:
    soon = city.clock.now() + timedelta(minutes=40)
    order_id = await published(city, starts_at=soon, ends_at=soon + timedelta(hours=8))
    assert (await load(city, order_id)).state == "O_LOCKED"
    assert [p.order_id for p in (await board.board_page(city.database, board.BoardFilters())).items] == [order_id]


async def test_two_reviewers_at_once_publish_once(city: City) -> None:
    order_id = await create(city)

    async def one(who: Who) -> bool:
        try:
            async with city.database.begin(*who) as uow:
                await review.approve(uow, order_id, call_back="reached")
        except Conflict:
            return False
        return True

    assert sorted(await asyncio.gather(one(city.clerk), one(city.colleague))) == [False, True]
    assert [e for e, _ in await events_of(city, order_id)].count("order.published") == 1
