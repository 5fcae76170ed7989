"""The small city with the offices that inspect it: two of the bureau, one of another department, the station and its operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import Officer, hire
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, STATION, City, _timers, city

from linggong.inbox import service as memos
from linggong.inspection import subscribers
from linggong.kernel import timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from rbac.roles import Role
from tenants.evidence import Photo
from tenants.models import Node

__all__ = ["COUNTY", "OTHER_STATION", "STATION", "City", "_timers", "city"]
SECOND = "/4102/25/101/s01/"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@dataclass(frozen=True)
class Offices:
    """Who sits where."""

    city: City
    top: Officer
    bureau: Officer
    colleague: Officer
    department: Officer
    operator: Officer
    clerk: Officer
    other_bureau: Officer

    async def node(self, path: str = STATION) -> UUID:
        """Return a place's id."""
        async with self.city.database.begin(SYSTEM, EVERYWHERE) as uow:
            found: UUID = await uow.session.scalar(sa.select(Node.id).where(Node.path == path))
        return found

    async def later(self, days: int) -> None:
        """Let days pass, and what is due happen."""
        self.city.clock.advance(timedelta(days=days))
        await timers.sweep(self.city.database)

    @property
    def now(self) -> datetime:
        """Return what the clock says."""
        return self.city.clock.now()

    def photo(self, *, taken: bool = True) -> Photo:
        """Return a photo of just now."""
        return Photo(data=PNG, taken_at=self.now if taken else None)


@pytest.fixture
async def offices(city: City) -> Offices:
    memos.register()
    subscribers.register()
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        uow.session.add(
            Node(
                id=new_id(), path=SECOND, kind="station", name="堌阳镇零工驿站", short_name="堌阳驿站", status="open",
                point_is_demo=True, created_at=uow.now, phone="0371-20000001", address="堌阳镇人民路1号",
            )
        )  # fmt: skip
    people = (
        ("shi", Role.CITY_BUREAU, "/4102/", "周明"), ("xian", Role.COUNTY_BUREAU, COUNTY, "罗志华"),
        ("xian2", Role.COUNTY_BUREAU, COUNTY, "马丽"), ("jianguan", Role.DEPARTMENT_VIEWER, COUNTY, "钱程"),
        ("yunying", Role.COUNTY_OPERATOR, COUNTY, "侯建军"), ("limin", Role.STATION_CLERK, STATION, "李敏"),
        ("longting", Role.COUNTY_BUREAU, OTHER_COUNTY, "王芳"),
    )  # fmt: skip
    return Offices(city, *[await hire(city.database, user, role, path, name=name) for user, role, path, name in people])
