"""What may be seen of people: the public card, one's own account, and the desk's list of those whom its post serves.

Numbers are never listed; an exact ID or phone number typed by a clerk is found by its blind index.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paging import Page, decode_cursor, encode_cursor
from linggong.people.identity_numbers import (
    BadNumber,
    mask_id_number,
    mask_name,
    mask_phone,
    normalise_phone,
    parse_id_number,
    parse_uscc,
    surname_call,
    veil_name,
)
from linggong.people.models import Contact, Employer, MergeProposal, Person, ServiceLink, Worker
from linggong.people.service_links import served_by


class WorkerCard(msgspec.Struct, frozen=True, kw_only=True):
    """The public card: enough to choose by, nothing to find a person by."""

    id: UUID
    call: str
    sex: str
    age: int
    verified_level: int
    trades: list[str]
    skill_level: int


class LinkedWorker(msgspec.Struct, frozen=True, kw_only=True):
    """A worker whom the acting post serves, as its desk lists him."""

    id: UUID
    name: str
    """Masked: 李**."""
    call: str
    sex: str
    age: int
    verified_level: int
    trades: list[str]
    skill_level: int
    phone_kind: str
    linked_at: datetime
    """When this post last took him on: registered, signed in, came for an order."""
    registered_here: bool


class EmployerCard(msgspec.Struct, frozen=True, kw_only=True):
    """An employer as the desk and his own pages see him; no number. For staff every natural person's name is masked."""

    id: UUID
    kind: str
    name: str
    contact_name: str
    address: str
    verified_level: int
    reverify_on: date | None
    is_trusted: bool
    is_agency: bool
    status: str
    created_at: datetime


class ContactView(msgspec.Struct, frozen=True, kw_only=True):
    """One way to reach oneself, masked."""

    id: UUID
    kind: str
    number: str
    can_sign_in: bool
    verified: bool


class MyAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A person's own data, numbers masked."""

    id: UUID
    name: str
    id_number: str
    age: int
    """The birthday stands in the ID number, which is masked."""
    sex: str
    verified_level: int
    contacts: list[ContactView]
    is_worker: bool
    trades: list[str]
    skill_level: int
    pay_fen: int | None
    pay_unit: str | None


