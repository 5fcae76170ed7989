"""What ledgers and reports keep of their own: entries that nothing in the system can know, signed days, month reports, layouts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.ledgers.codes import BY_HAND, FORMS

STATES = ("draft", "signed", "returned", "approved")


class LedgerEntry(Base):
    """A line written by hand, because nothing in the system can know it. A correction is a further line that names the one before."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["corrects"], ["ledger_entries.id"]),
        one_of("ledger", BY_HAND),
        sa.CheckConstraint("n BETWEEN 0 AND 100000", name="n"),
        sa.CheckConstraint("filled BETWEEN 0 AND wanted", name="filled"),
        sa.CheckConstraint("happened_at <= written_at", name="times"),
        sa.UniqueConstraint("corrects"),
        sa.Index(None, "tenant", "ledger", "happened_at"),
        {"info": RowScope(cls="tenant", tenant="tenant", append_only=True, personal=("who", "note")).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    ledger: Mapped[str]
    code: Mapped[str] = mapped_column(unique=True)
    """The trace code of the line (R048, R092)."""
    happened_at: Mapped[datetime]
    written_at: Mapped[datetime]
    who: Mapped[str]
    what: Mapped[str]
    place: Mapped[str]
    n: Mapped[int]
    note: Mapped[str]
    filled: Mapped[int]
    """How many of the `wanted` fields of its ledger were filled, photo included (R095)."""
    wanted: Mapped[int]
    author_id: Mapped[UUID | None]
    author_name: Mapped[str]
    corrects: Mapped[UUID | None]
    reason: Mapped[str]
    """Why the line before was wrong; '' for a first one."""


class DayRecord(Base):
    """每日工作记实 (R091): what was signed of a station's day. Number 0 is the record, what is added later has the next ones."""

    __tablename__ = "day_records"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("nth >= 0", name="nth"),
        sa.UniqueConstraint("tenant", "day", "nth"),
        {"info": RowScope(cls="tenant", tenant="tenant", append_only=True, personal=("note",)).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    day: Mapped[date]
    nth: Mapped[int]
    text: Mapped[str]
    """The diary as the records told it at the signature; '' for an addition."""
    note: Mapped[str]
    """What the clerk wrote."""
    counts: Mapped[dict[str, Any]]
    """How often what happened, by event type, as it stood at the signature."""
    signed_at: Mapped[datetime]
    signed_by: Mapped[UUID | None]
    signed_name: Mapped[str]
    late: Mapped[bool]
    """Signed after the hour that the place set (`daily.due`)."""
    hash: Mapped[bytes]


class MonthReport(Base):
    """月报 of a station (R094): drafted on day 1, signed, approved above it or returned, which makes the next version.

    A trigger of the owner freezes what was signed.
    """

    __tablename__ = "month_reports"
    __table_args__ = (
        tenant_fk(),
        one_of("state", STATES),
        sa.CheckConstraint("extract(day FROM month) = 1", name="month"),
        sa.CheckConstraint("version > 0", name="version"),
        sa.CheckConstraint("late_days >= 0", name="late_days"),
        sa.CheckConstraint("state = 'draft' OR (signed_at IS NOT NULL AND hash IS NOT NULL)", name="signed"),
        sa.CheckConstraint(
            "state NOT IN ('returned', 'approved') OR (decided_at IS NOT NULL AND (decided_by IS NULL OR decided_by <> signed_by))",
            name="decided",
        ),
        sa.UniqueConstraint("tenant", "month", "version"),
        sa.Index(None, "month"),
        {"info": RowScope(cls="tenant", tenant="tenant", personal=("remark", "answer")).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    month: Mapped[date]
    """Its first day."""
    version: Mapped[int]
    state: Mapped[str]
    figures: Mapped[dict[str, Any]]
    """By key of `columns`: a number, or {"above", "below"} of a share. Frozen at the signature."""
    drafted_at: Mapped[datetime]
    due_at: Mapped[datetime]
    remark: Mapped[str] = mapped_column(default="")
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[UUID | None]
    signed_name: Mapped[str] = mapped_column(default="")
    late_days: Mapped[int] = mapped_column(default=0)
    hash: Mapped[bytes | None]
    """SHA-256 of place, month, version, figures, remark and signature."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_name: Mapped[str] = mapped_column(default="")
    answer: Mapped[str] = mapped_column(default="")
    """Why it was returned."""


class SheetLayout(Base):
    """How a place wants a form of ours as a sheet: title, columns in order, who signs. It holds below until a lower place sets its own."""

    __tablename__ = "sheet_layouts"
    __table_args__ = (
        tenant_fk(),
        one_of("form", FORMS),
        sa.CheckConstraint("version > 0", name="version"),
        sa.UniqueConstraint("tenant", "form", "version"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    form: Mapped[str]
    version: Mapped[int]
    title: Mapped[str]
    columns: Mapped[list[str]]
    """Each 'key=heading'; an empty list goes back to the usual layout."""
    signers: Mapped[list[str]]
    """The lines at the foot: 填报人, 审核人, 单位盖章."""
    source: Mapped[str]
    """The paper that asks for it."""
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None]
