"""What the directory and the figures are told of: the small city."""

from __future__ import annotations

from small_city import _timers, city

__all__ = ["_timers", "city"]
