"""What a worker was asked by telephone and what he answered, for the desk that serves him: the evidence of his word."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
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
