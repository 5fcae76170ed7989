"""Questions that the work floor asks and higher floors answer: may this be signed, may this start, may he take it.

A gate returns None, or the reason why not, in Chinese. Higher floors register by name at assembly, because a lower floor
never imports a higher one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.work.models import Assignment, Engagement

ready_to_contract: dict[str, Callable[[UnitOfWork, Engagement], Awaitable[str | None]]] = {}
"""Asked before transition 20."""
ready_to_start: dict[str, Callable[[UnitOfWork, Assignment, Engagement], Awaitable[str | None]]] = {}
"""Asked before transition 37 (ruling 4)."""
may_take: dict[str, Callable[[UnitOfWork, Engagement], Awaitable[str | None]]] = {}
"""Asked when somebody applies, accepts an invitation or confirms (limits of section 6)."""

rating_opens: dict[str, Callable[[UnitOfWork, Engagement], Awaitable[datetime | None]]] = {}
"""When else than at completion the sides may rate each other: wages answer with the bill's due date (ruling 14)."""


async def pass_contract(uow: UnitOfWork, row: Engagement) -> None:
    """Raise Conflict with the first reason why this may not be signed."""
    for _, gate in sorted(ready_to_contract.items()):
        if reason := await gate(uow, row):
            raise Conflict(reason)


async def pass_start(uow: UnitOfWork, row: Assignment, engagement: Engagement) -> None:
    """Raise Conflict with the first reason why this shift may not start."""
    for _, gate in sorted(ready_to_start.items()):
        if reason := await gate(uow, row, engagement):
            raise Conflict(reason)


async def pass_taking(uow: UnitOfWork, row: Engagement) -> None:
    """Raise Conflict with the first reason why this worker may not take part."""
    for _, gate in sorted(may_take.items()):
        if reason := await gate(uow, row):
            raise Conflict(reason)
