"""Writing an order (transition 1), and who may do what to it in which state."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from linggong.kernel.db import Actor
from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.market import board, hiring, queries, review, service
from linggong.market.codes import GenderLimitCode, PayUnit, Settlement
from linggong.market.forms import OrderForm
from linggong.people.privacy_models import Reveal

from .conftest import COMMUNITY_CODE, OTHER_STATION, START, STATION, City
from .ordering import by_sql, create, events_of, load, published

if TYPE_CHECKING:
    from conftest import TestDatabase


async def test_an_employer_keeps_a_draft_and_it_goes_to_the_station_of_its_street(city: City) -> None:
    order_id = await create(city, submit=False, division_code=COMMUNITY_CODE)
    order = await load(city, order_id)
    assert (order.state, order.tenant, order.employer_name) == ("O_DRAFT", STATION, "兰考食品厂")
    assert order.hourly_fen == 2500
    assert city.secrets.sealer.open(order.phone_sealed, f"orders.phone_sealed.{order_id}") == "13800000000"
    told = await events_of(city, order_id)
    assert [(e, b["transition"], b["to"]) for e, b in told] == [("order.created", "1", "O_DRAFT")]
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


async def test_pay_by_the_gong_takes_its_length_from_the_policy(city: City) -> None:
    order = await load(city, await create(city, pay_unit=PayUnit.GONG))
    assert (order.minutes_per_gong, order.hourly_fen) == (480, 2500)


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
    worker = Actor(kind="worker", id=new_id(), role="worker"), EVERYWHERE
    for who in (city.other_clerk, city.employer(city.trusted), worker):
        reviews = name in ("approve", "return", "recheck") and who[0].kind != "staff"
        said = set()
        for wanted in (order_id, new_id()):
            async with city.database.begin(*who) as uow:
                with pytest.raises(Forbidden if reviews else NotFound) as caught:
                    await ACTS[name](uow, city, wanted)
            said.add(caught.value.detail)
        assert len(said) == 1, who
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
