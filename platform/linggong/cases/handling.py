"""Working on a case: acknowledge, contact, hand over, ask for papers once, answer, withdraw, reopen, rate (71, 72, 76 to 78)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from linggong.cases import codes, common, intake, money
from linggong.cases.machines import DISPUTE
from linggong.cases.models import Case, CaseMaterial
from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.people.models import Staff
from linggong.work.common import hand
from tenants.holidays import working_deadline

SATISFIED, REOPEN = "t.dispute.satisfaction", "t.dispute.reopen"
_MOST_PAPERS = 20


async def acknowledge(uow: UnitOfWork, case_id: UUID) -> Case:
    """Take a case that came in by itself: whoever does is its first receiver and stays its owner (R096)."""
    row = await common.case(uow, case_id)
    _live(row)
    if row.acked_at is not None:
        raise Conflict("这件已经有人受理了。")
    row.acked_at = uow.now
    row.owner_id = row.owner_id or uow.actor.id
    row.handler_id = uow.actor.id
    await timers.cancel_timers(uow, row.id, intake.ACK)
    await common.tell(uow, row, "case.acknowledged", None)
    await common.notify_claimant(uow, row, f"受理号{row.receipt}已受理，正在办。")
    return row


async def hand_over(uow: UnitOfWork, case_id: UUID, to: UUID, *, reason: str) -> Case:
    """Give a case to a colleague; the owner stays accountable, and the reason is kept. NotFound for staff elsewhere."""
    row = await common.case(uow, case_id)
    _live(row)
    faults: list[Fault] = []
    why = common.words(faults, "reason", reason, least=2, most=200)
    if faults:
        raise Invalid(faults)
    known = await uow.session.scalar(sa.select(Staff.name).where(Staff.id == to, uow.scope.clause(Staff.tenant)))
    if known is None:
        raise NotFound
    if row.owner_id is None:
        row.owner_id = uow.actor.id
    row.handler_id = to
    await common.note(uow, row, "hand_over", why, inside=True, to=to)
    await common.tell(uow, row, "case.handed_over", None, to_staff=to, owner=row.owner_id)
    return row


async def contact(uow: UnitOfWork, case_id: UUID, *, words: str) -> Case:
    """Both sides were called; they try to agree by themselves (71)."""
    row = await common.case(uow, case_id)
    made = common.step(uow, row, "contact")
    common.refuse_own(uow, row)
    faults: list[Fault] = []
    said = common.words(faults, "words", words, least=2)
    if faults:
        raise Invalid(faults)
    row.state = made.target
    row.contacted_at = row.contacted_at or uow.now
    if row.acked_at is None:
        row.acked_at, row.owner_id = uow.now, row.owner_id or uow.actor.id
        row.handler_id = uow.actor.id
    await timers.cancel_timers(uow, row.id, intake.ACK, intake.FIRST)
    days = await common.numbers(uow, row.tenant, intake.NEGOTIATE)
    await common.set_timer(
        uow, row, intake.NEGOTIATE,
        await working_deadline(uow, row.tenant, uow.now, days[intake.NEGOTIATE]),
    )  # fmt: skip
    await common.note(uow, row, "contact", said)
    await common.tell(uow, row, "case.contacted", made)
    return row


async def add_note(uow: UnitOfWork, case_id: UUID, *, words: str, inside: bool = False) -> Case:
    """Write something down; a party's own word is always open to the other side and to staff."""
    row = await common.case(uow, case_id)
    faults: list[Fault] = []
    said = common.words(faults, "words", words, least=2)
    if faults:
        raise Invalid(faults)
    await common.note(uow, row, "note", said, inside=inside and uow.actor.kind == "staff")
    await common.tell(uow, row, "case.noted", None)
    return row


async def ask_papers(uow: UnitOfWork, case_id: UUID, names: Sequence[str]) -> Case:
    """Ask for papers, all at once (一次性告知, R098). Asking again is done, and stays marked as a breach."""
    row = await common.case(uow, case_id)
    _live(row)
    faults: list[Fault] = []
    wanted = list(dict.fromkeys(common.words(faults, "names", n, least=2, most=100) for n in names))
    if not 0 < len(wanted) <= _MOST_PAPERS:
        faults.append(Fault("names", f"请写明要哪些材料，最多 {_MOST_PAPERS} 样。", "required"))
    if faults:
        raise Invalid(faults)
    known = set((await uow.session.scalars(sa.select(CaseMaterial.name).where(CaseMaterial.case_id == row.id))).all())
    fresh = [name for name in wanted if name not in known]
    if not fresh:
        raise Conflict("这些材料已经告知过了。")
    last = await uow.session.scalar(
        sa.select(sa.func.coalesce(sa.func.max(CaseMaterial.batch), 0)).where(CaseMaterial.case_id == row.id)
    )
    batch = int(last or 0) + 1
    for name in fresh:
        uow.session.add(
            CaseMaterial(
                id=new_id(), case_id=row.id, name=name, batch=batch, asked_at=uow.now, asked_by=uow.actor.id,
                tenant=row.tenant, via=row.via, worker_id=row.worker_id, employer_id=row.employer_id,
            )
        )  # fmt: skip
    await uow.flush()
    await common.tell(uow, row, "case.papers_asked", None, batch=batch, papers=fresh)
    await common.notify_claimant(uow, row, f"受理号{row.receipt}还要您交材料，请凭受理号和查询码看要交什么。")
    if batch > 1:
        await common.breach(uow, row, "asked_twice")
    return row


