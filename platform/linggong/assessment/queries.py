"""All reads of assessments as pages, the API and sheets show them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.assessment import common, keeping
from linggong.assessment.card import Card
from linggong.assessment.evidence import Entry, Evidence
from linggong.assessment.forecast import forecast
from linggong.assessment.machines import ASSESSMENT
from linggong.assessment.models import SAID, Assessment, AssessmentMaterial, AssessmentWord, ScoreCard
from linggong.assessment.scorecard import Score, score
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paths import tenant_path
from linggong.offices.models import Operator, OperatorContract
from rbac.roles import hand
from tenants.models import Node


class AssessmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A year's assessment in a list."""

    id: UUID
    path: str
    place: str
    what: str
    """The contract's number, or the station."""
    contract_id: UUID | None
    operator: str
    """'' for a station."""
    year: int
    first: date
    last: date
    state: str
    state_words: str
    card: str
    card_version: int
    card_title: str
    scored: bool
    points: int | None
    grade: str
    frozen_hash: str
    frozen_at: datetime | None
    report_until: datetime | None
    appeal_until: datetime | None
    final_at: datetime | None
    allowed: list[str]
    """Steps that the reader's hand may say now; guards may still refuse."""


class MaterialView(msgspec.Struct, frozen=True, kw_only=True):
    """A filed piece of evidence."""

    id: UUID
    row: int
    name: str
    words: str
    number: int | None
    by: str
    by_operator: bool
    at: datetime


class SaidView(msgspec.Struct, frozen=True, kw_only=True):
    """What was said at a step."""

    kind: str
    kind_words: str
    words: str
    body: dict[str, Any]
    by: str
    at: datetime


class AssessmentDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An assessment with its score: of the review where there is one, of the frozen evidence, or the forecast to date."""

    assessment: AssessmentView
    places: list[str]
    score: Score
    is_forecast: bool
    """Nothing is decided yet: what would come of what is known."""
    materials: list[MaterialView]
    said: list[SaidView]


async def assessments(uow: UnitOfWork, *, contract_id: UUID | None = None) -> list[AssessmentView]:
    """Return the assessments of the scope, the latest year first."""
    tests = [common.seen(uow)]
    if contract_id is not None:
        tests.append(Assessment.contract_id == contract_id)
    return await _views(uow, *tests)


async def detail(uow: UnitOfWork, assessment_id: UUID, *, until: date | None = None) -> AssessmentDetail:
    """Return one assessment with all that stands on its sheet; before the freeze the forecast up to a day. Raises NotFound."""
    found = await _views(uow, common.seen(uow), Assessment.id == assessment_id)
    row = await uow.session.scalar(sa.select(Assessment).where(Assessment.id == assessment_id))
    if not found or row is None:
        raise NotFound
    filed = await common.materials(uow, row.id)
    places = await common.places(uow, row)
    return AssessmentDetail(
        assessment=found[0], places=places, score=await _score(uow, row, places, filed, until), is_forecast=row.score is None,
        materials=[
            MaterialView(
                id=one.id, row=one.row_no, name=one.name, words=one.words, number=one.number, by=one.filed_name,
                by_operator=one.by_operator, at=one.filed_at,
            )
            for one in filed
        ],
        said=await said(uow, row.id),
    )  # fmt: skip


async def row_of(uow: UnitOfWork, assessment_id: UUID) -> tuple[Assessment, Card]:
    """Return an assessment's row with its card, for reading. Raises NotFound."""
    row = await uow.session.scalar(sa.select(Assessment).where(Assessment.id == assessment_id, common.seen(uow)))
    if row is None:
        raise NotFound
    return row, await common.card_of(uow, row)


async def said(uow: UnitOfWork, assessment_id: UUID) -> list[SaidView]:
    """Return what was said, the earliest first."""
    rows = await uow.session.scalars(
        sa.select(AssessmentWord)
        .where(AssessmentWord.assessment_id == assessment_id)
        .order_by(AssessmentWord.said_at, AssessmentWord.id)
    )
    return [
        SaidView(
            kind=one.kind,
            kind_words=SAID[one.kind] + ("（书面，代录）" if one.body.get("paper") else ""),
            words=one.words,
            body=one.body,
            by=one.said_name,
            at=one.said_at,
        )
        for one in rows
    ]


async def last_said(uow: UnitOfWork, assessment_id: UUID, kind: str) -> SaidView:
    """Return the last word of a kind. Raises NotFound."""
    found = [one for one in await said(uow, assessment_id) if one.kind == kind]
    if not found:
        raise NotFound
    return found[-1]


async def _score(
    uow: UnitOfWork, row: Assessment, places: list[str], filed: list[AssessmentMaterial], until: date | None
) -> Score:
    if row.score is not None:
        return msgspec.convert(row.score, Score)
    card = await common.card_of(uow, row)
    if row.frozen is not None:
        rows = {n: msgspec.convert(entry, Entry) for n, entry in row.frozen["rows"].items()}
        given = Evidence(
            card=card.id, version=card.version, first=row.first, last=row.last, rows=rows, options=row.options
        )
        return score(card, given)
    last = max(row.first, min(row.last, until or clock.business_date(uow.now)))
    paths = [tenant_path(path) for path in places]
    return await forecast(
        uow, card, paths, first=row.first, last=last, numbers=common.numbers(filed), options=row.options
    )


async def _views(uow: UnitOfWork, *tests: sa.ColumnElement[bool]) -> list[AssessmentView]:
    rows = await uow.execute(
        sa.select(
            Assessment,
            ScoreCard.card,
            ScoreCard.version,
            ScoreCard.title,
            ScoreCard.body,
            Node.name,
            OperatorContract.number,
            Operator.name,
        )
        .join(ScoreCard, ScoreCard.id == Assessment.card_id)
        .join(Node, Node.path == Assessment.tenant)
        .outerjoin(OperatorContract, OperatorContract.id == Assessment.contract_id)
        .outerjoin(Operator, Operator.id == OperatorContract.operator_id)
        .where(*tests)
        .order_by(Assessment.first.desc(), Assessment.tenant, Assessment.id)
        .execution_options(populate_existing=True)
    )
    by = hand(uow.actor.kind, uow.actor.role)
    return [
        AssessmentView(
            id=row.id, path=row.tenant, place=place, what=number or place, contract_id=row.contract_id, operator=operator or "",
            year=row.year, first=row.first, last=row.last, state=row.state, state_words=ASSESSMENT.labels[row.state], card=card,
            card_version=version, card_title=title, scored=msgspec.convert(body, Card).scored, points=row.points, grade=row.grade or "",
            frozen_hash=row.frozen_hash or "", frozen_at=row.frozen_at, report_until=row.report_until, appeal_until=row.appeal_until,
            final_at=row.final_at, allowed=ASSESSMENT.allowed(row.state, by),
        )
        for row, card, version, title, body, place, number, operator in rows
    ]  # fmt: skip


async def forecast_at(uow: UnitOfWork, path: str, first: date, last: date) -> tuple[keeping.Kept, Score] | None:
    """Return what a place's records would score on the card in force there; None without a card. For any days (M23)."""
    kept = await keeping.in_force(uow, path, "contract", first)
    kept = kept or await keeping.in_force(uow, path, "station", first)
    if kept is None or not kept.card.scored:
        return None
    return kept, await forecast(uow, kept.card, tenant_path(path), first=first, last=last)
