"""The small city, for forecasts."""

from __future__ import annotations

from small_city import City, _timers, city, good

__all__ = ["City", "_timers", "city", "good"]
