"""A published order, people, and the settings of a seal of this run."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from small_city import City, _timers, city

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.settings import Settings
from linggong.people.identity_numbers import check_digit
from linggong.people.models import Person
from tests.work.conftest import Site, _loop, people, publish, site

__all__ = ["City", "Site", "_loop", "_timers", "city", "people", "publish", "site"]


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("seal"), public_url="https://lg.example.gov.cn")


async def verified(city: City, worker_id: UUID, *, name: str | None = None, born: date = date(1968, 5, 1)) -> str:
    """Give a worker of the site a sealed number, as registration does; returns it."""
    number = f"410225{born:%Y%m%d}001"
    number += check_digit(number)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        person = await uow.session.get_one(Person, worker_id)
        person.id_sealed = city.secrets.sealer.seal(number, f"persons.id_sealed.{worker_id}")
        person.birth_date = born
        if name is not None:
            person.name = name
    return number
