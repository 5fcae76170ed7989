"""The small city with its offices, an open order and people, for what goes out to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from inbox.conftest import Offices, offices
from small_city import COUNTY, OTHER_STATION, STATION, City, _timers, city
from work.conftest import Site, _loop, people, publish, site
from work.walking import accepted, signed

from linggong.kernel.errors import Invalid
from linggong.outreach import satisfaction
from tenants.evidence import Photo

__all__ = [
    "COUNTY", "OTHER_STATION", "STATION", "City", "Offices", "Site", "_loop", "_timers", "accepted", "city", "offices",
    "people", "publish", "signed", "site",
]  # fmt: skip
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@pytest.fixture(autouse=True)
def _outreach() -> None:
    satisfaction.register()


def photo(at: datetime | None) -> Photo:
    """A photo taken then; None: nobody knows when."""
    return Photo(data=PNG, taken_at=at, latitude=34.82, longitude=114.82)


async def refused(step: Callable[[], Awaitable[Any]]) -> set[str]:
    """Return the fields that a step refuses, all at once."""
    with pytest.raises(Invalid) as caught:
        await step()
    assert all(any("一" <= c <= "鿿" for c in fault.message) for fault in caught.value.faults)
    return {fault.field for fault in caught.value.faults}
