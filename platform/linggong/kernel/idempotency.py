"""`Idempotency-Key` on writes: the same key and the same request answer the same, once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from linggong.kernel.orm import Base, RowScope, UuidPk


class IdempotencyKey(Base):
    """A key used by an actor for an operation, the hash of the request and the stored answer."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        sa.UniqueConstraint("actor_id", "operation", "key"),
        sa.Index(None, "created_at"),
        {
            "info": RowScope(
                cls="person", person="actor_id", audit="short-lived: the answer to a repeated request"
            ).info()
        },
    )

    id: Mapped[UuidPk]
    actor_id: Mapped[UUID]
    operation: Mapped[str]
    key: Mapped[str]
    request_hash: Mapped[bytes]
    status: Mapped[int | None]
    content_type: Mapped[str | None]
    answer: Mapped[bytes | None]
    created_at: Mapped[datetime]