def age_on(born: date, day: date) -> int:
    """Return full years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


async def worker_card(uow: UnitOfWork, person_id: UUID) -> WorkerCard:
    """Return the public card of a worker whom the actor may see; raises NotFound."""
    row = (
        await uow.execute(
            sa.select(Person, Worker).join(Worker, Worker.person_id == Person.id).where(Person.id == person_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    person, worker = row
    return _card(person, worker, clock.business_date(uow.now))


def _card(person: Person, worker: Worker, today: date) -> WorkerCard:
    return WorkerCard(
        id=person.id,
        call=surname_call(person.name, person.sex),
        sex=person.sex,
        age=age_on(person.birth_date, today),
        verified_level=person.verified_level,
        trades=worker.trades,
        skill_level=worker.skill_level,
    )


async def workers_linked(
    uow: UnitOfWork,
    sealer: Sealer,
    *,
    q: str = "",
    kinds: tuple[str, ...] = (),
    limit: int = 50,
    after: tuple[datetime, UUID] | None = None,
) -> list[LinkedWorker]:
    """Return workers whom the scope's nodes serve, the latest first.

    `q` is an exact ID number, an exact phone number, or the beginning of a name; `kinds` narrows to links of these kinds;
    `after` is the link time and id of the last one already seen.
    """
    links = (
        sa.select(
            ServiceLink.subject_id,
            sa.func.max(ServiceLink.started_at).label("linked_at"),
            sa.func.bool_or(ServiceLink.kind == "registered").label("registered_here"),
        )
        .where(
            uow.scope.clause(ServiceLink.tenant),
            ServiceLink.ends_at > uow.now,
            *((ServiceLink.kind.in_(kinds),) if kinds else ()),
        )
        .group_by(ServiceLink.subject_id)
        .subquery()
    )
    statement = (
        sa.select(Person, Worker, links.c.linked_at, links.c.registered_here)
        .join(Worker, Worker.person_id == Person.id)
        .join(links, links.c.subject_id == Person.id)
        .where(Person.status == "active")
        .order_by(links.c.linked_at.desc(), Person.id)
        .limit(limit)
    )
    if q.strip():
        statement = statement.where(_matches(sealer, q.strip(), clock.business_date(uow.now)))
    if after is not None:
        at, last = after
        statement = statement.where(sa.or_(links.c.linked_at < at, sa.and_(links.c.linked_at == at, Person.id > last)))
    today = clock.business_date(uow.now)
    return [
        LinkedWorker(
            id=p.id,
            name=veil_name(p.name),
            call=surname_call(p.name, p.sex),
            sex=p.sex,
            age=age_on(p.birth_date, today),
            verified_level=p.verified_level,
            trades=w.trades,
            skill_level=w.skill_level,
            phone_kind=w.phone_kind,
            linked_at=linked_at,
            registered_here=here,
        )
        for p, w, linked_at, here in await uow.execute(statement)
    ]


async def workers_page(
    uow: UnitOfWork, sealer: Sealer, *, q: str = "", cursor: str | None = None, limit: int = 50
) -> Page[LinkedWorker]:
    """Return a page of `workers_linked`; raises Invalid for a cursor that we did not make."""
    after: tuple[datetime, UUID] | None = None
    if cursor is not None:
        at, last = decode_cursor(cursor, datetime, UUID)
        after = msgspec.convert((at, last), tuple[datetime, UUID])
    found = await workers_linked(uow, sealer, q=q, limit=limit + 1, after=after)
    items = found[:limit]
    more = len(found) > limit
    return Page(items, encode_cursor(items[-1].linked_at.isoformat(), str(items[-1].id)) if more else None)


def _matches(sealer: Sealer, q: str, today: date) -> Any:
    try:
        return Person.id_index == sealer.blind_index("id", parse_id_number(q, today=today).number)
    except BadNumber:
        pass
    try:
        index = sealer.blind_index("phone", normalise_phone(q).number)
        return sa.exists().where(
            Contact.person_id == Person.id, Contact.number_index == index, Contact.ended_at.is_(None)
        )
    except BadNumber:
        return Person.name.startswith(q, autoescape=True)


async def employers_linked(
    uow: UnitOfWork, sealer: Sealer, *, q: str = "", limit: int = 50, after: UUID | None = None
) -> list[EmployerCard]:
    """Return employers whom the scope's nodes serve, by name; `q` is a credit code, a phone number, or a part of the name."""
    statement = sa.select(Employer).where(served_by(uow, Employer.id)).order_by(Employer.name, Employer.id).limit(limit)
    if q.strip():
        statement = statement.where(_employer_matches(sealer, q.strip()))
    if after is not None:
        # The name of the last one is read here: a cursor goes through addresses and must not hold it.
        last = sa.select(Employer.name, Employer.id).where(Employer.id == after).subquery()
        statement = statement.join(last, sa.tuple_(Employer.name, Employer.id) > sa.tuple_(last.c.name, last.c.id))
    return [employer_view(uow, row) for row in await uow.session.scalars(statement)]


async def employers_page(
    uow: UnitOfWork, sealer: Sealer, *, q: str = "", cursor: str | None = None, limit: int = 50
) -> Page[EmployerCard]:
    """Return a page of `employers_linked`; raises Invalid for a cursor that we did not make."""
    after: UUID | None = None
    if cursor is not None:
        (last,) = decode_cursor(cursor, UUID)
        after = msgspec.convert(last, UUID)
    found = await employers_linked(uow, sealer, q=q, limit=limit + 1, after=after)
    items = found[:limit]
    return Page(items, encode_cursor(str(items[-1].id)) if len(found) > limit else None)


class MergePair(msgspec.Struct, frozen=True, kw_only=True):
    """Two registrations that may be one person."""

    id: UUID
    person: WorkerCard
    candidate: WorkerCard
    reason: str
    created_at: datetime


