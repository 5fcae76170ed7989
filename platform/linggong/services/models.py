"""The catalogue of services and what was taken in for people: one receipt, one owner, one clock (R043, R096-R098)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.services import codes


class Told:
    """Who may read a row of a service: the place, and the person for whom it is; `worker_id` is empty for a walk-in."""

    tenant: Mapped[PathColumn]
    worker_id: Mapped[UUID | None]


def of_person() -> tuple[Any, ...]:
    """Return the references and indexes of a row that is a person's and a place's."""
    return (
        tenant_fk(),
        sa.ForeignKeyConstraint(["worker_id"], ["persons.id"]),
        sa.Index(None, "worker_id", postgresql_where=sa.text("worker_id IS NOT NULL")),
    )


def told(*personal: str, append_only: bool = False) -> dict[str, RowScope]:
    """Return the declaration of such a row."""
    scope = RowScope(cls="shared", tenant="tenant", person="worker_id", personal=personal, append_only=append_only)
    return {"scope": scope}


class ServiceItem(Base):
    """An item of the catalogue as a place wrote it; a change is the next version, an ended one a version that ends it."""

    __tablename__ = "service_items"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", codes.ITEM_KINDS),
        one_of("limit_unit", codes.UNITS),
        sa.CheckConstraint("limit_n > 0", name="limit_n"),
        sa.CheckConstraint("version > 0", name="version"),
        sa.UniqueConstraint("tenant", "code", "version"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    code: Mapped[str]
    version: Mapped[int]
    name: Mapped[str]
    kind: Mapped[str]
    department: Mapped[str]
    """The owning department, as people call it."""
    materials: Mapped[list[str]]
    """What to bring, all of it (R098)."""
    limit_n: Mapped[int]
    limit_unit: Mapped[str]
    """Working hours or working days (R097)."""
    guide: Mapped[str]
    source: Mapped[str]
    is_ended: Mapped[bool]
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None]


class ServiceEntry(Told, Base):
    """What somebody came for. `owner_id` is who was asked first and stays accountable; `handler_id` does it now (R096)."""

    __tablename__ = "service_entries"
    __table_args__ = (
        *of_person(),
        one_of("state", codes.STATES),
        one_of("limit_unit", codes.UNITS),
        one_of("channel", codes.CHANNELS),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.CheckConstraint("limit_n > 0", name="limit_n"),
        sa.CheckConstraint("(state = 'case') = (case_id IS NOT NULL)", name="case"),
        sa.Index(None, "case_id", postgresql_where=sa.text("case_id IS NOT NULL")),
        sa.CheckConstraint("ended_on_at >= happened_at", name="order"),
        sa.CheckConstraint(
            "state NOT IN ('done', 'withdrawn') OR (ended_at IS NOT NULL AND outcome <> '')", name="end"
        ),
        sa.Index(None, "tenant", "state", "due_at"),
        sa.Index(None, "tenant", "happened_at"),
        {"info": told("name", "words", "outcome")},
    )

    id: Mapped[UuidPk]
    trace_code: Mapped[str] = mapped_column(unique=True)
    """The receipt that the person takes home."""
    digits: Mapped[str]
    """Four digits on the receipt, for asking without an account."""
    code: Mapped[str]
    item_version: Mapped[int]
    """Which version of the item was told him; 0 as it came with the system."""
    item_name: Mapped[str]
    limit_n: Mapped[int]
    limit_unit: Mapped[str]
    name: Mapped[str]
    phone_sealed: Mapped[bytes | None]
    words: Mapped[str]
    channel: Mapped[str]
    state: Mapped[str]
    owner_id: Mapped[UUID | None]
    handler_id: Mapped[UUID | None]
    happened_at: Mapped[datetime]
    """When he came; entered later where the desk was written up afterwards."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    materials: Mapped[list[str]]
    """What he was told to bring, all at once."""
    missing: Mapped[list[str]]
    """What he has still to bring; while there is any the clock stands."""
    told_at: Mapped[datetime | None]
    case_id: Mapped[UUID | None]
    """The case that it opened: disputes, owed wages and mediation have clocks of their own there."""
    referred_to: Mapped[str]
    referred_at: Mapped[datetime | None]
    reference: Mapped[str]
    """The number that the outside department gave."""
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When the end was entered."""
    ended_on_at: Mapped[datetime | None]
    """When it was done; the clock is judged by this."""
    outcome: Mapped[str]
    breaches: Mapped[list[str]]
    """Facts of the matter, never taken back: late, told twice."""


class ServiceNote(Told, Base):
    """What was done in a matter: told, brought, handed over, referred, answered, ended."""

    __tablename__ = "service_notes"
    __table_args__ = (
        *of_person(),
        sa.ForeignKeyConstraint(["entry_id"], ["service_entries.id"]),
        one_of("kind", codes.NOTES),
        sa.Index(None, "entry_id"),
        sa.Index(None, "tenant"),
        {"info": told("words", append_only=True)},
    )

    id: Mapped[UuidPk]
    entry_id: Mapped[UUID]
    kind: Mapped[str]
    words: Mapped[str]
    by_id: Mapped[UUID | None]
    to_id: Mapped[UUID | None]
    """Who took the matter over."""
    at: Mapped[datetime]
