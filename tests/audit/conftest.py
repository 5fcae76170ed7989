"""The small city, for the audit trail."""

from __future__ import annotations

from small_city import _timers, city

__all__ = ["_timers", "city"]
