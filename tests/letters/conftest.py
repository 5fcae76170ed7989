"""The small city with its offices, who write to each other."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import STREET, Officer, hire
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, STATION, City, _timers, city

from linggong.inbox import service, subscribers
from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from rbac.roles import Role
from tenants.models import Node

__all__ = ["COUNTY", "OTHER_STATION", "STATION", "STREET", "City", "_timers", "city"]


@dataclass(frozen=True)
class Offices:
    """Who sits where."""

    city: City
    top: Officer
    bureau: Officer
    operator: Officer
    clerk: Officer
    other_bureau: Officer
    other_clerk: Officer

    async def node(self, path: str) -> UUID:
        """Return a place's id."""
        async with self.city.database.begin(SYSTEM, EVERYWHERE) as uow:
            found: UUID = await uow.session.scalar(sa.select(Node.id).where(Node.path == path))
        return found


@pytest.fixture
async def offices(city: City) -> Offices:
    service.register()
    subscribers.register()
    people = (
        ("shi", Role.CITY_BUREAU, "/4102/", "周明"), ("xian", Role.COUNTY_BUREAU, COUNTY, "罗志华"),
        ("yunying", Role.COUNTY_OPERATOR, COUNTY, "侯建军"), ("limin", Role.STATION_CLERK, STATION, "李敏"),
        ("longting", Role.COUNTY_BUREAU, OTHER_COUNTY, "王芳"), ("daxing", Role.STATION_CLERK, OTHER_STATION, "孙强"),
    )  # fmt: skip
    return Offices(city, *[await hire(city.database, user, role, path, name=name) for user, role, path, name in people])
