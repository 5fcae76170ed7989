"""改约定: one proposal to one worker of an order, and what became of it (region T, transitions 24 to 26)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, UuidPk, one_of
from linggong.work.machines import TERMS
from linggong.work.models import Sided, sided_keys, sides

KINDS = ("price", "time", "place", "headcount", "overtime", "extra", "reduced")


class TermsChange(Sided, Base):
    """A proposal; an employer's proposal to all is one row for each worker, held together by its batch."""

    __tablename__ = "terms_changes"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"]),
        one_of("state", TERMS.states),
        one_of("kind", KINDS),
        one_of("side", ("worker", "employer")),
        sa.Index(
            "uq_terms_changes_open", "engagement_id", unique=True, postgresql_where=sa.text("state = 'T_PROPOSED'")
        ),
        sa.Index(None, "engagement_id", "proposed_at"),
        sa.Index(None, "order_id", "proposed_at"),
        sa.Index(None, "batch_id"),
        sa.Index(None, "assignment_id", postgresql_where=sa.text("assignment_id IS NOT NULL")),
        sa.Index(None, "tenant"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "worker_id"),
        sa.Index(None, "employer_id"),
        {"info": sides("reason")},
    )

    id: Mapped[UuidPk]
    engagement_id: Mapped[UUID]
    assignment_id: Mapped[UUID | None]
    """The shift that overtime, extra or reduced work is about."""
    batch_id: Mapped[UUID]
    state: Mapped[str]
    kind: Mapped[str]
    side: Mapped[str]
    """Who proposed."""
    proposed_by: Mapped[str]
    """self, or proxy:<staff id>."""
    proposed_at: Mapped[datetime]
    answer_due_at: Mapped[datetime]
    changes: Mapped[dict[str, Any]]
    """The new values, as `work.terms_values` reads them."""
    words: Mapped[str]
    """What is read aloud."""
    reason: Mapped[str] = mapped_column(default="")
    is_general: Mapped[bool]
    """For everybody on the order and whoever comes later, not for this worker alone."""
    version: Mapped[int | None]
    """The terms that it became."""
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answer_note: Mapped[str] = mapped_column(default="")
