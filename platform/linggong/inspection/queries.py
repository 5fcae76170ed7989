"""Reading inspections: tasks, draws, findings with their steps and photos, cards, proposals."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.inspection import inspecting, rectifying
from linggong.inspection.checklists import Item, items_of
from linggong.inspection.drawing import again
from linggong.inspection.machines import CARD, FINDING, LIVE_FINDING
from linggong.inspection.models import (
    CardProposal,
    FindingStep,
    InspectionDraw,
    InspectionFinding,
    InspectionResult,
    InspectionTask,
    StationCard,
)
from linggong.inspection.wording import PROPOSAL_WORDS, SOURCE_WORDS
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from tenants import evidence
from tenants.evidence import Kept
from tenants.queries import names

KIND_WORDS = {"random": "随机抽查", "planned": "日常检查", "joint": "联合检查", "entry": "进入检查"}
STEP_WORDS = {"mended": "报整改", "passed": "复查合格", "failed": "复查不合格", "overdue": "逾期"}


class ResultView(msgspec.Struct, frozen=True, kw_only=True):
    """What an item came to, with the ids of its photos."""

    id: UUID
    item: str
    requirement: str
    title: str
    passed: bool
    words: str
    expires_on: date | None
    made_at: datetime
    made_name: str
    photos: list[UUID]


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """A task with its checklist and what is filled in."""

    id: UUID
    tenant: str
    site: str
    node_id: UUID
    draw_id: UUID | None
    kind: str
    kind_words: str
    title: str
    version: int
    items: list[Item]
    inspectors: list[str]
    due_on: date
    state: str
    late: bool
    done_at: datetime | None
    note: str
    mine: bool
    """Whoever reads it was drawn to inspect."""
    results: list[ResultView]


class DrawView(msgspec.Struct, frozen=True, kw_only=True):
    """A draw, and whether it comes out the same when drawn again."""

    id: UUID
    seed: str
    joint: bool
    pool: list[Any]
    inspectors: list[Any]
    picked: list[Any]
    drawn_at: datetime
    drawn_name: str
    repeats: bool


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a rectification."""

    step: str
    step_words: str
    words: str
    due_on: date | None
    made_at: datetime
    made_name: str
    photos: list[UUID]


