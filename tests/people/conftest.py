"""The small city, and forms without a fault."""

from __future__ import annotations

from typing import Any

from small_city import STATION, City, _timers, city

from linggong.people.forms import ProxyConsent, WorkerForm
from linggong.people.identity_numbers import check_digit

__all__ = ["STATION", "City", "_timers", "city"]

SLIP = ProxyConsent(method="slip", evidence="同意书 0001")


def id_number(n: int = 1, *, born: str = "19680501", area: str = "410225") -> str:
    """A made-up ID number with a right check digit."""
    first = f"{area}{born}{n:03d}"
    return first + check_digit(first)


def worker(n: int = 1, **changes: Any) -> WorkerForm:
    """A worker's form without a fault."""
    values: dict[str, Any] = {
        "name": "李国强",
        "id_number": id_number(n),
        "phone": f"138{n:08d}",
        "trades": ["6-29-99-00"],
        "skill_level": 0,
        "pay_fen": 18000,
        "pay_unit": "day",
    }
    return WorkerForm(**(values | changes))
