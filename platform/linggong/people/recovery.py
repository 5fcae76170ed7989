"""A lost, changed or recycled number made good: at the desk with the card, or by the old and the new number together."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.crypto import Sealer, Secrets
from linggong.kernel.db import SYSTEM, Actor, Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.people import codes, sessions
from linggong.people.models import Contact, Person, PhoneRecovery
from linggong.people.registration import mobile_row
from linggong.people.service_links import served_by

REASONS = {"lost": "手机丢了", "changed": "换号了", "recycled": "号码被别人用了"}


async def recover_at_desk(
    uow: UnitOfWork, sealer: Sealer, person_id: UUID, *, reason: str, phone: str, card_seen: bool
) -> Contact:
    """Put a new sign-in number in place of the old ones, the person standing at the desk with his card.

    All sessions end. Raises Invalid with all faults, NotFound for a person whom this post does not serve.
    """
    faults = []
    if reason not in REASONS:
        faults.append(Fault("reason", "请选原因：丢失、换号，或号码被别人用了。", "required"))
    if not card_seen:
        faults.append(Fault("card_seen", "请先核对本人身份证原件，再勾选。", "required"))
    try:
        number = codes.mobile(phone)
    except Invalid as invalid:
        faults.extend(invalid.faults)
        number = ""
    if faults:
        raise Invalid(faults)
    person = await uow.session.scalar(sa.select(Person).where(Person.id == person_id, served_by(uow, Person.id)))
    if person is None:
        raise NotFound
    return await _replace(uow, sealer, person.id, number, reason=reason, method="desk")


async def _replace(
    uow: UnitOfWork, sealer: Sealer, person_id: UUID, number: str, *, reason: str, method: str
) -> Contact:
    old = (
        await uow.session.scalars(
            sa.select(Contact).where(Contact.person_id == person_id, Contact.can_sign_in, Contact.ended_at.is_(None))
        )
    ).all()
    index = sealer.blind_index("phone", number)
    if any(c.number_index == index for c in old):
        raise Conflict("这就是现在登录用的号码，不用换。")
    for contact in old:
        contact.ended_at, contact.can_sign_in = uow.now, False
    new = mobile_row(uow, sealer, person_id, number, verified=method == "old_and_new")
    uow.session.add(new)
    await uow.flush()
    uow.session.add(
        PhoneRecovery(
            id=new_id(),
            person_id=person_id,
            method=method,
            reason=reason,
            old_contact_id=old[0].id if old else None,
            new_contact_id=new.id,
            done_by=uow.actor.id if uow.actor.kind == "staff" else None,
            done_at=uow.now,
        )
    )
    await uow.flush()
    await uow.emit(
        NewEvent(
            type="person.phone_changed",
            chain=f"person:{person_id}",
            subject_id=person_id,
            tenant=uow.actor.post,
            person_id=person_id,
            body={"method": method, "reason": reason, "ended": [str(c.id) for c in old], "new": new.id},
        )
    )
    return new


async def end_sessions(database: Database, person_id: UUID) -> None:
    """End the person's sessions after his number changed: whoever holds the old phone is out."""
    async with database.system() as uow:
        await sessions.revoke_all(uow, person_id)


async def change_own(
    database: Database,
    secrets: Secrets,
    person_id: UUID,
    *,
    old_phone: str,
    old_code: str,
    new_phone: str,
    new_code: str,
) -> None:
    """Change one's own number by a code on the old and one on the new together. Raises Invalid, SignInFailed, Conflict."""
    old_index = await codes.check_code(database, secrets, old_phone, "change_phone", old_code)
    await codes.check_code(database, secrets, new_phone, "change_phone", new_code)
    async with database.system() as uow:
        held = await uow.session.scalar(
            sa.select(Contact.id).where(
                Contact.person_id == person_id,
                Contact.number_index == old_index,
                Contact.can_sign_in,
                Contact.ended_at.is_(None),
            )
        )
        if held is None:
            raise Invalid([Fault("old_phone", "旧号码不是您登录用的号码。", "phone")])
        await _replace(uow, secrets.sealer, person_id, codes.mobile(new_phone), reason="changed", method="old_and_new")
        await sessions.revoke_all(uow, person_id)


async def release_number(
    database: Database, secrets: Secrets, actor: Actor, *, phone: str, code: str, keep: UUID
) -> int:
    """Take a recycled number from its former owners: nobody but `keep` signs in by it any more; returns how many lost it.

    The one who stands at the desk proves the number by a code, because the former owners are mostly served elsewhere and
    nobody there could object. Raises Invalid, SignInFailed, TooMany.
    """
    index = await codes.check_code(database, secrets, phone, "change_phone", code)
    named = replace(SYSTEM, id=actor.id, channel=actor.channel, request_id=actor.request_id)
    async with database.begin(named, EVERYWHERE) as uow:
        return await drop_number(uow, index, keep=keep)


async def drop_number(uow: UnitOfWork, index: bytes, *, keep: UUID) -> int:
    """End the sign-in right of everybody but `keep` on a number, and their sessions. Needs a system transaction."""
    rows = (
        await uow.session.scalars(
            sa.select(Contact).where(
                Contact.number_index == index,
                Contact.person_id != keep,
                Contact.can_sign_in,
                Contact.ended_at.is_(None),
            )
        )
    ).all()
    for contact in rows:
        contact.can_sign_in, contact.ended_at = False, uow.now
        await sessions.revoke_all(uow, contact.person_id)
        await uow.emit(
            NewEvent(
                type="person.number_released",
                chain=f"person:{contact.person_id}",
                subject_id=contact.person_id,
                person_id=contact.person_id,
                body={"contact": str(contact.id), "reason": "recycled"},
            )
        )
    await uow.flush()
    return len(rows)
