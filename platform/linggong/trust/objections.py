"""Objections to points and to restrictions: raised within five working days, decided by another hand (section 6)."""

from __future__ import annotations

from uuid import UUID

from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.events import NewEvent
from linggong.kernel.timers import Timer
from linggong.trust import points
from linggong.trust.common import (
    chain_of,
    entry,
    hand,
    move,
    notice,
    numbers,
    other_hand,
    restriction,
    said,
)
from linggong.trust.machines import ENTRY, LEVEL, LEVEL_WORDS, REASONS
from linggong.trust.models import CreditEntry, Restriction
from tenants import holidays

DECIDE_TIMER = "t.credit.decide"


async def object_to_entry(uow: UnitOfWork, entry_id: UUID, *, words: str) -> CreditEntry:
    """Object to points: they do not count until it is decided (6b). By the party, or a clerk for him.

    Raises Invalid without a reason, Conflict after the time to object or a second time, NotFound.
    """
    row = await entry(uow, entry_id)
    ENTRY.step(row.state, "object", hand(uow))
    text = said("words", words, "为什么不认可")
    if uow.now > row.object_until:
        raise Conflict("申诉时间已过（记分后5个工作日内）。有新证据的，请到县零工市场说明。")
    row.objection, row.objected_at = text, uow.now
    await move(uow, ENTRY, row, "object", channel=uow.actor.channel)
    await _deadline(uow, row)
    return row


async def decide_entry(uow: UnitOfWork, entry_id: UUID, *, lift: bool, words: str) -> CreditEntry:
    """Decide an objection, or correct counted points (6c, 6d, 6g): by the bureau, never by whoever reported or wrote it.

    Raises Invalid without reasons, Conflict for one's own doing or another state, NotFound.
    """
    row = await entry(uow, entry_id)
    event = ("lift" if row.state == "K_CONTESTED" else "correct") if lift else "uphold"
    ENTRY.step(row.state, event, hand(uow))
    await other_hand(uow, row)
    row.decision, row.decided_at, row.decided_by = said("words", words, "决定的理由"), uow.now, uow.actor.id
    await move(uow, ENTRY, row, event)
    await timers.cancel_timers(uow, row.id, DECIDE_TIMER)
    verdict = f"撤销，{row.points}分不计" if lift else "维持"
    await notice(
        uow, row, "credit.decided", f"您对“{REASONS[row.reason]}”记分的申诉已决定：{verdict}。理由见“我的信用”。"
    )
    await _reckon_soon(uow, row)
    return row


async def object_to_level(uow: UnitOfWork, restriction_id: UUID, *, words: str) -> Restriction:
    """Object to a restriction, once (6l): a worker's rests meanwhile, an employer's holds.

    Raises Invalid without a reason, Conflict after the time to object or a second time, NotFound.
    """
    row = await restriction(uow, restriction_id)
    LEVEL.step(row.state, "object", hand(uow))
    text = said("words", words, "为什么不认可")
    if row.objected_at is not None:
        raise Conflict("这一条已经申诉过并有了决定。")
    if row.object_until is None or uow.now > row.object_until:
        raise Conflict("申诉时间已过（告知后5个工作日内）。有新证据的，请到县零工市场说明。")
    row.objection, row.objected_at = text, uow.now
    await move(uow, LEVEL, row, "object", channel=uow.actor.channel)
    await _deadline(uow, row)
    return row


async def decide_level(uow: UnitOfWork, restriction_id: UUID, *, lift: bool, words: str) -> Restriction:
    """Decide an objection, or end a restriction early (6m, 6n, 6o): by the bureau, never by whoever imposed it.

    Raises Invalid without reasons, Conflict for one's own doing or another state, NotFound.
    """
    row = await restriction(uow, restriction_id)
    event = ("lift" if row.state == "L_CONTESTED" else "correct") if lift else "uphold"
    LEVEL.step(row.state, event, hand(uow))
    await other_hand(uow, row)
    row.decision, row.decided_at, row.decided_by = said("words", words, "决定的理由"), uow.now, uow.actor.id
    await move(uow, LEVEL, row, event)
    await timers.cancel_timers(uow, row.id, DECIDE_TIMER)
    if lift:
        await timers.cancel_timers(uow, row.id)
    verdict = "解除" if lift else "维持"
    await notice(
        uow, row, "credit.decided", f"您对信用“{LEVEL_WORDS[row.level]}”的申诉已决定：{verdict}。理由见“我的信用”。"
    )
    return row


async def _deadline(uow: UnitOfWork, row: CreditEntry | Restriction) -> None:
    days = (await numbers(uow, row.tenant, "t.credit.decide"))["t.credit.decide"]
    await timers.set_timer(
        uow, subject_id=row.id, region=points.REGION, key=DECIDE_TIMER, tenant=row.tenant, via=row.via,
        due_at=await holidays.working_deadline(uow, row.tenant, uow.now, days), person_id=row.person_id,
        employer_id=row.employer_id,
    )  # fmt: skip


async def _reckon_soon(uow: UnitOfWork, row: CreditEntry) -> None:
    """Let the background job reckon: it sees the points of all counties."""
    await timers.set_timer(
        uow, subject_id=row.id, region=points.REGION, key=points.COUNTS, due_at=max(uow.now, row.counts_from),
        tenant=row.tenant, via=row.via, person_id=row.person_id, employer_id=row.employer_id,
    )  # fmt: skip


async def on_decide_late(uow: UnitOfWork, timer: Timer) -> None:
    """The bureau has not decided in time: the record says so; contested points go on not counting."""
    row: CreditEntry | Restriction | None = await uow.session.get(CreditEntry, timer.subject_id)
    if row is None:
        row = await uow.session.get(Restriction, timer.subject_id)
    if row is not None and row.state in ("K_CONTESTED", "L_CONTESTED"):
        await uow.emit(
            NewEvent(
                type="credit.decide_late", chain=chain_of(row), subject_id=row.id, tenant=row.tenant,
                person_id=row.person_id, employer_id=row.employer_id, body={"objected_at": str(row.objected_at)},
            )
        )  # fmt: skip
