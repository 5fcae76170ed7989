"""Who looked at whose personal data, and the code that a person shows at a station to be served there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk

PURPOSES = ("reach", "identify", "pay", "dispute", "injury", "lawful", "other")


class Reveal(Base):
    """One look at somebody's personal data in clear: what, why, by whom, from where, until when. Never a value.

    `subject` says which side was looked at; the other one is set when it was the other side of an engagement that looked.
    """

    __tablename__ = "reveals"
    __table_args__ = (
        tenant_fk(),
        one_of("subject", ("person", "employer")),
        one_of("viewer_kind", ("staff", "employer", "worker")),
        one_of("purpose", PURPOSES),
        sa.CheckConstraint("purpose <> 'other' OR reason <> ''", name="other_says_why"),
        sa.CheckConstraint("expires_at > at", name="ends"),
        sa.CheckConstraint(
            "CASE subject WHEN 'person' THEN person_id IS NOT NULL ELSE employer_id IS NOT NULL END", name="looked_at"
        ),
        sa.Index(None, "tenant", "at"),
        sa.Index(None, "person_id", "at", postgresql_where=sa.text("person_id IS NOT NULL")),
        sa.Index(None, "employer_id", "at", postgresql_where=sa.text("employer_id IS NOT NULL")),
        sa.Index(None, "viewer_id", "at"),
        {
            "info": RowScope(
                cls="shared",
                tenant="tenant",
                person="person_id",
                employer="employer_id",
                append_only=True,
                # Typed by staff: it may name somebody.
                personal=("reason",),
            ).info()
        },
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    """The acting post's node; of a look between the two sides, the order's."""
    subject: Mapped[str]
    person_id: Mapped[UUID | None]
    employer_id: Mapped[UUID | None]
    order_id: Mapped[UUID | None]
    """The order on account of which they looked; its contact is what was seen when `fields` says order_contact."""
    fields: Mapped[list[str]]
    purpose: Mapped[str]
    reason: Mapped[str]
    viewer_kind: Mapped[str]
    viewer_id: Mapped[UUID]
    viewer_role: Mapped[str]
    viewer_office: Mapped[str]
    """The place as it was called then (staff), or the public name of the other side; never a member of staff's own name."""
    post_id: Mapped[UUID | None]
    at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ShownCode(Base):
    """A short code on a person's own phone that lets the station where he shows it serve him."""

    __tablename__ = "shown_codes"
    __table_args__ = (
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        sa.Index(None, "code_index", "created_at"),
        sa.Index(None, "person_id", "created_at"),
        {"info": RowScope(cls="system", audit="short-lived: worth nothing after a few minutes").info()},
    )

    id: Mapped[UuidPk]
    person_id: Mapped[UUID]
    code_index: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class WorkerCard(Base):
    """零工卡: a printed slip with a short number and its QR, for somebody without a telephone. A new one ends the one before."""

    __tablename__ = "worker_cards"
    __table_args__ = (
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        sa.Index("uq_worker_cards_code", "code_index", unique=True, postgresql_where=sa.text("ended_at IS NULL")),
        sa.Index("uq_worker_cards_person", "person_id", unique=True, postgresql_where=sa.text("ended_at IS NULL")),
        sa.Index(None, "person_id"),
        {"info": RowScope(cls="system", audit="derived: each printing is an event").info()},
    )

    id: Mapped[UuidPk]
    person_id: Mapped[UUID]
    code_index: Mapped[bytes]
    printed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ShownCodeMiss(Base):
    """A code that a member of staff typed and that was nobody's: counted, so that none is found by trying."""

    __tablename__ = "shown_code_misses"
    __table_args__ = (
        sa.Index(None, "staff_id", "at"),
        {"info": RowScope(cls="system", audit="derived: a counter of tries").info()},
    )

    id: Mapped[UuidPk]
    staff_id: Mapped[UUID]
    at: Mapped[datetime]
