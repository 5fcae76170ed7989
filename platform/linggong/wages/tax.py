"""A hint when a month's pay passes what cumulative withholding leaves untaxed; the tax itself is the payer's and the office's.

Cumulative withholding (professional knowledge, to be re-read before it is cited): of the income since January a share is taken
off as cost, then the monthly base for each month. 5,000 yuan and 20 % leave 6,250 yuan a month without withholding.
"""

from __future__ import annotations

from fractions import Fraction
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.money import format_yuan
from linggong.wages.extras import round_half_up
from linggong.wages.loading import whole
from linggong.wages.models import Bill
from linggong.work.models import Assignment


class TaxHint(msgspec.Struct, frozen=True, kw_only=True):
    """What one employer owes one worker for one month, and from where withholding begins; fen."""

    month: str
    earned_fen: int
    threshold_fen: int
    words: str


def threshold(base_fen: int, cost_percent: int, *, months: int = 1) -> int:
    """Return the income up to which nothing is withheld over so many months. Raises ValueError for nonsense."""
    if not 0 <= cost_percent < 100 or base_fen < 0 or months < 1:
        raise ValueError("a threshold needs a base, a share below 100 and a month")
    return round_half_up(Fraction(base_fen * months * 100, 100 - cost_percent))


async def hint(uow: UnitOfWork, employer_id: UUID, worker_id: UUID, month: str, *, path: str) -> TaxHint | None:
    """Return the hint for a month such as 2026-03, None at or below the threshold.

    Counts the bills that this reader may see: the worker and the employer see all of them.
    """
    day = sa.func.coalesce(Assignment.work_date, sa.cast(sa.func.timezone("Asia/Shanghai", Bill.created_at), sa.Date))
    earned = await uow.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Bill.total_fen), 0))
        .outerjoin(Assignment, Assignment.id == Bill.assignment_id)
        .where(Bill.employer_id == employer_id, Bill.worker_id == worker_id, sa.func.to_char(day, "YYYY-MM") == month)
    )
    limit = threshold(await whole(uow, path, "tax.monthly_base_fen"), await whole(uow, path, "tax.cost_percent"))
    total = int(earned or 0)
    if total <= limit:
        return None
    words = f"{month} 这家给他的工钱一共 {format_yuan(total)} 元，超过每月 {format_yuan(limit)} 元，要预扣个税，请问清税务。"
    return TaxHint(month=month, earned_fen=total, threshold_fen=limit, words=words)
