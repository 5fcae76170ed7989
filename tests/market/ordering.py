"""Orders as their people write them, and what the tests read of them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.db import Actor
from linggong.market import queries, review, service
from linggong.market.models import Order

from .conftest import City, good

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
            sa.text("SELECT key, due_at FROM timers WHERE subject_id = :s AND region = 'order' AND state = 'live'"),
            {"s": order_id},
        )
        return {r.key: r.due_at for r in rows}


async def by_sql(blank: TestDatabase, query: str, *arguments: object) -> None:
    owner = await blank.owner()
    await owner.execute(query, *arguments)
    await owner.close()


async def tick(city: City, step: timedelta) -> int:
    city.clock.advance(step)
    return await timers.sweep(city.database)
