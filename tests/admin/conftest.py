"""The whole app with two counties of staff, and the console as a browser or a script meets it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import httpx
import pytest
import sqlalchemy as sa
from served import served
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, STATION, City, _timers, city, good

from admin import pacing
from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.settings import Settings
from linggong.people import registration, sessions, staff
from linggong.people.forms import ProxyConsent, WorkerForm
from linggong.people.identity_numbers import check_digit
from linggong.people.models import Staff
from tenants.models import Node

if TYPE_CHECKING:
    from conftest import TestDatabase

__all__ = ["City", "_timers", "city", "good"]

PASSWORD = "dawn-at-the-bridge-5"


@dataclass
class Console:
    """The app, its city, and whoever sits at the console."""

    app: Any
    city: City
    stack: AsyncExitStack
    blank: TestDatabase
    folder: Path
    accounts: dict[str, UUID] = field(default_factory=dict)

    async def token(self, role: str, path: str, name: str, words: str = "李敏") -> str:
        async with self.city.database.begin(SYSTEM, EVERYWHERE) as uow:
            account = self.accounts.get(name)
            if account is None:
                account = await staff.create_staff(uow, name, words, role, path, PASSWORD)
                self.accounts[name] = account
            return await sessions.create(uow, "staff", account)

    async def anybody(self, token: str | None = None) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://market.test/admin")
        if token is not None:
            client.cookies.set("lg_session", token)
            client.headers["x-csrf-token"] = self.city.secrets.sign("csrf", token)
        return await self.stack.enter_async_context(client)

    async def at(self, role: str = "sysadmin", path: str = COUNTY, name: str = "") -> httpx.AsyncClient:
        """The console of somebody at a post."""
        place = "lk" if path.startswith(COUNTY) else "lt" if path.startswith(OTHER_COUNTY) else "kf"
        return await self.anybody(await self.token(role, path, name or f"{role}_{place}"))

    async def node(self, path: str) -> UUID:
        async with self.city.database.begin(SYSTEM, EVERYWHERE) as uow:
            found = await uow.session.scalar(sa.select(Node.id).where(Node.path == path))
            assert found is not None
            return found

    async def staff_of(self, name: str) -> UUID:
        async with self.city.database.begin(SYSTEM, EVERYWHERE) as uow:
            found = await uow.session.scalar(sa.select(Staff.id).where(Staff.username == name))
            assert found is not None
            return found

    async def owner(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """What stands in the database, past every wall."""
        connection = await self.blank.owner()
        try:
            rows: list[asyncpg.Record] = await connection.fetch(query, *arguments)
            return rows
        finally:
            await connection.close()

    async def worker(self, n: int = 1, at: str = STATION) -> UUID:
        first = f"41022519680501{n:03d}"
        form = WorkerForm(
            name="李国强", id_number=first + check_digit(first), phone=f"138{n:08d}", trades=["6-29-99-00"],
            skill_level=0, pay_fen=18000, pay_unit="day",
        )  # fmt: skip
        async with self.city.database.begin(*self.city.staff(at)) as uow:
            slip = ProxyConsent(method="slip", evidence="0001")
            return (await registration.register_worker(uow, self.city.secrets.sealer, form, proxy=slip)).person_id


@pytest.fixture(autouse=True)
def _fresh_pace() -> None:
    pacing._seen.clear()


@pytest.fixture
async def console(city: City, blank: TestDatabase, tmp_path: Path) -> AsyncIterator[Console]:
    """The app with the small city, whose two counties have staff of their own."""
    settings = Settings.from_env({"LINGGONG_DATA_DIR": str(tmp_path), "LINGGONG_POOL_SIZE": "4"})
    async with served(settings, blank.app_dsn, city.secrets) as app, AsyncExitStack() as stack:
        made = Console(app, city, stack, blank, tmp_path)
        await made.token("station_clerk", STATION, "limin", "李敏")
        await made.token("station_clerk", OTHER_STATION, "zhaolei", "赵磊")
        yield made
