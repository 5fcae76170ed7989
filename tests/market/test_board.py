"""The board: equal to the orders, filtered, sorted, paged, searched; unknown filters are errors, never empty lists."""

from __future__ import annotations

import math
import random
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa

from linggong.kernel.errors import Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.market import board, board_sql, review, service, trades
from linggong.market.codes import JobForm, PayUnit, Settlement
from linggong.market.tokens import query_terms
from linggong.market.views import BoardLine

from .conftest import START, STATION, City, good

if TYPE_CHECKING:
    from conftest import TestDatabase

F = board.BoardFilters
TITLES = (
    "搬砖小工，管午饭", "贴砖师傅", "月嫂", "保洁阿姨2名", "摘蒜剥蒜", "卸货装车", "CAD绘图员", "酒店服务员", "小时工", "电焊工",
    "小区保安", "厨师帮厨", "装修小工", "砖厂搬运",
)  # fmt: skip


async def post(city: City, **changes: Any) -> UUID:
    """Publish a post of the trusted employer (05:10: by rule)."""
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        order = await service.create_order(
            uow, city.secrets.sealer, good(**changes), employer_id=city.trusted, submit=True
        )
        assert order.state in ("O_OPEN", "O_LOCKED"), order.findings
        return order.id


async def found(city: City, limit: int = 100, **filters: Any) -> list[UUID]:
    page = await board.board_page(city.database, F(**filters), limit=limit)
    return [line.order_id for line in page.items]


async def test_the_board_equals_the_orders(city: City, blank: TestDatabase) -> None:
    ids = [await post(city, title=title) for title in TITLES[:5]]
    owner = await blank.owner()
    await owner.execute("UPDATE orders SET confirmed = headcount, state = 'O_FULL' WHERE id = $1", ids[0])
    await owner.execute("UPDATE orders SET confirmed = 2 WHERE id = $1", ids[1])
    await owner.execute("UPDATE orders SET state = 'O_SUSPENDED' WHERE id = $1", ids[2])
    rows = await owner.fetch("SELECT * FROM orders")
    await owner.close()
    open_ = {r["id"] for r in rows if r["state"] in ("O_OPEN", "O_LOCKED") and r["confirmed"] < r["headcount"]}
    page = await board.board_page(city.database, F(), limit=100)
    assert {line.order_id for line in page.items} == open_ == {ids[1], ids[3], ids[4]}
    by_id = {r["id"]: r for r in rows}
    for line in page.items:
        order = by_id[line.order_id]
        assert line.places_left == order["headcount"] - order["confirmed"]
        for name in (
            "tenant",
            "state",
            "trace_code",
            "title",
            "trade_code",
            "place",
            "starts_at",
            "pay_fen",
            "work_date",
        ):
            assert getattr(line, name) == order[name], name
        assert (line.benefits, line.conditions) == ([], [])


async def test_what_is_not_published_is_not_there(city: City) -> None:
    async with city.database.begin(*city.employer(city.fresh)) as uow:
        order = await service.create_order(uow, city.secrets.sealer, good(), employer_id=city.fresh, submit=True)
    assert await found(city) == []
    for ref in (order.id, order.trace_code, new_id(), "NOSUCH", "'; --", "\x00"):
        with pytest.raises(NotFound):
            await board.board_post(city.database, ref)


async def test_a_post_shows_terms_and_history_and_no_phone(city: City) -> None:
    order_id = await post(city, benefits=["meal"], conditions=["outdoor", "heat"])
    seen = await board.board_post(city.database, order_id)
    assert await board.board_post(city.database, seen.post.trace_code.lower()) == seen
    assert (seen.post.benefits, seen.post.conditions) == (["meal"], ["heat", "outdoor"])
    assert seen.terms is not None
    assert seen.terms["pay"]["fen"] == 20000
    assert [(h.state, h.what) for h in seen.history] == [("O_OPEN", "")]
    assert seen.history[0].at == city.clock.now()
    assert b"1380" not in msgspec.json.encode(seen)
    assert b"\xe7\x8e\x8b\xe5\xb8\x88\xe5\x82\x85" not in msgspec.json.encode(seen)  # the contact's name


async def test_a_started_post_leaves_though_its_timer_is_late(city: City) -> None:
    order_id = await post(city)
    city.clock.move_to(START + timedelta(minutes=29))
    assert await found(city) == [order_id]
    assert (await board.board_post(city.database, order_id)).listed
    city.clock.move_to(START + timedelta(minutes=31))
    assert await found(city) == []
    assert not (await board.board_post(city.database, order_id)).listed


