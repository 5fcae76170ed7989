"""A person's own data in his hands: the consents he gave and takes back, and the closing of his account (个人信息保护法 arts. 15, 47).

Closing ends what lets anybody reach or see him: sessions, numbers, service links, consents. What was worked, agreed and paid stays
as long as the law asks for it, under his number that nobody lists. He comes back by registering at a station.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.events import NewEvent
from linggong.people import sessions, where
from linggong.people.models import Consent, Contact, Employer, EmployerMember, Person, ServiceLink

CLOSED: Final = "person.closed"
REGISTRATION: Final = "registration"
PURPOSES: Final = {
    REGISTRATION: "登记找活或用工",
    "location": "签到时用手机定位",
    "public_list": "上优秀零工推荐榜",
    "health_data": "受伤报案的病历材料",
    "wechat_pay": "工钱付到微信",
    "wechat_messages": "微信收通知",
    "priority": "登记困难情况，配岗时优先照顾",
}
_BY_ONESELF: Final = frozenset({"location", "priority"})
"""Purposes of which the consent is taken back on the page of consents."""
METHODS: Final = {"tap": "自己在手机上点的", "slip": "签了同意书", "spoken": "当着证人说的"}

against: dict[str, Callable[[UnitOfWork, UUID], Awaitable[str]]] = {}
"""Who has something against a closing: higher floors answer with words, or '' for nothing. Bound at assembly."""


class ConsentView(msgspec.Struct, frozen=True, kw_only=True):
    """A consent as its giver sees it."""

    id: UUID
    words: str
    how: str
    given_at: datetime
    withdrawn_at: datetime | None
    may_withdraw: bool
    """Registration ends with the account only."""


async def consents(uow: UnitOfWork) -> list[ConsentView]:
    """Return what the signed-in person agreed to, the latest first."""
    rows = await uow.session.scalars(
        sa.select(Consent).where(Consent.person_id == uow.actor.id).order_by(Consent.given_at.desc(), Consent.id)
    )
    return [
        ConsentView(
            id=row.id,
            words=PURPOSES.get(row.purpose, row.purpose),
            how=METHODS[row.method],
            given_at=row.given_at,
            withdrawn_at=row.withdrawn_at,
            may_withdraw=row.withdrawn_at is None and row.purpose in _BY_ONESELF,
        )
        for row in rows
    ]


async def withdraw(uow: UnitOfWork, consent_id: UUID) -> None:
    """Take one's own consent back. Raises NotFound, Conflict for one that another page or the closing ends."""
    row = await uow.session.scalar(
        sa.select(Consent).where(Consent.id == consent_id, Consent.person_id == uow.actor.id)
    )
    if row is None:
        raise NotFound
    if row.withdrawn_at is not None:
        raise Conflict("已经收回过了。")
    if row.purpose not in _BY_ONESELF:
        raise Conflict("这一条在它自己的页面收回，或者注销账号时一起收回。")
    row.withdrawn_at = uow.now
    await uow.flush()
    await uow.emit(
        NewEvent(
            type="consent.withdrawn", chain=f"person:{uow.actor.id}", subject_id=uow.actor.id, person_id=uow.actor.id,
            tenant=None, body={"purpose": row.purpose, "text": row.text_version},
        )
    )  # fmt: skip


async def objections(uow: UnitOfWork, person_id: UUID) -> list[str]:
    """Return why a person's account cannot be closed yet, all reasons at once."""
    owned = await uow.session.scalar(
        sa.select(Employer.id)
        .join(EmployerMember, EmployerMember.employer_id == Employer.id)
        .where(
            EmployerMember.person_id == person_id, EmployerMember.role == "owner", EmployerMember.ended_at.is_(None),
            Employer.status != "closed",
        )
        .limit(1)
    )  # fmt: skip
    found = ["您还是一家雇主的负责人，先到驿站换人，或者停用它。"] if owned else []
    for _, ask in sorted(against.items()):
        if words := await ask(uow, person_id):
            found.append(words)
    return found


async def close(database: Database, actor: Actor) -> None:
    """Close the account of the person who acts, and sign him out everywhere. Raises Conflict with every reason against it."""
    async with database.begin(actor.as_system()) as uow:
        person = await uow.session.get(Person, actor.id, with_for_update=True)
        if person is None or person.status != "active":
            raise NotFound
        if reasons := await objections(uow, person.id):
            raise Conflict("".join(reasons))
        person.status = "closed"
        now = {"ended_at": uow.now}
        await uow.execute(
            sa.update(Contact).where(Contact.person_id == person.id, Contact.ended_at.is_(None)).values(can_sign_in=False, **now)
        )  # fmt: skip
        await uow.execute(
            sa.update(EmployerMember).where(EmployerMember.person_id == person.id, EmployerMember.ended_at.is_(None)).values(**now)
        )  # fmt: skip
        await uow.execute(
            sa.update(Consent)
            .where(Consent.person_id == person.id, Consent.withdrawn_at.is_(None))
            .values(withdrawn_at=uow.now)
        )
        await uow.execute(
            sa.update(ServiceLink)
            .where(ServiceLink.subject_id == person.id, ServiceLink.ends_at > uow.now)
            .values(ends_at=uow.now)
        )
        await where.forget(uow)
        await uow.flush()
        await uow.emit(
            NewEvent(
                type=CLOSED, chain=f"person:{person.id}", subject_id=person.id, person_id=person.id, tenant=None, body={},
            )
        )  # fmt: skip
        await sessions.revoke_all(uow, person.id)
