"""Messages to phones, kept sealed. The outside line `sms` carries them (`linggong.phones.line`); dev pages show them."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import reading
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.ids import new_id
from linggong.people.models import OutMessage

SYSTEM: Final = "sms"
"""The outside line's name."""
CODE: Final = "code"
"""The kind of a message with a code to sign in: somebody waits for it, so it leaves before all others."""


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the dev page shows it, number and text in clear."""

    id: UUID
    kind: str
    number: str
    text: str
    state: str
    created_at: datetime


async def queue(
    uow: UnitOfWork,
    sealer: Sealer,
    number: str,
    kind: str,
    text: str,
    *,
    notice_id: UUID | None = None,
) -> UUID:
    """Put an SMS on its way; it exists exactly when this (system) transaction commits. Returns its id."""
    message_id = new_id()
    await reading.added(
        uow,
        OutMessage,
        id=message_id,
        channel="sms",
        kind=kind,
        number_sealed=sealer.seal(number, f"out_messages.number_sealed.{message_id}"),
        number_index=sealer.blind_index("phone", number),
        text_sealed=sealer.seal(text, f"out_messages.text_sealed.{message_id}"),
        notice_id=notice_id,
        created_at=uow.now,
    )
    return message_id


async def recent(
    database: Database, sealer: Sealer, limit: int = 50, *, number_index: bytes | None = None
) -> list[MessageView]:
    """Return the newest messages in clear, of everybody or to one number; for dev pages only."""
    condition = sa.true() if number_index is None else OutMessage.number_index == number_index
    async with database.system() as uow:
        rows = (
            await uow.session.scalars(
                sa.select(OutMessage)
                .where(condition)
                .order_by(OutMessage.created_at.desc(), OutMessage.id.desc())
                .limit(limit)
            )
        ).all()
    return [
        MessageView(
            id=row.id,
            kind=row.kind,
            number=sealer.open(row.number_sealed, f"out_messages.number_sealed.{row.id}"),
            text=sealer.open(row.text_sealed, f"out_messages.text_sealed.{row.id}"),
            state=row.state,
            created_at=row.created_at,
        )
        for row in rows
    ]
