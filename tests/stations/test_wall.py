"""What the wall may tell: a median only of enough posts of enough employers, people who wait and nobody who left."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from small_city import COUNTY, City
from work.conftest import publish

from linggong.kernel.paths import tenant_path
from linggong.stations import queue, wall

from .conftest import HERE, enrol, id_number, kiosk, press

if TYPE_CHECKING:
    from conftest import TestDatabase

MORE = """INSERT INTO board_posts SELECT (jsonb_populate_record(b, jsonb_build_object(
  'order_id', gen_random_uuid(), 'trace_code', $1 || n, 'employer_id', $2::uuid, 'trade_code', $3::text, 'pay_fen', 20000 + 1000 * n))).*
  FROM board_posts b, generate_series(1, $4) n WHERE b.order_id = $5"""


async def test_a_median_needs_ten_posts_of_three_employers(city: City, blank: TestDatabase) -> None:
    first = await publish(city)
    owner = await blank.owner()

    async def more(trade: str, employer: int, posts: int) -> int | None:
        await owner.execute(MORE, f"T{trade[-1]}{employer}", UUID(int=employer), trade, posts, first)
        before = await wall.wages(city.database, COUNTY)
        city.clock.advance(timedelta(minutes=4))
        assert await wall.wages(city.database, COUNTY) == before, (
            "kept for five minutes: every wall of a county asks for them"
        )
        city.clock.advance(timedelta(minutes=2))
        return {w.trade_code: w.median_fen for w in await wall.wages(city.database, COUNTY)}[trade]

    try:
        assert await more("4-02-05-01", 1, 12) is None, "one employer"
        assert await more("4-02-05-01", 2, 1) is None, "two"
        assert await more("4-02-05-01", 3, 1) == 25500, "fourteen posts of three"
        said = await wall.offered(city.database, COUNTY, "4-02-05-01")
        assert said is not None
        assert (said.low_fen, said.mid_fen, said.high_fen, said.posts) == (22200, 25500, 28800, 14)
        assert await more("6-29-01-03", 4, 5) is None
        assert await wall.offered(city.database, COUNTY, "6-29-01-03") is None
        assert await more("6-29-01-03", 5, 3) is None
        assert await more("6-29-01-03", 6, 1) is None, "nine posts of three employers"
        assert await more("6-29-01-03", 7, 1) == 22000, "ten"
        assert await wall.wages(city.database, "/4102/02/") == ()
    finally:
        await owner.close()


async def test_who_waits_is_shown_and_who_left_is_not(city: City) -> None:
    for n, changes in enumerate(({}, {"name": "欧阳海"}, {"name": "孙秀英"}), 1):
        await enrol(city, n, **changes)
    first = await press(city, id_number(2), trades=["4-02-05-01"])
    gone = await press(city, id_number(3))
    async with city.database.begin(*city.clerk) as uow:
        await queue.leave(uow, gone.id)
    async with city.database.begin(*(await kiosk(city)), read_only=True) as uow:
        shown = await wall.seekers(uow, HERE)
        area = await wall.area_of(uow, HERE)
        numbers = await wall.numbers(uow, HERE, area.path)
    # The one who waits first, then who registered here lately and may be asked; nobody by his name, nobody who left.
    assert [(s.call, s.trades, s.here) for s in shown] == [
        ("欧阳女士", ["4-02-05-01"], True), ("李师傅", ["6-29-99-00"], False),
    ]  # fmt: skip
    assert first.number == 1
    assert (area.name, numbers.signed_in, numbers.waiting) == ("兰考县", 2, 1)
    async with city.database.begin(*(await kiosk(city)), read_only=True) as uow:
        assert await wall.called(uow, tenant_path("/4102/02/003/s01/")) == []
