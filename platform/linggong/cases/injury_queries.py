"""Injuries as each side sees them; papers by kind only, their content is opened one by one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.cases import codes, common
from linggong.cases.injury_models import Injury, InjuryPaper, InjuryStatement
from linggong.cases.machines import INJURY
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paging import Page, decode_cursor, encode_cursor
from linggong.market.models import BoardPost
from linggong.work.models import Engagement


class InjuryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One injury in a list."""

    id: UUID
    state: str
    state_words: str
    worker_name: str
    title: str
    employer_name: str
    order_id: UUID
    assignment_id: UUID
    happened_at: datetime
    reported_at: datetime
    reported_by: str
    can_go_on: bool
    next_due: str
    next_due_at: datetime | None
    is_late: bool
    breach_words: list[str]


class StatementView(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody saw."""

    name: str
    role: str
    words: str
    at: datetime


class PaperView(msgspec.Struct, frozen=True, kw_only=True):
    """A paper without its content."""

    id: UUID
    kind: str
    amount_fen: int | None
    handed_in_at: datetime


class InjuryView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of an injury, with what the reader may do next."""

    line: InjuryLine
    tenant: str
    place: str
    words: str
    called_at: datetime | None
    visited_at: datetime | None
    verified_at: datetime | None
    insurer_due_at: datetime
    insurer_told_at: datetime | None
    insurer_ref: str
    policy_no: str
    claimed_at: datetime | None
    decision: str
    paid_fen: int | None
    refused_at: datetime | None
    legal_path: str
    case_id: UUID | None
    summary: str
    closed_at: datetime | None
    actions: list[str]
    statements: list[StatementView]
    papers: list[PaperView]


def _due(row: Injury) -> tuple[str, datetime | None]:
    if row.state == "I_CLOSED":
        return "", None
    if row.insurer_told_at is None and row.policy_no:
        return "通知保险", row.insurer_due_at
    if row.state == "I_REPORTED":
        return ("电话核实", None) if row.called_at is None else ("到场核实", None)
    return {"I_CLAIMED": "等材料", "I_DOCS": "等保险决定", "I_REFUSED": "申诉或协商"}.get(row.state, "办理"), None


def _line(row: Injury, worker: str, title: str, employer: str, now: datetime) -> InjuryLine:
    due, due_at = _due(row)
    return InjuryLine(
        id=row.id, state=row.state, state_words=INJURY.labels[row.state], worker_name=worker, title=title,
        employer_name=employer, order_id=row.order_id, assignment_id=row.assignment_id, happened_at=row.happened_at,
        reported_at=row.reported_at, reported_by=row.reported_by, can_go_on=row.can_go_on, next_due=due,
        next_due_at=due_at, is_late=bool(row.breaches) or (due_at is not None and due_at < now),
        breach_words=[codes.BREACHES.get(b, b) for b in row.breaches],
    )  # fmt: skip


def _mine(uow: UnitOfWork) -> list[sa.ColumnElement[bool]]:
    seen: list[sa.ColumnElement[bool]] = [common.visible(uow, Injury)]
    if uow.actor.kind == "worker":
        seen.append(Injury.worker_id == uow.actor.id)
    elif uow.actor.kind == "employer":
        seen.append(Injury.employer_id == uow.actor.employer_id)
    return seen


def _select() -> Any:
    return (
        sa.select(Injury, Engagement.worker_name, BoardPost.title, BoardPost.employer_name)
        .join(Engagement, Engagement.id == Injury.engagement_id)
        .join(BoardPost, BoardPost.order_id == Injury.order_id)
    )


async def page(uow: UnitOfWork, *, open_only: bool, cursor: str | None, limit: int) -> Page[InjuryLine]:
    """Return injuries within sight, the newest first."""
    conditions = _mine(uow)
    if open_only:
        conditions.append(Injury.state != "I_CLOSED")
    if cursor is not None:
        at, key = decode_cursor(cursor, datetime, UUID)
        conditions.append(
            sa.tuple_(Injury.reported_at, Injury.id)
            < sa.tuple_(sa.literal(cast(datetime, at)), sa.literal(cast(UUID, key)))
        )
    rows = (
        await uow.execute(
            _select().where(*conditions).order_by(Injury.reported_at.desc(), Injury.id.desc()).limit(limit + 1)
        )
    ).all()
    items = [_line(row, worker, title, employer, uow.now) for row, worker, title, employer in rows[:limit]]
    more = len(rows) > limit
    return Page(items, encode_cursor(items[-1].reported_at.isoformat(), str(items[-1].id)) if more else None)


async def one(uow: UnitOfWork, injury_id: UUID) -> InjuryView:
    """Return an injury whole; NotFound for what the reader may not see."""
    found = (await uow.execute(_select().where(Injury.id == injury_id, *_mine(uow)))).one_or_none()
    if found is None:
        raise NotFound
    row, worker, title, employer = found
    said = await uow.session.scalars(
        sa.select(InjuryStatement).where(InjuryStatement.injury_id == row.id).order_by(InjuryStatement.at)
    )
    papers = await uow.session.scalars(
        sa.select(InjuryPaper).where(InjuryPaper.injury_id == row.id).order_by(InjuryPaper.handed_in_at)
    )
    return InjuryView(
        line=_line(row, worker, title, employer, uow.now), tenant=row.tenant, place=row.place, words=row.words, called_at=row.called_at,
        visited_at=row.visited_at, verified_at=row.verified_at, insurer_due_at=row.insurer_due_at,
        insurer_told_at=row.insurer_told_at, insurer_ref=row.insurer_ref, policy_no=row.policy_no,
        claimed_at=row.claimed_at, decision=row.decision, paid_fen=row.paid_fen, refused_at=row.refused_at,
        legal_path=row.legal_path, case_id=row.case_id, summary=row.summary, closed_at=row.closed_at,
        actions=actions(uow, row),
        statements=[StatementView(name=s.name, role=s.role, words=s.words, at=s.at) for s in said],
        papers=[
            PaperView(id=p.id, kind=p.kind, amount_fen=p.amount_fen, handed_in_at=p.handed_in_at) for p in papers
        ],
    )  # fmt: skip


def actions(uow: UnitOfWork, row: Injury) -> list[str]:
    """Return what the reader may do now."""
    may = common.allowed(uow, INJURY, row.state)
    if row.case_id is not None or (row.state == "I_VERIFIED" and row.policy_no):
        may = [a for a in may if a != "civil"]
    if row.insurer_told_at is not None:
        may = [a for a in may if a != "notify_insurer"]
    if uow.actor.kind == "staff" and row.state == "I_REPORTED":
        may = [*may, "called", "visited", "state"]
    return [a for a in may if a != "refuse"]
