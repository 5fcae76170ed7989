"""Signing in and registering oneself by phone code. One number may be several people's: they choose by masked name (R046)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock, reading
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound, SignInFailed
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.people import codes, employers, recovery, registration, sessions
from linggong.people.forms import EmployerForm, WorkerForm
from linggong.people.identity_numbers import mask_name
from linggong.people.models import Contact, Employer, EmployerMember, Person, Worker
from linggong.people.sessions import SignedIn

_CHOICE_LIVES = timedelta(minutes=10)


_PEOPLE_OF = """
SELECT p.id, p.name FROM contacts c JOIN persons p ON p.id = c.person_id
WHERE c.number_index = $1 AND c.can_sign_in AND c.ended_at IS NULL AND p.status = 'active' ORDER BY p.created_at
"""
_HIS_CONTACT = """
JOIN persons p ON p.id = contacts.person_id
WHERE contacts.number_index = $1 AND contacts.person_id = $2 AND contacts.can_sign_in AND contacts.ended_at IS NULL
  AND p.status = 'active'
"""


class PersonChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One of the people who share a number."""

    id: UUID
    name: str


class PhoneProof(msgspec.Struct, frozen=True, kw_only=True):
    """The number was proven: who may sign in by it, and the signed proof for the next step (10 minutes)."""

    proof: str
    people: list[PersonChoice]


class _Proof(msgspec.Struct, frozen=True):
    phone: str
    until: float


async def send_sign_in_code(database: Database, secrets: Secrets, phone: str, *, address: str = "") -> None:
    """Send a sign-in code; raises Invalid, TooMany."""
    await codes.send_code(database, secrets, phone, "sign_in", address=address)


async def prove_phone(database: Database, secrets: Secrets, phone: str, code: str) -> PhoneProof:
    """Check the code and return the people of that number; an unknown number gets an empty list and may register.

    Raises Invalid, SignInFailed, TooMany.
    """
    index = await codes.check_code(database, secrets, phone, "sign_in", code)
    async with database.system(read_only=True) as uow:
        people = [PersonChoice(id=r["id"], name=mask_name(r["name"])) for r in await uow.fetch(_PEOPLE_OF, index)]
    sealed = _Proof(phone=codes.mobile(phone), until=(clock.now() + _CHOICE_LIVES).timestamp())
    # Sealed, not only signed: the number must not be readable in a form of the page.
    token = secrets.sealer.seal(msgspec.json.encode(sealed).decode(), "proof.phone").hex()
    return PhoneProof(proof=token, people=people)


def _read_proof(secrets: Secrets, proof: str) -> str:
    try:
        raw = msgspec.json.decode(secrets.sealer.open(bytes.fromhex(proof), "proof.phone"), type=_Proof)
    except Exception:
        raise SignInFailed("这一步放得太久了，请重新获取验证码。") from None
    if raw.until < clock.now().timestamp():
        raise SignInFailed("这一步放得太久了，请重新获取验证码。")
    return raw.phone


async def sign_in(
    database: Database, secrets: Secrets, proof: str, person_id: UUID, *, agent: str = "", replaces: str = ""
) -> SignedIn:
    """Sign in one of the proven number's people; `replaces` is a token that ends. Raises SignInFailed for anybody else."""
    index = secrets.sealer.blind_index("phone", _read_proof(secrets, proof))
    async with database.system() as uow:
        contact = await reading.one(uow, Contact, _HIS_CONTACT, index, person_id)
        if contact is None:
            raise SignInFailed("这个手机号不能登录这个账号，请到驿站办理。")
        if contact.verified_at is None:
            contact.verified_at = uow.now
        hat = await _first_hat(uow, person_id)
        return await sessions.open_one(uow, "person", person_id, acting=hat, agent=agent, replaces=replaces)


async def _first_hat(uow: UnitOfWork, person_id: UUID) -> dict[str, Any]:
    """Return what a person acts as at first: his employer, when he never registered as a worker."""
    if await uow.fetch("SELECT 1 FROM workers WHERE person_id = $1", person_id):
        return {}
    employer = await uow.session.scalar(
        sa.select(Employer.id)
        .outerjoin(
            EmployerMember, sa.and_(EmployerMember.employer_id == Employer.id, EmployerMember.ended_at.is_(None))
        )
        .where(
            sa.or_(Employer.person_id == person_id, EmployerMember.person_id == person_id), Employer.status != "closed"
        )
        .order_by(Employer.created_at)
        .limit(1)
    )
    return {} if employer is None else {"employer_id": str(employer)}


