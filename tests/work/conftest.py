"""A published order in the small city, with people who may work on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from small_city import STATION, City, _timers, city, good

from linggong.contracts import subscribers as contracts
from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.ids import new_id
from linggong.kernel.money import fen
from linggong.kernel.paths import EVERYWHERE, Scope
from linggong.market import review, service
from linggong.people.models import Contact, Person, ServiceLink, Worker
from linggong.wages import subscribers as wages
from linggong.work import subscribers as work

__all__ = ["City", "_timers", "city", "good"]


@dataclass
class Site:
    """An open order and the cast of one day."""

    city: City
    order_id: UUID
    workers: list[UUID] = field(default_factory=list)

    def worker(self, n: int = 0) -> tuple[Actor, Scope]:
        return Actor(kind="worker", id=self.workers[n], role="worker"), EVERYWHERE

    @property
    def employer(self) -> tuple[Actor, Scope]:
        return self.city.employer(self.city.trusted)

    @property
    def clerk(self) -> tuple[Actor, Scope]:
        return self.city.clerk

    def begin(self, who: tuple[Actor, Scope]) -> Any:
        return self.city.database.begin(*who)

    def at(self, **step: int) -> None:
        self.city.clock.advance(timedelta(**step))


async def publish(city: City, **changes: Any) -> UUID:
    """An order of the trusted employer, approved by another member of staff when no rule passes it."""
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        order = await service.create_order(
            uow, city.secrets.sealer, good(**changes), employer_id=city.trusted, tenant=STATION, submit=True
        )
    if order.state == "O_REVIEW":
        async with city.database.begin(*city.colleague) as uow:
            await review.approve(uow, order.id, call_back="reached")
    return order.id


async def people(city: City, count: int, *, born: date = date(1968, 5, 1), node: str | None = STATION) -> list[UUID]:
    """Verified workers registered at a station."""
    made = []
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        for n in range(count):
            person_id, contact_id = new_id(), new_id()
            made.append(person_id)
            uow.session.add(
                Person(
                    id=person_id, name=f"李{'甲乙丙丁戊己庚辛'[n % 8]}{n}", id_sealed=b"x", id_index=person_id.bytes,
                    birth_date=born, sex="男", verified_level=1, verified_method="id_number", verified_at=uow.now,
                    registered_channel="desk", created_at=uow.now,
                )
            )  # fmt: skip
            await uow.flush()
            uow.session.add(
                Worker(
                    person_id=person_id, trades=["6-29-99-00"], pay_fen=fen(18000), pay_unit="day",
                    created_at=uow.now, updated_at=uow.now,
                )
            )  # fmt: skip
            sealed = city.secrets.sealer.seal(f"139{n:08d}", f"contacts.number_sealed.{contact_id}")
            uow.session.add(
                Contact(
                    id=contact_id, person_id=person_id, kind="mobile", number_sealed=sealed,
                    number_index=contact_id.bytes, can_sign_in=True, created_at=uow.now,
                )
            )  # fmt: skip
            if node is not None:
                uow.session.add(
                    ServiceLink(id=new_id(), subject_id=person_id, tenant=node, kind="registered", started_at=uow.now)
                )
    return made


@pytest.fixture(autouse=True)
def _loop() -> None:
    work.register()
    contracts.register()
    wages.register()


@pytest.fixture
async def site(city: City) -> Site:
    """Six places at 07:30 tomorrow, 200 yuan a day, paid the same day; three workers of the station."""
    return Site(city, await publish(city), await people(city, 3))
