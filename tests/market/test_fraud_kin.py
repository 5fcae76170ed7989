"""Posts beside other employers' posts: copied texts, shared telephones, pay far from the city's (R057, M21)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from linggong.market.models import Order
from tenants.service import set_parameter

from .conftest import START, STATION, City
from .ordering import by_sql, create, load, published

if TYPE_CHECKING:
    from conftest import TestDatabase

TEXT = (
    "早上七点在货运站三号门集合，卸的是袋装化肥，一袋八十斤，有叉车配合上垛，中午管一顿盒饭，"
    "下午四点左右干完，工钱当场现金结清，自带手套。"
)


def codes(order: Order) -> list[str]:
    return [finding.split("|")[2] for finding in order.findings]


async def test_a_copied_text_goes_to_the_reviewer_and_the_first_author_is_left_alone(city: City) -> None:
    first = await create(city, description=TEXT)
    assert "echo" not in codes(await load(city, first))
    city.clock.advance(timedelta(minutes=1))
    copy = await load(city, await create(city, employer_id=city.trusted, description=TEXT.replace("四点", "五点")))
    assert "echo" in codes(copy)
    # The trusted employer would have passed by rule at dawn: now a person reads first.
    assert copy.state == "O_REVIEW"
    city.clock.advance(timedelta(minutes=1))
    assert "echo" not in codes(await load(city, await create(city, description=TEXT)))


async def test_a_copy_of_what_the_board_shows_names_its_code(city: City) -> None:
    first = await load(city, await published(city, description=TEXT))
    city.clock.advance(timedelta(minutes=1))
    copy = await load(city, await create(city, employer_id=city.trusted, description=TEXT))
    assert [f for f in copy.findings if first.trace_code in f]


async def test_short_texts_resemble_many_and_are_not_compared(city: City) -> None:
    await create(city)
    city.clock.advance(timedelta(minutes=1))
    assert codes(await load(city, await create(city, employer_id=city.trusted))) == []


async def test_a_telephone_of_three_employers_wants_an_eye(city: City) -> None:
    for number, employer in enumerate((city.fresh, city.trusted, city.elsewhere)):
        city.clock.advance(timedelta(minutes=1))
        who = city.employer(employer)
        found = codes(await load(city, await create(city, who, employer_id=employer)))
        assert ("contact_reuse" in found) is (number == 2)


async def test_the_stations_own_telephone_is_everybodys(city: City, blank: TestDatabase) -> None:
    await by_sql(blank, "UPDATE nodes SET phone = '138-0000-0000' WHERE path = $1", STATION)
    for employer in (city.fresh, city.trusted, city.elsewhere):
        found = codes(await load(city, await create(city, employer_id=employer)))
    assert "contact_reuse" not in found


async def test_old_posts_are_forgotten(city: City) -> None:
    await create(city, description=TEXT)
    city.clock.advance(timedelta(days=91))
    later = {"starts_at": START + timedelta(days=92), "ends_at": START + timedelta(days=92, hours=9)}
    copy = await load(city, await create(city, employer_id=city.trusted, description=TEXT, **later))
    assert "echo" not in codes(copy)


async def test_pay_far_from_the_citys_own_posts_wants_an_eye(city: City) -> None:
    async with city.database.system() as uow:
        await set_parameter(uow, "/4102/", "fraud.local_min_posts", "5", "a test")
    await published(city)
    for _ in range(4):
        # By now the employer is trusted: these pass by rule.
        await create(city)
    found = await load(city, await create(city, employer_id=city.trusted, pay_fen=52000))
    assert "pay_local" in codes(found)


async def test_nobody_learns_of_posts_by_an_order_that_is_not_his(city: City) -> None:
    order_id = await create(city, description=TEXT)
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        row = (
            await uow.execute(
                sa.text("SELECT * FROM post_kin(:o, :p, '{}', '{}', now(), 32)"), {"o": order_id, "p": b"x"}
            )
        ).one()
    assert tuple(row) == (0, 0, None)
