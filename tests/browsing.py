"""The whole app on the small city, with a worker, an employer and a clerk at their browsers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import pytest
from served import served
from small_city import STATION, City, good

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.settings import Settings
from linggong.market import review, service
from linggong.people import employers, registration, sessions, staff
from linggong.people.forms import ProxyConsent, WorkerForm
from linggong.people.identity_numbers import check_digit

if TYPE_CHECKING:
    from conftest import TestDatabase


@dataclass
class Browsers:
    """The app, its city, and browsers of people."""

    app: Any
    city: City
    stack: AsyncExitStack

    async def anybody(self, token: str | None = None) -> httpx.AsyncClient:
        """A browser, signed in when a token is given; it sends the CSRF token of its session as a script would."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://market.test", headers={"accept": "text/html"})
        if token is not None:
            client.cookies.set("lg_session", token)
            client.headers["x-csrf-token"] = self.city.secrets.sign("csrf", token)
        return await self.stack.enter_async_context(client)

    async def person(self, n: int = 1, name: str = "李国强") -> tuple[str, UUID]:
        """Register a worker at the desk and open a session for him."""
        first = f"41022519680501{n:03d}"
        form = WorkerForm(
            name=name, id_number=first + check_digit(first), phone=f"138{n:08d}", trades=["6-29-99-00"],
            skill_level=0, pay_fen=18000, pay_unit="day",
        )  # fmt: skip
        async with self.city.database.begin(*self.city.clerk) as uow:
            slip = ProxyConsent(method="slip", evidence="0001")
            made = await registration.register_worker(uow, self.city.secrets.sealer, form, proxy=slip)
        async with self.city.database.begin(SYSTEM, EVERYWHERE) as uow:
            return await sessions.create(uow, "person", made.person_id), made.person_id

    async def worker(self, n: int = 1) -> httpx.AsyncClient:
        """A worker's browser."""
        return await self.anybody((await self.person(n))[0])

    async def boss(self, employer_id: UUID, n: int = 900) -> httpx.AsyncClient:
        """The browser of somebody who acts for an employer."""
        _, person_id = await self.person(n, "王经理")
        async with self.city.database.begin(SYSTEM, EVERYWHERE) as uow:
            await employers.add_member(uow, employer_id, person_id, "owner")
            token = await sessions.create(uow, "person", person_id, {"employer_id": str(employer_id)})
        return await self.anybody(token)

    async def clerk(self) -> httpx.AsyncClient:
        """A clerk's browser."""
        async with self.city.database.begin(SYSTEM, EVERYWHERE) as uow:
            account = await staff.create_staff(uow, "limin", "李敏", "station_clerk", STATION, "dawn-at-the-bridge-5")
            return await self.anybody(await sessions.create(uow, "staff", account))

    async def post(self, **changes: Any) -> tuple[UUID, str]:
        """Publish an order of the trusted employer; returns id and trace code."""
        city = self.city
        async with city.database.begin(*city.employer(city.trusted)) as uow:
            order = await service.create_order(
                uow, city.secrets.sealer, good(**changes), employer_id=city.trusted, tenant=STATION, submit=True
            )
        if order.state == "O_REVIEW":
            async with city.database.begin(*city.colleague) as uow:
                await review.approve(uow, order.id, call_back="reached")
        return order.id, order.trace_code


def button(page: str, path: str) -> str:
    """Return the value of the button that posts to a path, as a finger would press it."""
    found = re.search(rf'name="one" value="([^"]+)" formaction="[^"]*/{path}"', page)
    assert found, f"no button for {path}"
    return found.group(1)


@pytest.fixture
async def browsers(city: City, blank: TestDatabase, tmp_path: Path) -> AsyncIterator[Browsers]:
    """The app, served in process."""
    settings = Settings.from_env({"LINGGONG_DATA_DIR": str(tmp_path), "LINGGONG_POOL_SIZE": "4"})
    async with served(settings, blank.app_dsn, city.secrets) as app, AsyncExitStack() as stack:
        yield Browsers(app, city, stack)
