"""Who may post: higher floors answer (wages for arrears, trust for a ban), by name, registered at assembly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict

may_post: dict[str, Callable[[UnitOfWork, UUID], Awaitable[str | None]]] = {}
"""Given the employer; returns the reason why he may not post, in Chinese, or None."""

must_be_read: dict[str, Callable[[UnitOfWork, UUID], Awaitable[bool]]] = {}
"""Given the employer; tells whether a person reads each of his posts before it is published, whatever trust he has earned."""


async def read_by_a_person(uow: UnitOfWork, employer_id: UUID) -> bool:
    """Tell whether some gate wants a person to read this employer's posts."""
    for _, gate in sorted(must_be_read.items()):
        if await gate(uow, employer_id):
            return True
    return False


async def pass_posting(uow: UnitOfWork, employer_id: UUID) -> None:
    """Raise Conflict with the first reason why this employer may not post now, in any county (transition 64)."""
    if reason := await why_not(uow, employer_id):
        raise Conflict(reason)


async def why_not(uow: UnitOfWork, employer_id: UUID) -> str:
    """Return the first reason why this employer may not post now, '' when he may."""
    for _, gate in sorted(may_post.items()):
        if reason := await gate(uow, employer_id):
            return reason
    return ""


keeps_open: dict[str, Callable[[UnitOfWork, UUID], Awaitable[bool]]] = {}
"""Given the order; tells whether it must not expire at its start, because somebody has been said not to have come (ruling 8)."""


async def kept_open(uow: UnitOfWork, order_id: UUID) -> bool:
    """Tell whether an order without people at its start waits for another deadline than its expiry."""
    for _, gate in sorted(keeps_open.items()):
        if await gate(uow, order_id):
            return True
    return False