async def merge_proposals(uow: UnitOfWork, *, cursor: str | None = None, limit: int = 50) -> Page[MergePair]:
    """Return the open proposals of the scope's nodes, oldest first."""
    one, other = sa.orm.aliased(Person), sa.orm.aliased(Person)
    one_w, other_w = sa.orm.aliased(Worker), sa.orm.aliased(Worker)
    statement = (
        sa.select(MergeProposal, one, one_w, other, other_w)
        .join(one, one.id == MergeProposal.person_id)
        .join(one_w, one_w.person_id == one.id)
        .join(other, other.id == MergeProposal.candidate_id)
        .join(other_w, other_w.person_id == other.id)
        .where(uow.scope.clause(MergeProposal.tenant), MergeProposal.status == "open")
        .order_by(MergeProposal.id)
        .limit(limit + 1)
    )
    if cursor is not None:
        (last,) = decode_cursor(cursor, UUID)
        statement = statement.where(MergeProposal.id > last)
    today = clock.business_date(uow.now)
    rows = (await uow.execute(statement)).all()
    items = [
        MergePair(
            id=pair.id,
            person=_card(a, aw, today),
            candidate=_card(b, bw, today),
            reason=pair.reason,
            created_at=pair.created_at,
        )
        for pair, a, aw, b, bw in rows[:limit]
    ]
    return Page(items, encode_cursor(str(items[-1].id)) if len(rows) > limit else None)


def _employer_matches(sealer: Sealer, q: str) -> Any:
    try:
        return Employer.uscc == parse_uscc(q).code
    except BadNumber:
        pass
    try:
        return Employer.phone_index == sealer.blind_index("phone", normalise_phone(q).number)
    except BadNumber:
        return Employer.name.contains(q, autoescape=True)


def veil_address(row: Employer) -> str:
    """Return a company's address, which its licence makes public; of a natural person's only how it begins."""
    return f"{row.address[:3]}****" if row.kind == "individual" and row.address else row.address


def employer_view(uow: UnitOfWork, row: Employer) -> EmployerCard:
    """Return the card of an employer: in clear for himself, masked for staff."""
    own = uow.actor.kind == "employer" and uow.actor.employer_id == row.id
    return EmployerCard(
        id=row.id,
        kind=row.kind,
        name=row.name if own or row.kind != "individual" else veil_name(row.name),
        contact_name=row.contact_name if own else veil_name(row.contact_name),
        address=row.address if own else veil_address(row),
        verified_level=row.verified_level,
        reverify_on=row.reverify_on,
        is_trusted=row.is_trusted,
        is_agency=row.is_agency,
        status=row.status,
        created_at=row.created_at,
    )


async def employer_card(uow: UnitOfWork, employer_id: UUID) -> EmployerCard:
    """Return an employer whom the actor may see; raises NotFound."""
    row = await uow.session.get(Employer, employer_id)
    if row is None:
        raise NotFound
    return employer_view(uow, row)


async def my_account(uow: UnitOfWork, sealer: Sealer) -> MyAccount:
    """Return the signed-in person's own account; raises NotFound for staff."""
    person = await uow.session.get(Person, uow.actor.id)
    if person is None:
        raise NotFound
    worker = await uow.session.get(Worker, person.id)
    contacts = await uow.session.scalars(
        sa.select(Contact)
        .where(Contact.person_id == person.id, Contact.ended_at.is_(None))
        .order_by(Contact.created_at)
    )
    return MyAccount(
        id=person.id,
        name=mask_name(person.name),
        id_number=mask_id_number(sealer.open(person.id_sealed, f"persons.id_sealed.{person.id}")),
        age=age_on(person.birth_date, clock.business_date(uow.now)),
        sex=person.sex,
        verified_level=person.verified_level,
        contacts=[
            ContactView(
                id=c.id,
                kind=c.kind,
                number=mask_phone(sealer.open(c.number_sealed, f"contacts.number_sealed.{c.id}")),
                can_sign_in=c.can_sign_in,
                verified=c.verified_at is not None,
            )
            for c in contacts
        ],
        is_worker=worker is not None,
        trades=worker.trades if worker else [],
        skill_level=worker.skill_level if worker else 0,
        pay_fen=worker.pay_fen if worker else None,
        pay_unit=worker.pay_unit if worker else None,
    )
