"""What a worker was asked by telephone and what he answered, for the desk that serves him: the evidence of his word."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.outbox import OutsideCall
from linggong.people.messages import SYSTEM
from linggong.people.models import OutMessage
from linggong.phones.models import PhoneQuestion

CHANNELS = {"sms": "短信", "keypad": "电话按键"}


class AskedView(msgspec.Struct, frozen=True, kw_only=True):
    """One question, as it was asked and answered."""

    text: str
    asked_at: datetime
    state: str
    answer: str
    """yes, no, or '' while it is open or was closed without him."""
    channel: str
    answered_at: datetime | None
    telephone: str
    """mobile, landline or relative."""


async def asked(uow: UnitOfWork, person_id: UUID, *, limit: int = 10) -> list[AskedView]:
    """Return the latest questions to a person about matters that the acting post is party to."""
    rows = await uow.session.scalars(
        sa.select(PhoneQuestion)
        .where(
            PhoneQuestion.person_id == person_id,
            sa.or_(uow.scope.clause(PhoneQuestion.tenant), uow.scope.clause(PhoneQuestion.via)),
        )
        .order_by(PhoneQuestion.asked_at.desc(), PhoneQuestion.id)
        .limit(limit)
    )
    return [
        AskedView(
            text=row.body if row.channel == "keypad" or not row.text else row.text, asked_at=row.asked_at, state=row.state, answer=row.answer or "", channel=row.channel,
            answered_at=row.answered_at, telephone=row.number_kind,
        )
        for row in rows
    ]  # fmt: skip


class FailedText(msgspec.Struct, frozen=True, kw_only=True):
    """A message of which the gateway says that it did not arrive: neither its words nor whose telephone it was for."""

    kind: str
    tenant: str
    at: datetime
    error: str
    listed: bool
    """It carries a notice, so the station has somebody to call; a code that was asked for has not."""


async def failed_texts(uow: UnitOfWork, database: Database, *, days: int = 7, limit: int = 100) -> list[FailedText]:
    """Return what the gateway could not deliver inside the scope lately, the latest first. The messages themselves stay sealed."""
    async with database.system() as reader:
        rows = await reader.execute(
            sa.select(
                OutMessage.kind, OutMessage.created_at, OutMessage.notice_id, OutsideCall.tenant, OutsideCall.last_error
            )
            .join(OutsideCall, sa.and_(OutsideCall.subject_id == OutMessage.id, OutsideCall.system == SYSTEM))
            .where(OutMessage.state == "failed", OutMessage.created_at > uow.now - timedelta(days=days))
            .order_by(OutMessage.created_at.desc(), OutMessage.id)
            .limit(1000)
        )
    found = [
        FailedText(
            kind=r.kind,
            tenant=r.tenant,
            at=r.created_at,
            error=r.last_error or "对方没收到",
            listed=r.notice_id is not None,
        )
        for r in rows
        if uow.scope.covers(r.tenant)
    ]
    return found[:limit]
