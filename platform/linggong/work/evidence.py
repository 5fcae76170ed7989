"""The evidence of a part that is not recognised (53): owed within a day, and the objection falls without it.

A refusal that nobody can look at is blank, and a blank refusal is invalid: the clock says so, not only a date in an event.
"""

from __future__ import annotations

from base64 import b64decode
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock, timers
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.timers import Timer
from linggong.work import common, reports, telling
from linggong.work.machines import ASSIGNMENT
from linggong.work.models import Assignment
from linggong.work.site_models import SiteReport

TIMER: Final = "t.dispute.evidence"
_MOST: Final = 5
_MEDIA: Final = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}


async def owe(uow: UnitOfWork, row: Assignment) -> str:
    """Start the clock of the evidence; returns until when it is owed, as the event says it."""
    row.evidence_due_at = uow.now + (await common.span(uow, row.tenant, TIMER))[TIMER]
    await common.shift_timer(uow, row, TIMER, row.evidence_due_at)
    await uow.flush()
    until = f"{clock.shanghai(row.evidence_due_at):%m月%d日%H:%M}"
    await telling.employer(uow, row, "evidence", f"您不认可的部分已暂缓付款。请在{until}前交照片，过时不交就按原数付。")
    return row.evidence_due_at.isoformat()


async def give(
    uow: UnitOfWork, assignment_id: UUID, *, photo: bytes | None, secrets: Secrets, words: str = ""
) -> Assignment:
    """The employer shows what he does not recognise: a photo of the work, or of the count sheet that both signed.

    More may follow while it is owed or once it was given in time. Raises Invalid without a photo and for a sixth,
    Conflict where nothing is disputed or the time has passed, NotFound.
    """
    row, _ = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "add_evidence", common.hand(uow, row))
    common.for_employer(uow, row)
    known = await _kept(uow, row.id)
    if row.evidence_due_at is None and not known:
        raise Conflict("没有要交的证据：没有不认可的部分，或者交证据的时间过了。")
    faults = []
    if not photo:
        faults.append(Fault("photo", "请拍照片：不合格的地方，或者双方签字的单子。", "required"))
    if len(known) >= _MOST:
        faults.append(Fault("photo", f"照片最多 {_MOST} 张。", "count"))
    if faults:
        raise Invalid(faults)
    report = await reports.keep(uow, row, "evidence", statement=words, photo=photo, secrets=secrets)
    row.evidence_due_at = None
    await timers.cancel_timers(uow, row.id, TIMER)
    await common.tell(
        uow, row, row.id, "assignment.evidence_given", made,
        report=str(report.id), sha256=report.photo_sha256.hex() if report.photo_sha256 else "",
    )  # fmt: skip
    return row


async def missing(uow: UnitOfWork, timer: Timer) -> None:
    """No evidence came in its time: the objection falls, and what was held for it is due as it was (53)."""
    row, _ = await common.assignment(uow, timer.subject_id)
    if row.evidence_due_at is None:
        return
    row.evidence_due_at = None
    await uow.flush()
    await common.tell(uow, row, row.id, "assignment.evidence_missing", None, number="53")


async def _kept(uow: UnitOfWork, assignment_id: UUID) -> list[UUID]:
    rows = await uow.session.scalars(
        sa.select(SiteReport.id)
        .where(SiteReport.assignment_id == assignment_id, SiteReport.kind == "evidence")
        .order_by(SiteReport.recorded_at, SiteReport.id)
    )
    return list(rows)


async def shown(uow: UnitOfWork, assignment_id: UUID) -> list[UUID]:
    """Return the photos of evidence that a shift has, the first first; what the reader may not see is not there."""
    return await _kept(uow, assignment_id)


async def photo(uow: UnitOfWork, secrets: Secrets, assignment_id: UUID, report_id: UUID) -> tuple[str, bytes]:
    """Return the media type and content of a photo of evidence for either side or the desk of one; NotFound for others."""
    found = await uow.session.scalar(
        sa.select(SiteReport).where(
            SiteReport.id == report_id,
            SiteReport.assignment_id == assignment_id,
            SiteReport.kind == "evidence",
            common.visible_in(uow, SiteReport),
        )
    )
    if found is None or found.photo_sealed is None:
        raise NotFound
    content = b64decode(secrets.sealer.open(found.photo_sealed, f"site_reports.photo_sealed.{found.id}"))
    return next((media for sign, media in _MEDIA.items() if content.startswith(sign)), "image/webp"), content
