"""On-time settlement (M12) and arrears (M13) of a place, counted from the bills themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.wages.models import LATE_STATES, Bill

AGES = (1, 3, 7, 15, 30)
"""Days by which overdue money is sorted (M13)."""


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """M12: of the bills that fell due in a period, how each was settled; a bill without anything owed is none."""

    due: int
    on_time_confirmed: int
    """Paid by the due time, and the worker says so."""
    on_time_evidence: int
    """Recorded in time and settled by a voucher, without his word."""
    unconfirmed: int
    """Claimed and neither answered nor settled."""
    late: int
    unpaid: int

    @property
    def rate(self) -> float | None:
        """Return bills paid and confirmed by the due time / bills due; None when nothing was due."""
        return self.on_time_confirmed / self.due if self.due else None


class Arrears(msgspec.Struct, frozen=True, kw_only=True):
    """M13: persons and money past the grace, and how old it is (days: fen)."""

    persons_due: int
    persons_late: int
    due_fen: int
    late_fen: int
    ages: dict[str, int]

    @property
    def person_rate(self) -> float | None:
        """Return persons with a bill unpaid past the grace / persons with a bill due; None without any."""
        return self.persons_late / self.persons_due if self.persons_due else None

    @property
    def money_rate(self) -> float | None:
        """Return overdue money / due money; None without any."""
        return self.late_fen / self.due_fen if self.due_fen else None


async def settlement(uow: UnitOfWork, start: datetime, end: datetime) -> Settlement:
    """Count M12 for bills falling due in [start, end) at the order's places of the scope."""
    count, on_time = sa.func.count, Bill.settled_at <= Bill.due_at
    row = (
        await uow.execute(
            sa.select(
                count(),
                count().filter(on_time, Bill.settled_by == "confirmed"),
                count().filter(Bill.settled_by == "evidence", Bill.wage_state == "W_PAID"),
                count().filter(Bill.state == "CLAIMED"),
                count().filter(Bill.settled_by == "confirmed", ~on_time),
                count().filter(Bill.state == "OPEN"),
            ).where(_here(uow), Bill.due_at >= start, Bill.due_at < end, Bill.total_fen > 0)
        )
    ).one()
    return Settlement(
        due=row[0], on_time_confirmed=row[1], on_time_evidence=row[2], unconfirmed=row[3], late=row[4], unpaid=row[5]
    )


async def arrears(uow: UnitOfWork, start: datetime, end: datetime) -> Arrears:
    """Count M13 for bills falling due in [start, end) at the order's places of the scope, as they stand now."""
    late = Bill.wage_state.in_(LATE_STATES)
    left = Bill.total_fen - Bill.paid_fen
    # Younger than the first age is overdue all the same: each step counts what is older than it.
    steps = [
        sa.func.coalesce(sa.func.sum(left).filter(late, Bill.due_at <= uow.now - timedelta(days=age)), 0)
        for age in AGES
    ]
    row = (
        await uow.execute(
            sa.select(
                sa.func.count(Bill.worker_id.distinct()),
                sa.func.count(Bill.worker_id.distinct()).filter(late),
                sa.func.coalesce(sa.func.sum(Bill.total_fen), 0),
                sa.func.coalesce(sa.func.sum(left).filter(late), 0),
                *steps,
            ).where(_here(uow), Bill.due_at >= start, Bill.due_at < end, Bill.due_at <= uow.now)
        )
    ).one()
    return Arrears(
        persons_due=row[0],
        persons_late=row[1],
        due_fen=int(row[2]),
        late_fen=int(row[3]),
        ages={str(age): int(fen) for age, fen in zip(AGES, row[4:], strict=True)},
    )


def _here(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    """A bill counts at its order's place only, or it would count twice where another place serves the worker."""
    return uow.scope.clause(Bill.tenant)
