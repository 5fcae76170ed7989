"""The whole app on the test's own database, and signed-in clients of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import pytest
from served import served
from small_city import STATION, City, _timers, city, good

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.settings import Settings
from linggong.people import registration, sessions, staff
from linggong.people.forms import ProxyConsent, WorkerForm
from linggong.people.identity_numbers import check_digit

if TYPE_CHECKING:
    from conftest import TestDatabase

__all__ = ["City", "_timers", "city", "good"]

PASSWORD = "dawn-at-the-bridge-5"


@dataclass
class Site:
    """The app, its city, and how to come in as somebody."""

    app: Any
    city: City
    stack: AsyncExitStack
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    async def client(self, token: str | None = None, **headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://market.test", headers=headers)
        if token is not None:
            client.cookies.set("lg_session", token)
            client.headers["x-csrf-token"] = self.city.secrets.sign("csrf", token)
        return await self.stack.enter_async_context(client)

    async def staff(self, role: str = "station_clerk", path: str = STATION, name: str = "limin") -> httpx.AsyncClient:
        async with self.city.database.begin(SYSTEM, EVERYWHERE) as uow:
            account = await staff.create_staff(uow, name, "李敏", role, path, PASSWORD)
            token = await sessions.create(uow, "staff", account)
        return await self.client(token)

    async def worker(self, n: int = 1) -> tuple[httpx.AsyncClient, UUID]:
        first = f"41022519680501{n:03d}"
        form = WorkerForm(
            name="李国强", id_number=first + check_digit(first), phone=f"138{n:08d}", trades=["6-29-99-00"],
            skill_level=0, pay_fen=18000, pay_unit="day",
        )  # fmt: skip
        async with self.city.database.begin(*self.city.clerk) as uow:
            slip = ProxyConsent(method="slip", evidence="0001")
            made = await registration.register_worker(uow, self.city.secrets.sealer, form, proxy=slip)
        async with self.city.database.begin(SYSTEM, EVERYWHERE) as uow:
            token = await sessions.create(uow, "person", made.person_id)
        return await self.client(token), made.person_id


@pytest.fixture
async def site(city: City, blank: TestDatabase, tmp_path: Path) -> AsyncIterator[Site]:
    """The app with the small city's keys and database."""
    settings = Settings.from_env({"LINGGONG_DATA_DIR": str(tmp_path), "LINGGONG_POOL_SIZE": "4"})
    async with served(settings, blank.app_dsn, city.secrets) as app, AsyncExitStack() as stack:
        yield Site(app, city, stack)
