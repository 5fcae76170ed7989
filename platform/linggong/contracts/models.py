"""Contract documents, the consents they rest on, and the bytes: sealed files and photos of signed slips."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, RowScope, UuidPk, one_of
from linggong.market.codes import LegalForm
from linggong.work.models import Sided, sided_keys, sides

FILE_STATES = ("open", "signed", "sealed")


class ContractFile(Sided, Base):
    """One document of an engagement: part 0 is the contract, 1.. are addenda, each linked to the one before by its hash.

    open: waits for consents. signed: both consented, the file is being made. sealed: the file stands, its hash in the
    order's events (`contract.sealed`).
    """

    __tablename__ = "contract_files"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        sa.ForeignKeyConstraint(["blob_id"], ["contract_blobs.id"]),
        one_of("state", FILE_STATES),
        one_of("legal_form", LegalForm),
        sa.CheckConstraint("part >= 0", name="part"),
        sa.CheckConstraint("(state = 'sealed') = (sha256 IS NOT NULL AND blob_id IS NOT NULL)", name="sealed"),
        sa.UniqueConstraint("engagement_id", "part"),
        sa.Index(None, "order_id"),
        sa.Index(None, "tenant", "state"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "worker_id", "created_at"),
        sa.Index(None, "employer_id", "created_at"),
        sa.Index(None, "blob_id", unique=True, postgresql_where=sa.text("blob_id IS NOT NULL")),
        sa.Index(None, "sha256", unique=True, postgresql_where=sa.text("sha256 IS NOT NULL")),
        {"info": sides()},
    )

    id: Mapped[UuidPk]
    engagement_id: Mapped[UUID]
    part: Mapped[int]
    code: Mapped[str] = mapped_column(unique=True)
    """What the QR leads to: not guessable, and says nothing by itself."""
    state: Mapped[str]
    legal_form: Mapped[str]
    warnings: Mapped[list[str]] = mapped_column(default=list)
    """What both sides were warned of when the form was chosen (ruling 16)."""
    terms_version: Mapped[int]
    terms_hash: Mapped[bytes]
    changes: Mapped[list[str]] = mapped_column(default=list)
    """What an addendum changes, in words."""
    sha256: Mapped[bytes | None]
    prev_sha256: Mapped[bytes | None]
    """Hash of the sealed part before; an addendum is sealed after it."""
    blob_id: Mapped[UUID | None]
    pages: Mapped[int | None]
    signed_at: Mapped[datetime | None]
    sealed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class ContractConsent(Sided, Base):
    """One side's yes to a document: what was shown, how he proved who he is, when, where and on what."""

    __tablename__ = "contract_consents"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["file_id"], ["contract_files.id"]),
        sa.ForeignKeyConstraint(["slip_id"], ["contract_blobs.id"]),
        sa.ForeignKeyConstraint(["station"], ["nodes.path"], onupdate="CASCADE"),
        one_of("side", ("worker", "employer")),
        one_of("method", ("code", "clerk", "terms")),
        sa.Index(None, "file_id", "side"),
        sa.Index(None, "order_id"),
        sa.Index(None, "tenant"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "slip_id", postgresql_where=sa.text("slip_id IS NOT NULL")),
        sa.Index(None, "station", postgresql_where=sa.text("station IS NOT NULL")),
        sa.Index(
            "ix_contract_consents_no_slip", "tenant", "slip_due_at", postgresql_where=sa.text("slip_due_at IS NOT NULL")
        ),
        {"info": sides("witness")},
    )

    id: Mapped[UuidPk]
    file_id: Mapped[UUID]
    side: Mapped[str]
    terms_version: Mapped[int]
    terms_hash: Mapped[bytes]
    legal_form: Mapped[str]
    text_version: Mapped[str]
    shown: Mapped[str]
    """What stood on the screen, or was read to him; `text_hash` is its SHA-256."""
    text_hash: Mapped[bytes]
    method: Mapped[str]
    """code: signed in and a fresh one-time code; clerk: before a clerk, with a signed slip; terms: agreed in region T."""
    given_by: Mapped[UUID | None]
    """Who acted: the person himself, or the member of staff."""
    channel: Mapped[str]
    station: Mapped[str | None] = mapped_column(sa.Text(collation="C"))
    """Where: the clerk's post."""
    device: Mapped[str] = mapped_column(default="")
    witness: Mapped[str] = mapped_column(default="")
    slip_id: Mapped[UUID | None]
    slip_due_at: Mapped[datetime | None]
    """Until when the photo of the signed slip is owed; empty once it is there, or where none is owed."""
    given_at: Mapped[datetime]


class ContractBlob(Sided, Base):
    """The bytes of a sealed document or of a signed slip's photo; the hash of either stands in the order's events."""

    __tablename__ = "contract_blobs"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        one_of("kind", ("document", "slip")),
        one_of("media_type", ("application/pdf", "image/jpeg", "image/png", "image/webp")),
        sa.CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        sa.Index(None, "engagement_id"),
        sa.Index(None, "order_id"),
        sa.Index(None, "tenant"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        {
            "info": RowScope(
                cls="shared",
                tenant="tenant",
                via="via",
                person="worker_id",
                employer="employer_id",
                append_only=True,
                audit="content-addressed and append-only; its hash is chained into the order's events",
            ).info()
        },
    )

    id: Mapped[UuidPk]
    engagement_id: Mapped[UUID]
    kind: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[bytes]
    content: Mapped[bytes]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
