"""Putting right what was found: reported with a photo, checked again by another hand, overdue by the clock (R120, R131)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from linggong.inspection import common
from linggong.inspection.machines import CARD, FINDING, LIVE_FINDING
from linggong.inspection.models import FindingStep, InspectionFinding, StationCard
from linggong.kernel import clock, timers
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Forbidden, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW
from linggong.kernel.paths import tenant_path
from linggong.kernel.timers import Timer
from tenants import evidence
from tenants.evidence import Photo
from tenants.models import Node

PHOTOS: Final = "rectification"
OVERDUE: Final = "inspection.overdue"
REGION: Final = "inspection"
MOST_WORDS: Final = 1000


async def find(
    uow: UnitOfWork, node: Node, *, requirement: str, title: str, words: str, serious: bool, due_on: date,
    result_id: UUID | None = None, card_id: UUID | None = None,
) -> InspectionFinding:  # fmt: skip
    """Open a finding at a place (101): of a result, or of a yellow card. The caller has checked the deadline."""
    step = FINDING.step(NEW, "find", common.acting_hand(uow))
    row = InspectionFinding(
        id=new_id(), tenant=node.path, node_id=node.id, result_id=result_id, card_id=card_id, requirement=requirement,
        title=title, words=words, serious=serious, state=step.target, due_on=due_on, made_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await _clock(uow, row)
    await common.tell(uow, "finding.found", node, row.id, title=title, due_on=due_on, serious=serious)
    return row


async def mend(uow: UnitOfWork, finding_id: UUID, *, words: str, photos: Sequence[Photo]) -> InspectionFinding:
    """Report what was done (102): the place itself or its operator, with photos. Raises NotFound, Conflict, Invalid."""
    row = await _locked(uow, finding_id)
    step = FINDING.step(row.state, "mend", common.acting_hand(uow))
    faults = _said(words, "做了什么整改")
    _photos(photos, faults, uow, "整改要有照片作证据。")
    if faults:
        raise Invalid(faults)
    row.state, row.mended_by = step.target, None if uow.actor.id == NOBODY else uow.actor.id
    await _step(uow, row, "mended", words, photos)
    return row


async def recheck(
    uow: UnitOfWork, finding_id: UUID, *, passed: bool, words: str, photos: Sequence[Photo], due_on: date | None = None
) -> InspectionFinding:
    """Check a rectification (103, 104): another hand than the one that did it, and never the place's own staff.

    Passed needs a photo; failed a reason and a new deadline. Raises NotFound, Forbidden, Conflict, Invalid with every fault.
    """
    row = await _locked(uow, finding_id)
    step = FINDING.step(row.state, "pass" if passed else "fail", common.acting_hand(uow))
    if row.mended_by == uow.actor.id:
        raise Forbidden("整改是您报的，要由另一个人复查。")
    if await common.belongs(uow, uow.actor.id, row.tenant):
        raise Forbidden("本站的人和本站的运营方不能复查本站的整改。")
    faults = _said(words, "复查看到了什么")
    if passed or photos:
        _photos(photos, faults, uow, "没有照片不能结案，请拍复查时的样子。")
    if not passed and (due_on is None or due_on <= clock.business_date(uow.now)):
        faults.append(Fault("due_on", "请写新的整改期限，要在今天以后。", "past"))
    if passed and due_on is not None:
        faults.append(Fault("due_on", "合格就不用再写期限。", "unused"))
    if faults:
        raise Invalid(faults)
    row.state = step.target
    if passed:
        row.closed_at = uow.now
        await timers.cancel_timers(uow, row.id)
    elif due_on is not None:
        row.due_on = due_on
        await _clock(uow, row)
    await _step(uow, row, "passed" if passed else "failed", words, photos, due_on=due_on)
    if passed and row.card_id is not None:
        await _clear(uow, row.card_id)
    return row


async def on_overdue(uow: UnitOfWork, timer: Timer) -> None:
    """The deadline is over (105): marked once; what follows is proposed to the bureau, and decided by a person."""
    row = await uow.session.get(InspectionFinding, timer.subject_id, with_for_update=True)
    # What was reported in time and waits for the check is not the place's delay.
    if row is None or FINDING.find(row.state, "overdue") is None or clock.day_bounds(row.due_on)[1] > uow.now:
        return
    row.overdue_at = row.overdue_at or uow.now
    await _step(uow, row, "overdue", f"到 {row.due_on} 没有整改到位。", ())


async def end_all(uow: UnitOfWork, node: Node) -> int:
    """End every open finding of a place that is removed (106); returns how many."""
    rows = list(
        await uow.session.scalars(
            sa.select(InspectionFinding)
            .where(InspectionFinding.node_id == node.id, InspectionFinding.state.in_(LIVE_FINDING))
            .with_for_update()
        )
    )
    for row in rows:
        row.state = FINDING.step(row.state, "end", common.acting_hand(uow)).target
        row.closed_at = uow.now
        await timers.cancel_timers(uow, row.id)
    await uow.flush()
    return len(rows)


async def _clear(uow: UnitOfWork, card_id: UUID) -> None:
    card = await uow.session.get_one(StationCard, card_id, with_for_update=True)
    step = CARD.find(card.state, "clear")
    if step is None:
        return
    card.state, card.ended_at = step.target, uow.now
    await uow.flush()
    node = await common.node_at(uow, card.tenant)
    await common.tell(uow, "card.cleared", node, card.id, title=card.title)


async def _locked(uow: UnitOfWork, finding_id: UUID) -> InspectionFinding:
    row = await uow.session.scalar(
        sa.select(InspectionFinding)
        .where(InspectionFinding.id == finding_id, uow.scope.clause(InspectionFinding.tenant))
        .with_for_update()
    )
    if row is None:
        raise NotFound
    return row


async def _clock(uow: UnitOfWork, row: InspectionFinding) -> None:
    end = clock.day_bounds(row.due_on)[1]
    await timers.set_timer(uow, subject_id=row.id, region=REGION, key=OVERDUE, due_at=end, tenant=row.tenant)


async def _step(
    uow: UnitOfWork, row: InspectionFinding, step: str, words: str, photos: Sequence[Photo], *, due_on: date | None = None
) -> None:  # fmt: skip
    made = FindingStep(
        id=new_id(), finding_id=row.id, tenant=row.tenant, step=step, words=words.strip(), due_on=due_on, made_at=uow.now,
        made_by=None if uow.actor.id == NOBODY else uow.actor.id, made_name=await common.name(uow),
    )  # fmt: skip
    uow.session.add(made)
    await uow.flush()
    for photo in photos:
        await evidence.keep(uow, tenant_path(row.tenant), PHOTOS, made.id, photo)
    node = await common.node_at(uow, row.tenant)
    await common.tell(
        uow, f"finding.{step}", node, row.id, title=row.title, words=made.words, due_on=row.due_on,
        card=row.card_id, serious=row.serious,
    )  # fmt: skip


def _said(words: str, what: str) -> list[Fault]:
    if not 4 <= len(words.strip()) <= MOST_WORDS:
        return [Fault("words", f"请写{what}，4 到 {MOST_WORDS} 个字。", "required")]
    return []


def _photos(photos: Sequence[Photo], faults: list[Fault], uow: UnitOfWork, none: str) -> None:
    if not photos:
        faults.append(Fault("photo", none, "required"))
    for photo in photos:
        evidence.check(photo, faults, now=uow.now)
