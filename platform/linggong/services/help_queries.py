"""Cases of help as the desk reads them: who is to be spoken with, and what was done for whom."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.people.identity_numbers import veil_name
from linggong.services import codes
from linggong.services.help_models import HelpCase, HelpNote
from linggong.services.queries import name_of, staff_names

Which = Literal["due", "open", "ended"]


class HelpLine(msgspec.Struct, frozen=True, kw_only=True):
    """One case in a list; the name is veiled."""

    id: UUID
    trace_code: str
    kind: str
    kind_words: str
    name: str
    tier: int
    topic: str
    stage_words: str
    next_on: date | None
    is_late: bool
    happened_at: datetime
    ended_at: datetime | None
    outcome_words: str


class HelpNoteLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done for him."""

    kind_words: str
    words: str
    minutes: int | None
    stage_words: str
    amount_fen: int | None
    paper: str
    next_on: date | None
    happened_at: datetime
    by: str


class HelpView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of a case."""

    line: HelpLine
    plan: str
    stage: str
    result: str
    owner: str
    worker_id: UUID | None
    notes: list[HelpNoteLine]


async def cases(uow: UnitOfWork, which: Which = "open", *, kind: str = "", limit: int = 200) -> list[HelpLine]:
    """Return cases of the acting post's places, who is to be spoken with first on top."""
    statement = sa.select(HelpCase).where(uow.scope.clause(HelpCase.tenant)).limit(limit)
    if kind:
        statement = statement.where(HelpCase.kind == kind)
    if which == "ended":
        statement = statement.where(HelpCase.ended_at.is_not(None)).order_by(HelpCase.ended_at.desc(), HelpCase.id)
    else:
        statement = statement.where(HelpCase.ended_at.is_(None)).order_by(HelpCase.next_on, HelpCase.id)
        if which == "due":
            statement = statement.where(HelpCase.next_on <= clock.business_date(uow.now))
    return [_line(row, clock.business_date(uow.now)) for row in await uow.session.scalars(statement)]


async def due_count(uow: UnitOfWork) -> int:
    """Return how many people are to be spoken with today or were to be before."""
    return int(
        await uow.session.scalar(
            sa.select(sa.func.count())
            .select_from(HelpCase)
            .where(
                uow.scope.clause(HelpCase.tenant),
                HelpCase.ended_at.is_(None),
                HelpCase.next_on <= clock.business_date(uow.now),
            )
        )
        or 0
    )


def _line(row: HelpCase, today: date) -> HelpLine:
    return HelpLine(
        id=row.id, trace_code=row.trace_code, kind=row.kind, kind_words=codes.HELP_KINDS[row.kind],
        name=veil_name(row.name), tier=row.tier, topic=row.topic, stage_words=codes.STAGES.get(row.stage or "", ""),
        next_on=row.next_on, is_late=row.next_on is not None and row.next_on < today, happened_at=row.happened_at,
        ended_at=row.ended_at, outcome_words=codes.OUTCOMES.get(row.outcome or "", ""),
    )  # fmt: skip


async def one(uow: UnitOfWork, help_id: UUID) -> HelpView:
    """Return the whole of a case to the place's staff; raises NotFound."""
    row = await uow.session.scalar(
        sa.select(HelpCase)
        .where(HelpCase.id == help_id, uow.scope.clause(HelpCase.tenant))
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    notes = list(
        await uow.session.scalars(
            sa.select(HelpNote).where(HelpNote.help_id == row.id).order_by(HelpNote.happened_at, HelpNote.id)
        )
    )
    names = await staff_names(uow, [p for p in {row.owner_id, *(n.by_id for n in notes)} if p is not None])
    return HelpView(
        line=_line(row, clock.business_date(uow.now)), plan=row.plan, stage=row.stage or "", result=row.result,
        owner=name_of(names, row.owner_id), worker_id=row.worker_id,
        notes=[
            HelpNoteLine(
                kind_words=codes.HELP_NOTES[n.kind], words=n.words, minutes=n.minutes,
                stage_words=codes.STAGES.get(n.stage or "", ""), amount_fen=n.amount_fen, paper=n.paper,
                next_on=n.next_on, happened_at=n.happened_at, by=name_of(names, n.by_id),
            )
            for n in notes
        ],
    )  # fmt: skip
