"""The small city with its browsers, for the files of places."""

from __future__ import annotations

from browsing import Browsers, browsers
from small_city import City, _timers, city

__all__ = ["Browsers", "City", "_timers", "browsers", "city"]
