"""The final grade of a contract's year: what payment and renewal ask, and all that they may know of an assessment (R013, R125)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.assessment.card import Card
from linggong.assessment.models import Assessment, ScoreCard
from linggong.kernel.db import UnitOfWork


class Final(msgspec.Struct, frozen=True, kw_only=True):
    """A grade that holds. `points` is None where the card evaluates in words (沙县); `multiplier` where it pays nothing by grade."""

    assessment_id: UUID
    year: int
    points: int | None
    grade: str
    multiplier: int | None
    at: datetime


async def grade_of(uow: UnitOfWork, contract_id: UUID, year: int) -> Final | None:
    """Return the final grade of the service year of a contract that begins in the calendar year `year`; None while there is none."""
    found = [one for one in await grades_of(uow, contract_id) if one.year == year]
    return found[0] if found else None


async def grades_of(uow: UnitOfWork, contract_id: UUID) -> list[Final]:
    """Return the final grades of all years of a contract, the earliest first."""
    rows = await uow.execute(
        sa.select(Assessment, ScoreCard.body)
        .join(ScoreCard, ScoreCard.id == Assessment.card_id)
        .where(Assessment.contract_id == contract_id, Assessment.state == "S_FINAL")
        .order_by(Assessment.year)
    )
    found = []
    for row, body in rows:
        grades = {grade.name: grade for grade in msgspec.convert(body, Card).grades}
        multiplier = grades[row.grade].multiplier if row.grade in grades else None
        found.append(
            Final(
                assessment_id=row.id, year=row.year, points=row.points, grade=row.grade or "", multiplier=multiplier, at=row.final_at
            )
        )  # fmt: skip
    return found
