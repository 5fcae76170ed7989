"""The small city with its offices, its station open since February with a first sign, for ledgers and reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from officers import STREET, Officer, hire
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, STATION, City, _timers, city

from linggong.kernel.ids import new_id
from linggong.measures.site_models import SiteDay
from rbac.roles import Role
from tenants import service

__all__ = ["COUNTY", "OTHER_STATION", "STATION", "City", "_timers", "city"]
FIVE = "灵活用工政策宣讲、灵活用工企业需求、人力资源供给、用工专员服务企业、零工市场即时对接"
TODAY = date(2026, 3, 10)
"""Tuesday; the clock stands at 05:10."""


@dataclass(frozen=True)
class Offices:
    """Who sits where."""

    clerk: Officer
    colleague: Officer
    street: Officer
    bureau: Officer
    top: Officer
    operator: Officer
    other_bureau: Officer
    other_clerk: Officer


@pytest.fixture
async def offices(city: City) -> Offices:
    people = (
        ("limin", Role.STATION_CLERK, STATION, "李敏"), ("liming", Role.STATION_CLERK, STATION, "黎明"),
        ("jiedao", Role.STREET_OPERATOR, STREET, "何燕"), ("xian", Role.COUNTY_BUREAU, COUNTY, "罗志华"),
        ("shi", Role.CITY_BUREAU, "/4102/", "周明"), ("yunying", Role.COUNTY_OPERATOR, COUNTY, "侯建军"),
        ("longting", Role.COUNTY_BUREAU, OTHER_COUNTY, "王芳"), ("daxing", Role.STATION_CLERK, OTHER_STATION, "孙强"),
    )  # fmt: skip
    async with city.database.system() as uow:
        await service.set_parameter(uow, "/4102/", "ledgers", f"{FIVE}、求职人员信息登记台账、其他事项台账", "文件")
        for path in (STATION, OTHER_STATION):
            # The station has been keeping records since 5 March.
            uow.session.add(
                SiteDay(
                    id=new_id(), tenant=path, day=date(2026, 3, 5), sign="clerk", n=1,
                    first_at=datetime(2026, 3, 5, 0, tzinfo=UTC),
                )
            )  # fmt: skip
    return Offices(*[await hire(city.database, user, role, path, name=name) for user, role, path, name in people])
