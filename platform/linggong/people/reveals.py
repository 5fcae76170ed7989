"""Seeing personal data in clear: for a stated purpose, for a while, with a row that the person himself can read.

Numbers and full names are masked everywhere (docs/personal-data.md). Staff see one in clear at a post that serves the person by
a live link; each side of a confirmed engagement sees how to reach the other. Every look is a row of `reveals`, never a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import NOBODY, Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound, TooMany
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.people import papers
from linggong.people.models import Contact, Employer, Person, Worker
from linggong.people.privacy_models import Reveal
from linggong.people.registration import whole
from linggong.people.service_links import served_by
from tenants.models import Node
from tenants.service import parameters

PURPOSES: Final = {
    "reach": "联系到岗",
    "identify": "核对身份",
    "pay": "发放工资",
    "dispute": "处理纠纷",
    "injury": "事故救助",
    "lawful": "依法调取",
    "other": "其他",
}
FIELDS_OF_PERSON: Final = {
    "name": "姓名",
    "phone": "电话",
    "relative_phone": "家人电话",
    "id_number": "身份证号",
    "birth_date": "出生日期",
    "bank": "银行卡号",
}
FIELDS_OF_EMPLOYER: Final = {
    "name": "名称",
    "contact_name": "联系人",
    "phone": "电话",
    "address": "地址",
    "legal_representative": "法定代表人",
    "bank": "银行账号",
    "licence": "执照照片",
}
_ORDER_CONTACT: Final = {"order_contact": "这单的联系人和电话"}
_MOST_WORDS = 100
_HOUR = timedelta(hours=1)


def field_words(subject: str, fields: Sequence[str]) -> str:
    """Return what was seen, in Chinese."""
    known = (FIELDS_OF_PERSON if subject == "person" else FIELDS_OF_EMPLOYER) | _ORDER_CONTACT
    return "、".join(known.get(f, f) for f in fields)


class Revealed(msgspec.Struct, frozen=True, kw_only=True):
    """What was opened, in clear, and until when it may be read again under this id."""

    id: UUID
    values: dict[str, str]
    until: datetime


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach one side of an order, and until when a page may show it."""

    name: str
    phone: str
    until: datetime


async def reveal_person(
    uow: UnitOfWork,
    database: Database,
    sealer: Sealer,
    person_id: UUID,
    *,
    fields: Sequence[str],
    purpose: str,
    reason: str = "",
) -> Revealed:
    """Open fields of a person whom the acting post serves by a live link, with a record.

    What the same member of staff opened at the same post and may still read is shown again without a new record. Raises
    Invalid with every fault (unknown field or purpose, 其他 without a reason, nothing of it on file), NotFound for a person
    whom the post does not serve, TooMany over the limit of the hour (the bureau is told).
    """
    _check(fields, FIELDS_OF_PERSON, purpose, reason)
    person = await _person(uow, person_id)
    values = await _of_person(uow, sealer, person, fields)
    _found(values)
    row = await _recorded(
        uow, database, subject="person", person_id=person.id, fields=fields, purpose=purpose, reason=reason
    )
    return Revealed(id=row.id, values=values, until=row.expires_at)


async def reveal_employer(
    uow: UnitOfWork,
    database: Database,
    sealer: Sealer,
    employer_id: UUID,
    *,
    fields: Sequence[str],
    purpose: str,
    reason: str = "",
) -> Revealed:
    """Open fields of an employer whom the acting post serves, as `reveal_person` does of a person."""
    _check(fields, FIELDS_OF_EMPLOYER, purpose, reason)
    employer = await _employer(uow, employer_id)
    values = await _of_employer(uow, sealer, employer, fields)
    _found(values)
    row = await _recorded(
        uow, database, subject="employer", employer_id=employer.id, fields=fields, purpose=purpose, reason=reason
    )
    return Revealed(id=row.id, values=values, until=row.expires_at)


async def again(uow: UnitOfWork, sealer: Sealer, reveal_id: UUID, *, subject_id: UUID) -> Revealed:
    """Return what is still open to the one who opened it, at the post where he did; NotFound once the time is over.

    The link must still be live: whoever is no longer served here is no longer read here.
    """
    row = await uow.session.scalar(
        sa.select(Reveal).where(
            Reveal.id == reveal_id,
            Reveal.viewer_id == uow.actor.id,
            Reveal.post_id == uow.actor.post_id,
            Reveal.expires_at > uow.now,
        )
    )
    if row is None or subject_id != (row.person_id if row.subject == "person" else row.employer_id):
        raise NotFound
    if row.subject == "person":
        values = await _of_person(uow, sealer, await _person(uow, subject_id), row.fields)
    else:
        values = await _of_employer(uow, sealer, await _employer(uow, subject_id), row.fields)
    return Revealed(id=row.id, values=values, until=row.expires_at)


