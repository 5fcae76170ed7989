"""Pages of an employer: the day, a new order, one order with its people."""

from __future__ import annotations

from typing import Any

CONTROLLERS: list[Any] = []
