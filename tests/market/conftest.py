"""Fixtures of the small city."""

from __future__ import annotations

from small_city import (
    COMMUNITY_CODE,
    COUNTY,
    OTHER_CODE,
    OTHER_COUNTY,
    OTHER_STATION,
    START,
    STATION,
    STREET_CODE,
    City,
    _timers,
    city,
    good,
)

__all__ = [
    "COMMUNITY_CODE", "COUNTY", "OTHER_CODE", "OTHER_COUNTY", "OTHER_STATION", "START", "STATION", "STREET_CODE", "City",
    "_timers", "city", "good",
]  # fmt: skip
