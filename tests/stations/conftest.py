"""The small city with its hall: a clerk, people who come, a kiosk and a wall."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from people.conftest import SLIP, id_number, worker
from small_city import STATION, City, _timers, city
from work.conftest import _loop

from linggong.kernel.paths import tenant_path
from linggong.people import registration
from linggong.stations import queue, screens, subscribers
from linggong.stations.models import Ticket
from linggong.stations.who import Typed, recognise

__all__ = [
    "SLIP",
    "STATION",
    "City",
    "_hall",
    "_loop",
    "_timers",
    "city",
    "enrol",
    "id_number",
    "press",
    "screen",
    "typed",
]
HERE = tenant_path(STATION)


@pytest.fixture(autouse=True)
def _hall(_loop: None) -> None:
    subscribers.register()


async def enrol(city: City, n: int = 1, *, where: tuple[Any, Any] | None = None, **changes: Any) -> UUID:
    """Register a worker at a desk."""
    async with city.database.begin(*(where or city.clerk)) as uow:
        return (
            await registration.register_worker(uow, city.secrets.sealer, worker(n, **changes), proxy=SLIP)
        ).person_id


async def typed(city: City, number: str) -> Typed:
    async with city.database.system() as uow:
        return await recognise(uow, city.secrets.sealer, number, at=STATION)


async def press(city: City, number: str, **more: Any) -> Ticket:
    """Somebody types a number at the kiosk."""
    who = await typed(city, number)
    async with city.database.begin(*(await kiosk(city))) as uow:
        return await queue.sign_in(uow, at=HERE, channel="kiosk", typed=who, **more)


async def kiosk(city: City) -> tuple[Any, Any]:
    """Who acts when a kiosk of the station does."""
    standing = screens.Standing(
        id=UUID(int=1), kind="kiosk", tenant=HERE, node_id=UUID(int=2), station="", phone="", opening_hours=""
    )
    return standing.actor, standing.scope


async def screen(city: City, kind: str = "wall", name: str = "大厅", *, where: tuple[Any, Any] | None = None) -> str:
    """Register a screen; returns its secret."""
    async with city.database.begin(*(where or city.clerk)) as uow:
        return (await screens.register(uow, kind=kind, name=name))[1]
