"""What was told to whom, one row a receipt: reached, or not (invariant 15)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk

CHANNELS = ("wechat", "sms", "keypad", "call", "page")


class Notice(Base):
    """One message to one side about one matter. `queued` until the sender takes it; then sent, reached or unreached."""

    __tablename__ = "notices"
    __table_args__ = (
        tenant_fk(),
        tenant_fk("via"),
        one_of("to_side", ("worker", "employer", "claimant")),
        one_of("state", ("queued", "sent", "reached", "unreached")),
        one_of("last_call", ("", "reached", "unreached", "wrong", "later")),
        one_of("channel", ("", *CHANNELS)),
        sa.CheckConstraint("person_id IS NOT NULL OR employer_id IS NOT NULL OR to_side = 'claimant'", name="somebody"),
        sa.Index("ix_notices_queued", "created_at", postgresql_where=sa.text("state = 'queued'")),
        sa.Index("ix_notices_calls", "tenant", "created_at", postgresql_where=sa.text("call_wanted")),
        sa.Index(None, "person_id", "created_at", postgresql_where=sa.text("person_id IS NOT NULL")),
        sa.Index(None, "employer_id", "created_at", postgresql_where=sa.text("employer_id IS NOT NULL")),
        sa.Index(None, "tenant"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "subject_id"),
        {
            "info": RowScope(
                cls="shared",
                tenant="tenant",
                via="via",
                person="person_id",
                employer="employer_id",
                audit="derived: the step that it tells is an event, and an outcome of a call is one too",
            ).info()
        },
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    via: Mapped[PathColumn | None]
    person_id: Mapped[UUID | None]
    employer_id: Mapped[UUID | None]
    to_side: Mapped[str]
    """claimant: somebody without an account, whose telephone stands with the matter itself."""
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    """The order, engagement, bill or case that it is about."""
    part_id: Mapped[UUID | None]
    """Which part of it, where there may be several: the payment of a bill."""
    text: Mapped[str]
    """At most 140 characters; no number, no third person's name."""
    state: Mapped[str] = mapped_column(default="queued")
    call_wanted: Mapped[bool] = mapped_column(default=False)
    """Somebody at the desk should call, because it is urgent or nobody answered."""
    tries: Mapped[int] = mapped_column(default=0)
    call_at: Mapped[datetime | None]
    """When he asked to be called again; before it he stands at the end of the list."""
    last_call: Mapped[str] = mapped_column(default="")
    """What came of the last call: reached, unreached, wrong (somebody else's or a dead number), later."""
    created_at: Mapped[datetime]
    not_before: Mapped[datetime | None]
    """It was ready in the quiet hours and waits for their end."""
    channel: Mapped[str] = mapped_column(default="")
    """How it went: to his WeChat, an SMS, the keypad's call, somebody's call from the desk, or his page alone."""
    requeued_at: Mapped[datetime | None]
    """When an administrator sent it again; it grows stale from then on."""
    error: Mapped[str] = mapped_column(default="")
    """Why it could not be delivered."""
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    settled_how: Mapped[str] = mapped_column(default="")
    """seen (opened by himself), answered (SMS or keypad), call (a clerk's call), none (nobody was reached)."""


class PhoneStop(Base):
    """A number that wants no more messages (退订): what must be told is called. Codes that it asks for still come."""

    __tablename__ = "phone_stops"
    __table_args__ = ({"info": RowScope(cls="system", audit="derived: the message that asked for it is kept").info()},)

    number_index: Mapped[bytes] = mapped_column(primary_key=True)
    since: Mapped[datetime]
