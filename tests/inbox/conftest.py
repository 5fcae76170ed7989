"""The small city with its offices: a city bureau, a county with bureau and operator, a street and a station."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from officers import DECISIONS, STREET, Officer, hire
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, STATION, City, _timers, city

from linggong.inbox import service
from rbac.roles import Role

__all__ = ["COUNTY", "DECISIONS", "OTHER_STATION", "STATION", "STREET", "City", "_timers", "city"]


@dataclass(frozen=True)
class Offices:
    """Who sits where."""

    top: Officer
    bureau: Officer
    operator: Officer
    street: Officer
    clerk: Officer
    colleague: Officer
    other_bureau: Officer
    other_clerk: Officer


@pytest.fixture
async def offices(city: City) -> Offices:
    service.register()
    people = (
        ("shi", Role.CITY_BUREAU, "/4102/", "周明"), ("xian", Role.COUNTY_BUREAU, COUNTY, "罗志华"),
        ("yunying", Role.COUNTY_OPERATOR, COUNTY, "侯建军"), ("jiedao", Role.STREET_OPERATOR, STREET, "何燕"),
        ("limin", Role.STATION_CLERK, STATION, "李敏"), ("liming", Role.STATION_CLERK, STATION, "黎明"),
        ("longting", Role.COUNTY_BUREAU, OTHER_COUNTY, "王芳"), ("daxing", Role.STATION_CLERK, OTHER_STATION, "孙强"),
    )  # fmt: skip
    return Offices(*[await hire(city.database, user, role, path, name=name) for user, role, path, name in people])
