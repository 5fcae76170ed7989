"""Proofs of hardship (R052): noted with the worker's separate consent, read where places are given out and nowhere else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.matching.models import PriorityMark
from linggong.matching.tiers import CATEGORIES
from linggong.people.models import Consent, Person
from linggong.people.service_links import served_by

PURPOSE, TEXT_VERSION = "priority", "priority-1"


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A proof in force, for those who serve him and for himself."""

    id: UUID
    category: str
    words: str
    grantor: str
    valid_to: date


class NewMark(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a clerk enters: the paper that he saw, and the slip on which the worker agreed."""

    category: str
    grantor: str
    proof: str
    valid_to: date
    consent: str
    """The number of the signed slip."""


async def marks(uow: UnitOfWork, person_id: UUID) -> list[Mark]:
    """Return the proofs in force of somebody whom the post serves; NotFound for anybody else."""
    await _person(uow, person_id)
    rows = await uow.session.scalars(_live(uow).where(PriorityMark.person_id == person_id).order_by(PriorityMark.id))
    return [
        Mark(id=r.id, category=r.category, words=CATEGORIES[r.category], grantor=r.grantor, valid_to=r.valid_to)
        for r in rows
    ]


async def of(uow: UnitOfWork, people: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Return the categories in force of people, as far as the actor may see them."""
    found: dict[UUID, list[str]] = defaultdict(list)
    wanted = sa.any_(sa.cast(list(people), sa.ARRAY(sa.Uuid)))
    for row in await uow.session.scalars(_live(uow).where(PriorityMark.person_id == wanted)):
        found[row.person_id].append(row.category)
    return found


def _live(uow: UnitOfWork) -> sa.Select[PriorityMark]:
    return (
        sa.select(PriorityMark)
        .join(Consent, Consent.id == PriorityMark.consent_id)
        .where(
            PriorityMark.ended_at.is_(None),
            PriorityMark.valid_to >= clock.business_date(uow.now),
            Consent.withdrawn_at.is_(None),
        )
    )


async def note(uow: UnitOfWork, person_id: UUID, form: NewMark) -> Mark:
    """Note a proof with the consent on its slip. Raises Invalid with every fault, Conflict for one that stands, NotFound."""
    await _person(uow, person_id)
    faults = []
    if form.category not in CATEGORIES:
        faults.append(Fault("category", "请从列表里选一类。", "unknown"))
    for field, text, words in (
        ("grantor", form.grantor, "请写哪个单位认定的。"),
        ("proof", form.proof, "请写证件或证明的编号。"),
        ("consent", form.consent, "请写他签的同意书编号。"),
    ):
        if not 2 <= len(text.strip()) <= 60 or not text.strip().isprintable():
            faults.append(Fault(field, words, "required"))
    if form.valid_to < clock.business_date(uow.now):
        faults.append(Fault("valid_to", "这份证明已经过期。", "past"))
    if faults:
        raise Invalid(faults)
    if any(m.category == form.category for m in await marks(uow, person_id)):
        raise Conflict("这一类已经登记过了。")
    ended = sa.update(PriorityMark).where(
        PriorityMark.person_id == person_id, PriorityMark.category == form.category, PriorityMark.ended_at.is_(None)
    )
    await uow.execute(ended.values(ended_at=uow.now))
    consent = Consent(
        id=new_id(), person_id=person_id, purpose=PURPOSE, text_version=TEXT_VERSION, method="slip",
        evidence=form.consent.strip(), taken_by=uow.actor.id, given_at=uow.now,
    )  # fmt: skip
    uow.session.add(consent)
    await uow.flush()
    row = PriorityMark(
        id=new_id(), person_id=person_id, category=form.category, grantor=form.grantor.strip(), proof=form.proof.strip(),
        valid_to=form.valid_to, consent_id=consent.id, recorded_by=uow.actor.id, recorded_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await _tell(uow, person_id, "priority.noted")
    return Mark(
        id=row.id, category=row.category, words=CATEGORIES[row.category], grantor=row.grantor, valid_to=row.valid_to
    )


async def end(uow: UnitOfWork, person_id: UUID, mark_id: UUID) -> None:
    """End a proof, and the consent that was given for it. Raises NotFound."""
    await _person(uow, person_id)
    row = await uow.session.get(PriorityMark, mark_id)
    if row is None or row.person_id != person_id or row.ended_at is not None:
        raise NotFound
    row.ended_at = uow.now
    consent = await uow.session.get(Consent, row.consent_id)
    if consent is not None and consent.withdrawn_at is None:
        consent.withdrawn_at = uow.now
    await _tell(uow, person_id, "priority.ended")


async def _person(uow: UnitOfWork, person_id: UUID) -> None:
    """Raise NotFound for whom the post does not serve."""
    if not await uow.session.scalar(sa.select(Person.id).where(Person.id == person_id, served_by(uow, Person.id))):
        raise NotFound


async def _tell(uow: UnitOfWork, person_id: UUID, event: str) -> None:
    """Emit that something changed, without saying what: the event's readers are more than those who serve him."""
    await uow.emit(
        NewEvent(
            type=event,
            chain=f"person:{person_id}",
            subject_id=person_id,
            person_id=person_id,
            tenant=uow.actor.post,
            body={},
        )
    )
