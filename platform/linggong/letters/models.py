"""Letters as they were issued, their sealed papers, the receipts, and the templates that a place has changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk

RECIPIENTS = ("node", "operator", "employer")
_SHARED: dict[str, Any] = {
    "cls": "shared",
    "tenant": "tenant",
    "via": "via",
    "employer": "employer_id",
    "append_only": True,
}


class LetterTemplate(Base):
    """A kind of letter as a place words it: the next version replaces the one before, and none is ever changed (R079).

    What no place has worded is in `linggong/letters/kinds.toml`. A template holds below its place until a lower one has its own.
    """

    __tablename__ = "letter_templates"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("version > 0", name="version"),
        sa.CheckConstraint("length(mark) = 1", name="mark"),
        sa.UniqueConstraint("tenant", "kind", "version"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    version: Mapped[int]
    label: Mapped[str]
    mark: Mapped[str]
    """The one character that stands for the kind in a number: 整."""
    body: Mapped[str]
    """One paragraph a line, `{name}` where a field goes."""
    fields: Mapped[list[Any]] = mapped_column(JSONB)
    dated: Mapped[bool]
    """It gives a deadline."""
    source: Mapped[str]
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None]


class Letter(Base):
    """One letter. `tenant` is the issuing place, `via` where the recipient sits; an employer has no place of his own."""

    __tablename__ = "letters"
    __table_args__ = (
        tenant_fk(),
        tenant_fk("via"),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"]),
        sa.ForeignKeyConstraint(["withdraws_id"], ["letters.id"]),
        one_of("recipient", RECIPIENTS),
        sa.CheckConstraint("no > 0", name="no"),
        sa.CheckConstraint("(employer_id IS NOT NULL) = (recipient = 'employer')", name="employer"),
        sa.CheckConstraint("(operator_id IS NOT NULL) = (recipient = 'operator')", name="operator"),
        sa.UniqueConstraint("tenant", "mark", "year", "no"),
        sa.Index(None, "tenant", "issued_at"),
        sa.Index(None, "via", "issued_at", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "employer_id", "issued_at", postgresql_where=sa.text("employer_id IS NOT NULL")),
        sa.Index(None, "operator_id", postgresql_where=sa.text("operator_id IS NOT NULL")),
        sa.Index(None, "withdraws_id", unique=True, postgresql_where=sa.text("withdraws_id IS NOT NULL")),
        sa.Index(None, "about_id", postgresql_where=sa.text("about_id IS NOT NULL")),
        {"info": RowScope(**_SHARED).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    via: Mapped[PathColumn | None]
    recipient: Mapped[str]
    employer_id: Mapped[UUID | None]
    operator_id: Mapped[UUID | None]
    recipient_name: Mapped[str]
    kind: Mapped[str]
    label: Mapped[str]
    """What the kind was called when it was issued."""
    mark: Mapped[str]
    year: Mapped[int]
    no: Mapped[int]
    number: Mapped[str]
    """兰人社整〔2026〕3号"""
    issuer: Mapped[str]
    body: Mapped[list[str]]
    """The paragraphs as they were issued."""
    due_on: Mapped[date | None]
    withdraws_id: Mapped[UUID | None]
    about: Mapped[str] = mapped_column(default="")
    """Short name of what it is about (card, contract); the slice names its own."""
    about_id: Mapped[UUID | None]
    issued_at: Mapped[datetime]
    issued_by: Mapped[UUID | None]
    issued_name: Mapped[str] = mapped_column(default="")


class LetterFile(Base):
    """The sealed paper of a letter; its hash stands in the event `letter.sealed`."""

    __tablename__ = "letter_files"
    __table_args__ = (
        tenant_fk(),
        tenant_fk("via"),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"]),
        sa.UniqueConstraint("letter_id"),
        sa.Index(None, "tenant"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        {"info": RowScope(**_SHARED, audit="append-only: its hash is in the event letter.sealed").info()},
    )

    id: Mapped[UuidPk]
    letter_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    via: Mapped[PathColumn | None]
    employer_id: Mapped[UUID | None]
    sha256: Mapped[bytes]
    content: Mapped[bytes]
    pages: Mapped[int]
    made_at: Mapped[datetime]


class LetterReceipt(Base):
    """The recipient's signature for a letter, once, for the whole office or employer."""

    __tablename__ = "letter_receipts"
    __table_args__ = (
        tenant_fk(),
        tenant_fk("via"),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"]),
        sa.UniqueConstraint("letter_id"),
        sa.Index(None, "tenant"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        {"info": RowScope(**_SHARED).info()},
    )

    id: Mapped[UuidPk]
    letter_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    via: Mapped[PathColumn | None]
    employer_id: Mapped[UUID | None]
    name: Mapped[str]
    """Who signed, as the issuer reads it."""
    signed_by: Mapped[UUID | None]
    signed_at: Mapped[datetime]
