"""The small city, at a Tuesday's 09:30, with a worker whom the station serves."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from small_city import STATION, City, _timers, city
from stations.conftest import enrol

from linggong.services import entries
from linggong.services.entries import TakeForm, Taken

__all__ = ["STATION", "City", "_timers", "city", "enrol", "take"]


@pytest.fixture(autouse=True)
def _forenoon(city: City) -> None:
    """From 05:10 to 09:30."""
    city.clock.advance(timedelta(hours=4, minutes=20))


async def take(city: City, **changes: object) -> Taken:
    """Take a matter in as the clerk."""
    typed: dict[str, object] = {"item": "shiye", "who": "张三 13900000001", "words": "厂子关门了"}
    form = msgspec.convert(typed | changes, TakeForm)
    async with city.database.begin(*city.clerk) as uow:
        return await entries.take(uow, city.secrets.sealer, form)
