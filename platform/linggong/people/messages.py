"""Messages to phones. The local sender keeps them sealed and shows them on a dev page, never in a log."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.ids import new_id
from linggong.people.models import OutMessage


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the dev page shows it, number and text in clear."""

    id: UUID
    kind: str
    number: str
    text: str
    state: str
    created_at: datetime


async def queue(uow: UnitOfWork, sealer: Sealer, number: str, kind: str, text: str) -> None:
    """Put an SMS on its way; it exists exactly when this (system) transaction commits."""
    message_id = new_id()
    uow.session.add(
        OutMessage(
            id=message_id,
            channel="sms",
            kind=kind,
            number_sealed=sealer.seal(number, f"out_messages.number_sealed.{message_id}"),
            number_index=sealer.blind_index("phone", number),
            text_sealed=sealer.seal(text, f"out_messages.text_sealed.{message_id}"),
            state="queued",
            created_at=uow.now,
        )
    )
    await uow.flush()


async def send_queued(database: Database) -> None:
    """The local sender: a queued message counts as sent once it can be read on the dev page."""
    async with database.system() as uow:
        await uow.execute(
            sa.update(OutMessage).where(OutMessage.state == "queued").values(state="sent", sent_at=uow.now)
        )


async def recent(database: Database, sealer: Sealer, limit: int = 50) -> list[MessageView]:
    """Return the newest messages in clear, for the dev page only."""
    async with database.system() as uow:
        rows = (
            await uow.session.scalars(
                sa.select(OutMessage).order_by(OutMessage.created_at.desc(), OutMessage.id.desc()).limit(limit)
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
