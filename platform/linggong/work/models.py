"""Order > engagement > assignment (ruling 1): one worker on one order, and one worker on one shift."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of
from linggong.work.machines import ASSIGNMENT_STATES, ENGAGEMENT_STATES


def sides(*personal: str, deputy: str | None = None) -> dict[str, Any]:
    """Return the declaration of a two-sided table, with the columns that hold personal data in clear.

    `deputy` names the column of the crew leader who stands for the worker.
    """
    return RowScope(
        cls="shared",
        tenant="tenant",
        via="via",
        person="worker_id",
        employer="employer_id",
        deputy=deputy,
        personal=personal,
    ).info()


class Sided:
    """The columns of a two-sided row: the order's node, the node that serves the worker, and both parties."""

    order_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    via: Mapped[PathColumn | None]
    worker_id: Mapped[UUID]
    employer_id: Mapped[UUID]


def sided_keys() -> tuple[sa.ForeignKeyConstraint, ...]:
    """Return the references of a two-sided row: the order by (tenant, id), so that no row names a foreign tenant."""
    return (
        sa.ForeignKeyConstraint(["tenant", "order_id"], ["orders.tenant", "orders.id"], onupdate="CASCADE"),
        sa.ForeignKeyConstraint(["via"], ["nodes.path"], onupdate="CASCADE"),
        sa.ForeignKeyConstraint(["worker_id"], ["persons.id"]),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
    )


