"""What cases do by the clock and when others' events happen: missed clocks, disputes that open by themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from linggong.cases import archiving, arrears, common, handling, intake, mediation, money, openings, referrals
from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.timers import Timer


def _missed(what: str) -> Callable[[UnitOfWork, Timer], Awaitable[None]]:
    async def fired(uow: UnitOfWork, timer: Timer) -> None:
        row = await common.case(uow, timer.subject_id)
        await common.breach(uow, row, what)

    return fired


async def ask_due(uow: UnitOfWork, timer: Timer) -> None:
    """Fifteen days without asking the authority: marked, and due again (75)."""
    row = await common.case(uow, timer.subject_id)
    if row.state != "D_REFERRED":
        return
    await common.breach(uow, row, "ask")
    span = (await common.spans(uow, row.tenant, referrals.ASK))[referrals.ASK]
    await common.set_timer(uow, row, referrals.ASK, timer.due_at + span)


async def mediation_over(uow: UnitOfWork, timer: Timer) -> None:
    """Fifteen days of mediation are over [law]: what was held is due again, and the way to arbitration or court stands open."""
    row = await common.case(uow, timer.subject_id)
    if row.state != "D_MEDIATING":
        return
    await common.breach(uow, row, "mediate")
    await money.release(uow, row)


async def satisfaction_over(uow: UnitOfWork, timer: Timer) -> None:
    """Nobody is waited for any longer (78)."""
    await handling.close(uow, timer.subject_id)


async def refer_due(uow: UnitOfWork, timer: Timer) -> None:
    """Arrears should be with the authority by now (66)."""
    await arrears.refer_late(uow, await common.case(uow, timer.subject_id))


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    timers.on_timer(intake.ACK, _missed("ack"))
    timers.on_timer(intake.FIRST, _missed("first"))
    timers.on_timer(intake.NEGOTIATE, _missed("negotiate"))
    timers.on_timer(intake.CLOSE, _missed("close"))
    timers.on_timer(mediation.MEDIATE, mediation_over)
    timers.on_timer(referrals.ASK, ask_due)
    timers.on_timer(handling.SATISFIED, satisfaction_over)
    timers.on_timer(arrears.REFER, refer_due)
    timers.on_timer(archiving.ARCHIVE, archiving.archive_due)
    events.subscribe("assignment.disputed", "cases.part_disputed", openings.part_disputed)
    events.subscribe("payment.denied", "cases.payment_denied", openings.payment_denied)
    events.subscribe("bill.arrears", "cases.arrears", openings.into_arrears)
    events.subscribe("bill.refer_late", "cases.refer_late", openings.referral_late)
    events.subscribe("bill.referred", "cases.referred", openings.bill_referred)
    events.subscribe("bill.paid", "cases.paid", openings.bill_paid)
    events.subscribe("bill.paid_late", "cases.paid", openings.bill_paid)
