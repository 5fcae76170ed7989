"""The final grade of a contract's year, as the assessment tells it (R124). The operator never gives it to itself (R017)."""

from __future__ import annotations

from uuid import UUID

import msgspec

from linggong.assessment import finals
from linggong.kernel.db import UnitOfWork


class FinalGrade(msgspec.Struct, frozen=True, kw_only=True):
    """A grade that nobody may object to any more."""

    name: str
    points: int | None
    """None where the card evaluates in words."""

    @property
    def words(self) -> str:
        """How it is told."""
        return f"“{self.name}”" + ("" if self.points is None else f"（{self.points} 分）")


async def final(uow: UnitOfWork, contract_id: UUID) -> FinalGrade | None:
    """Return the final grade of a contract's latest year; None while there is none, or for a post that sees no assessment."""
    found = await finals.grades_of(uow, contract_id)
    return FinalGrade(name=found[-1].grade, points=found[-1].points) if found else None
