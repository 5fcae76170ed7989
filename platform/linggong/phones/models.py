"""What was asked by telephone, what came back, and how far a keypad dialogue is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk

KINDS: Final = ("invitation", "offer", "terms", "payment")
ATTESTED: Final = ("unknown", "full", "failed")
"""What the carrier says of a sender's number: nothing, that it is his, that it is made up."""


class PhoneQuestion(Base):
    """One question with two answers, as it was asked: the words that he was shown or read are the evidence of his answer.

    A number holds open questions under different codes, so that "1 A3" names one of them, whoever shares the number.
    """

    __tablename__ = "phone_questions"
    __table_args__ = (
        tenant_fk(),
        tenant_fk("via"),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"]),
        one_of("kind", KINDS),
        one_of("state", ("open", "answered", "closed")),
        one_of("answer", ("yes", "no")),
        sa.Index(
            "uq_phone_questions_code", "number_index", "code", unique=True, postgresql_where=sa.text("state = 'open'")
        ),
        # One message answers one question, however often its work is taken up again.
        sa.Index(
            "uq_phone_questions_answer_ref", "answer_ref", unique=True, postgresql_where=sa.text("channel = 'sms'")
        ),
        sa.Index("uq_phone_questions_subject", "subject_id", unique=True, postgresql_where=sa.text("state = 'open'")),
        sa.Index("ix_phone_questions_call", "call_at", postgresql_where=sa.text("state = 'open'")),
        sa.Index(None, "number_index", "asked_at"),
        sa.Index(None, "person_id", "asked_at"),
        sa.Index(None, "notice_id"),
        sa.Index(None, "tenant"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        {
            "info": RowScope(
                cls="shared",
                tenant="tenant",
                via="via",
                person="person_id",
                audit="derived: the answer is an event, with the words that were shown",
            ).info()
        },
    )

    id: Mapped[UuidPk]
    notice_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    via: Mapped[PathColumn | None]
    person_id: Mapped[UUID]
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    """The engagement, the change of terms, or the payment."""
    order_id: Mapped[UUID]
    terms_version: Mapped[int | None]
    """The terms that the words name."""
    code: Mapped[str]
    text: Mapped[str]
    """What the message said; no telephone, no full name. Empty where no message can hold or bring it."""
    body: Mapped[str]
    """What is read out, whole, without the line that names the keys."""
    number_index: Mapped[bytes]
    number_sealed: Mapped[bytes]
    """Sealed for phone_questions.number_sealed.<id>."""
    number_kind: Mapped[str]
    needs_code: Mapped[bool]
    """An answer by message must carry the code: others use this number too, or a made-up sender could bind him."""
    by_sms: Mapped[bool]
    """The message showed all of it; else only a call may be answered."""
    state: Mapped[str] = mapped_column(default="open")
    asked_at: Mapped[datetime]
    shown_at: Mapped[datetime | None]
    """When the message with these words first left for the gateway: what was sent before it answers something else."""
    expires_at: Mapped[datetime | None]
    call_at: Mapped[datetime | None]
    """When the keypad calls him, as long as he has not answered; empty after the call."""
    rung_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    channel: Mapped[str] = mapped_column(default="")
    """sms or keypad."""
    answer_ref: Mapped[str] = mapped_column(default="")
    """The gateway's id of the message, or the exchange's of the call."""
    answered_at: Mapped[datetime | None]


class InMessage(Base):
    """A text message that came in: kept before anything is done with it, done once, whoever brings it again."""

    __tablename__ = "in_messages"
    __table_args__ = (
        one_of("state", ("received", "taken", "done")),
        one_of("attested", ATTESTED),
        sa.Index("ix_in_messages_open", "received_at", postgresql_where=sa.text("state <> 'done'")),
        sa.Index(None, "number_index", "received_at"),
        {"info": RowScope(cls="system", audit="derived: what an answer changes is audited where it changes it").info()},
    )

    id: Mapped[UuidPk]
    ref: Mapped[str] = mapped_column(unique=True)
    """The gateway's id."""
    number_sealed: Mapped[bytes]
    number_index: Mapped[bytes]
    text_sealed: Mapped[bytes]
    attested: Mapped[str] = mapped_column(default="unknown")
    state: Mapped[str] = mapped_column(default="received")
    outcome: Mapped[str] = mapped_column(default="")
    """What it was taken for: answered, asked_back, unknown, ..."""
    sent_at: Mapped[datetime | None]
    """When he sent it, as the gateway says; it may be long on its way."""
    received_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    reply_id: Mapped[UUID | None]


class KeypadCall(Base):
    """One call at the keypad: where in the menus it is, and what was said last, so that a step asked again is the same step."""

    __tablename__ = "keypad_calls"
    __table_args__ = (
        sa.Index(None, "number_index", "started_at"),
        sa.Index(None, "started_at"),
        one_of("attested", ATTESTED),
        {"info": RowScope(cls="system", audit="derived: what a key changes is audited where it changes it").info()},
    )

    id: Mapped[UuidPk]
    ref: Mapped[str] = mapped_column(unique=True)
    """The exchange's id of the call."""
    number_index: Mapped[bytes]
    number_sealed: Mapped[bytes]
    """Sealed for keypad_calls.number_sealed.<id>: he may want to be called back."""
    attested: Mapped[str] = mapped_column(default="unknown")
    question_id: Mapped[UUID | None]
    """What we called about; empty where he called."""
    back_of: Mapped[UUID | None]
    """The call of his that this call of ours answers."""
    person_id: Mapped[UUID | None]
    step: Mapped[int] = mapped_column(default=-1)
    place: Mapped[dict[str, Any]]
    said_sealed: Mapped[bytes | None]
    """Sealed for keypad_calls.said_sealed.<id>: it may name a telephone."""
    then: Mapped[str] = mapped_column(default="")
    """keys or hang_up; empty while a step is being done."""
    started_at: Mapped[datetime]
    last_at: Mapped[datetime]
