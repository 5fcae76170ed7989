"""What cases do by the clock and when others' events happen: missed clocks, disputes that open by themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import sqlalchemy as sa

from linggong.cases import (
    archiving,
    arrears,
    claims,
    common,
    handling,
    injuries,
    intake,
    mediation,
    money,
    openings,
    referrals,
    reporting,
)
from linggong.cases.models import Case
from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.kernel.timers import Timer
from linggong.market import happenings
from linggong.market.models import BoardPost
from linggong.people import leaving


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


def _injury_missed(what: str) -> Callable[[UnitOfWork, Timer], Awaitable[None]]:
    async def fired(uow: UnitOfWork, timer: Timer) -> None:
        await common.breach(uow, await common.injury(uow, timer.subject_id), what)

    return fired


async def papers_due(uow: UnitOfWork, timer: Timer) -> None:
    """Papers are still missing (83)."""
    await claims.remind(uow, await common.injury(uow, timer.subject_id))


async def appeal_over(uow: UnitOfWork, timer: Timer) -> None:
    """Nobody appealed in time: what is left is the way of 82, and the operator closes it (87)."""
    row = await common.injury(uow, timer.subject_id)
    await common.tell(uow, row, "injury.appeal_over", None)


async def terms_ended(uow: UnitOfWork, told: NewEvent) -> None:
    """A change of terms is no longer open: the order may be settled now (region T)."""
    order = told.chain.removeprefix("order:")
    post = await uow.session.get(BoardPost, UUID(order))
    if post is not None:
        await happenings.derive(uow, post.order_id, tenant=post.tenant, employer_id=post.employer_id)


async def insurer_answered(uow: UnitOfWork, told: NewEvent) -> None:
    """The insurer has the notice, and gave its case number (81)."""
    if told.subject_id is None or told.body.get("result") != "accepted":
        return
    row = await common.injury(uow, told.subject_id)
    if row.state in ("I_REPORTED", "I_VERIFIED"):
        await injuries.insurer_told(uow, row, ref=str(told.body.get("policy_no", "")))


async def against_leaving(uow: UnitOfWork, person_id: UUID) -> str:
    """Return how many cases of a person are open: they could not be answered to him any more."""
    count = await uow.session.scalar(
        sa.select(sa.func.count()).where(Case.worker_id == person_id, Case.closed_at.is_(None))
    )
    return f"还有 {count} 件投诉或纠纷在办，办完再注销，或者先撤回。" if count else ""


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    leaving.against["cases"] = against_leaving
    reporting.register()
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
    events.subscribe("assignment.evidence_missing", "cases.evidence_missing", openings.evidence_missing)
    events.subscribe("payment.denied", "cases.payment_denied", openings.payment_denied)
    events.subscribe("bill.arrears", "cases.arrears", openings.into_arrears)
    events.subscribe("bill.refer_late", "cases.refer_late", openings.referral_late)
    events.subscribe("bill.referred", "cases.referred", openings.bill_referred)
    events.subscribe("bill.paid_after_ruling", "cases.paid_after_ruling", openings.paid_after_ruling)
    events.subscribe("bill.paid", "cases.paid", openings.bill_paid)
    events.subscribe("bill.paid_late", "cases.paid", openings.bill_paid)
    timers.on_timer(injuries.CALL, _injury_missed("call"))
    timers.on_timer(injuries.VISIT, _injury_missed("visit"))
    timers.on_timer(injuries.INSURER, _injury_missed("insurer"))
    timers.on_timer(claims.DOCS, papers_due)
    timers.on_timer(claims.APPEAL, appeal_over)
    events.subscribe("cover.injury_answered", "cases.insurer_answered", insurer_answered)
    for ended in ("terms.refused", "terms.taken_back", "terms.lapsed"):
        events.subscribe(ended, "cases.terms_ended", terms_ended)
