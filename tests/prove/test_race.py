"""A thousand racers for twenty places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from small_city import _timers, city

from tests.loop.test_races import counted, race

if TYPE_CHECKING:
    from conftest import TestDatabase
    from small_city import City

pytestmark = [pytest.mark.prove, pytest.mark.timeout(1_800)]
__all__ = ["_timers", "city"]


async def test_thousand_racers_for_twenty_places(city: City, blank: TestDatabase) -> None:
    site, answers = await race(city, 1000, 20)
    assert answers == {"confirmed": 20, "Conflict": 980}
    await counted(city, site, blank, 20)
