"""What staff see of one person or employer beyond the list: masked, and only where a live link is; elsewhere the public card."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.people import papers
from linggong.people.identity_numbers import mask_account, mask_id_number, mask_phone, surname_call, veil_name
from linggong.people.models import Contact, Employer, Person, ServiceLink, Worker
from linggong.people.queries import ContactView, WorkerCard, age_on, veil_address
from linggong.people.service_links import served_by
from tenants.models import Node


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """Why a place may see somebody, and until when."""

    place: str
    kind: str
    started_at: datetime
    ends_at: datetime


class PersonProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A person whom the acting post serves: every number masked, the age instead of the birthday."""

    id: UUID
    name: str
    call: str
    sex: str
    age: int
    id_number: str
    verified_level: int
    contacts: list[ContactView]
    bank: str
    """Masked; '' when none is on file."""
    is_worker: bool
    trades: list[str]
    skill_level: int
    links: list[LinkView]


class EmployerProfile(msgspec.Struct, frozen=True, kw_only=True):
    """An employer whom the acting post serves: its contact and numbers masked; a company's own name is public."""

    id: UUID
    kind: str
    name: str
    contact_name: str
    phone: str
    address: str
    legal_representative: str
    bank: str
    licence: str
    """When the photo of the licence came, '' without one."""
    verified_level: int
    reverify_on: date | None
    status: str
    links: list[LinkView]


async def public_card(uow: UnitOfWork, person_id: UUID) -> WorkerCard:
    """Return the public card of any worker of the city, for staff who have his id; raises NotFound.

    Of a person whom nobody here serves nothing else is to be had: not his name, not his numbers, not where he is registered.
    """
    row = (
        await uow.execute(
            sa.text("SELECT * FROM public_card(:p, :today)"),
            {"p": person_id, "today": clock.business_date(uow.now)},
        )
    ).one_or_none()
    if row is None or row.id is None:
        raise NotFound
    return WorkerCard(
        id=row.id,
        call=surname_call(row.surname + "**", row.sex),
        sex=row.sex,
        age=row.age,
        verified_level=row.verified_level,
        trades=row.trades,
        skill_level=row.skill_level,
    )


async def person_profile(uow: UnitOfWork, sealer: Sealer, person_id: UUID) -> PersonProfile:
    """Return a person whom the scope's nodes serve by a live link, masked; raises NotFound for anybody else."""
    person = await uow.session.scalar(sa.select(Person).where(Person.id == person_id, served_by(uow, Person.id)))
    if person is None:
        raise NotFound
    worker = await uow.session.get(Worker, person.id)
    contacts = await uow.session.scalars(
        sa.select(Contact)
        .where(Contact.person_id == person.id, Contact.ended_at.is_(None), Contact.kind != "station")
        .order_by(Contact.can_sign_in.desc(), Contact.created_at.desc())
    )
    bank = ""
    if worker is not None and worker.bank_sealed is not None:
        bank = mask_account(sealer.open(worker.bank_sealed, f"workers.bank_sealed.{person.id}"))
    return PersonProfile(
        id=person.id,
        name=veil_name(person.name),
        call=surname_call(person.name, person.sex),
        sex=person.sex,
        age=age_on(person.birth_date, clock.business_date(uow.now)),
        id_number=mask_id_number(sealer.open(person.id_sealed, f"persons.id_sealed.{person.id}")),
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
        bank=bank,
        is_worker=worker is not None,
        trades=worker.trades if worker is not None else [],
        skill_level=worker.skill_level if worker is not None else 0,
        links=await _links(uow, person.id),
    )


async def employer_profile(uow: UnitOfWork, sealer: Sealer, employer_id: UUID) -> EmployerProfile:
    """Return an employer whom the scope's nodes serve by a live link, masked; raises NotFound for anybody else."""
    row = await uow.session.scalar(sa.select(Employer).where(Employer.id == employer_id, served_by(uow, Employer.id)))
    if row is None:
        raise NotFound
    bank = mask_account(sealer.open(row.bank_sealed, f"employers.bank_sealed.{row.id}")) if row.bank_sealed else ""
    alone = row.kind == "individual"
    came = await papers.on_file(uow, row.id)
    return EmployerProfile(
        id=row.id,
        kind=row.kind,
        name=veil_name(row.name) if alone else row.name,
        contact_name=veil_name(row.contact_name),
        phone=mask_phone(sealer.open(row.phone_sealed, f"employers.phone_sealed.{row.id}")),
        address=veil_address(row),
        legal_representative=veil_name(row.legal_representative),
        bank=bank,
        licence="" if came is None else f"{came:%Y-%m-%d} 交的",
        verified_level=row.verified_level,
        reverify_on=row.reverify_on,
        status=row.status,
        links=await _links(uow, row.id),
    )


async def _links(uow: UnitOfWork, subject_id: UUID) -> list[LinkView]:
    rows = await uow.execute(
        sa.select(Node.name, ServiceLink.kind, ServiceLink.started_at, ServiceLink.ends_at)
        .join(Node, Node.path == ServiceLink.tenant)
        .where(
            ServiceLink.subject_id == subject_id, uow.scope.clause(ServiceLink.tenant), ServiceLink.ends_at > uow.now
        )
        .order_by(ServiceLink.ends_at.desc())
    )
    return [LinkView(place=r.name, kind=r.kind, started_at=r.started_at, ends_at=r.ends_at) for r in rows]
