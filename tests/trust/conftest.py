"""A published order in the small city with everything that follows a step: bills, points, stars."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import COUNTY, City, _timers, city, good
from work.conftest import Site, _loop, people, publish, site
from work.walking import accepted, at_work, signed, state

from linggong.kernel import timers
from linggong.kernel.db import Actor
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, tenant_path
from linggong.trust import queries, subscribers
from linggong.trust.models import CreditEntry, Restriction
from linggong.trust.queries import EntryView, LevelView

__all__ = [
    "City", "Site", "_loop", "_timers", "accepted", "at_work", "bureau", "city", "entries", "good", "happens", "levels",
    "people", "publish", "signed", "site", "state", "sweep",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _trust(_loop: None) -> None:
    subscribers.register()


async def sweep(site: Site) -> None:
    """Let the background do all that is due, and what that sets at once."""
    while await timers.sweep(site.city.database):
        pass


def bureau(staff_id: UUID | None = None) -> tuple[Actor, Scope]:
    """The county's bureau, another hand each time."""
    at = tenant_path(COUNTY)
    return Actor(kind="staff", id=staff_id or new_id(), post=at, role="county_bureau"), Scope(trees=(at,))


async def entries(site: Site, who: Any) -> list[EntryView]:
    async with site.begin(who) as uow:
        return await queries.entries(uow)


async def levels(site: Site, who: Any) -> list[LevelView]:
    async with site.begin(who) as uow:
        return await queries.restrictions(uow)


async def happens(
    site: Site, told: str, *, subject: UUID | None = None, person: UUID | None = None, **body: Any
) -> UUID:
    """Let an event of another slice happen to an order of the trusted employer's, as its own services tell it."""
    subject = subject or new_id()
    async with site.city.database.system() as uow:
        tenant = await uow.session.scalar(sa.text("SELECT tenant FROM orders WHERE id = :o"), {"o": site.order_id})
        await uow.emit(
            NewEvent(
                type=told, chain=f"order:{site.order_id}", subject_id=subject, tenant=tenant, person_id=person,
                employer_id=None if person else site.city.trusted, body={"order": str(site.order_id), **body},
            )
        )  # fmt: skip
    await sweep(site)
    return subject


async def rows(site: Site, model: type[CreditEntry] | type[Restriction]) -> list[Any]:
    async with site.city.database.system() as uow:
        return list((await uow.session.scalars(sa.select(model).order_by(model.id))).all())
