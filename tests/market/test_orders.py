"""Transitions 1 to 7 of an order, who may do them, and what follows from the clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.db import ANONYMOUS, Actor
from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.market import board, hiring, queries, review, service
from linggong.market.codes import GenderLimitCode, PayUnit, Settlement
from linggong.market.forms import OrderForm
from linggong.market.models import Order
from linggong.people.privacy_models import Reveal

from .conftest import COMMUNITY_CODE, OTHER_STATION, START, STATION, City, good

if TYPE_CHECKING:
    from conftest import TestDatabase

Who = tuple[Actor, Any]


async def create(city: City, who: Who | None = None, *, submit: bool = True, **changes: Any) -> UUID:
    employer_id = changes.pop("employer_id", city.fresh)
    tenant = changes.pop("tenant", None)
    async with city.database.begin(*(who or city.employer(employer_id))) as uow:
        made = await service.create_order(
            uow, city.secrets.sealer, good(**changes), employer_id=employer_id, tenant=tenant, submit=submit
        )
        return made.id


async def published(city: City, **changes: Any) -> UUID:
    order_id = await create(city, **changes)
    async with city.database.begin(*city.clerk) as uow:
        await review.approve(uow, order_id, call_back="reached")
    return order_id


async def load(city: City, order_id: UUID) -> Order:
    async with city.database.system() as uow:
        return await queries.order(uow, order_id)


async def events_of(city: City, order_id: UUID) -> list[tuple[str, dict[str, Any]]]:
    async with city.database.system() as uow:
        rows = await uow.execute(
            sa.text("SELECT type, body FROM events WHERE chain = :c ORDER BY n"), {"c": f"order:{order_id}"}
        )
        return [(r.type, json.loads(r.body)) for r in rows]


async def live_timers(city: City, order_id: UUID) -> dict[str, datetime]:
    async with city.database.system() as uow:
        rows = await uow.execute(
            sa.text("SELECT key, due_at FROM timers WHERE subject_id = :s AND state = 'live'"), {"s": order_id}
        )
        return {r.key: r.due_at for r in rows}


async def by_sql(blank: TestDatabase, query: str, *arguments: object) -> None:
    owner = await blank.owner()
    await owner.execute(query, *arguments)
    await owner.close()


async def tick(city: City, step: timedelta) -> int:
    city.clock.advance(step)
    return await timers.sweep(city.database)


# --- writing (1) ---------------------------------------------------------------------------------------------------


async def test_an_employer_keeps_a_draft_and_it_goes_to_the_station_of_its_street(city: City) -> None:
    order_id = await create(city, submit=False, division_code=COMMUNITY_CODE)
    order = await load(city, order_id)
    assert (order.state, order.tenant, order.employer_name) == ("O_DRAFT", STATION, "兰考食品厂")
    assert order.hourly_fen == 2500
    assert city.secrets.sealer.open(order.phone_sealed, f"orders.phone_sealed.{order_id}") == "13800000000"
    told = await events_of(city, order_id)
    assert [(e, b["transition"], b["to"]) for e, b in told] == [("order.created", 1, "O_DRAFT")]
    assert "138" not in json.dumps(told)


async def test_a_street_without_a_station_keeps_the_order_itself(city: City) -> None:
    assert (await load(city, await create(city, division_code="410225101000"))).tenant == "/4102/25/101/"


async def test_a_clerk_writes_for_an_employer_whom_he_serves(city: City) -> None:
    order = await load(city, await create(city, city.clerk, submit=False))
    assert (order.created_by, order.created_by_kind, order.tenant) == (city.clerk_id, "staff", STATION)
    with pytest.raises(NotFound):
        await create(city, city.clerk, employer_id=city.elsewhere)
    with pytest.raises(NotFound):
        await create(city, city.clerk, tenant=OTHER_STATION)
    with pytest.raises(NotFound):
        await create(city, city.clerk, tenant="/4102/25/001/nowhere/")
    with pytest.raises(NotFound):
        await create(city, city.clerk, tenant="'; DROP TABLE orders; --")


async def test_nobody_writes_for_somebody_elses_firm(city: City) -> None:
    with pytest.raises(NotFound):
        await create(city, city.employer(city.trusted), employer_id=city.fresh)


@pytest.mark.parametrize("who", ["unverified", "restricted"])
async def test_an_employer_who_may_not_post_is_told_what_to_do(city: City, who: str) -> None:
    with pytest.raises(Conflict, match="请"):
        await create(city, employer_id=getattr(city, who), submit=False)


async def test_all_faults_at_once_and_nothing_stored(city: City) -> None:
    async with city.database.begin(*city.employer()) as uow:
        with pytest.raises(Invalid) as caught:
            await service.create_order(uow, city.secrets.sealer, OrderForm(), employer_id=city.fresh, submit=True)
    assert {f.field for f in caught.value.faults} == {
        "title", "trade_code", "headcount", "place", "division_code", "starts_at", "ends_at", "pay_fen", "pay_unit",
        "settlement", "pay_channel", "contact_name", "contact_phone", "job_form", "legal_form",
    }  # fmt: skip
    async with city.database.system() as uow:
        assert (await uow.execute(sa.text("SELECT count(*) FROM orders"))).scalar() == 0


BAD = {
    "emoji": ({"title": "搬砖😀"}, "title"),
    "control": ({"place": "东关\x00大街"}, "place"),
    "invisible": ({"contact_name": "王\u202e师傅"}, "contact_name"),
    "control in rain rule": ({"rain_rule": "下雨\x07停"}, "rain_rule"),
    "long rain rule": ({"rain_rule": "雨" * 101}, "rain_rule"),
    "too long": ({"title": "搬" * 41}, "title"),
    "no words": ({"title": "！！！"}, "title"),
    "past": ({"starts_at": START - timedelta(days=2), "ends_at": START - timedelta(days=2, hours=-8)}, "starts_at"),
    "end first": ({"ends_at": START - timedelta(hours=1)}, "ends_at"),
    "huge pay": ({"pay_fen": 100_000_000_000}, "pay_fen"),
    "no pay": ({"pay_fen": 0}, "pay_fen"),
    "below minimum": ({"pay_fen": 5000}, "pay_fen"),
    "too many": ({"headcount": 501}, "headcount"),
    "nobody": ({"headcount": 0}, "headcount"),
    "crew above headcount": ({"min_crew": 7}, "min_crew"),
    "unknown trade": ({"trade_code": "9-99-99-99"}, "trade_code"),
    "unknown place": ({"division_code": "110101001000"}, "division_code"),
    "bad place": ({"division_code": "4102"}, "division_code"),
    "bad phone": ({"contact_phone": "12345"}, "contact_phone"),
    "fee": ({"description": "入职交押金200元"}, "description"),
    "gender": ({"title": "招女服务员"}, "title"),
    "gender code": ({"gender_limit_code": "\x00no"}, "gender_limit_code"),
    "weekly": ({"settlement": Settlement.WEEKLY}, "settlement"),
    "years": ({"last_date": date(2028, 1, 1)}, "last_date"),
    "under age": ({"min_age": 14}, "min_age"),
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_input_is_named_by_its_field_and_not_stored(city: City, name: str) -> None:
    changes, field = BAD[name]
    with pytest.raises(Invalid) as caught:
        await create(city, **changes)
    assert field in {f.field for f in caught.value.faults}
    assert all(f.message for f in caught.value.faults)


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE orders; --", "<script>alert(1)</script>搬砖", "𠮷师傅 25㎡", "%s{}\\'"]
)
async def test_text_that_only_looks_dangerous_is_kept_as_typed(city: City, text: str) -> None:
    order_id = await published(city, description=text, place=f"东关{text}")
    assert (await load(city, order_id)).description == text
    seen = await board.board_post(city.database, order_id)
    assert (seen.description, seen.post.place) == (text, f"东关{text}")


async def test_a_draft_may_break_rules_that_only_the_submission_asks(city: City) -> None:
    order_id = await create(city, submit=False, pay_fen=5000, description="交押金")
    async with city.database.begin(*city.employer()) as uow:
        with pytest.raises(Invalid) as caught:
            await service.submit(uow, city.secrets.sealer, order_id)
    assert {f.field for f in caught.value.faults} == {"pay_fen", "description"}
    assert (await load(city, order_id)).state == "O_DRAFT"


async def test_repeat_keeps_everything_but_the_day(city: City) -> None:
    old = await create(
        city, submit=False, last_date=date(2026, 3, 12), gender_limit_code=GenderLimitCode.HEAVY_LABOUR_IV
    )
    async with city.database.begin(*city.employer()) as uow:
        new = await service.repeat_order(uow, city.secrets.sealer, old, work_date=date(2026, 3, 20))
        new_id_ = new.id
    first, again = await load(city, old), await load(city, new_id_)
    assert again.starts_at - first.starts_at == again.ends_at - first.ends_at == timedelta(days=9)
    assert (again.work_date, again.days, again.repeat_of) == (date(2026, 3, 20), 2, old)
    assert again.trace_code != first.trace_code
    same = ("title", "pay_fen", "headcount", "place", "gender_limit_code", "description", "contact_name", "hourly_fen")
    assert [getattr(again, n) for n in same] == [getattr(first, n) for n in same]


# --- submission and review (2 to 5) --------------------------------------------------------------------------------


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
    }
    told = await events_of(city, order_id)
    assert [(e, b.get("transition")) for e, b in told] == [
        ("order.created", 1), ("order.submitted", 2), ("order.published", 3),
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
    assert shifts == 0 or shifts == 2
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
    } or told[3][1]["changed"] == {
        "pay_fen": [20000, 22000], "contact_phone": "changed", "description": ["上料、搬砖。", ""],
    }  # fmt: skip
    assert told[4][1]["transition"] == 5
    assert "1390" not in json.dumps(told)
    assert "t.return" not in await live_timers(city, order_id)


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


Act = Callable[[Any, City, UUID], Awaitable[Any]]
ACTS: dict[str, Act] = {
    "edit": lambda uow, city, i: service.edit_draft(uow, city.secrets.sealer, i, OrderForm(headcount=7)),
    "submit": lambda uow, city, i: service.submit(uow, city.secrets.sealer, i),
    "approve": lambda uow, city, i: review.approve(uow, i, call_back="reached"),
    "return": lambda uow, city, i: review.return_order(uow, i, reasons=["pay"]),
    "recheck": lambda uow, city, i: review.recheck(uow, i),
    "refresh": lambda uow, city, i: hiring.refresh(uow, i),
    "cancel": lambda uow, city, i: service.cancel_order(uow, i, reason="employer"),
    "repeat": lambda uow, city, i: service.repeat_order(uow, city.secrets.sealer, i, work_date=date(2026, 3, 20)),
    "phone": lambda uow, city, i: service.reveal_contact(uow, city.database, city.secrets.sealer, i),
    "read": lambda uow, city, i: queries.order(uow, i),
}


@pytest.mark.parametrize("name", ACTS)
async def test_foreign_and_missing_orders_are_not_found_alike(city: City, name: str) -> None:
    order_id = await create(city)
    said = set()
    worker = Actor(kind="worker", id=new_id(), role="worker")
    for who, wanted in (
        (city.clerk, new_id()),
        (city.other_clerk, order_id),
        (city.employer(city.trusted), order_id),
        ((worker, EVERYWHERE), order_id),
    ):
        async with city.database.begin(*who) as uow:
            with pytest.raises((NotFound, Forbidden)) as caught:
                await ACTS[name](uow, city, wanted)
            if isinstance(caught.value, NotFound):
                said.add(caught.value.detail)
    assert len(said) == 1
    assert (await load(city, order_id)).state == "O_REVIEW"


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("edit", "O_REVIEW"), ("submit", "O_REVIEW"), ("refresh", "O_REVIEW"), ("recheck", "O_REVIEW"),
        ("approve", "O_OPEN"), ("return", "O_OPEN"), ("submit", "O_OPEN"), ("edit", "O_OPEN"), ("recheck", "O_OPEN"),
        ("approve", "O_EXPIRED"), ("refresh", "O_EXPIRED"), ("cancel", "O_EXPIRED"), ("cancel", "O_ACTIVE"),
        ("cancel", "O_TAKENDOWN"), ("refresh", "O_SUSPENDED"),
    ],
)  # fmt: skip
async def test_a_step_that_does_not_fit_the_state_is_refused(
    city: City, blank: TestDatabase, name: str, state: str
) -> None:
    order_id = await create(city) if state == "O_REVIEW" else await published(city)
    await by_sql(blank, "UPDATE orders SET state = $2 WHERE id = $1", order_id, state)
    async with city.database.begin(*city.clerk) as uow:
        with pytest.raises(Conflict):
            await ACTS[name](uow, city, order_id)
    assert (await load(city, order_id)).state == state


async def test_lists_are_narrow(city: City) -> None:
    mine = await create(city)
    theirs = await create(city, city.other_clerk, employer_id=city.elsewhere, division_code="410202003000")
    for who, expected in (
        (city.clerk, [mine]),
        (city.other_clerk, [theirs]),
        (city.employer(city.fresh), [mine]),
        (city.employer(city.trusted), []),
        (city.staff("/4102/", staff_id=new_id()), [theirs, mine]),
    ):
        async with city.database.begin(*who) as uow:
            assert [o.id for o in (await queries.orders(uow)).items] == expected
    async with city.database.begin(*city.staff("/4102/")) as uow:
        page = await queries.orders(uow, limit=1)
        assert page.next
        rest = await queries.orders(uow, limit=1, cursor=page.next)
        assert ([o.id for o in page.items], [o.id for o in rest.items], rest.next) == ([theirs], [mine], None)
        assert (await queries.orders(uow, states=["O_DRAFT"])).items == []


async def test_the_phone_is_revealed_with_a_record(city: City) -> None:
    order_id = await create(city)
    async with city.database.begin(*city.clerk) as uow:
        found = await service.reveal_contact(uow, city.database, city.secrets.sealer, order_id)
        assert (found.name, found.phone) == ("王师傅", "13800000000")
        assert found.until - uow.now == timedelta(minutes=10)
    async with city.database.begin(*city.employer()) as uow:
        (row,) = await uow.session.scalars(sa.select(Reveal))
        assert (row.subject, row.order_id, row.fields, row.purpose) == (
            "employer",
            order_id,
            ["order_contact"],
            "reach",
        )
        assert (row.viewer_office, row.viewer_role) == ("兰阳街道零工驿站", "station_clerk")


# --- on the board (6, 7, 23) ---------------------------------------------------------------------------------------


async def until_lock(city: City, order_id: UUID) -> None:
    """Move to the lock, with the daily question answered on the way."""
    city.clock.advance(timedelta(hours=10))
    async with city.database.begin(*city.employer()) as uow:
        await hiring.refresh(uow, order_id)
    city.clock.move_to(START - timedelta(minutes=60))
    await timers.sweep(city.database)


def far(**changes: Any) -> dict[str, Any]:
    return {"starts_at": START + timedelta(days=9), "ends_at": START + timedelta(days=9, hours=9), **changes}


async def test_refresh_starts_the_day_again(city: City) -> None:
    order_id = await published(city, **far())
    city.clock.advance(timedelta(hours=23))
    async with city.database.begin(*city.employer()) as uow:
        await hiring.refresh(uow, order_id)
    assert (await live_timers(city, order_id))["t.refresh"] == city.clock.now() + timedelta(hours=24)
    await tick(city, timedelta(hours=23))
    assert (await load(city, order_id)).state == "O_OPEN"
    post = await board.board_post(city.database, order_id)
    assert [line.what for line in post.history] == ["", "refreshed"]


async def test_asked_and_not_answered_it_expires(city: City) -> None:
    order_id = await published(city, **far())
    await tick(city, timedelta(hours=21))
    assert (await events_of(city, order_id))[-1][0] == "order.refresh_asked"
    await tick(city, timedelta(hours=4))
    order = await load(city, order_id)
    assert (order.state, order.end_reason) == ("O_EXPIRED", "not_refreshed")
    kind, body = (await events_of(city, order_id))[-1]
    assert (kind, body["transition"], body["from"], body["to"]) == ("order.expired", 7, "O_OPEN", "O_EXPIRED")
    assert await live_timers(city, order_id) == {}
    assert (await board.board_page(city.database, board.BoardFilters())).items == []
    assert (await board.board_post(city.database, order_id)).history[-1].what == "not_refreshed"


async def test_with_confirmed_workers_it_stops_hiring_and_comes_back(city: City, blank: TestDatabase) -> None:
    order_id = await published(city, **far())
    await by_sql(blank, "UPDATE orders SET confirmed = 2 WHERE id = $1", order_id)
    await tick(city, timedelta(hours=25))
    order = await load(city, order_id)
    assert (order.state, order.hiring) == ("O_OPEN", False)
    assert (await board.board_page(city.database, board.BoardFilters())).items == []
    async with city.database.begin(*city.clerk) as uow:
        await hiring.refresh(uow, order_id, how="note")
    assert len((await board.board_page(city.database, board.BoardFilters())).items) == 1


async def test_a_full_order_is_not_asked(city: City, blank: TestDatabase) -> None:
    order_id = await published(city, **far())
    await by_sql(blank, "UPDATE orders SET confirmed = 6, state = 'O_FULL' WHERE id = $1", order_id)
    await tick(city, timedelta(hours=25))
    assert (await load(city, order_id)).state == "O_FULL"
    assert (await live_timers(city, order_id))["t.refresh"] == city.clock.now() + timedelta(hours=24)


async def test_locked_before_the_start_and_expired_when_nobody_came_together(city: City) -> None:
    order_id = await published(city)
    await until_lock(city, order_id)
    assert (await load(city, order_id)).state == "O_LOCKED"
    assert set(await live_timers(city, order_id)) == {"t.fill_until"}
    assert ("order.state", {"order": str(order_id), "from": "O_OPEN", "to": "O_LOCKED"}) in await events_of(
        city, order_id
    )
    city.clock.move_to(START + timedelta(minutes=30))
    await timers.sweep(city.database)
    order = await load(city, order_id)
    assert (order.state, order.end_reason) == ("O_EXPIRED", "understaffed")


@pytest.mark.parametrize(("confirmed", "state"), [(2, "O_EXPIRED"), (3, "O_LOCKED")])
async def test_the_smallest_crew_decides_at_the_start(
    city: City, blank: TestDatabase, confirmed: int, state: str
) -> None:
    order_id = await published(city, min_crew=3)
    await by_sql(blank, "UPDATE orders SET confirmed = $2 WHERE id = $1", order_id, confirmed)
    city.clock.move_to(START + timedelta(minutes=30))
    await timers.sweep(city.database)
    order = await load(city, order_id)
    assert order.state == state
    assert (await board.board_page(city.database, board.BoardFilters())).items == []


@pytest.mark.parametrize(
    ("reason", "locked", "transition"), [("employer", False, 29), ("employer", True, 30), ("weather", True, 32)]
)
async def test_cancel(city: City, reason: str, locked: bool, transition: int) -> None:
    order_id = await published(city)
    if locked:
        await until_lock(city, order_id)
    async with city.database.begin(*city.employer()) as uow:
        await service.cancel_order(uow, order_id, reason=reason)
    kind, body = (await events_of(city, order_id))[-1]
    assert (kind, body["transition"], body["after_lock"], body["to"]) == (
        "order.cancelled", transition, locked, "O_CANCELLED",
    )  # fmt: skip
    assert await live_timers(city, order_id) == {}


async def test_cancel_wants_a_known_reason_and_the_right_hand(city: City) -> None:
    order_id = await published(city)
    async with city.database.begin(*city.employer()) as uow:
        with pytest.raises(Invalid):
            await service.cancel_order(uow, order_id, reason="mood")
        with pytest.raises(Forbidden):
            await service.cancel_order(uow, order_id, reason="authority")
    async with city.database.begin(*city.clerk) as uow:
        await service.cancel_order(uow, order_id, reason="authority")
    assert (await load(city, order_id)).state == "O_CANCELLED"


async def test_pay_by_the_gong_takes_its_length_from_the_policy(city: City) -> None:
    order = await load(city, await create(city, pay_unit=PayUnit.GONG))
    assert (order.minutes_per_gong, order.hourly_fen) == (480, 2500)