async def test_filters(city: City) -> None:
    a = await post(city, title="搬砖", pay_fen=20000, description="")
    b = await post(
        city, title="保洁", trade_code="4-09-08-01", pay_unit=PayUnit.HOUR, pay_fen=3000, settlement=Settlement.PER_JOB,
        starts_at=START + timedelta(days=1), ends_at=START + timedelta(days=1, hours=4), latitude=34.9, longitude=114.9,
        meal_minutes=0, description="", benefits=["meal"],
    )  # fmt: skip
    c = await post(
        city, title="摘蒜", trade_code="5-01-02-02", division_code="410202003000", latitude=None, longitude=None, description="",
        benefits=["meal", "lodging"], job_form=JobForm.PART_TIME,
    )  # fmt: skip
    cases: list[tuple[dict[str, Any], set[UUID]]] = [
        ({}, {a, b, c}),
        ({"area": "/4102/25/"}, {a, b}),
        ({"area": STATION}, {a, b}),
        ({"area": "/4102/02/"}, {c}),
        ({"area": "/4102/"}, {a, b, c}),
        ({"trade": "6-29-99-00"}, {a}),
        ({"trade": "6-29-00-00"}, {a}),
        ({"trade": "4-00-00-00"}, {b}),
        ({"date": date(2026, 3, 11)}, {a, c}),
        ({"date": date(2026, 3, 12)}, {b}),
        ({"settlement": "per_job"}, {b}),
        ({"job_form": "part_time"}, {c}),
        ({"benefits": ("meal",)}, {b, c}),
        ({"benefits": ("lodging", "meal")}, {c}),
        ({"pay_min_fen": 20001}, {b}),
        ({"pay_min_fen": 20000}, {a, b, c}),
        ({"latitude": 34.82, "longitude": 114.82, "radius_km": 1}, {a}),
        ({"latitude": 34.82, "longitude": 114.82, "radius_km": 20}, {a, b}),
        ({"latitude": 34.82, "longitude": 114.82}, {a, b, c}),
        ({"q": "搬砖"}, {a}),
        ({"q": "蒜", "area": "/4102/02/"}, {c}),
        ({"q": "蒜", "area": "/4102/25/"}, set()),
        ({"q": "搬砖", "latitude": 34.82, "longitude": 114.82, "radius_km": 20, "sort": "distance"}, {a}),
    ]
    for filters, expected in cases:
        assert set(await found(city, **filters)) == expected, filters
        assert await board.board_count(city.database, F(**filters)) == len(expected), filters


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"area": "/9999/"}, "area"), ({"area": "nonsense"}, "area"), ({"trade": "9-99-99-99"}, "trade"),
        ({"trade": "搬砖"}, "trade"), ({"settlement": "yearly"}, "settlement"), ({"job_form": "x"}, "job_form"), ({"benefits": ("gold",)}, "benefits"), ({"pay_min_fen": -1}, "pay_min_fen"),
        ({"pay_min_fen": 10**30}, "pay_min_fen"), ({"sort": "best"}, "sort"), ({"sort": "distance"}, "latitude"),
        ({"radius_km": 5}, "latitude"), ({"latitude": 34.0}, "latitude"), ({"latitude": 91.0, "longitude": 0.0}, "latitude"),
        ({"latitude": math.nan, "longitude": 114.0}, "latitude"), ({"latitude": 34.0, "longitude": 181.0}, "longitude"),
        ({"latitude": 34.0, "longitude": 114.0, "radius_km": 0}, "radius_km"),
        ({"latitude": 34.0, "longitude": 114.0, "radius_km": math.inf}, "radius_km"), ({"q": "？！"}, "q"),
        ({"q": "砖" * 61}, "q"),
    ],
)  # fmt: skip
async def test_a_filter_that_cannot_be_is_an_error(city: City, filters: dict[str, Any], field: str) -> None:
    await post(city)
    with pytest.raises(Invalid) as caught:
        await found(city, **filters)
    assert field in {f.field for f in caught.value.faults}


@pytest.mark.parametrize("limit", [0, 101, -1])
async def test_a_page_has_a_size(city: City, limit: int) -> None:
    with pytest.raises(Invalid):
        await found(city, limit=limit)


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "W10", "%%%", "WyJuZXdlc3QiLDEsMl0"])
async def test_a_cursor_that_we_did_not_make_is_an_error(city: City, cursor: str) -> None:
    with pytest.raises(Invalid):
        await board.board_page(city.database, F(), cursor)


async def test_a_cursor_belongs_to_its_order(city: City) -> None:
    for _ in range(2):
        await post(city)
    page = await board.board_page(city.database, F(), limit=1)
    with pytest.raises(Invalid):
        await board.board_page(city.database, F(sort="soonest"), page.next, 1)