async def receive_paper(uow: UnitOfWork, case_id: UUID, material_id: UUID, *, note: str = "") -> Case:
    """Tick off a paper that was handed in."""
    row = await common.case(uow, case_id)
    found = await uow.session.scalar(
        sa.select(CaseMaterial).where(CaseMaterial.id == material_id, CaseMaterial.case_id == row.id).with_for_update()
    )
    if found is None:
        raise NotFound
    if found.received_at is not None:
        raise Conflict("这样材料已经收过了。")
    faults: list[Fault] = []
    found.note = common.words(faults, "note", note, most=200)
    if faults:
        raise Invalid(faults)
    found.received_at = uow.now
    await common.tell(uow, row, "case.paper_received", None, paper=found.name)
    return row


async def answer(uow: UnitOfWork, case_id: UUID, *, outcome: str) -> Case:
    """The bureau answers a report and closes it (72 for what asks for no money); never the office complained of."""
    row = await common.case(uow, case_id)
    made = common.step(uow, row, "answer")
    common.refuse_own(uow, row)
    if await money.held(uow, row.id):
        raise Conflict("这件还押着有争议的工钱，要双方和解、调解或裁决来办。")
    faults: list[Fault] = []
    said = common.words(faults, "outcome", outcome, least=4)
    if faults:
        raise Invalid(faults)
    await common.note(uow, row, "answer", said)
    row.state = made.target
    await resolved(uow, row, "answered", said)
    await common.tell(uow, row, "case.answered", made)
    await common.notify_both(uow, row, f"受理号{row.receipt}已答复办结。请登录或凭受理号查看，并在7天内评价办理。")
    await common.derive(uow, row)
    return row


async def resolved(uow: UnitOfWork, row: Case, how: str, outcome: str) -> None:
    """Note how a case ended; its clocks stop, and both sides are asked how content they are (78)."""
    row.resolved_at, row.ended_how, row.outcome = uow.now, how, outcome
    row.mediate_until = None
    await timers.cancel_timers(uow, row.id)
    if uow.now > row.close_due_at:
        await common.breach(uow, row, "close")
    span = (await common.spans(uow, row.tenant, SATISFIED))[SATISFIED]
    await common.set_timer(uow, row, SATISFIED, uow.now + span)


async def ask_withdraw(uow: UnitOfWork, case_id: UUID, *, reason: str, side: str | None = None) -> Case:
    """The claimant wants to withdraw (76): somebody else calls him back first, because he may have been pressed."""
    row = await common.case(uow, case_id)
    made = common.step(uow, row, "ask_withdraw")
    _claimant_only(uow, row)
    faults: list[Fault] = []
    why = common.words(faults, "reason", reason, least=2, most=500)
    if faults:
        raise Invalid(faults)
    row.withdraw_asked_at, row.withdraw_asked_by = uow.now, common.said_by(uow)
    await common.note(uow, row, "note", f"要求撤回：{why}", inside=True)
    await common.tell(uow, row, "case.withdraw_asked", made)
    return row


async def withdraw(uow: UnitOfWork, case_id: UUID, *, words: str, forced: bool) -> Case:
    """The claimant was called back about his withdrawal (76). Forced, it does not count, and the case goes on."""
    row = await common.case(uow, case_id)
    made = common.step(uow, row, "withdraw")
    common.refuse_own(uow, row)
    if row.withdraw_asked_at is None:
        raise Conflict("当事人还没有要求撤回。")
    if row.withdraw_asked_by == common.said_by(uow):
        raise Conflict("撤回是您代办的，请另一位工作人员来回访。")
    faults: list[Fault] = []
    said = common.words(faults, "words", words, least=4)
    if faults:
        raise Invalid(faults)
    await common.note(uow, row, "call_back", said, inside=True)
    if forced:
        row.withdraw_asked_at, row.withdraw_asked_by = None, None
        await common.tell(uow, row, "case.withdraw_forced", None)
        return row
    row.state = made.target
    await money.release(uow, row)
    await timers.cancel_timers(uow, row.id)
    row.resolved_at, row.ended_how, row.closed_at = uow.now, "withdrawn", uow.now
    await common.tell(uow, row, "case.withdrawn", made)
    await common.derive(uow, row)
    return row


