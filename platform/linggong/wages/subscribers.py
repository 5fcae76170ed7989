"""Wages follow the work: bills for what was done and for what came to nothing, and the deadlines of wages."""

from __future__ import annotations

from uuid import UUID

from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.market import gates
from linggong.wages import bills, holding, overdue, service
from linggong.wages.extras import COMPENSATION_WORDS
from linggong.work import common


async def bill_on_acceptance(uow: UnitOfWork, accepted: NewEvent) -> None:
    """Write the bill at once (54)."""
    if accepted.subject_id is not None:
        await bills.bill_for(uow, accepted.subject_id)


async def pay_void_work(uow: UnitOfWork, voided: NewEvent) -> None:
    """Pay what was worked before an engagement was void, outside the void (49)."""
    if voided.subject_id is None:
        return
    row, _ = await common.assignment(uow, voided.subject_id)
    if row.minutes or row.quantity:
        await bills.bill_for(uow, row.id, ended="void")


async def compensate_engagement(uow: UnitOfWork, ended: NewEvent) -> None:
    """Compensate an engagement that the employer cancelled after the lock (30): the event says what is paid."""
    kind = str(ended.body.get("paid_kind") or "")
    if ended.subject_id is not None and kind in COMPENSATION_WORDS:
        await bills.compensate(uow, ended.subject_id, kind)


def _of_shift(cause: str) -> events.Subscriber:
    async def compensate(uow: UnitOfWork, happened: NewEvent) -> None:
        if happened.subject_id is not None:
            row, engagement = await common.assignment(uow, UUID(str(happened.subject_id)))
            await bills.compensate(uow, engagement.id, cause, assignment_id=row.id)

    return compensate


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    events.subscribe("assignment.accepted", "wages.bill_on_acceptance", bill_on_acceptance)
    events.subscribe("assignment.voided", "wages.pay_void_work", pay_void_work)
    events.subscribe("engagement.cancelled", "wages.compensate_engagement", compensate_engagement)
    events.subscribe("assignment.employer_no_show", "wages.compensate", _of_shift("employer_no_show"))
    events.subscribe("assignment.differs", "wages.compensate", _of_shift("differs"))
    events.subscribe("assignment.rain_on_site", "wages.compensate", _of_shift("rain_on_site"))
    timers.on_timer(service.RECEIPT_TIMER, service.receipt_due)
    timers.on_timer(service.TRY_TIMER, service.try_again)
    timers.on_timer(holding.HOLD_TIMER, holding.lapsed)
    for key in overdue.KEYS:
        timers.on_timer(key, overdue.on_timer)
    gates.may_post["wages"] = overdue.may_post
