"""Registering and verifying employers and agencies (R045, R047, R049)."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath
from linggong.people import reverifying, service_links
from linggong.people.forms import (
    AgencyForm,
    CheckedEmployer,
    CheckedPerson,
    EmployerForm,
    ProxyConsent,
    check_agency,
    check_consent,
    check_employer,
)
from linggong.people.models import Agency, Employer, EmployerMember, Person
from linggong.people.registration import claim, consent_row, find_or_create, mobile_row, place, whole
from linggong.people.service_links import served_by
from tenants.service import parameters

EMPLOYER_KNOWN = "这个用工主体已经登记过。请让原来的经办人登录，或带证件到驿站把您加为经办人。"
TITLE_DIFFERS = "这个信用代码登记的是另一个名称。请对照营业执照核对；单位改过名的请报上级核实，不要另建。"


class RegisteredEmployer(msgspec.Struct, frozen=True):
    """What an employer's registration did; `agent_id` is the person who may act for it."""

    employer_id: UUID
    created: bool
    linked: bool
    agent_id: UUID | None
    verified_level: int


async def register_employer(
    uow: UnitOfWork,
    sealer: Sealer,
    form: EmployerForm,
    *,
    proxy: ProxyConsent | None = None,
    node: TenantPath | None = None,
) -> RegisteredEmployer:
    """Register an employer by credit code or by an individual's ID number (R045); a known one is linked instead.

    Staff register at `node`; a natural person entered along the way (the individual, the agent) needs `proxy`, the proof of
    his consent. Who registers his own employer acts in a transaction of kind 'employer' whose employer_id is the id it is
    to have. Level 2 when staff saw the licence, else 1. Raises Invalid, Conflict, NotFound.
    """
    by_staff = uow.actor.kind == "staff"
    at = await place(uow, node)
    numbers = await parameters(uow, at or "/", "worker.adult_age", "employer.reverify_days")
    faults: list[Fault] = []
    if by_staff and (form.kind == "individual" or form.agent is not None):
        check_consent(proxy, faults)
    today = clock.business_date(uow.now)
    checked = check_employer(form, faults, today=today, adult_age=whole(numbers["worker.adult_age"]))
    if faults or checked is None:
        raise Invalid(faults)
    own = uow.actor.employer_id if uow.actor.kind == "employer" and uow.actor.employer_id != NOBODY else None
    individual = await _natural_person(uow, sealer, checked.person, at, proxy) if checked.person else None
    agent = await _natural_person(uow, sealer, checked.agent, at, proxy) if checked.agent else individual
    if individual is not None:
        index = sealer.blind_index("individual-employer", str(individual.id))
    else:
        index = sealer.blind_index("uscc", checked.uscc.code if checked.uscc else "")
    claimed = own or new_id()
    found = await claim(uow, index, claimed)
    if own is not None and found != own:
        raise Conflict(EMPLOYER_KNOWN, reason="known")
    linked = await service_links.link(uow, found, at, "registered") if at is not None else False
    created = found == claimed
    if created:
        employer = _employer_row(uow, sealer, found, checked, individual)
        uow.session.add(employer)
        await uow.flush()
        await reverifying.watch(uow, employer, at, whole(numbers["employer.reverify_days"]))
    else:
        known = await uow.session.get(Employer, found)
        if known is None:
            raise Conflict(EMPLOYER_KNOWN, reason="known")
        if known.name != checked.name:
            raise Invalid([Fault("name", TITLE_DIFFERS, "name_differs")])
        employer = known
    await uow.flush()
    if agent is not None:
        await add_member(uow, found, agent.id, "owner" if individual is not None or created else "agent")
    if form.agency is not None:
        await _put_agency(uow, employer, form.agency)
    await uow.emit(
        NewEvent(
            type="employer.registered" if created else "employer.linked",
            chain=f"employer:{found}",
            subject_id=found,
            tenant=at,
            employer_id=found,
            body={
                "kind": employer.kind,
                "verified_level": employer.verified_level,
                "channel": "desk" if by_staff else "self",
                "is_agency": employer.is_agency,
            },
        )
    )
    return RegisteredEmployer(found, created, linked, agent.id if agent else None, employer.verified_level)


async def verify_employer(uow: UnitOfWork, employer_id: UUID, *, evidence: str) -> Employer:
    """Record that staff saw the licence or the card (R049): level 2, due again after `employer.reverify_days`.

    Raises NotFound for an employer that this post does not serve, Invalid without evidence, Conflict for a closed one.
    """
    employer = await employer_served(uow, employer_id)
    if not evidence.strip():
        raise Invalid([Fault("evidence", "请写看了什么证件，例如“营业执照原件”。", "required")])
    if employer.status == "closed":
        raise Conflict("这个用工主体已注销，不能核验。")
    numbers = await parameters(uow, uow.actor.post or "/", "employer.reverify_days")
    before = employer.verified_level
    _verified(uow, employer)
    await reverifying.watch(uow, employer, uow.actor.post, whole(numbers["employer.reverify_days"]))
    await uow.emit(
        NewEvent(
            type="employer.verified",
            chain=f"employer:{employer.id}",
            subject_id=employer.id,
            tenant=uow.actor.post,
            employer_id=employer.id,
            body={"from": before, "to": 2, "evidence": evidence.strip()[:200], "reverify_on": employer.reverify_on},
        )
    )
    return employer