class FindingView(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be put right."""

    id: UUID
    tenant: str
    site: str
    requirement: str
    title: str
    words: str
    serious: bool
    state: str
    state_words: str
    due_on: date
    overdue: bool
    of_card: bool
    mended_by_me: bool
    made_at: datetime
    steps: list[StepView]


class CardView(msgspec.Struct, frozen=True, kw_only=True):
    """A card."""

    id: UUID
    tenant: str
    site: str
    colour: str
    title: str
    words: str
    evidence: list[Any]
    state: str
    state_words: str
    due_on: date | None
    letter_id: UUID | None
    given_at: datetime
    given_name: str


class ProposalView(msgspec.Struct, frozen=True, kw_only=True):
    """What the system proposes, and what was decided."""

    id: UUID
    tenant: str
    node_id: UUID
    site: str
    kind: str
    kind_words: str
    source_words: str
    words: str
    evidence: list[Any]
    state: str
    made_at: datetime
    letter_id: UUID | None
    decided_at: datetime | None
    decided_name: str
    reason: str


async def tasks(uow: UnitOfWork, *, mine: bool = False, state: str = "", limit: int = 100) -> list[TaskView]:
    """Return tasks of the scope, the open ones first; `mine`: those that I was drawn for."""
    statement = sa.select(InspectionTask).where(uow.scope.clause(InspectionTask.tenant))
    if mine:
        statement = statement.where(InspectionTask.inspectors.contains([{"id": str(uow.actor.id)}]))
    if state:
        statement = statement.where(InspectionTask.state == state)
    order = (InspectionTask.state != "open", InspectionTask.due_on, InspectionTask.tenant)
    return await _tasks(uow, statement.order_by(*order).limit(limit))


async def task(uow: UnitOfWork, task_id: UUID) -> TaskView:
    """Return one task. Raises NotFound."""
    found = await _tasks(
        uow, sa.select(InspectionTask).where(InspectionTask.id == task_id, uow.scope.clause(InspectionTask.tenant))
    )
    if not found:
        raise NotFound
    return found[0]


async def draws(uow: UnitOfWork, *, limit: int = 30) -> list[DrawView]:
    """Return the draws of the scope, the latest first."""
    rows = await uow.session.scalars(
        sa.select(InspectionDraw)
        .where(uow.scope.clause(InspectionDraw.tenant))
        .order_by(InspectionDraw.drawn_at.desc())
        .limit(limit)
    )
    return [_draw(row) for row in rows]


async def draw(uow: UnitOfWork, draw_id: UUID) -> DrawView:
    """Return one draw. Raises NotFound."""
    row = await uow.session.scalar(
        sa.select(InspectionDraw).where(InspectionDraw.id == draw_id, uow.scope.clause(InspectionDraw.tenant))
    )
    if row is None:
        raise NotFound
    return _draw(row)


async def findings(
    uow: UnitOfWork, *, live: bool = True, task_id: UUID | None = None, one: UUID | None = None, limit: int = 200
) -> list[FindingView]:
    """Return findings of the scope, the most urgent first."""
    statement = sa.select(InspectionFinding).where(uow.scope.clause(InspectionFinding.tenant))
    if live:
        statement = statement.where(InspectionFinding.state.in_(LIVE_FINDING))
    if one is not None:
        statement = statement.where(InspectionFinding.id == one)
    if task_id is not None:
        of_task = sa.select(InspectionResult.id).where(InspectionResult.task_id == task_id)
        statement = statement.where(InspectionFinding.result_id.in_(of_task))
    rows = list(
        await uow.session.scalars(statement.order_by(InspectionFinding.due_on, InspectionFinding.id).limit(limit))
    )
    steps: dict[UUID, list[FindingStep]] = {row.id: [] for row in rows}
    for step in await uow.session.scalars(
        sa.select(FindingStep)
        .where(FindingStep.finding_id.in_(list(steps)))
        .order_by(FindingStep.made_at, FindingStep.id)
    ):
        steps[step.finding_id].append(step)
    photos = await evidence.of(uow, rectifying.PHOTOS, [s.id for made in steps.values() for s in made])
    called = await names(uow, {row.tenant for row in rows}, full=True)
    return [_finding(uow, row, called.get(row.tenant, ""), steps[row.id], photos) for row in rows]


async def cards(uow: UnitOfWork, *, node_id: UUID | None = None, limit: int = 100) -> list[CardView]:
    """Return cards of the scope, the latest first."""
    statement = sa.select(StationCard).where(uow.scope.clause(StationCard.tenant))
    if node_id is not None:
        statement = statement.where(StationCard.node_id == node_id)
    rows = list(await uow.session.scalars(statement.order_by(StationCard.given_at.desc()).limit(limit)))
    called = await names(uow, {row.tenant for row in rows}, full=True)
    return [
        CardView(
            id=row.id, tenant=row.tenant, site=called.get(row.tenant, ""), colour=row.colour, title=row.title,
            words=row.words, evidence=list(row.evidence), state=row.state, state_words=CARD.labels[row.state],
            due_on=row.due_on, letter_id=row.letter_id, given_at=row.given_at, given_name=row.given_name,
        )
        for row in rows
    ]  # fmt: skip


async def proposed(
    uow: UnitOfWork, *, state: str = "open", one: UUID | None = None, limit: int = 100
) -> list[ProposalView]:
    """Return proposals of the scope, the oldest open one first, decided ones the latest first."""
    statement = sa.select(CardProposal).where(uow.scope.clause(CardProposal.tenant))
    if one is not None:
        statement = statement.where(CardProposal.id == one)
    elif state:
        statement = statement.where(CardProposal.state == state)
    order = CardProposal.made_at if state == "open" else CardProposal.made_at.desc()
    rows = list(await uow.session.scalars(statement.order_by(order).limit(limit)))
    called = await names(uow, {row.tenant for row in rows}, full=True)
    return [
        ProposalView(
            id=row.id, tenant=row.tenant, node_id=row.node_id, site=called.get(row.tenant, ""), kind=row.kind,
            kind_words=PROPOSAL_WORDS[row.kind], source_words=SOURCE_WORDS[row.source], words=row.words,
            evidence=list(row.evidence), state=row.state, made_at=row.made_at, letter_id=row.letter_id,
            decided_at=row.decided_at, decided_name=row.decided_name, reason=row.reason,
        )
        for row in rows
    ]  # fmt: skip


async def _tasks(uow: UnitOfWork, statement: sa.Select[InspectionTask]) -> list[TaskView]:
    rows = list(await uow.session.scalars(statement))
    results: dict[UUID, list[InspectionResult]] = {row.id: [] for row in rows}
    for result in await uow.session.scalars(
        sa.select(InspectionResult)
        .where(InspectionResult.task_id.in_(list(results)))
        .order_by(InspectionResult.made_at)
    ):
        results[result.task_id].append(result)
    photos = await evidence.of(uow, inspecting.PHOTOS, [r.id for made in results.values() for r in made])
    called = await names(uow, {row.tenant for row in rows}, full=True)
    today = clock.business_date(uow.now)
    return [
        TaskView(
            id=row.id, tenant=row.tenant, site=called.get(row.tenant, ""), node_id=row.node_id, draw_id=row.draw_id,
            kind=row.kind, kind_words=KIND_WORDS[row.kind], title=row.title, version=row.version, items=items_of(row.items),
            inspectors=[f"{i.get('name', '')}（{i.get('office', '')}）" for i in row.inspectors if isinstance(i, dict)],
            due_on=row.due_on, state=row.state, late=row.state == "open" and row.due_on < today, done_at=row.done_at,
            note=row.note, mine=str(uow.actor.id) in {str(i.get("id")) for i in row.inspectors if isinstance(i, dict)},
            results=[_result(r, photos) for r in results[row.id]],
        )
        for row in rows
    ]  # fmt: skip


def _result(row: InspectionResult, photos: Any) -> ResultView:
    return ResultView(
        id=row.id, item=row.item, requirement=row.requirement, title=row.title, passed=row.passed, words=row.words,
        expires_on=row.expires_on, made_at=row.made_at, made_name=row.made_name, photos=[p.id for p in photos.get(row.id, [])],
    )  # fmt: skip


def _draw(row: InspectionDraw) -> DrawView:
    return DrawView(
        id=row.id, seed=row.seed, joint=row.joint, pool=list(row.pool), inspectors=list(row.inspectors),
        picked=list(row.picked), drawn_at=row.drawn_at, drawn_name=row.drawn_name, repeats=again(row),
    )  # fmt: skip


def _finding(uow: UnitOfWork, row: InspectionFinding, site: str, steps: list[FindingStep], photos: Any) -> FindingView:
    made: list[StepView] = []
    for step in steps:
        kept: list[Kept] = photos.get(step.id, [])
        made.append(
            StepView(
                step=step.step, step_words=STEP_WORDS[step.step], words=step.words, due_on=step.due_on, made_at=step.made_at,
                made_name=step.made_name, photos=[p.id for p in kept],
            )
        )  # fmt: skip
    return FindingView(
        id=row.id, tenant=row.tenant, site=site, requirement=row.requirement, title=row.title, words=row.words,
        serious=row.serious, state=row.state, state_words=FINDING.labels[row.state], due_on=row.due_on,
        overdue=row.overdue_at is not None, of_card=row.card_id is not None, mended_by_me=row.mended_by == uow.actor.id,
        made_at=row.made_at, steps=made,
    )  # fmt: skip
