"""Browsers of people for the tests of pages."""

from __future__ import annotations

from browsing import browsers
from small_city import _timers, city

__all__ = ["_timers", "browsers", "city"]
