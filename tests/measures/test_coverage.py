"""How many people live within reach of a live station (M24), from population that somebody wrote down with its source."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from small_city import COMMUNITY_CODE, COUNTY, OTHER_CODE, STATION, City

from linggong.kernel.db import Actor
from linggong.kernel.errors import Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, tenant_path
from linggong.measures.coverage import coverage
from tenants import population
from tenants.models import Node
from tenants.population import PopulationInput

DAY = date(2025, 12, 31)


def bureau(path: str) -> tuple[Actor, Scope]:
    """The bureau of a place."""
    at = tenant_path(path)
    return Actor(kind="staff", id=new_id(), post=at, role="city_bureau"), Scope(trees=(at,))


async def place(city: City, where: sa.ColumnElement[bool], latitude: float) -> None:
    async with city.database.system() as uow:
        await uow.execute(sa.update(Node).where(where).values(latitude=latitude, longitude=114.8))


async def test_the_near_are_covered_and_nothing_is_guessed(city: City) -> None:
    async with city.database.begin(*bureau("/4102/")) as uow:
        empty = await coverage(uow, tenant_path("/4102/"))
        assert (empty.value, empty.total, empty.sources) == (None, 0, [])
        lines = [
            PopulationInput(place="410225001000", residents=50000, as_of=DAY, source="街道数"),
            PopulationInput(place=COMMUNITY_CODE, residents=3000, as_of=DAY, source="七普"),
            PopulationInput(place=COMMUNITY_CODE, residents=2000, as_of=date(2020, 11, 1), source="旧数"),
            PopulationInput(place="410225101000", residents=1000, as_of=DAY, source="七普", is_sample=True),
            PopulationInput(place=OTHER_CODE, residents=6000, as_of=DAY, source="七普"),
        ]
        assert await population.load(uow, lines) == 5
        assert await population.load(uow, lines[:1]) == 1
    # The street's own figure gives way to its community's; the latest holds.
    await place(city, Node.division_code == COMMUNITY_CODE, 34.82)
    await place(city, Node.division_code == "410225101000", 34.85)
    await place(city, Node.path == STATION, 34.80)
    async with city.database.begin(*bureau("/4102/")) as uow:
        # The station lies 2.2 km from the community and 5.6 km from 堌阳镇; nobody knows where 大兴街道's people live.
        found = await coverage(uow, tenant_path("/4102/"))
        assert (found.covered, found.total, found.unplaced, found.value) == (3000, 10000, 6000, 0.3)
        assert (found.areas, found.areas_unplaced, found.stations, found.stations_unplaced) == (3, 1, 1, 1)
        assert (found.sources, found.as_of, found.is_sample) == (["七普"], DAY, True)
    async with city.database.begin(*bureau(COUNTY)) as uow:
        assert (await coverage(uow, tenant_path(COUNTY))).value == 0.75
        with pytest.raises(Invalid) as refused:
            await population.load(
                uow,
                [
                    PopulationInput(place=OTHER_CODE, residents=1, as_of=DAY, source="七普"),
                    PopulationInput(place=COMMUNITY_CODE, residents=5, working_age=6, as_of=DAY, source=" "),
                ],
            )
        assert [f.field for f in refused.value.faults] == ["lines.0.place", "lines.1.working_age", "lines.1.source"]
    # A station where nothing has happened for thirty days covers nobody.
    city.clock.advance(timedelta(days=31))
    async with city.database.begin(*bureau(COUNTY)) as uow:
        assert (await coverage(uow, tenant_path(COUNTY))).value == 0.0
