"""The small city, whose offices are filled."""

from __future__ import annotations

from small_city import STATION, City, _timers, city

__all__ = ["STATION", "City", "_timers", "city"]
