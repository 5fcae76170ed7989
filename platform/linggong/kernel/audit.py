"""The audit trail: every changed row of every audited table, with who changed it, in one hash chain per place.

Triggers (`rbac.rowsecurity.audit_ddl`) collect the rows inside the transaction; ``audit_flush`` chains them last, just
before COMMIT. Personal values never stand in clear in a row: `seal_personal` seals them for ``audit_log.personal.<id>``
when the pool knows a sealer; a writer outside the application leaves the mark ``{"sealed": true}`` and no values.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of

if TYPE_CHECKING:
    from linggong.kernel.crypto import Sealer
    from linggong.kernel.db import UnitOfWork

OPS = ("insert", "update", "delete", "truncate")
SEALED = {"sealed": True}
"""What stands in `before` and `after` for a personal value."""


class AuditHead(Base):
    """The last number and hash of a place's chain."""

    __tablename__ = "audit_heads"
    __table_args__ = ({"info": RowScope(cls="system", insert="owner", audit="the audit trail itself").info()},)

    chain: Mapped[UuidPk]
    n: Mapped[int] = mapped_column(sa.BigInteger)
    hash: Mapped[bytes]


class AuditRow(Base):
    """One changed row. `chain` is the id of the node it hangs on: its own place, else the actor's post, else the city."""

    __tablename__ = "audit_log"
    __table_args__ = (
        sa.UniqueConstraint("chain", "n"),
        one_of("op", OPS),
        sa.Index(None, "row_id", "table_name"),
        sa.Index(None, "tenant", "occurred_at"),
        {
            "info": RowScope(
                cls="tenant", tenant="tenant", append_only=True, insert="owner", audit="the audit trail itself"
            ).info()
        },
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    chain: Mapped[UUID]
    n: Mapped[int] = mapped_column(sa.BigInteger)
    table_name: Mapped[str]
    row_id: Mapped[str]
    """The primary key; the parts of one of several columns are joined by a slash."""
    op: Mapped[str]
    before: Mapped[str | None]
    """JSON text of the columns that changed (the whole row of a deletion); personal ones say that they are sealed."""
    after: Mapped[str | None]
    personal: Mapped[bytes | None]
    """JSON text {"before": {...}, "after": {...}} of the personal columns, sealed for audit_log.personal.<id>."""
    actor_kind: Mapped[str]
    """As in `Actor`; 'owner' for whoever wrote with the owner role."""
    actor_id: Mapped[UUID | None]
    on_behalf_of: Mapped[UUID | None]
    """The member of staff he stands in for, or the employer for which a person acts."""
    role: Mapped[str]
    post_id: Mapped[UUID | None]
    """The role assignment at which he acted."""
    post_node: Mapped[UUID | None]
    """The node of that post: its id, so that a move leaves history alone."""
    channel: Mapped[str]
    request_id: Mapped[str]
    tenant: Mapped[PathColumn | None]
    """Where the chain's node lies; follows it by a trigger on nodes, and is no part of the hash."""
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    """The database's own clock."""
    prev_hash: Mapped[bytes]
    hash: Mapped[bytes]


class AuditPending(Base):
    """What a transaction changed, until it is chained at its end: whoever writes adds rows, nobody reads them."""

    __tablename__ = "audit_pending"
    __table_args__ = (
        {
            "info": RowScope(cls="system", insert="blind", audit="the audit trail itself").info(),
            "prefixes": ["UNLOGGED"],
        },
    )

    xid: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(
        sa.BigInteger, primary_key=True, autoincrement=False, server_default=sa.text("nextval('audit_log_id_seq')")
    )
    table_name: Mapped[str]
    row_id: Mapped[str]
    op: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]
    personal: Mapped[str | None]
    sealed: Mapped[bytes | None]
    place: Mapped[str]


class Anchor(Base):
    """The heads of all chains at a moment, hashed: what a cut tail with a mended head does not fit."""

    __tablename__ = "audit_anchors"
    __table_args__ = (
        {"info": RowScope(cls="city", write="owner", append_only=True, audit="the audit trail itself").info()},
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    taken_at: Mapped[datetime]
    heads: Mapped[int] = mapped_column(sa.BigInteger)
    """How many chains had grown since the anchor before."""
    prev_hash: Mapped[bytes]
    hash: Mapped[bytes]


class AnchorHead(Base):
    """A chain's head as an anchor saw it; written once for each length that an anchor met."""

    __tablename__ = "audit_anchor_heads"
    __table_args__ = (
        one_of("log", ("audit", "events")),
        sa.Index(None, "anchor_id"),
        {"info": RowScope(cls="system", insert="owner", append_only=True, audit="the audit trail itself").info()},
    )

    log: Mapped[str] = mapped_column(primary_key=True)
    chain: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes]
    anchor_id: Mapped[int] = mapped_column(sa.BigInteger)


_CLOSE = "SELECT id, personal FROM close_transaction($1::jsonb)"
_END = "SELECT id, personal FROM end_transaction($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
_FLUSH = "SELECT audit_flush($1::bigint[], $2::bytea[])"


async def close(uow: UnitOfWork, sealer: Sealer, events: str | None, deadlines: list[Any] | None) -> None:
    """Send the timers, append the events and seal what waits: the last statements before COMMIT, which chains what is left."""
    waiting = await (uow.fetch(_END, *deadlines, events) if deadlines else uow.fetch(_CLOSE, events))
    if waiting:
        sealed = [sealer.seal(row["personal"], f"audit_log.personal.{row['id']}") for row in waiting]
        await uow.fetch(_FLUSH, [row["id"] for row in waiting], sealed)
