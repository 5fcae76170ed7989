"""An order on the board (transitions 6, 7 and 23): asked again, locked, expired, cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from linggong.kernel import timers
from linggong.kernel.errors import Forbidden, Invalid
from linggong.market import board, hiring, service

from .conftest import START, City
from .ordering import by_sql, events_of, live_timers, load, published, tick

if TYPE_CHECKING:
    from conftest import TestDatabase


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
    assert (kind, body["transition"], body["from"], body["to"]) == ("order.expired", "7", "O_OPEN", "O_EXPIRED")
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
    assert set(await live_timers(city, order_id)) == {"t.fill_until", "t.understaffed", "t.nobody_came"}
    kind, moved = [e for e in await events_of(city, order_id) if e[0] == "order.state"][-1]
    assert (kind, moved["event"], moved["from"], moved["to"]) == ("order.state", "derive", "O_OPEN", "O_LOCKED")
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
    ("reason", "locked", "transition"),
    [("employer", False, "29"), ("employer", True, "30"), ("weather", False, "32"), ("weather", True, "33")],
)
async def test_cancel(city: City, reason: str, locked: bool, transition: str) -> None:
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