async def register_self(
    database: Database,
    secrets: Secrets,
    proof: str,
    form: WorkerForm,
    *,
    number_is_new: bool = False,
    agent: str = "",
) -> SignedIn:
    """Register oneself as a worker with a proven number, and sign in. Raises Invalid with all faults, Conflict.

    `number_is_new`: none of the people who sign in by this number is known to me, it was theirs before; they lose it.
    """
    phone = _read_proof(secrets, proof)
    form = msgspec.structs.replace(form, contact_kind="mobile", phone=phone, card_seen=False)
    # In the name of the person he is to become: whoever types a known number and name gets no account by it.
    actor = Actor(kind="worker", id=new_id(), role="worker")
    async with database.begin(actor, EVERYWHERE) as uow:
        made = await registration.register_worker(uow, secrets.sealer, form, phone_verified=True, channel="self")
    async with database.system() as uow:
        if number_is_new:
            await recovery.drop_number(uow, secrets.sealer.blind_index("phone", phone), keep=made.person_id)
        return await sessions.open_one(uow, "person", made.person_id, agent=agent)


async def register_own_work(database: Database, secrets: Secrets, person_id: UUID, form: WorkerForm) -> None:
    """Let a signed-in person who is known as an employer look for work too; name and ID number are the account's.

    Raises Invalid with all faults, Conflict when he is a worker already, NotFound.
    """
    async with database.begin(Actor(kind="worker", id=person_id, role="worker"), EVERYWHERE) as uow:
        person = await uow.session.get(Person, person_id)
        if person is None:
            raise NotFound
        if await uow.session.get(Worker, person_id) is not None:
            raise Conflict("您已经登记过找活，直接去找活就行。")
        number = secrets.sealer.open(person.id_sealed, f"persons.id_sealed.{person.id}")
        form = msgspec.structs.replace(
            form, name=person.name, id_number=number, contact_kind="station", phone="", card_seen=False
        )
        await registration.register_worker(uow, secrets.sealer, form, channel="self")


async def register_own_employer(database: Database, secrets: Secrets, person_id: UUID, form: EmployerForm) -> UUID:
    """Register the signed-in person's own employer, company or himself, and let him act for it. Raises Invalid, Conflict."""
    employer_id = new_id()
    actor = Actor(kind="employer", id=person_id, employer_id=employer_id, role="employer")
    form = msgspec.structs.replace(form, licence_seen=False)
    async with database.begin(actor, EVERYWHERE) as uow:
        person = await uow.session.get(Person, person_id)
        if person is None:
            raise NotFound
        if form.kind == "individual":
            number = secrets.sealer.open(person.id_sealed, f"persons.id_sealed.{person.id}")
            form = msgspec.structs.replace(form, id_number=number, name=person.name)
        elif not form.uscc:
            raise Invalid([Fault("uscc", "请填统一社会信用代码。", "required")])
        made = await employers.register_employer(uow, secrets.sealer, form)
        if made.employer_id == employer_id:
            await employers.add_member(uow, employer_id, person_id, "owner")
    return made.employer_id


async def register_as_employer(
    database: Database, secrets: Secrets, proof: str, form: EmployerForm, *, agent: str = ""
) -> SignedIn:
    """Register oneself and one's company (or oneself alone) as an employer with a proven number, and sign in as it.

    Raises Invalid with all faults, Conflict when the person is known already: he signs in first.
    """
    phone = _read_proof(secrets, proof)
    form = msgspec.structs.replace(form, phone=phone, licence_seen=False)
    if form.agent is not None:
        form = msgspec.structs.replace(form, agent=msgspec.structs.replace(form.agent, phone=phone, card_seen=False))
    elif form.kind != "individual":
        raise Invalid([Fault("agent", "请填经办人的姓名和身份证号：谁替单位发活，要实名。", "required")])
    actor = Actor(kind="employer", id=new_id(), employer_id=new_id(), role="employer")
    async with database.begin(actor, EVERYWHERE) as uow:
        made = await employers.register_employer(uow, secrets.sealer, form)
        person_id = actor.id
        if made.employer_id == actor.employer_id:
            await employers.add_member(uow, made.employer_id, person_id, "owner")
    async with database.system() as uow:
        hat = {"employer_id": str(made.employer_id)}
        return await sessions.open_one(uow, "person", person_id, acting=hat, agent=agent)