async def reopen(uow: UnitOfWork, case_id: UUID, *, reason: str) -> Case:
    """A party says that it was not kept, or has new evidence (77), within 30 days: the clocks run again."""
    row = await common.case(uow, case_id)
    made = common.step(uow, row, "reopen")
    _party(uow, row)
    span = (await common.spans(uow, row.tenant, REOPEN))[REOPEN]
    if row.resolved_at is None or uow.now > row.resolved_at + span:
        raise Conflict(f"办结已过 {span.days} 天。请登记一件新的，或申请仲裁、起诉。")
    faults: list[Fault] = []
    why = common.words(faults, "reason", reason, least=4)
    if faults:
        raise Invalid(faults)
    row.state, row.reopened = made.target, row.reopened + 1
    row.resolved_at = row.ended_how = row.closed_at = None
    row.contacted_at = None
    clocks = await intake.clocks(uow, row.tenant, row.kind)
    row.first_due_at, row.close_due_at = clocks["first"], clocks["close"]
    await timers.cancel_timers(uow, row.id, SATISFIED)
    await intake.start_clocks(uow, row)
    await common.note(uow, row, "claim", why)
    await common.tell(uow, row, "case.reopened", made)
    await common.derive(uow, row)
    return row


async def rate(uow: UnitOfWork, case_id: UUID, *, stars: int, side: str | None = None) -> Case:
    """A side says how content it is with how the case was handled (78); a clerk enters what he was told."""
    row = await common.case(uow, case_id)
    made = common.step(uow, row, "rate")
    speaking = _speaking(uow, row, side)
    if not 1 <= stars <= 5:
        raise Invalid([Fault("stars", "请选 1 到 5 颗星。", "range")])
    if row.closed_at is not None:
        raise Conflict("评价已经截止了。")
    field = f"{speaking}_stars"
    if getattr(row, field) is not None:
        raise Conflict("已经评价过了。")
    if uow.actor.kind == "staff" and row.handler_id == uow.actor.id:
        raise Conflict("评价的是您自己办的件，请同事来回访登记。")
    setattr(row, field, stars)
    await common.tell(uow, row, "case.rated", made, side=speaking, stars=stars)
    if not asked_still(row):
        row.closed_at = uow.now
        await timers.cancel_timers(uow, row.id, SATISFIED)
    return row


async def close(uow: UnitOfWork, case_id: UUID) -> None:
    """Seven days have passed: whoever has not answered is not waited for any longer (78 by the system)."""
    row = await common.case(uow, case_id)
    if row.state != "D_RESOLVED" or row.closed_at is not None:
        return
    made = DISPUTE.step(row.state, "close", hand(uow))
    row.closed_at = uow.now
    await common.tell(uow, row, "case.closed", made, worker=row.worker_stars, employer=row.employer_stars)


def asked_still(row: Case) -> list[str]:
    """Return the sides whose word on the handling is still open."""
    sides = [s for s, who in (("worker", row.worker_id), ("employer", row.employer_id)) if who is not None]
    return [s for s in sides or ["claimant"] if getattr(row, f"{s}_stars") is None]


def _live(row: Case) -> None:
    if row.state in DISPUTE.ends:
        raise Conflict(f"这件{codes.ENDED_HOW.get(row.ended_how or '', '已办结')}，不能再改。有新情况请重新提出。")


def _party(uow: UnitOfWork, row: Case) -> None:
    if uow.actor.kind in ("worker", "employer") and common.side_of(uow, row) is None:
        raise NotFound


def _claimant_only(uow: UnitOfWork, row: Case) -> None:
    if uow.actor.kind in ("worker", "employer") and row.claimant != uow.actor.kind:
        raise Conflict("只有提出的一方能撤回。")


def _speaking(uow: UnitOfWork, row: Case, side: str | None) -> str:
    own = common.side_of(uow, row)
    if own is not None:
        return own
    if uow.actor.kind in ("worker", "employer"):
        raise NotFound
    asked = [s for s, who in (("worker", row.worker_id), ("employer", row.employer_id)) if who is not None]
    if side not in (asked or ["claimant"]):
        raise Invalid([Fault("side", "请选是哪一方的评价。", "required")])
    return side
