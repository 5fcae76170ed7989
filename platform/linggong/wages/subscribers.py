"""Wages follow the work: bills for what was done and for what came to nothing, and the deadlines of wages."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.market import gates
from linggong.people import leaving
from linggong.wages import bills, holding, overdue, service
from linggong.wages.models import Bill
from linggong.wages.wechat import bindings, line
from linggong.work import common

_CAUSES = {"cancel": "cancel_after_lock", "rain": "rain_on_site"}
"""What `engagement.cancelled` calls the rule of section 5 by which a worker is made good."""


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
    """Make good what an engagement lost by a late cancel or by rain at the gate (30, 33): the event says which shifts."""
    cause = _CAUSES.get(str(ended.body.get("paid_kind") or ""))
    engagement_id = ended.body.get("engagement") or ended.subject_id
    if cause is None or engagement_id is None:
        return
    shifts = ended.body.get("shifts") or [None]
    for shift in shifts:
        await bills.compensate(
            uow, UUID(str(engagement_id)), cause, assignment_id=None if shift is None else UUID(str(shift))
        )


def _of_shift(cause: str) -> events.Subscriber:
    async def compensate(uow: UnitOfWork, happened: NewEvent) -> None:
        if happened.subject_id is not None:
            row, engagement = await common.assignment(uow, UUID(str(happened.subject_id)))
            await bills.compensate(uow, engagement.id, cause, assignment_id=row.id)

    return compensate


async def against_leaving(uow: UnitOfWork, person_id: UUID) -> str:
    """Return how many wage bills of a person are open: who leaves now would be asked by nobody whether he got them."""
    count = await uow.session.scalar(
        sa.select(sa.func.count()).where(Bill.worker_id == person_id, Bill.state.in_(("OPEN", "CLAIMED")))
    )
    return f"还有 {count} 笔工钱没结清，先拿到钱、点“收到了”。" if count else ""


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    line.register()
    leaving.against["wages"] = against_leaving
    events.subscribe(leaving.CLOSED, "wages.forget_wechat", bindings.forget)
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
