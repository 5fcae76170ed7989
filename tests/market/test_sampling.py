"""Published posts drawn for a second look (R057): how many, the same ones whoever draws, by another hand."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import OTHER_STATION, City

from linggong.kernel import timers
from linggong.kernel.errors import Conflict
from linggong.market import happenings, hiring, review, sampling, subscribers
from linggong.market.models import Order
from tests.work.conftest import publish


async def drawn(city: City) -> list[UUID]:
    async with city.database.system() as uow:
        return await sampling.draw(uow)


async def test_one_in_twenty_is_drawn_and_another_hand_looks(city: City) -> None:
    subscribers.register()
    order_id = await publish(city)
    async with city.database.system() as uow:
        (await uow.session.get_one(Order, order_id)).reviewed_by = city.clerk_id
        await timers.cancel_timers(uow, order_id, happenings.REVIEW_RECHECK)
    assert await drawn(city) == [order_id], "at least one"
    assert await drawn(city) == [], "it waits already"
    async with city.database.begin(*city.clerk) as uow:
        (line,) = await sampling.waiting(uow)
        assert (line.drawn, line.own) == (True, True)
        with pytest.raises(Conflict, match="同事"):
            await review.recheck(uow, order_id)
    async with city.database.begin(*city.staff(OTHER_STATION)) as uow:
        assert await sampling.waiting(uow) == []
    async with city.database.begin(*city.colleague) as uow:
        await review.recheck(uow, order_id, note="打过电话，属实")
    async with city.database.begin(*city.colleague) as uow:
        assert await sampling.waiting(uow) == []
    with pytest.raises(Conflict, match="不用复核"):
        async with city.database.begin(*city.colleague) as uow:
            await review.recheck(uow, order_id)


async def test_what_nobody_looked_at_is_told_late_and_old_posts_are_not_drawn(city: City) -> None:
    subscribers.register()
    order_id = await publish(city)
    async with city.database.system() as uow:
        (await uow.session.get_one(Order, order_id)).reviewed_by = city.colleague_id
        await timers.cancel_timers(uow, order_id, happenings.REVIEW_RECHECK)
    await drawn(city)
    city.clock.advance(timedelta(hours=20))
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        await hiring.refresh(uow, order_id)
    city.clock.advance(timedelta(hours=4, minutes=1))
    await timers.sweep(city.database)
    async with city.database.system() as uow:
        late = await uow.session.scalar(sa.text("SELECT count(*) FROM events WHERE type = 'order.recheck_late'"))
    assert late >= 1
    assert await drawn(city) == []
