"""A city with insurance on offer, a stand-in insurer in this process, and one order with people of several ages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import City, _timers, city, good

from linggong.cover import line, products, queries, subscribers
from linggong.cover.insurer import HttpInsurer
from linggong.cover.models import CoverPolicy
from linggong.cover.products import ProductForm
from linggong.cover.standin import InProcess, StandIn
from linggong.kernel import outbox
from linggong.kernel.db import SYSTEM
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.people.models import Person
from linggong.work import gates as asked
from tests.work.conftest import Site, people, publish
from tests.work.conftest import _loop as _loop

__all__ = ["City", "_timers", "city", "good"]
KEY = b"a key that both sides hold"

BASIC = ProductForm(
    code="JB-A1", name="零工意外基本险", insurer="演示财险", kind="basic", payer="government", premium_day_fen=100,
    death_fen=20_000_000, medical_fen=2_000_000, min_age=16, max_age=65, classes=[1, 2, 3, 4, 5], made_up=True,
)  # fmt: skip
TOPUP = ProductForm(
    code="ZJ-B1", name="雇主加保", insurer="演示财险", kind="topup", payer="employer", premium_day_fen=300,
    death_fen=50_000_000, medical_fen=5_000_000, min_age=18, max_age=60, classes=[1, 2, 3, 4], made_up=True,
)  # fmt: skip


@dataclass
class Covered(Site):
    """The order's cast with an insurer. `standin` is how it behaves, `wire` what it would say at the callback."""

    standin: StandIn | None = None
    wire: InProcess | None = None

    async def ask(self) -> int:
        """Let the worker process make what is due."""
        return await outbox.work(self.city.database, line.SYSTEM)

    async def state(self, engagement_id: UUID) -> str:
        async with self.begin(self.clerk) as uow:
            found = await queries.cover_of(uow, engagement_id)
            assert found is not None
            return found.state

    async def policies(self, engagement_id: UUID) -> list[CoverPolicy]:
        async with self.city.database.begin(SYSTEM, EVERYWHERE) as uow:
            return list(await queries.policies(uow, engagement_id))

    async def told(self, engagement_id: UUID) -> list[str]:
        """Types of events about cover on the order's chain, in order."""
        async with self.city.database.begin(SYSTEM, EVERYWHERE) as uow:
            rows = await uow.execute(
                sa.text("SELECT type FROM events WHERE chain = :c AND type LIKE 'cover.%' ORDER BY n"),
                {"c": f"order:{self.order_id}"},
            )
            return [row.type for row in rows]

    async def born(self, *days: date) -> None:
        """Give the workers these birthdays and numbers that open."""
        async with self.city.database.begin(SYSTEM, EVERYWHERE) as uow:
            for n, worker_id in enumerate(self.workers):
                person = await uow.session.get(Person, worker_id)
                assert person is not None
                person.birth_date = days[n % len(days)]
                person.id_sealed = self.city.secrets.sealer.seal(
                    f"41022519680501{n:04d}", f"persons.id_sealed.{worker_id}"
                )


async def offer_products(city: City, *forms: ProductForm) -> None:
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        for form in forms:
            await products.add_product(uow, "/4102/", form)


@pytest.fixture(autouse=True)
def _gates() -> Any:
    """Cover's gates stand for these tests, and fall after them: other floors' tests do not ask for insurance."""
    subscribers.register()
    yield
    asked.ready_to_contract.pop("cover", None)
    asked.ready_to_start.pop("cover", None)


@pytest.fixture
async def covered(city: City) -> AsyncIterator[Covered]:
    """Six places tomorrow at 07:30 under 劳务; workers of 57, 67 and 62 years; both products on offer in the whole city."""
    await offer_products(city, BASIC, TOPUP)
    made = Covered(city, await publish(city), await people(city, 3))
    made.standin = StandIn(KEY, delay=0.05)
    made.wire = InProcess(made.standin)
    insurer = HttpInsurer("http://insurer.test", KEY, transport=made.wire)
    line.use(insurer, city.secrets.sealer)
    await made.born(date(1968, 5, 1), date(1958, 5, 1), date(1963, 5, 1))
    yield made
    line.use(None, None)
    await insurer.aclose()


__all__ += ["BASIC", "KEY", "TOPUP", "Covered", "new_id", "offer_products"]
