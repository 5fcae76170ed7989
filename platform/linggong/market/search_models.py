"""What a worker looks for, saved: its filters, and which posts were found for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.money import Fen
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.market.codes import JobForm, Settlement


class SavedSearch(Base):
    """存下的找活条件: filters of the board without a day, because a day passes. Empty means that he did not ask."""

    __tablename__ = "saved_searches"
    __table_args__ = (
        tenant_fk(),
        tenant_fk("area"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        one_of("settlement", ("", *Settlement)),
        one_of("job_form", ("", *JobForm)),
        sa.Index(None, "person_id", "created_at"),
        sa.Index(None, "tenant"),
        sa.Index(None, "area", postgresql_where=sa.text("area IS NOT NULL")),
        {
            "info": RowScope(
                cls="shared",
                tenant="tenant",
                person="person_id",
                audit="his own list of wishes, changed by himself alone; what it led to is a notice",
                personal=("words", "latitude", "longitude"),
            ).info()
        },
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    """The place that serves him: his notices go out from there."""
    person_id: Mapped[UUID]
    label: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    """What he typed; `search` is the same as a tsquery."""
    search: Mapped[str] = mapped_column(default="")
    area: Mapped[PathColumn | None]
    trade_code: Mapped[str] = mapped_column(default="")
    settlement: Mapped[str] = mapped_column(default="")
    job_form: Mapped[str] = mapped_column(default="")
    benefits: Mapped[list[str]] = mapped_column(default=list)
    """What the post must offer, all of it."""
    pay_min_fen: Mapped[Fen] = mapped_column(default=0)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    radius_m: Mapped[int] = mapped_column(default=0)
    """0: anywhere."""
    created_at: Mapped[datetime]
    looked_at: Mapped[datetime]


class SearchHit(Base):
    """A post that fits what a person looks for, or himself: one row a person and post, so that each is told once."""

    __tablename__ = "search_hits"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["search_id"], ["saved_searches.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"]),
        one_of("left_out", ("", "over", "late")),
        sa.UniqueConstraint("person_id", "order_id"),
        sa.Index(None, "search_id", "found_at"),
        sa.Index(None, "order_id"),
        sa.Index(None, "tenant"),
        sa.Index("ix_search_hits_untold", "person_id", postgresql_where=sa.text("told_at IS NULL")),
        {
            "info": RowScope(
                cls="shared",
                tenant="tenant",
                person="person_id",
                audit="derived: found by the machine, told by a notice",
            ).info()
        },
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    person_id: Mapped[UUID]
    search_id: Mapped[UUID | None]
    """The saved search that found it; nothing where it fits him himself (`linggong.push`)."""
    order_id: Mapped[UUID]
    score: Mapped[int | None]
    """How well he and the post go together, where that is why."""
    found_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    left_out: Mapped[str] = mapped_column(default="")
    """Why he was not told: over (filled up or begun by then), late (his limits or the hours left no room in time)."""
