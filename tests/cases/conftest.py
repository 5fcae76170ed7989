"""A bill in the small city, and everybody who has a hand in a case about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import pytest
from small_city import COUNTY, _timers, city

from linggong.cases import mediation
from linggong.cases import subscribers as cases
from linggong.contracts import subscribers as contracts
from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, Scope, tenant_path
from linggong.people.models import Staff
from linggong.wages import subscribers as wages
from linggong.work import subscribers as work
from rbac.models import RoleAssignment
from tests.work.conftest import Site, people, publish
from tests.work.walking import accepted

__all__ = ["_timers", "city"]


@dataclass
class Case(Site):
    """A site with an accepted shift and its bill."""

    engagement_id: UUID = field(default_factory=new_id)
    assignment_id: UUID = field(default_factory=new_id)
    bill_id: UUID = field(default_factory=new_id)
    mediator_id: UUID = field(default_factory=new_id)
    mate_id: UUID = field(default_factory=new_id)
    """The shift of somebody who works beside."""

    def officer(self, role: str, path: str = COUNTY, staff_id: UUID | None = None) -> tuple[Actor, Scope]:
        at = tenant_path(path)
        return Actor(kind="staff", id=staff_id or new_id(), post=at, role=role), Scope(trees=(at,))

    @property
    def bureau(self) -> tuple[Actor, Scope]:
        return self.officer("county_bureau")

    @property
    def mediator(self) -> tuple[Actor, Scope]:
        return self.officer("mediator", staff_id=self.mediator_id)


@pytest.fixture(autouse=True)
def _loop() -> None:
    work.register()
    contracts.register()
    wages.register()
    cases.register()


@pytest.fixture
async def billed(city) -> Case:
    """One worker's shift is accepted: a bill of 200 yuan, due tonight. A mediator is on the county's roster."""
    made = Case(city, await publish(city, headcount=2), await people(city, 3))
    made.engagement_id, made.assignment_id, made.bill_id = await accepted(made, 0)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        for staff_id, name, path in (
            (city.clerk_id, "王店员", "/4102/25/001/s01/"),
            (city.colleague_id, "赵店员", "/4102/25/001/s01/"),
            (made.mediator_id, "周调解", COUNTY),
        ):
            uow.session.add(
                Staff(id=staff_id, tenant=path, username=f"u{staff_id.hex[-10:]}", name=name, created_at=uow.now)
            )
        await uow.flush()
        uow.session.add(
            RoleAssignment(id=new_id(), staff_id=made.mediator_id, role="mediator", tenant=COUNTY, starts_at=uow.now)
        )
    async with made.begin(made.bureau) as uow:
        await mediation.enrol(
            uow, staff_id=made.mediator_id, path=COUNTY, certificate="豫调2024-0017", issued_by="河南省人社厅",
            valid_from=date(2024, 1, 1), valid_to=date(2027, 12, 31),
        )  # fmt: skip
    return made
