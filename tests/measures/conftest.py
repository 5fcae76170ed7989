"""The small city, for the measures."""

from __future__ import annotations

from small_city import City, _timers, city, good

__all__ = ["City", "_timers", "city", "good"]
