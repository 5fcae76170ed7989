"""替工: who offers somebody in his place, who that is, and what the employer says (transition 28, ruling 12)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from linggong.kernel.orm import Base, UuidPk, one_of
from linggong.work.models import Sided, sided_keys, sides


class Replacement(Sided, Base):
    """One exchange of a worker; `worker_id` is the one who would be replaced. It is over when `ended_at` is set."""

    __tablename__ = "replacements"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        sa.ForeignKeyConstraint(["new_engagement_id"], ["engagements.id"]),
        one_of("outcome", ("done", "refused", "taken_back")),
        sa.UniqueConstraint("code"),
        sa.Index("uq_replacements_open", "engagement_id", unique=True, postgresql_where=sa.text("ended_at IS NULL")),
        sa.Index(None, "order_id"),
        sa.Index(None, "tenant"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "worker_id"),
        sa.Index(None, "employer_id"),
        sa.Index(None, "leader_id", postgresql_where=sa.text("leader_id IS NOT NULL")),
        sa.Index(None, "new_engagement_id"),
        {"info": sides("code", "reason", deputy="leader_id")},
    )

    id: Mapped[UuidPk]
    engagement_id: Mapped[UUID]
    leader_id: Mapped[UUID | None]
    code: Mapped[str]
    """What the substitute types, so that he enters himself."""
    reason: Mapped[str]
    proposed_by: Mapped[str]
    """self, leader, or proxy:<staff id>."""
    proposed_at: Mapped[datetime]
    consented_at: Mapped[datetime | None]
    """When the replaced worker said yes; at once where he proposed himself."""
    new_engagement_id: Mapped[UUID | None]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[str | None]
    outcome: Mapped[str | None]
    ended_at: Mapped[datetime | None]
