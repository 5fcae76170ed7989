"""班组: a leader and those who each agreed to come with him; everybody is confirmed and paid himself (R067)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, tenant_fk


class Crew(Base):
    """A crew; its code is what members type to join."""

    __tablename__ = "crews"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["leader_id"], ["persons.id"]),
        sa.CheckConstraint("fee_fen >= 0", name="fee"),
        sa.Index(None, "leader_id"),
        sa.Index(None, "tenant"),
        sa.UniqueConstraint("code"),
        {"info": RowScope(cls="shared", tenant="tenant", person="leader_id", personal=("leader_name",)).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    """The node where it is registered."""
    leader_id: Mapped[UUID]
    leader_name: Mapped[str]
    """Public form of the name."""
    name: Mapped[str]
    code: Mapped[str]
    fee_fen: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    """What the employer pays the leader for each member and day, beside the wages: seen by all, never taken from wages."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class CrewMember(Base):
    """Somebody who agreed to come with a crew; he may leave it at any time."""

    __tablename__ = "crew_members"
    __table_args__ = (
        tenant_fk(),
        tenant_fk("via"),
        sa.ForeignKeyConstraint(["crew_id"], ["crews.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        sa.Index(
            "uq_crew_members_live", "crew_id", "person_id", unique=True, postgresql_where=sa.text("left_at IS NULL")
        ),
        sa.Index(None, "person_id"),
        sa.Index(None, "leader_id"),
        sa.Index(None, "tenant"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        {
            "info": RowScope(
                cls="shared",
                tenant="tenant",
                via="via",
                person="person_id",
                deputy="leader_id",
                personal=("member_name",),
            ).info()
        },
    )

    id: Mapped[UuidPk]
    crew_id: Mapped[UUID]
    leader_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    via: Mapped[PathColumn | None]
    """The node that serves the member."""
    person_id: Mapped[UUID]
    member_name: Mapped[str]
    """Public form of the name, for the leader's list."""
    crew_name: Mapped[str]
    joined_at: Mapped[datetime]
    agreed_by: Mapped[str]
    """self, or proxy:<staff id>."""
    left_at: Mapped[datetime | None]
