"""Days whose evidence is frozen: an assessment that counts them fills this registry, and nothing is added to them afterwards.

A higher floor says here which days of which place are closed; what is asked to be written into one is refused with its words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final

from linggong.kernel.db import UnitOfWork

frozen: Final[dict[str, Callable[[UnitOfWork, str, date], Awaitable[str]]]] = {}
"""By name: return why a day at a place is frozen (`2026 年度考核已冻结`), '' where it is not. Bound by higher floors."""


async def why(uow: UnitOfWork, tenant: str, day: date) -> str:
    """Return why nothing more may be written into a day of a place, '' where it may."""
    for _, asked in sorted(frozen.items()):
        words = await asked(uow, tenant, day)
        if words:
            return words
    return ""