class Engagement(Sided, Base):
    """One worker on one order: both confirmations of one terms version, and the contract."""

    __tablename__ = "engagements"
    __table_args__ = (
        *sided_keys(),
        one_of("state", ENGAGEMENT_STATES),
        one_of("source", ("applied", "invited", "fill_in")),
        sa.Index(
            "uq_engagements_live",
            "order_id",
            "worker_id",
            unique=True,
            postgresql_where=sa.text("state NOT LIKE 'X\\_%'"),
        ),
        sa.Index(None, "order_id"),
        sa.Index(None, "tenant", "state"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "worker_id", "created_at"),
        sa.Index(None, "employer_id", "created_at"),
        sa.Index(None, "crew_id", postgresql_where=sa.text("crew_id IS NOT NULL")),
        sa.Index(None, "leader_id", postgresql_where=sa.text("leader_id IS NOT NULL")),
        sa.ForeignKeyConstraint(["crew_id"], ["crews.id"]),
        {"info": sides("worker_name", deputy="leader_id")},
    )

    id: Mapped[UuidPk]
    state: Mapped[str]
    source: Mapped[str]
    channel: Mapped[str]
    entered_by: Mapped[UUID | None]
    """Staff who entered it by proxy (order-states section 0 no. 6)."""
    worker_name: Mapped[str]
    """Public form of the name (李师傅) for the other side's list."""
    terms_version: Mapped[int | None]
    terms_hash: Mapped[bytes | None]
    worker_confirmed_at: Mapped[datetime | None]
    worker_confirmed_by: Mapped[str | None]
    """self, or proxy:<staff id>."""
    employer_confirmed_at: Mapped[datetime | None]
    employer_confirmed_by: Mapped[str | None]
    offered_at: Mapped[datetime | None]
    offered_by: Mapped[str | None]
    """worker or employer: the side that spoke first."""
    confirmed_at: Mapped[datetime | None]
    contracted_at: Mapped[datetime | None]
    contract_hash: Mapped[bytes | None]
    queue_no: Mapped[int | None]
    """Number on the waitlist (15); kept when he is asked."""
    crew_id: Mapped[UUID | None]
    """The crew with which he came (12 L)."""
    leader_id: Mapped[UUID | None]
    """Its leader, who may see this row and stand for him where L is listed."""
    replacement_id: Mapped[UUID | None]
    """The exchange in which he comes for somebody else (28)."""
    single_witness: Mapped[bool] = mapped_column(default=False)
    """One clerk stood for both sides on a step; a call-back is owed."""
    may_leave: Mapped[str] = mapped_column(default="")
    """Why he may leave without a mark, whatever the hour; '' while the usual rule holds (21)."""
    end_reason: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Assignment(Sided, Base):
    """派工: one worker on one shift; attendance and completion live here."""

    __tablename__ = "assignments"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"]),
        one_of("state", ASSIGNMENT_STATES),
        one_of("arrived_method", ("qr", "code", "id_card", "geo_photo", "roll_call", "clerk", "crew")),
        sa.UniqueConstraint("engagement_id", "shift_id"),
        ExcludeConstraint(
            ("worker_id", "="),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            where=sa.text("state IN ('A_CONFIRMED','A_CONTRACTED','A_ARRIVED','A_WORKING','A_PAUSED')"),
            name="ex_assignments_overlap",
            using="gist",
        ),
        sa.Index(None, "order_id", "state"),
        sa.Index(None, "tenant", "work_date"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index(None, "worker_id", "starts_at"),
        sa.Index(None, "employer_id", "work_date"),
        sa.Index(None, "leader_id", postgresql_where=sa.text("leader_id IS NOT NULL")),
        {"info": sides(deputy="leader_id")},
    )

    id: Mapped[UuidPk]
    engagement_id: Mapped[UUID]
    shift_id: Mapped[UUID]
    state: Mapped[str]
    work_date: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    arrived_at: Mapped[datetime | None]
    arrived_method: Mapped[str | None]
    arrived_by: Mapped[str | None]
    """Whose word the check-in is: self, proxy:<staff id>, leader (his alone), or vouched (the member has said it, too)."""
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    finished_by: Mapped[str | None]
    """Who said that the shift ended: self, leader, proxy:<staff id> or system."""
    minutes: Mapped[int | None]
    """Minutes worked, meal break taken off."""
    quantity: Mapped[float | None] = mapped_column(sa.Numeric(12, 2, asdecimal=False))
    """Pieces, or 工 where the rate is by 工."""
    proposed_minutes: Mapped[int | None]
    """Hours below the attendance record that the employer names; they hold only once the worker agrees (ruling 5)."""
    proposed_quantity: Mapped[float | None] = mapped_column(sa.Numeric(12, 2, asdecimal=False))
    proposed_reason: Mapped[str] = mapped_column(default="")
    proposed_at: Mapped[datetime | None]
    proposed_by: Mapped[str | None]
    overtime_until: Mapped[datetime | None]
    """The later end that both sides agreed on (48); minutes beyond the agreed end count up to here only."""
    overtime_minutes: Mapped[int] = mapped_column(default=0)
    accept_due_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[str | None]
    evidence_due_at: Mapped[datetime | None]
    """Until when the employer owes the evidence of the part that he does not recognise (53); None once he gave it or the
    time passed."""
    end_reason: Mapped[str] = mapped_column(default="")
    leader_id: Mapped[UUID | None]
    """The crew leader who may see this row and stand for the worker where L is listed."""
    created_at: Mapped[datetime]


class Rating(Sided, Base):
    """One side's word on the other (transition 61), blind until both have spoken or 72 hours have passed."""

    __tablename__ = "ratings"
    __table_args__ = (
        *sided_keys(),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        one_of("side", ("worker", "employer")),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        sa.UniqueConstraint("engagement_id", "side"),
        sa.Index(None, "order_id"),
        sa.Index(None, "tenant", "created_at"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        {"info": sides("words", "reply")},
    )

    id: Mapped[UuidPk]
    engagement_id: Mapped[UUID]
    side: Mapped[str]
    stars: Mapped[int]
    tags: Mapped[list[str]] = mapped_column(default=list)
    words: Mapped[str] = mapped_column(default="")
    channel: Mapped[str]
    created_at: Mapped[datetime]
    open_at: Mapped[datetime]
    reply: Mapped[str] = mapped_column(default="")
    """What the rated side answered, once."""
    replied_at: Mapped[datetime | None]