async def staff_looked(
    uow: UnitOfWork,
    database: Database,
    *,
    person_id: UUID | None = None,
    employer_id: UUID | None = None,
    order_id: UUID | None = None,
    fields: Sequence[str],
    reason: str = "",
) -> Reveal:
    """Record that staff looked up how to reach one side of an order (联系到岗), within the limits of the hour."""
    return await _recorded(
        uow,
        database,
        subject="person" if person_id is not None else "employer",
        person_id=person_id,
        employer_id=employer_id,
        order_id=order_id,
        fields=fields,
        purpose="reach",
        reason=reason,
    )


async def side_looked(
    uow: UnitOfWork,
    *,
    subject: str,
    person_id: UUID,
    employer_id: UUID,
    order_id: UUID,
    tenant: str,
    office: str,
    until: datetime,
) -> Reveal:
    """Record that one side of a confirmed engagement looked up how to reach the other one.

    One row a viewer and engagement while it is open (`until`): whoever opens his own day's page ten times looked once.
    """
    kind = uow.actor.kind
    live = await uow.session.scalar(
        sa.select(Reveal)
        .where(
            Reveal.viewer_id == uow.actor.id,
            Reveal.viewer_kind == kind,
            Reveal.order_id == order_id,
            Reveal.subject == subject,
            Reveal.person_id == person_id,
            Reveal.expires_at > uow.now,
        )
        .limit(1)
    )
    if live is not None:
        return live
    fields = ["name", "phone"] if subject == "person" else ["order_contact"]
    row = Reveal(
        id=new_id(), tenant=tenant, subject=subject, person_id=person_id, employer_id=employer_id, order_id=order_id,
        fields=fields, purpose="reach", reason="", viewer_kind=kind, viewer_id=uow.actor.id, viewer_role=uow.actor.role,
        viewer_office=office, post_id=None, at=uow.now, expires_at=until,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await told(uow, row)
    return row


def _check(fields: Sequence[str], known: dict[str, str], purpose: str, reason: str) -> None:
    faults = []
    if not fields:
        faults.append(Fault("fields", "请勾要看哪一项，只勾用得上的。", "required"))
    if any(f not in known for f in fields) or len(set(fields)) != len(fields):
        faults.append(Fault("fields", "没有这一项，请重新勾。", "unknown"))
    if purpose not in PURPOSES:
        faults.append(Fault("purpose", "请选为什么要看。", "required"))
    if purpose == "other" and len(reason.strip()) < 2:
        faults.append(Fault("reason", "选了“其他”，请写清楚为什么要看。", "required"))
    if len(reason) > _MOST_WORDS:
        faults.append(Fault("reason", f"太长了，最多 {_MOST_WORDS} 个字。", "length"))
    if faults:
        raise Invalid(faults)


def _found(values: dict[str, str]) -> None:
    if not values:
        raise Invalid([Fault("fields", "他没有留这一项，没有可看的。", "absent")])


async def _person(uow: UnitOfWork, person_id: UUID) -> Person:
    found = await uow.session.scalar(sa.select(Person).where(Person.id == person_id, served_by(uow, Person.id)))
    if found is None:
        raise NotFound
    return found


async def _employer(uow: UnitOfWork, employer_id: UUID) -> Employer:
    found = await uow.session.scalar(sa.select(Employer).where(Employer.id == employer_id, served_by(uow, Employer.id)))
    if found is None:
        raise NotFound
    return found


async def _of_person(uow: UnitOfWork, sealer: Sealer, person: Person, fields: Sequence[str]) -> dict[str, str]:
    """Return those of the fields that are on file, in clear."""
    values = {}
    if "name" in fields:
        values["name"] = person.name
    if "id_number" in fields:
        values["id_number"] = sealer.open(person.id_sealed, f"persons.id_sealed.{person.id}")
    if "birth_date" in fields:
        values["birth_date"] = person.birth_date.isoformat()
    if "phone" in fields or "relative_phone" in fields:
        contacts = await uow.session.scalars(
            sa.select(Contact)
            .where(Contact.person_id == person.id, Contact.ended_at.is_(None), Contact.kind != "station")
            .order_by(Contact.can_sign_in.desc(), Contact.created_at.desc())
        )
        for contact in contacts:
            key = "relative_phone" if contact.kind == "relative" else "phone"
            if key in fields and key not in values:
                values[key] = sealer.open(contact.number_sealed, f"contacts.number_sealed.{contact.id}")
    if "bank" in fields:
        worker = await uow.session.get(Worker, person.id)
        if worker is not None and worker.bank_sealed is not None:
            values["bank"] = sealer.open(worker.bank_sealed, f"workers.bank_sealed.{person.id}")
    return {f: values[f] for f in fields if f in values}


async def _of_employer(uow: UnitOfWork, sealer: Sealer, row: Employer, fields: Sequence[str]) -> dict[str, str]:
    held = {
        "name": row.name,
        "contact_name": row.contact_name,
        "address": row.address,
        "legal_representative": row.legal_representative,
    }
    values = {f: held[f] for f in fields if held.get(f)}
    if "phone" in fields:
        values["phone"] = sealer.open(row.phone_sealed, f"employers.phone_sealed.{row.id}")
    if "bank" in fields and row.bank_sealed is not None:
        values["bank"] = sealer.open(row.bank_sealed, f"employers.bank_sealed.{row.id}")
    if "licence" in fields and (came := await papers.on_file(uow, row.id)) is not None:
        values["licence"] = f"{came:%Y-%m-%d} 交的"
    return values


async def _recorded(
    uow: UnitOfWork,
    database: Database,
    *,
    subject: str,
    person_id: UUID | None = None,
    employer_id: UUID | None = None,
    order_id: UUID | None = None,
    fields: Sequence[str],
    purpose: str,
    reason: str,
) -> Reveal:
    actor = uow.actor
    if actor.kind != "staff" or actor.post is None or actor.id == NOBODY:
        raise NotFound
    # One queue per member of staff, so that two requests at once do not both pass the limit.
    await uow.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:k, 11))"), {"k": str(actor.id)})
    live = await uow.session.scalars(
        sa.select(Reveal).where(
            Reveal.viewer_id == actor.id,
            Reveal.post_id == actor.post_id,
            Reveal.subject == subject,
            Reveal.person_id == person_id if person_id is not None else Reveal.employer_id == employer_id,
            Reveal.order_id.is_not_distinct_from(order_id),
            Reveal.purpose == purpose,
            Reveal.expires_at > uow.now,
        )
    )
    for known in live:
        if set(fields) <= set(known.fields):
            return known
    await _within_limit(uow, database)
    shown = (await parameters(uow, actor.post, "privacy.reveal.shown"))["privacy.reveal.shown"]
    if not isinstance(shown, timedelta):
        raise TypeError("privacy.reveal.shown is not a duration")
    office = await uow.session.scalar(sa.select(Node.name).where(Node.path == actor.post))
    row = Reveal(
        id=new_id(), tenant=actor.post, subject=subject, person_id=person_id, employer_id=employer_id, order_id=order_id,
        fields=list(fields), purpose=purpose, reason=reason.strip(), viewer_kind="staff", viewer_id=actor.id,
        viewer_role=actor.role, viewer_office=office or "", post_id=actor.post_id, at=uow.now, expires_at=uow.now + shown,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await told(uow, row)
    return row


async def _within_limit(uow: UnitOfWork, database: Database) -> None:
    actor = uow.actor
    key = "privacy.reveal.per_hour"
    most = whole((await parameters(uow, actor.post or "/", key))[key])
    # His other posts count, too, and row security shows those of this one only.
    async with database.system() as all_posts:
        recent = (
            await all_posts.session.scalars(
                sa.select(Reveal.at)
                .where(Reveal.viewer_id == actor.id, Reveal.at > uow.now - _HOUR)
                .order_by(Reveal.at)
            )
        ).all()
    if len(recent) < most:
        return
    wait = int((recent[-most] + _HOUR - uow.now).total_seconds()) + 1
    # In a transaction of its own: the refusal undoes this one, and the bureau must know all the same.
    async with database.begin(actor) as own:
        await own.emit(
            NewEvent(
                type="reveal.limit_reached",
                chain=f"staff:{actor.id}",
                subject_id=actor.id,
                tenant=actor.post,
                body={"in_an_hour": len(recent), "most": most, "role": actor.role},
            )
        )
    raise TooMany(
        f"一小时内看号码已到 {most} 次，请过一会儿再看；急事请主管换人办。已记录并告知主管。", retry_after=wait
    )


async def told(uow: UnitOfWork, row: Reveal) -> None:
    """Tell which fields were seen and why; never a value, never the typed words."""
    subject_id = row.person_id if row.subject == "person" else row.employer_id
    await uow.emit(
        NewEvent(
            type=f"{row.subject}.revealed",
            chain=f"{row.subject}:{subject_id}",
            subject_id=subject_id,
            tenant=row.tenant,
            person_id=row.person_id,
            employer_id=row.employer_id,
            body={
                "reveal": str(row.id),
                "fields": row.fields,
                "purpose": row.purpose,
                "until": row.expires_at.isoformat(),
            },
        )
    )
