"""Registering people: one person per city by the ID number (R005), by himself or by staff with his consent (R046)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.money import fen
from linggong.kernel.paths import TenantPath
from linggong.people import late, service_links
from linggong.people.forms import (
    CONSENT_TEXT_VERSION,
    CheckedPerson,
    CheckedWorker,
    ProxyConsent,
    WorkerForm,
    check_consent,
    check_worker,
)
from linggong.people.models import Consent, Contact, Person, Worker
from tenants.service import parameters

KNOWN_ELSEWHERE = "这个身份证号已经登记过。请用原来的手机号登录；号码换了，可用新旧两个号码一起改，或带身份证到驿站改。"
NAME_DIFFERS = "这个身份证号登记的是另一个姓名。请对照身份证核对号码和姓名；改过名的请报上级核实，不要另建账号。"


class Registered(msgspec.Struct, frozen=True):
    """What a registration did: a new account, or a known one found and perhaps linked to this node."""

    person_id: UUID
    created: bool
    """True when the person is new in the city."""
    linked: bool
    """True when the node did not serve this person before."""


async def register_worker(
    uow: UnitOfWork,
    sealer: Sealer,
    form: WorkerForm,
    *,
    proxy: ProxyConsent | None = None,
    node: TenantPath | None = None,
    phone_verified: bool = False,
    channel: str | None = None,
    happened_at: datetime | None = None,
) -> Registered:
    """Register a worker; the same ID number at a second node finds the account and adds a service link (R005, R046).

    Staff register at `node` (default: the acting post) and need `proxy`. `happened_at` is the original time of what was written
    down without a network (R010): consent and event carry it. A person registers himself in a transaction
    whose actor is the id that he is to have. Raises Invalid with every fault, under 16 included (nothing is stored),
    Conflict when a person who registers himself is already known under another id, NotFound for a foreign node.
    """
    by_staff = uow.actor.kind == "staff"
    at = await place(uow, node)
    limits = await parameters(uow, at or "/", "worker.min_age")
    faults: list[Fault] = []
    if by_staff or proxy is not None:
        check_consent(proxy, faults)
    if happened_at is not None:
        faults += late.implausible(uow.now, happened_at, "登记")
    today = clock.business_date(uow.now)
    checked = check_worker(form, faults, today=today, min_age=whole(limits["worker.min_age"]))
    if faults or checked is None:
        raise Invalid(faults)
    how = channel or ("desk" if by_staff else "self")
    person, created, linked = await find_or_create(uow, sealer, checked.person, node=at, channel=how, form=form)
    back = person.status == "closed"
    if back:
        # His account was closed, and its numbers ended with it: he comes back by registering anew.
        person.status = "active"
    if await uow.session.get(Worker, person.id) is None:
        uow.session.add(worker_row(uow, sealer, person.id, checked))
    if created or back:
        uow.session.add(contact_row(uow, sealer, person.id, checked, at, phone_verified))
    uow.session.add(consent_row(uow, person.id, proxy, happened_at))
    await uow.flush()
    await _tell(uow, person, created=created, at=at, how=how, happened_at=happened_at)
    return Registered(person.id, created, linked)


async def find_or_create(
    uow: UnitOfWork,
    sealer: Sealer,
    who: CheckedPerson,
    *,
    node: TenantPath | None,
    channel: str,
    form: WorkerForm | None = None,
) -> tuple[Person, bool, bool]:
    """Return (person, created, linked) for an ID number: the one place where two registrations of it meet.

    Two transactions with the same number wait for each other in claim_identity, so one account results. Raises Invalid
    when the number belongs to another name, Conflict when the number belongs to an account that the actor may not take.
    """
    own = uow.actor.id if uow.actor.kind in ("worker", "employer") and uow.actor.id != NOBODY else None
    index = sealer.blind_index("id", who.id_number.number)
    claimed = own or new_id()
    found = await claim(uow, index, claimed)
    if own is not None and found != own:
        raise Conflict(KNOWN_ELSEWHERE, reason="known")
    linked = False
    if node is not None:
        linked = await service_links.link(uow, found, node, "registered")
    person = await uow.session.get(Person, found) if found != claimed or own is not None else None
    if person is None and found != claimed:
        raise Conflict(KNOWN_ELSEWHERE, reason="known")
    if person is None:
        person = person_row(uow, sealer, found, who, channel, form.home_division_code if form else None)
        uow.session.add(person)
        await uow.flush()
        return person, True, linked
    if person.merged_into is not None:
        if node is not None:
            linked = await service_links.link(uow, person.merged_into, node, "registered")
        person = await uow.session.get(Person, person.merged_into)
        if person is None:
            raise Conflict(KNOWN_ELSEWHERE, reason="known")
    if person.name != who.name:
        raise Invalid([Fault("name", NAME_DIFFERS, "name_differs")])
    if who.card_seen and uow.actor.kind == "staff" and person.verified_level < 2:
        person.verified_level, person.verified_method = 2, "id_card_seen"
        person.verified_by, person.verified_at = uow.actor.id, uow.now
    return person, False, linked


async def claim(uow: UnitOfWork, index: bytes, subject_id: UUID) -> UUID:
    """Return to whom a number's blind index belongs: `subject_id` when it was free until now."""
    statement = sa.select(sa.func.claim_identity(index, subject_id, uow.now, type_=sa.Uuid()))
    found: UUID = (await uow.execute(statement)).scalar_one()
    return found


