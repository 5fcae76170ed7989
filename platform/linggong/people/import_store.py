"""Storing a checked register: claims, links, people and likely duplicates, a thousand rows at a statement.

Row by row a register of 50,000 would take the better part of an hour; here it takes about a minute. The rules are those of
`registration`, and the rows are made by its functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import LinggongError
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath
from linggong.kernel.sheets import RowFault
from linggong.people.forms import CheckedWorker, ProxyConsent
from linggong.people.models import Contact, MergeProposal, Person, ServiceLink, Worker
from linggong.people.registration import (
    NAME_DIFFERS,
    consent_row,
    contact_row,
    find_or_create,
    person_row,
    worker_row,
)
from linggong.people.service_links import lasts

_CHUNK = 1000
_CLAIMS = sa.text(
    "SELECT t.i, claim_identity(t.number, t.person, :now) AS person_id "
    "FROM unnest(CAST(:numbers AS bytea[]), CAST(:people AS uuid[])) WITH ORDINALITY AS t(number, person, i) ORDER BY t.i"
).bindparams(
    sa.bindparam("numbers", type_=sa.ARRAY(sa.LargeBinary())),
    sa.bindparam("people", type_=sa.ARRAY(sa.Uuid())),
    sa.bindparam("now", type_=sa.DateTime(timezone=True)),
)


@dataclass(slots=True)
class Ready:
    """A row of the file that passed every check of its form."""

    number: int
    """Its number in the file; the heading is row 1."""
    checked: CheckedWorker
    consent: ProxyConsent
    index: bytes = b""
    person_id: UUID = field(default_factory=new_id)


@dataclass(slots=True)
class Stored:
    """What was stored."""

    created: list[UUID] = field(default_factory=list)
    linked: int = 0
    faults: list[RowFault] = field(default_factory=list)


async def store(uow: UnitOfWork, sealer: Sealer, tenant: TenantPath, rows: Sequence[Ready]) -> Stored:
    """Store the rows for the node `tenant`: new people, or known ones linked; a number under another name is a fault.

    Rows go in order of their blind index, so that two imports at once wait for each other instead of locking up.
    """
    for row in rows:
        row.index = sealer.blind_index("id", row.checked.person.id_number.number)
    out = Stored()
    for chunk in _chunks(sorted(rows, key=lambda r: r.index)):
        await _store_chunk(uow, sealer, tenant, chunk, out)
        uow.session.expunge_all()
    return out


def _chunks(rows: Sequence[Ready]) -> Iterator[Sequence[Ready]]:
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]


async def _store_chunk(uow: UnitOfWork, sealer: Sealer, tenant: TenantPath, rows: Sequence[Ready], out: Stored) -> None:
    claimed = await uow.execute(
        _CLAIMS, {"numbers": [r.index for r in rows], "people": [r.person_id for r in rows], "now": uow.now}
    )
    owners: list[UUID] = [c.person_id for c in claimed]
    fresh = await _link(uow, tenant, owners)
    new = [row for row, owner in zip(rows, owners, strict=True) if owner == row.person_id]
    known = [(row, owner) for row, owner in zip(rows, owners, strict=True) if owner != row.person_id]
    for row in new:
        who = row.checked.person
        division = row.checked.form.home_division_code
        uow.session.add(person_row(uow, sealer, row.person_id, who, "import", division))
    await uow.flush()
    for row in new:
        uow.session.add(worker_row(uow, sealer, row.person_id, row.checked))
        uow.session.add(contact_row(uow, sealer, row.person_id, row.checked, tenant, False))
        uow.session.add(consent_row(uow, row.person_id, row.consent))
        await _tell(uow, tenant, row.person_id, "person.registered")
    await uow.flush()
    out.created += [row.person_id for row in new]
    await _store_known(uow, sealer, tenant, known, fresh, out)


async def _store_known(
    uow: UnitOfWork,
    sealer: Sealer,
    tenant: TenantPath,
    known: Sequence[tuple[Ready, UUID]],
    fresh: set[UUID],
    out: Stored,
) -> None:
    ids = [owner for _, owner in known]
    people = {p.id: p for p in await uow.session.scalars(sa.select(Person).where(Person.id.in_(ids)))}
    workers = set(await uow.session.scalars(sa.select(Worker.person_id).where(Worker.person_id.in_(ids))))
    strangers: list[UUID] = []
    for row, owner in known:
        person = people.get(owner)
        if person is not None and person.merged_into is not None:
            try:
                person, _, _ = await find_or_create(uow, sealer, row.checked.person, node=tenant, channel="import")
            except LinggongError as error:
                out.faults.append(RowFault(row.number, "", error.detail))
                continue
        if person is None or person.name != row.checked.person.name:
            out.faults.append(RowFault(row.number, "姓名", NAME_DIFFERS))
            strangers.append(owner)
            continue
        if owner not in workers and person.id == owner:
            uow.session.add(worker_row(uow, sealer, owner, row.checked))
        uow.session.add(consent_row(uow, person.id, row.consent))
        await _tell(uow, tenant, person.id, "person.linked")
        out.linked += 1
    await uow.flush()
    undo = [s for s in strangers if s in fresh]
    if undo:
        # A wrong name opens nobody's data to this node.
        await uow.execute(
            sa.delete(ServiceLink).where(
                ServiceLink.subject_id.in_(undo), ServiceLink.tenant == tenant, ServiceLink.kind == "registered"
            )
        )


async def _link(uow: UnitOfWork, tenant: TenantPath, people: Sequence[UUID]) -> set[UUID]:
    """Link all of them; returns those who were not linked before. Persons become visible to the node by this alone."""
    before = set(
        await uow.session.scalars(
            sa.select(ServiceLink.subject_id).where(
                ServiceLink.subject_id.in_(people),
                ServiceLink.tenant == tenant,
                ServiceLink.kind == "registered",
                ServiceLink.ends_at > uow.now,
            )
        )
    )
    until = uow.now + await lasts(uow, tenant, "registered")
    values = [
        {
            "id": new_id(),
            "subject_id": p,
            "tenant": tenant,
            "kind": "registered",
            "started_at": uow.now,
            "ends_at": until,
        }
        for p in people
    ]
    new = insert(ServiceLink).values(values)
    await uow.execute(
        new.on_conflict_do_update(
            index_elements=["subject_id", "tenant", "kind"],
            set_={"ends_at": sa.func.greatest(ServiceLink.ends_at, new.excluded.ends_at)},
        )
    )
    return set(people) - before


async def _tell(uow: UnitOfWork, tenant: TenantPath, person_id: UUID, event: str) -> None:
    await uow.emit(
        NewEvent(
            type=event,
            chain=f"person:{person_id}",
            subject_id=person_id,
            tenant=tenant,
            person_id=person_id,
            body={"as": "worker", "channel": "import"},
        )
    )


async def propose(uow: UnitOfWork, tenant: TenantPath, batch_id: UUID, created: Sequence[UUID]) -> int:
    """Propose pairs that may be one person under two numbers: same name and birthday, or same name and telephone.

    Only people whom the actor may see are compared. Returns how many pairs were proposed.
    """
    new, other = sa.orm.aliased(Person), sa.orm.aliased(Person)
    mine, theirs = sa.orm.aliased(Contact), sa.orm.aliased(Contact)
    these = sa.func.unnest(sa.cast(sa.bindparam("ids", list(created), type_=sa.ARRAY(sa.Uuid())), sa.ARRAY(sa.Uuid())))
    batch = sa.select(these.label("id")).cte("batch").prefix_with("MATERIALIZED", dialect="postgresql")
    base = sa.and_(other.name == new.name, other.id != new.id, other.status == "active")
    by_birthday = (
        sa.select(new.id, other.id.label("other"), sa.literal("同名同生日").label("why"))
        .join(batch, batch.c.id == new.id)
        .join(other, sa.and_(base, other.birth_date == new.birth_date))
    )
    by_phone = (
        sa.select(new.id, other.id.label("other"), sa.literal("同名同电话").label("why"))
        .join(batch, batch.c.id == new.id)
        .join(mine, sa.and_(mine.person_id == new.id, mine.kind != "station"))
        .join(theirs, theirs.number_index == mine.number_index)
        .join(other, sa.and_(base, other.id == theirs.person_id))
    )
    fresh = set(created)
    pairs: dict[tuple[UUID, UUID], str] = {}
    for statement in (by_birthday, by_phone):
        for person, candidate, why in await uow.execute(statement):
            # Of two rows of the same file the later leads to the earlier; once a pair.
            if candidate not in fresh or candidate < person:
                pairs.setdefault((person, candidate), why)
    rows = [
        {
            "id": new_id(),
            "tenant": tenant,
            "batch_id": batch_id,
            "person_id": person,
            "candidate_id": candidate,
            "reason": why,
            "status": "open",
            "created_at": uow.now,
        }
        for (person, candidate), why in pairs.items()
    ]
    if rows:
        await uow.execute(sa.insert(MergeProposal), rows)
    return len(rows)
