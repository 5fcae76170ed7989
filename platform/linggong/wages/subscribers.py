"""Wages follow the work: a bill for every accepted assignment, and the receipt's deadline."""

from __future__ import annotations

from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.kernel.timers import Timer
from linggong.wages import service


async def bill_on_acceptance(uow: UnitOfWork, accepted: NewEvent) -> None:
    """Write the bill at once (54)."""
    if accepted.subject_id is not None:
        await service.make_bill(uow, accepted.subject_id)


async def receipt_due(uow: UnitOfWork, timer: Timer) -> None:
    """The worker did not answer in time (58)."""
    await service.settle_by_evidence(uow, timer.subject_id)


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    events.subscribe("assignment.accepted", "wages.bill_on_acceptance", bill_on_acceptance)
    timers.on_timer(service.RECEIPT_TIMER, receipt_due)
