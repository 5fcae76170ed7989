"""Notices and tasks: one row for each office that receives one, who read it, and what was said about it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.inbox.machines import KINDS, MEMO
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk

OFFICES = ("bureau", "operator", "street", "station")
SAID = ("answer", "return", "withdraw")


class Memo(Base):
    """A notice or a task at one office. `tenant` is the receiver's node: who receives it sees it, and whoever is above.

    What was sent to many is written once for each, so that no office sees to whom else it went; `batch_id` holds them together.
    """

    __tablename__ = "memos"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["from_node"], ["nodes.id"]),
        one_of("kind", KINDS),
        one_of("office", OFFICES),
        one_of("from_office", OFFICES),
        one_of("state", MEMO.states),
        sa.CheckConstraint("(kind = 'task') = (due_at IS NOT NULL)", name="deadline"),
        sa.UniqueConstraint("batch_id", "tenant", "office"),
        sa.Index(None, "tenant", "office", "state"),
        sa.Index(None, "from_node", "from_office", "sent_at"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    batch_id: Mapped[UUID]
    kind: Mapped[str]
    tenant: Mapped[PathColumn]
    office: Mapped[str]
    """Which office of the node: a county has its bureau and its operator."""
    from_node: Mapped[UUID]
    from_office: Mapped[str]
    sender: Mapped[str]
    """From whom, as the receiver reads it: the office and the name of whoever pressed."""
    sent_by: Mapped[UUID | None]
    sent_at: Mapped[datetime]
    title: Mapped[str]
    body: Mapped[str]
    state: Mapped[str]
    due_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str] = mapped_column(default="")
    """The name of whoever signed for the office."""
    answered_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    """Set once; an answer that comes later stays marked as late."""
    ended_at: Mapped[datetime | None]


class MemoRead(Base):
    """Who opened a notice or a task, and when first."""

    __tablename__ = "memo_reads"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["memo_id"], ["memos.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.Index(None, "staff_id"),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    memo_id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[PathColumn]
    name: Mapped[str]
    read_at: Mapped[datetime]


class MemoWord(Base):
    """What was answered, and why an answer was returned or a task withdrawn; never changed."""

    __tablename__ = "memo_words"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["memo_id"], ["memos.id"]),
        one_of("kind", SAID),
        sa.Index(None, "memo_id", "said_at"),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="tenant", tenant="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    memo_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    words: Mapped[str]
    name: Mapped[str]
    staff_id: Mapped[UUID | None]
    said_at: Mapped[datetime]
