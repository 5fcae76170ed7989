"""What the papers' details are tried on: the small city and browsers of its people."""

from __future__ import annotations

from browsing import browsers
from small_city import _timers, city

__all__ = ["_timers", "browsers", "city"]
