"""回访: somebody is owed a call because one clerk stood for both sides of a step (order-states section 0 no. 6)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, UuidPk, one_of
from linggong.work.models import Sided, sided_keys, sides


class CallBack(Sided, Base):
    """One owed call: about which step, by whom it was entered, what the called side said."""

    __tablename__ = "call_backs"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        one_of("reached", ("worker", "employer")),
        one_of("outcome", ("agreed", "denied")),
        sa.UniqueConstraint("subject_id", "step"),
        sa.Index(None, "engagement_id"),
        sa.Index(None, "order_id"),
        sa.Index("ix_call_backs_open", "tenant", "due_at", postgresql_where=sa.text("done_at IS NULL")),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "worker_id"),
        sa.Index(None, "employer_id"),
        {"info": sides("note")},
    )

    id: Mapped[UuidPk]
    engagement_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    """The engagement, the proposal of other terms, or the shift."""
    step: Mapped[str]
    """Number of the transition."""
    staff_id: Mapped[UUID]
    """Who stood for both sides; of an arrival (36) the crew's leader, who spoke alone."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    reached: Mapped[str | None]
    outcome: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None]