async def register_agency(uow: UnitOfWork, employer_id: UUID, form: AgencyForm) -> None:
    """Record the licences of an organisation that is an agency (R047), or renew them. Raises Invalid, NotFound, Conflict."""
    employer = await employer_served(uow, employer_id)
    if employer.kind == "individual":
        raise Conflict("个人雇主不能登记为人力资源服务机构，请用单位的信用代码登记。")
    faults: list[Fault] = []
    check_agency(form, faults, today=clock.business_date(uow.now))
    if faults:
        raise Invalid(faults)
    await _put_agency(uow, employer, form)
    await uow.emit(
        NewEvent(
            type="employer.agency_recorded",
            chain=f"employer:{employer.id}",
            subject_id=employer.id,
            tenant=uow.actor.post,
            employer_id=employer.id,
            body={"hr_licence": form.hr_licence, "expires_on": form.hr_licence_expires_on},
        )
    )


async def add_member(uow: UnitOfWork, employer_id: UUID, person_id: UUID, role: str) -> None:
    """Let a person act for an employer; who already may stays as he is."""
    member = await uow.session.get(EmployerMember, (employer_id, person_id))
    if member is None:
        uow.session.add(
            EmployerMember(employer_id=employer_id, person_id=person_id, role=role, created_at=uow.now, ended_at=None)
        )
    elif member.ended_at is not None:
        member.ended_at, member.role = None, role
    await uow.flush()


async def employer_served(uow: UnitOfWork, employer_id: UUID) -> Employer:
    """Return an employer that the scope's nodes serve, or the actor's own; raises NotFound."""
    statement = sa.select(Employer).where(Employer.id == employer_id)
    if uow.actor.kind == "staff":
        statement = statement.where(served_by(uow, Employer.id))
    found = await uow.session.scalar(statement)
    if found is None:
        raise NotFound
    return found


async def _natural_person(
    uow: UnitOfWork, sealer: Sealer, who: CheckedPerson, node: TenantPath | None, proxy: ProxyConsent | None
) -> Person:
    channel = "desk" if uow.actor.kind == "staff" else "self"
    person, created, _ = await find_or_create(uow, sealer, who, node=node, channel=channel)
    back = person.status == "closed"
    if back:
        person.status = "active"
    if (created or back) and who.phone is not None:
        # A known person's sign-in number is changed by recovery only, never by registering once more.
        uow.session.add(mobile_row(uow, sealer, person.id, who.phone.number, verified=channel == "self"))
    uow.session.add(consent_row(uow, person.id, proxy))
    await uow.flush()
    if created:
        await uow.emit(
            NewEvent(
                type="person.registered",
                chain=f"person:{person.id}",
                subject_id=person.id,
                tenant=node,
                person_id=person.id,
                body={"as": "employer", "channel": channel, "verified_level": person.verified_level},
            )
        )
    return person


def _employer_row(
    uow: UnitOfWork, sealer: Sealer, employer_id: UUID, checked: CheckedEmployer, person: Person | None
) -> Employer:
    form = checked.form
    account = form.bank_account.replace(" ", "") if form.bank_account else None
    employer = Employer(
        id=employer_id,
        kind=form.kind,
        name=checked.name,
        uscc=checked.uscc.code if checked.uscc else None,
        person_id=person.id if person else None,
        contact_name=checked.contact_name,
        phone_sealed=sealer.seal(checked.phone.number, f"employers.phone_sealed.{employer_id}"),
        phone_index=sealer.blind_index("phone", checked.phone.number),
        address=form.address,
        division_code=form.division_code,
        industry=form.industry,
        legal_representative=form.legal_representative,
        bank_sealed=sealer.seal(account, f"employers.bank_sealed.{employer_id}") if account else None,
        is_agency=form.agency is not None,
        verified_level=1,
        verified_at=uow.now,
        status="active",
        registered_channel="desk" if uow.actor.kind == "staff" else "self",
        created_at=uow.now,
    )
    if uow.actor.kind == "staff" and form.licence_seen:
        _verified(uow, employer)
    return employer


def _verified(uow: UnitOfWork, employer: Employer) -> None:
    employer.verified_level, employer.verified_by, employer.verified_at = 2, uow.actor.id, uow.now


async def _put_agency(uow: UnitOfWork, employer: Employer, form: AgencyForm) -> None:
    values = {f: getattr(form, f) for f in form.__struct_fields__}
    agency = await uow.session.get(Agency, employer.id)
    if agency is None:
        uow.session.add(Agency(employer_id=employer.id, created_at=uow.now, **values))
    else:
        for name, value in values.items():
            setattr(agency, name, value)
    employer.is_agency = True
    await uow.flush()


async def own_contact(uow: UnitOfWork, sealer: Sealer) -> tuple[str, str]:
    """Return the acting employer's own contact and telephone, to begin a post with; raises NotFound."""
    row = await uow.session.get(Employer, uow.actor.employer_id)
    if row is None:
        raise NotFound
    return row.contact_name, sealer.open(row.phone_sealed, f"employers.phone_sealed.{row.id}")
