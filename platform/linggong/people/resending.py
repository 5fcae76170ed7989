"""A message that did not arrive, sent again by an administrator to the same number."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.paths import EVERYWHERE, Scope
from linggong.people import codes, messages
from linggong.people.models import Contact, Employer, OneTimeCode, OutMessage, ServiceLink
from linggong.people.sessions import named


async def resend(database: Database, sealer: Sealer, actor: Actor, scope: Scope, phone: str) -> str:
    """Send the newest message to a number again; returns its kind.

    `scope` is that of message:resend: it must hold a place that serves whoever the number belongs to. Raises Invalid for
    what is no mobile number, NotFound for a number that is unknown, foreign or got no message in 30 days, Conflict for a
    code that is used or too old to help.
    """
    number = codes.mobile(phone)
    index = sealer.blind_index("phone", number)
    # Messages lie in a table that no request reaches: the check is this function's own, in the name of who asks.
    async with database.begin(named(actor), EVERYWHERE) as uow:
        subject = await _served(uow, scope, index)
        newest = sa.select(OutMessage).where(OutMessage.number_index == index).order_by(OutMessage.created_at.desc())
        message = await uow.session.scalar(newest.limit(1))
        if subject is None or message is None:
            raise NotFound
        if message.kind == messages.CODE:
            live = sa.select(OneTimeCode.id).where(
                OneTimeCode.number_index == index, OneTimeCode.used_at.is_(None), OneTimeCode.expires_at > uow.now
            )
            if await uow.session.scalar(live.limit(1)) is None:
                raise Conflict("最近一条是验证码，已经过期或用过。请本人重新获取验证码。")
        text = sealer.open(message.text_sealed, f"out_messages.text_sealed.{message.id}")
        await messages.queue(uow, sealer, number, message.kind, text)
        await uow.emit(
            NewEvent(
                type="message.resent",
                chain=f"person:{subject}",
                subject_id=subject,
                tenant=actor.post,
                body={"kind": message.kind, "first": message.created_at},
            )
        )
        return message.kind


async def _served(uow: UnitOfWork, scope: Scope, index: bytes) -> UUID | None:
    """Return whose number it is, if a place inside the scope serves him."""
    linked = sa.or_(ServiceLink.ends_at.is_(None), ServiceLink.ends_at > uow.now)
    for subject, mine in (
        (Contact.person_id, sa.and_(Contact.number_index == index, Contact.ended_at.is_(None))),
        (Employer.id, Employer.phone_index == index),
    ):
        served = sa.exists().where(ServiceLink.subject_id == subject, scope.clause(ServiceLink.tenant), linked)
        found: UUID | None = await uow.session.scalar(sa.select(subject).where(mine, served).limit(1))
        if found is not None:
            return found
    return None
