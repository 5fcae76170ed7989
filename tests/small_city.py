"""A small city with two stations, three employers and their staff, for the tests of orders and board."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from linggong.kernel.clock import MovableClock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import SYSTEM, Actor, Database
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, Scope, TenantPath, tenant_path
from linggong.market import subscribers
from linggong.market.codes import JobForm, LegalForm, PayChannel, PayUnit, Settlement
from linggong.market.forms import OrderForm
from linggong.people.models import Employer, ServiceLink
from tenants.models import Node

COUNTY, OTHER_COUNTY = "/4102/25/", "/4102/02/"
STATION, OTHER_STATION = "/4102/25/001/s01/", "/4102/02/003/s01/"
STREET_CODE, COMMUNITY_CODE, OTHER_CODE = "410225001000", "410225001203", "410202003000"
START = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
"""Wednesday 07:30; the moved clock stands at Tuesday 05:10."""

_NODES = (
    ("/", "city", "河南省", None),
    ("/4102/", "city", "开封市", "410200000000"),
    ("/4102/25/", "county", "兰考县", "410225000000"),
    ("/4102/25/001/", "street", "兰阳街道", STREET_CODE),
    ("/4102/25/001/0203/", "community", "某社区", COMMUNITY_CODE),
    (STATION, "station", "兰阳街道零工驿站", None),
    ("/4102/25/101/", "street", "堌阳镇", "410225101000"),
    ("/4102/02/", "county", "龙亭区", "410202000000"),
    ("/4102/02/003/", "street", "大兴街道", OTHER_CODE),
    (OTHER_STATION, "station", "大兴街道零工驿站", None),
)


@dataclass(frozen=True)
class City:
    """Who is who."""

    database: Database
    secrets: Secrets
    clock: MovableClock
    trusted: UUID
    fresh: UUID
    unverified: UUID
    restricted: UUID
    elsewhere: UUID
    clerk_id: UUID
    colleague_id: UUID

    def employer(self, employer_id: UUID | None = None) -> tuple[Actor, Scope]:
        """An employer at his phone."""
        return Actor(kind="employer", id=new_id(), employer_id=employer_id or self.fresh, role="employer"), EVERYWHERE

    def staff(self, path: str = STATION, *, staff_id: UUID | None = None) -> tuple[Actor, Scope]:
        """A clerk at a post."""
        at: TenantPath = tenant_path(path)
        return Actor(kind="staff", id=staff_id or self.clerk_id, post=at, role="station_clerk"), Scope(trees=(at,))

    @property
    def clerk(self) -> tuple[Actor, Scope]:
        return self.staff()

    @property
    def colleague(self) -> tuple[Actor, Scope]:
        return self.staff(staff_id=self.colleague_id)

    @property
    def other_clerk(self) -> tuple[Actor, Scope]:
        return self.staff(OTHER_STATION, staff_id=new_id())


def good(**changes: Any) -> OrderForm:
    """A form without a fault."""
    values: dict[str, Any] = {
        "title": "搬砖小工，管午饭",
        "trade_code": "6-29-99-00",
        "headcount": 6,
        "place": "东关大街12号工地南门",
        "division_code": STREET_CODE,
        "latitude": 34.82,
        "longitude": 114.82,
        "starts_at": START,
        "ends_at": START + timedelta(hours=9),
        "meal_minutes": 60,
        "pay_fen": 20000,
        "pay_unit": PayUnit.DAY,
        "settlement": Settlement.DAILY,
        "pay_channel": PayChannel.CASH,
        "contact_name": "王师傅",
        "contact_phone": "138 0000 0000",
        "description": "上料、搬砖。",
        "job_form": JobForm.TEMPORARY,
        "legal_form": LegalForm.SERVICE,
    }
    return OrderForm(**(values | changes))


@pytest.fixture(autouse=True)
def _timers() -> None:
    subscribers.register()


@pytest.fixture
async def city(database: Database, secrets: Secrets, moved_clock: MovableClock) -> City:
    """The small city on the test's own database."""
    return await found(database, secrets, moved_clock)


async def found(database: Database, secrets: Secrets, moved_clock: MovableClock) -> City:
    """Found the small city: its employers are linked to the station at 兰阳街道 (one of them to 大兴街道)."""
    made = City(database, secrets, moved_clock, *(new_id() for _ in range(7)))
    async with database.begin(SYSTEM, EVERYWHERE) as uow:
        for path, kind, name, code in _NODES:
            uow.session.add(
                Node(
                    id=new_id(), path=path, kind=kind, name=name, short_name=name, division_code=code, status="open",
                    point_is_demo=True, created_at=uow.now,
                )
            )  # fmt: skip
        await uow.flush()
        employers = (
            (made.trusted, "开封建筑公司", 2, True, "active", STATION, "91410225MA40000001"),
            (made.fresh, "兰考食品厂", 1, False, "active", STATION, "91410225MA40000002"),
            (made.unverified, "没核实的店", 0, False, "active", STATION, "91410225MA40000003"),
            (made.restricted, "限制的公司", 2, True, "restricted", STATION, "91410225MA40000004"),
            (made.elsewhere, "龙亭饭店", 2, True, "active", OTHER_STATION, "91410225MA40000005"),
        )
        for employer_id, name, level, trusted, status, path, uscc in employers:
            uow.session.add(
                Employer(
                    id=employer_id, kind="enterprise", name=name, uscc=uscc, contact_name="王经理",
                    phone_sealed=secrets.sealer.seal("13800000001", f"employers.phone_sealed.{employer_id}"),
                    phone_index=secrets.sealer.blind_index("phone", "13800000001"), verified_level=level,
                    is_trusted=trusted, status=status, registered_channel="desk", created_at=uow.now,
                )
            )  # fmt: skip
            uow.session.add(
                ServiceLink(id=new_id(), subject_id=employer_id, tenant=path, kind="registered", started_at=uow.now)
            )
    return made
