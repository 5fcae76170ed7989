"""What the steps of an assessment share: the row, who acts, the step told, and the refusal of a person who also works for an operator."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.assessment.card import Card
from linggong.assessment.machines import ASSESSMENT
from linggong.assessment.models import Assessment, AssessmentMaterial, AssessmentWord, ScoreCard
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.offices.models import OperatorContractNode
from linggong.people.models import Staff
from rbac.roles import Role, hand

MOST_WORDS: Final = 1000
_OPERATORS = "一个人不能既替运营方做事、又考核运营方，请县人社局的其他同事来做。"


class Frozen(Conflict):
    """Evidence that comes after the freeze: refused, and noted as refused by whoever called."""


async def managed(uow: UnitOfWork, assessment_id: UUID) -> Assessment:
    """Return an assessment of the scope, locked. Raises NotFound."""
    found = await uow.session.scalar(
        sa.select(Assessment)
        .where(Assessment.id == assessment_id, seen(uow))
        .with_for_update(of=Assessment)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def seen(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    """Return the test of what the acting post may read: its places, and for an operator's people their own contracts alone."""
    own: sa.ColumnElement[bool] = sa.true()
    if uow.actor.role == Role.COUNTY_OPERATOR:
        # Several operators work in a county (R020): none reads another's sheet.
        mine = sa.select(OperatorContractNode.contract_id).where(uow.scope.clause(OperatorContractNode.tenant))
        own = sa.or_(Assessment.contract_id.is_(None), Assessment.contract_id.in_(mine))
    return sa.and_(uow.scope.clause(Assessment.tenant), own)


async def card_of(uow: UnitOfWork, row: Assessment) -> Card:
    """Return the version of the card that this year keeps."""
    body = await uow.session.scalar(sa.select(ScoreCard.body).where(ScoreCard.id == row.card_id))
    return msgspec.convert(body, Card)


async def places(uow: UnitOfWork, row: Assessment) -> list[str]:
    """Return the places whose records are assessed: those of the contract, or the station."""
    return [row.tenant] if row.contract_id is None else await covered(uow, row.contract_id) or [row.tenant]


async def covered(uow: UnitOfWork, contract_id: UUID) -> list[str]:
    """Return the places that a contract covers."""
    rows = await uow.session.scalars(
        sa.select(OperatorContractNode.tenant)
        .where(OperatorContractNode.contract_id == contract_id)
        .order_by(OperatorContractNode.tenant)
    )
    return list(rows)


async def materials(uow: UnitOfWork, assessment_id: UUID) -> list[AssessmentMaterial]:
    """Return what was filed, by row, the earliest first."""
    rows = await uow.session.scalars(
        sa.select(AssessmentMaterial)
        .where(AssessmentMaterial.assessment_id == assessment_id)
        .order_by(AssessmentMaterial.row_no, AssessmentMaterial.filed_at, AssessmentMaterial.id)
    )
    return list(rows)


def numbers(found: list[AssessmentMaterial]) -> dict[int, int]:
    """Return what papers say that rows count; the latest holds."""
    return {one.row_no: one.number for one in found if one.number is not None}


def digest(frozen: Mapping[str, Any]) -> str:
    """Return the hash of frozen evidence: SHA-256 over canonical JSON."""
    text = json.dumps(frozen, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def step(uow: UnitOfWork, state: str, event: str) -> str:
    """Return the state that an event leads to for whoever acts. Raises Conflict."""
    return ASSESSMENT.step(state, event, hand(uow.actor.kind, uow.actor.role)).target


async def not_an_operators(uow: UnitOfWork, path: str) -> None:
    """Refuse whoever also holds a post of an operator around the place; raises Conflict."""
    rows = await uow.execute(
        sa.text("SELECT role, starts_at, ends_at, contract_id FROM posts_around(:staff, :path)"),
        {"staff": uow.actor.id, "path": path},
    )
    for row in rows:
        live = row.starts_at <= uow.now and (row.ends_at is None or row.ends_at > uow.now)
        if live and (row.role == Role.COUNTY_OPERATOR or row.contract_id is not None):
            raise Conflict(_OPERATORS)


def written(words: str, what: str, field: str = "words", least: int = 2) -> list[Fault]:
    """Return the fault of a text that is too short or too long."""
    if least <= len(words.strip()) <= MOST_WORDS:
        return []
    return [Fault(field, f"请写{what}，{least} 到 {MOST_WORDS} 个字。", "required")]


async def say(uow: UnitOfWork, row: Assessment, kind: str, words: str, body: dict[str, Any] | None = None) -> None:
    """Keep what was said at a step."""
    uow.session.add(
        AssessmentWord(
            id=new_id(), assessment_id=row.id, tenant=row.tenant, kind=kind, words=words.strip(), body=body or {}, said_by=actor(uow),
            said_name=await name(uow), said_at=uow.now,
        )
    )  # fmt: skip


async def said_by(uow: UnitOfWork, row: Assessment, kind: str) -> UUID | None:
    """Return who said the last word of a kind."""
    found: UUID | None = await uow.session.scalar(
        sa.select(AssessmentWord.said_by)
        .where(AssessmentWord.assessment_id == row.id, AssessmentWord.kind == kind)
        .order_by(AssessmentWord.said_at.desc())
        .limit(1)
    )
    return found


async def tell(uow: UnitOfWork, row: Assessment, event: str, before: str, **body: object) -> None:
    """Append a step to the assessment's chain."""
    made = ASSESSMENT.find(before, event)
    await uow.flush()
    told: dict[str, Any] = {} if made is None else {
        "machine": ASSESSMENT.name, "subject": str(row.id), "from": before, "to": row.state, "event": event,
        "transition": made.number,
    }  # fmt: skip
    told |= {key: value.isoformat() if isinstance(value, datetime) else value for key, value in body.items()}
    await uow.emit(
        NewEvent(type=f"scorecard.{event}", chain=chain(row.id), subject_id=row.id, tenant=row.tenant, body=told)
    )


def chain(assessment_id: UUID) -> str:
    """Return the name of an assessment's chain of events."""
    return f"scorecard:{assessment_id}"


async def name(uow: UnitOfWork) -> str:
    """Return the name of whoever acts."""
    return str(await uow.session.scalar(sa.select(Staff.name).where(Staff.id == uow.actor.id)) or "")


def actor(uow: UnitOfWork) -> UUID | None:
    """Return who acts."""
    return None if uow.actor.id == NOBODY else uow.actor.id


def refuse(faults: list[Fault]) -> None:
    """Raise Invalid when there is a fault."""
    if faults:
        raise Invalid(faults)
