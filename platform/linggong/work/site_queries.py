"""What is open on site beside the state: a pause, a proposed record, a no-show and its contest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.market.models import BoardPost
from linggong.work.models import Assignment
from linggong.work.site_models import NoShow, Pause, SiteReport

_ANSWERS = frozenset({"agree_record", "refuse_record"})
_DECISIONS = frozenset({"uphold", "excuse", "reinstate"})
_SHOWN, _VOUCHED = "add_evidence", "vouch"


class SiteView(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for a word on site; empty fields where nothing does."""

    waiting_since: datetime | None = None
    waiting_for: str = ""
    """The cause of the open pause."""
    proposed_minutes: int | None = None
    proposed_quantity: float | None = None
    proposed_reason: str = ""
    evidence_due_at: datetime | None = None
    """Until when the employer owes the evidence of what he does not recognise (53)."""
    led: bool = False
    """His crew's leader alone said that he has come: he may say so himself (36)."""
    no_show: str = ""
    """open (may be contested), contested, upheld, withdrawn, arrived."""
    contest_until: datetime | None = None
    contest_reason: str = ""
    contest_words: str = ""
    decide_by: datetime | None = None
    decision_note: str = ""


class VoidView(msgspec.Struct, frozen=True, kw_only=True):
    """A report for the labour inspectorate (49): what was found, where, and what must still be paid."""

    id: UUID
    assignment_id: UUID
    order_id: UUID
    employer_id: UUID
    employer_name: str
    title: str
    place: str
    reason: str
    proof: str
    minutes: int | None
    said_by: str
    happened_at: datetime


async def void_reports(uow: UnitOfWork, *, limit: int = 200) -> list[VoidView]:
    """Return the reports of void work in the reader's area, the latest first; persons are named by their ids alone."""
    rows = await uow.execute(
        sa.select(SiteReport, BoardPost)
        .join(BoardPost, BoardPost.order_id == SiteReport.order_id)
        .where(SiteReport.kind == "void", uow.scope.clause(SiteReport.tenant))
        .order_by(SiteReport.recorded_at.desc(), SiteReport.id)
        .limit(limit)
    )
    return [
        VoidView(
            id=r.id,
            assignment_id=r.assignment_id,
            order_id=r.order_id,
            employer_id=r.employer_id,
            employer_name=post.employer_name,
            title=post.title,
            place=post.place,
            reason=str(r.details.get("reason", "")),
            proof=r.statement,
            minutes=r.details.get("minutes"),
            said_by=r.said_by.partition(":")[0],
            happened_at=r.happened_at,
        )
        for r, post in rows
    ]


async def site_views(uow: UnitOfWork, rows: Sequence[Assignment]) -> dict[UUID, SiteView]:
    """Return what is open on site, by assignment; at most two queries, none when nothing can be open."""
    found: dict[UUID, SiteView] = {}
    paused = [r.id for r in rows if r.state == "A_PAUSED"]
    absent = [r.id for r in rows if r.state in ("X_NOSHOW_W", "X_WITHDRAWN")]
    if paused:
        pauses = await uow.session.scalars(
            sa.select(Pause).where(Pause.assignment_id.in_(paused), Pause.ended_at.is_(None))
        )
        for p in pauses:
            found[p.assignment_id] = SiteView(waiting_since=p.began_at, waiting_for=p.cause)
    if absent:
        for n in await uow.session.scalars(sa.select(NoShow).where(NoShow.assignment_id.in_(absent))):
            found[n.assignment_id] = _absence(n, uow.now)
    for row in rows:
        if row.proposed_at is not None and row.state == "A_FINISHED":
            found[row.id] = SiteView(
                proposed_minutes=row.proposed_minutes,
                proposed_quantity=row.proposed_quantity,
                proposed_reason=row.proposed_reason,
            )
        elif row.evidence_due_at is not None:
            found[row.id] = SiteView(evidence_due_at=row.evidence_due_at)
        if row.arrived_by == "leader":
            found[row.id] = msgspec.structs.replace(found.get(row.id, SiteView()), led=True)
    return found


def _absence(row: NoShow, now: datetime) -> SiteView:
    waiting = "contested" if row.contested_at else "open" if now <= row.contest_until else "upheld"
    return SiteView(
        no_show=waiting if row.outcome == "open" else row.outcome,
        contest_until=row.contest_until,
        contest_reason="" if row.contest_reason == "none" else row.contest_reason,
        contest_words=row.contest_words,
        decide_by=row.decide_by,
        decision_note=row.decision_note,
    )


def possible(actions: Iterable[str], site: SiteView | None) -> list[str]:
    """Return those of the actions that what is open on site lets anybody take."""
    proposed = site is not None and bool(site.proposed_reason)
    state = site.no_show if site is not None else ""
    return [
        a
        for a in actions
        if (a not in _ANSWERS or proposed)
        and (a not in _DECISIONS or state == "contested")
        and (a != "contest" or state == "open")
        and (a != _VOUCHED or (site is not None and site.led))
        and (a != _SHOWN or (site is not None and site.evidence_due_at is not None))
    ]