def person_row(
    uow: UnitOfWork, sealer: Sealer, person_id: UUID, who: CheckedPerson, channel: str, division: str | None
) -> Person:
    """Return the row of a new person; level 2 when staff saw the card."""
    seen = who.card_seen and uow.actor.kind == "staff"
    number = who.id_number
    return Person(
        id=person_id,
        name=who.name,
        id_sealed=sealer.seal(number.number, f"persons.id_sealed.{person_id}"),
        id_index=sealer.blind_index("id", number.number),
        birth_date=number.birth_date,
        sex=number.sex.value,
        status="active",
        verified_level=2 if seen else 1,
        verified_method="id_card_seen" if seen else "id_number",
        verified_by=uow.actor.id if uow.actor.kind == "staff" else None,
        verified_at=uow.now,
        home_division_code=division,
        registered_channel=channel,
        created_at=uow.now,
    )


def worker_row(uow: UnitOfWork, sealer: Sealer, person_id: UUID, checked: CheckedWorker) -> Worker:
    """Return the row of what a person tells as a worker."""
    form = checked.form
    account = form.bank_account.replace(" ", "") if form.bank_account else None
    return Worker(
        person_id=person_id,
        skill_level=form.skill_level,
        trades=checked.trades,
        pay_fen=fen(form.pay_fen),
        pay_unit=form.pay_unit,
        radius_km=form.radius_km,
        weekdays=checked.weekdays,
        hours=form.hours,
        transport=form.transport,
        phone_kind=form.phone_kind,
        needs_voice=form.needs_voice,
        certificates=checked.certificates,
        training_wish=form.training_wish,
        bank_sealed=sealer.seal(account, f"workers.bank_sealed.{person_id}") if account else None,
        created_at=uow.now,
        updated_at=uow.now,
    )


def contact_row(
    uow: UnitOfWork,
    sealer: Sealer,
    person_id: UUID,
    checked: CheckedWorker,
    node: TenantPath | None,
    verified: bool,
) -> Contact:
    """Return the contact of a new worker; a person without phone is reached through the station (R046)."""
    form, phone = checked.form, checked.person.phone
    if phone is None:
        return _contact(uow, sealer, person_id, "station", "", index=sealer.blind_index("station", node or "/"))
    sign_in = form.contact_kind == "mobile" or (form.contact_kind == "relative" and form.relative_may_sign_in)
    return _contact(
        uow,
        sealer,
        person_id,
        form.contact_kind,
        phone.number,
        index=sealer.blind_index("phone", phone.number),
        can_sign_in=sign_in and phone.kind.value == "mobile",
        note=form.contact_note,
        verified=verified,
    )


def mobile_row(uow: UnitOfWork, sealer: Sealer, person_id: UUID, number: str, *, verified: bool) -> Contact:
    """Return a mobile contact with which the person signs in."""
    index = sealer.blind_index("phone", number)
    return _contact(uow, sealer, person_id, "mobile", number, index=index, can_sign_in=True, verified=verified)


def consent_row(
    uow: UnitOfWork, person_id: UUID, proxy: ProxyConsent | None, given_at: datetime | None = None
) -> Consent:
    """Return the record of consent: by proxy with its proof, else the person's own tap."""
    evidence = "" if proxy is None else "；".join(t for t in (proxy.evidence, _witness(proxy)) if t)
    return Consent(
        id=new_id(),
        person_id=person_id,
        purpose="registration",
        text_version=CONSENT_TEXT_VERSION,
        method="tap" if proxy is None else proxy.method,
        evidence=evidence,
        taken_by=uow.actor.id if uow.actor.kind == "staff" else None,
        given_at=given_at or uow.now,
    )


def _witness(proxy: ProxyConsent) -> str:
    return f"证人：{proxy.witness}" if proxy.witness else ""


def _contact(
    uow: UnitOfWork,
    sealer: Sealer,
    person_id: UUID,
    kind: str,
    number: str,
    *,
    index: bytes,
    can_sign_in: bool = False,
    note: str = "",
    verified: bool = False,
) -> Contact:
    contact_id = new_id()
    return Contact(
        id=contact_id,
        person_id=person_id,
        kind=kind,
        number_sealed=sealer.seal(number, f"contacts.number_sealed.{contact_id}"),
        number_index=index,
        can_sign_in=can_sign_in,
        note=note,
        verified_at=uow.now if verified else None,
        created_at=uow.now,
    )


async def place(uow: UnitOfWork, node: TenantPath | None) -> TenantPath | None:
    """Return the node at which staff register; NotFound for one that is missing or not theirs."""
    at = node if node is not None else uow.actor.post if uow.actor.kind == "staff" else None
    if at is None:
        return None
    if not uow.scope.covers(at):
        raise NotFound
    if not await uow.fetch("SELECT 1 FROM nodes WHERE path = $1", at):
        raise NotFound
    return at


async def _tell(
    uow: UnitOfWork, person: Person, *, created: bool, at: TenantPath | None, how: str, happened_at: datetime | None
) -> None:
    await uow.emit(
        NewEvent(
            type="person.registered" if created else "person.linked",
            chain=f"person:{person.id}",
            subject_id=person.id,
            tenant=at,
            person_id=person.id,
            occurred_at=happened_at,
            body={"as": "worker", "channel": how, "verified_level": person.verified_level},
        )
    )


def whole(value: object) -> int:
    """Return a parameter's value as int; TypeError means that the registry's type changed."""
    if not isinstance(value, int):
        raise TypeError(f"not a whole number: {value!r}")
    return value
