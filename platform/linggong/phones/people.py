"""Who is behind a number, what he may do by telephone, and how his own transaction is opened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Forbidden
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ROOT
from linggong.people import limits, telephones
from linggong.people.identity_numbers import surname_call
from linggong.people.models import Contact, Employer, Person, ServiceLink, Worker
from linggong.people.notice_models import Notice
from linggong.people.service_links import live
from rbac.decisions import Decisions
from rbac.permissions import Permission
from rbac.principal import Post, Principal
from rbac.roles import Role

CALL_ME = "call_me"


@dataclass(frozen=True, slots=True)
class Someone:
    """A worker who is reached at a number."""

    id: UUID
    call: str
    """李师傅."""
    own_word: bool
    """What is answered from there counts as his."""


async def behind(uow: UnitOfWork, number_index: bytes) -> list[Someone]:
    """Return the workers of a number, the longest registered first (system transaction)."""
    rows = await uow.execute(
        sa.select(Contact, Person.name, Person.sex)
        .join(Person, Person.id == Contact.person_id)
        .join(Worker, Worker.person_id == Person.id)
        .where(
            Contact.number_index == number_index,
            Contact.kind != "station",
            Contact.ended_at.is_(None),
            Person.status == "active",
        )
        .order_by(Person.created_at, Person.id)
        .limit(30)
    )
    found: dict[UUID, Someone] = {}
    for contact, name, sex in rows:
        own = telephones.own_word(contact) or (contact.person_id in found and found[contact.person_id].own_word)
        found[contact.person_id] = Someone(contact.person_id, surname_call(name, sex), own)
    return list(found.values())


async def employer_of(uow: UnitOfWork, number_index: bytes) -> UUID | None:
    """Return the employer of a number, if it is one's."""
    found: UUID | None = await uow.session.scalar(
        sa.select(Employer.id).where(Employer.phone_index == number_index, Employer.status != "closed").limit(1)
    )
    return found


@asynccontextmanager
async def acting(
    database: Database, decisions: Decisions, person_id: UUID, permission: Permission, *, channel: str, ref: str
) -> AsyncIterator[UnitOfWork]:
    """Open the worker's own transaction for one step, as the edge would for his page. Raises Forbidden."""
    who = Principal(acting=Post(Role.WORKER, ROOT), id=person_id)
    if not decisions.anywhere(who, permission):
        raise Forbidden("现在不能用电话办这件事，请到驿站办。")
    request_id = "".join(c for c in ref if c.isascii() and (c.isalnum() or c in "_.:-"))[:64]
    actor = who.actor(channel=channel, request_id=request_id)
    async with database.begin(actor, decisions.scope(who, permission)) as uow:
        yield uow


async def station_of(uow: UnitOfWork, subject_id: UUID) -> str:
    """Return the place that serves somebody: where he registered, else the latest; the city where none does."""
    at = await uow.session.scalar(
        sa.select(ServiceLink.tenant)
        .where(ServiceLink.subject_id == subject_id, live(uow))
        .order_by((ServiceLink.kind == "registered").desc(), ServiceLink.started_at.desc())
        .limit(1)
    )
    return at or await limits.top(uow)


async def wants_a_call(uow: UnitOfWork, *, person_id: UUID | None, employer_id: UUID | None, how: str) -> None:
    """Put somebody on the call list of the station that serves him, once (system transaction)."""
    subject = person_id or employer_id
    if subject is None:
        raise ValueError("nobody to call")
    same = Notice.person_id == person_id if person_id else Notice.employer_id == employer_id
    waiting = await uow.session.scalar(
        sa.select(Notice.id).where(Notice.kind == CALL_ME, same, Notice.call_wanted).limit(1)
    )
    if waiting is not None:
        return
    uow.session.add(
        Notice(
            id=new_id(), tenant=await station_of(uow, subject), person_id=person_id, employer_id=employer_id,
            to_side="worker" if person_id else "employer", kind=CALL_ME, subject_id=subject,
            text=f"{how}要驿站打电话给他，请回电问清什么事。", state="sent", call_wanted=True, created_at=uow.now,
            sent_at=uow.now,
        )
    )  # fmt: skip
    await uow.flush()
