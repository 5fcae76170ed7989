"""The final grade of an operator's year, as the assessment tells it (R124). The operator never gives it to itself (R017)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from linggong.kernel.db import UnitOfWork


class FinalGrade(msgspec.Struct, frozen=True, kw_only=True):
    """A grade that nobody may object to any more."""

    name: str
    points: int


Source = Callable[[UnitOfWork, UUID], Awaitable[FinalGrade | None]]


async def _none(uow: UnitOfWork, contract_id: UUID) -> FinalGrade | None:
    return None


_source: Source = _none


def source(read: Source) -> None:
    """Say where final grades are read."""
    global _source
    _source = read


async def final(uow: UnitOfWork, contract_id: UUID) -> FinalGrade | None:
    """Return the final grade of a contract's year; None while there is none."""
    return await _source(uow, contract_id)