@pytest.mark.parametrize("extra", [{}, {"q": "砖"}, {"latitude": 34.8, "longitude": 114.8, "radius_km": 100.0}])
@pytest.mark.parametrize("sort", board.SORTS)
async def test_pages_neither_skip_nor_repeat(city: City, sort: str, extra: dict[str, Any]) -> None:
    rng = random.Random(3)
    for _ in range(11):
        starts = START + timedelta(hours=rng.randrange(3))
        await post(
            city, title="搬砖", pay_fen=rng.choice((20000, 25000, 30000)), starts_at=starts, ends_at=starts + timedelta(hours=9),
            latitude=34.8 + rng.randrange(4) / 100,
        )  # fmt: skip
        city.clock.advance(timedelta(seconds=rng.randrange(2)))
    if sort == "distance":
        extra = {"latitude": 34.8, "longitude": 114.8, **extra}
    filters = F(sort=sort, **extra)
    seen: list[BoardLine] = []
    cursor = None
    while True:
        page = await board.board_page(city.database, filters, cursor, 3)
        seen += page.items
        cursor = page.next
        if cursor is None:
            break
    assert len(seen) == len({line.order_id for line in seen}) == 11
    keys: dict[str, Any] = {
        "newest": lambda x: (-x.published_at.timestamp(),),
        "pay": lambda x: (-x.pay_fen,),
        "soonest": lambda x: (x.starts_at,),
        "distance": lambda x: (x.distance_m,),
        # The same word in every title: what is left of the order by fit is when it was published, and half an hour a kilometre.
        "fit": lambda x: (round((x.distance_m or 0) * 1.8 - x.published_at.timestamp()),),
    }
    assert [keys[sort](line) for line in seen] == sorted(keys[sort](line) for line in seen)


async def test_distance_is_a_great_circle(city: City) -> None:
    await post(city, latitude=34.82, longitude=114.82)
    page = await board.board_page(city.database, F(latitude=34.92, longitude=114.92, sort="distance"))
    # Haversine by hand: 0.1 degree each way at 34.87 N.
    assert page.items[0].distance_m == pytest.approx(14_399, abs=30)


async def test_every_phrase_that_like_finds_is_found_by_search(city: City) -> None:
    ids = {}
    for title in TITLES:
        ids[await post(city, title=title, description="现场听安排")] = title
    phrases = {t[i : i + n] for t in TITLES for n in (1, 2, 3, 4) for i in range(len(t) - n + 1)}
    # Latin words are found by their beginning, not by their inside.
    phrases = {p for p in phrases if not re.search("[A-Za-z]", p)} | {"cad", "CAD绘", "Ca", "２名"}
    for phrase in sorted(phrases):
        if not query_terms(phrase):
            continue
        expected = {i for i, title in ids.items() if phrase.casefold() in title.casefold()}
        assert expected <= set(await found(city, q=phrase)), phrase


@pytest.mark.parametrize("q", ["'; DROP TABLE board_posts; --搬", "搬 & | ! ( )", "搬:*砖\\'", "搬\x00砖", "<b>搬"])
async def test_a_search_text_is_never_syntax(city: City, q: str) -> None:
    order_id = await post(city, title="搬砖")
    assert await found(city, q=q) in ([], [order_id])
    assert await found(city) == [order_id]


def test_a_trade_group_is_a_range_of_codes() -> None:
    codes = [t.code for t in trades.trades()]
    groups = [t for t in trades.trades() if t.level < 4]
    assert len(groups) > 100
    for group in groups:
        low, high = board.trade_range(group.code)
        inside = {c for c in codes if low <= c < high}
        assert inside == {c for c in codes if trades.is_under(c, group.code)}, group.code


def test_one_text_for_each_combination() -> None:
    shape = board_sql.Shape(frozenset({"area", "search"}), "newest", False, True)
    assert board_sql.statement(shape) is board_sql.statement(
        board_sql.Shape(frozenset({"search", "area"}), "newest", False, True)
    )


def test_etags() -> None:
    tag = board.etag(b"a")
    assert tag.startswith('W/"')
    assert tag != board.etag(b"b")
    assert board.fresh(tag, tag)
    assert board.fresh(f'"x", {tag.removeprefix("W/")}', tag)
    assert board.fresh("*", tag)
    assert not board.fresh(None, tag)
    assert not board.fresh(board.etag(b"b"), tag)


async def test_the_app_writes_no_board_row_itself(city: City) -> None:
    await post(city)
    for sql in (
        "UPDATE board_posts SET title = 'x'",
        "DELETE FROM board_posts",
        "INSERT INTO trace_entries DEFAULT VALUES",
    ):
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            async with city.database.system() as uow:
                await uow.execute(sa.text(sql))


async def test_terms_cannot_be_changed(city: City) -> None:
    order_id = await post(city)
    with pytest.raises(sa.exc.DBAPIError, match=r"permission denied|append-only"):
        async with city.database.system() as uow:
            await uow.execute(sa.text("UPDATE terms_versions SET body = '{}' WHERE order_id = :i"), {"i": order_id})


def test_search_text_holds_the_words_of_the_roadside() -> None:
    from linggong.market.models import Order

    text = review.search_text(
        Order(title="杂活", place="东关", employer_name="某厂", trade_code="6-29-99-00", description="")
    )
    assert "小工" in text
