"""Job orders (posts), their shifts, and the city board."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.money import Fen
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.market.codes import JobForm, LegalForm, PayChannel, PayUnit, Settlement

ORDER_STATES = (
    "O_DRAFT", "O_REVIEW", "O_RETURNED", "O_OPEN", "O_FULL", "O_LOCKED", "O_ACTIVE", "O_DONE", "O_SETTLING", "O_CLOSED",
    "O_ARCHIVED", "O_CANCELLED", "O_EXPIRED", "O_SUSPENDED", "O_TAKENDOWN",
)  # fmt: skip

DAY_PAY = "(CASE WHEN pay_unit IN ('day', 'gong') THEN pay_fen ELSE coalesce(hourly_fen, 0) * 8 END)"
"""Fen for a day as people compare posts: the day rate as it is posted, other units for eight hours; an index serves it."""


class Order(Base):
    """用工订单: N places, 1..k shifts, with the fields of R045 and requirements section 6."""

    __tablename__ = "orders"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        sa.UniqueConstraint("tenant", "id"),
        one_of("state", ORDER_STATES),
        one_of("pay_unit", PayUnit),
        one_of("settlement", Settlement),
        one_of("pay_channel", PayChannel),
        one_of("job_form", JobForm),
        one_of("legal_form", LegalForm),
        one_of("crew_choice", ("fewer", "split", "ask_around")),
        sa.UniqueConstraint("rescheduled_from"),
        sa.CheckConstraint("headcount BETWEEN 1 AND 500", name="headcount"),
        sa.CheckConstraint("confirmed BETWEEN 0 AND headcount", name="confirmed"),
        sa.CheckConstraint("min_crew BETWEEN 1 AND headcount", name="min_crew"),
        sa.CheckConstraint("days BETWEEN 1 AND 366", name="days"),
        sa.CheckConstraint("pay_fen > 0", name="pay"),
        sa.CheckConstraint("ends_at > starts_at", name="times"),
        sa.Index(None, "tenant", "state", "starts_at"),
        sa.Index(None, "employer_id", "created_at"),
        sa.Index("ix_orders_review", "tenant", "submitted_at", postgresql_where=sa.text("state = 'O_REVIEW'")),
        {"info": RowScope(cls="shared", tenant="tenant", employer="employer_id", personal=("contact_name",)).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    employer_id: Mapped[UUID]
    state: Mapped[str]
    trace_code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    trade_code: Mapped[str]
    headcount: Mapped[int]
    min_crew: Mapped[int] = mapped_column(default=1)
    """Fewest people with whom the work is worth starting; below it the order expires at its start (transition 7)."""
    confirmed: Mapped[int] = mapped_column(default=0)
    division_code: Mapped[str | None]
    place: Mapped[str]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    work_date: Mapped[date]
    """Business day of the first shift."""
    starts_at: Mapped[datetime]
    """Start of the first shift."""
    ends_at: Mapped[datetime]
    """End of the last shift."""
    days: Mapped[int] = mapped_column(default=1)
    """Shifts, one a day at the same hours."""
    meal_minutes: Mapped[int] = mapped_column(default=0)
    pay_fen: Mapped[Fen]
    pay_unit: Mapped[str]
    minutes_per_gong: Mapped[int | None]
    pieces_per_day: Mapped[int | None]
    """What a usual worker makes in a day, for the hourly equivalent of pay by the piece."""
    piece_name: Mapped[str] = mapped_column(default="")
    """What PIECE means here: 件, 斤, 亩, 平方, 车."""
    hourly_fen: Mapped[Fen | None]
    """Hourly equivalent, for sorting and the minimum check."""
    settlement: Mapped[str]
    choice_of_settlement: Mapped[bool] = mapped_column(default=False)
    """The worker may choose daily settlement instead of weekly (ruling 16)."""
    pay_channel: Mapped[str]
    job_form: Mapped[str]
    legal_form: Mapped[str]
    conditions: Mapped[list[str]] = mapped_column(default=list)
    """heat, height, night, heavy, outdoor."""
    benefits: Mapped[list[str]] = mapped_column(default=list)
    """meal, lodging, transport, tools, insurance."""
    meals: Mapped[str] = mapped_column(default="")
    ride: Mapped[str] = mapped_column(default="")
    tools: Mapped[str] = mapped_column(default="")
    min_skill: Mapped[int] = mapped_column(default=0)
    min_age: Mapped[int | None]
    max_age: Mapped[int | None]
    gender_limit_code: Mapped[str | None]
    crew_allowed: Mapped[bool] = mapped_column(default=False)
    insurance_payer: Mapped[str] = mapped_column(default="none")
    rain_rule: Mapped[str] = mapped_column(default="")
    cancel_rule: Mapped[str] = mapped_column(default="")
    contact_name: Mapped[str]
    phone_sealed: Mapped[bytes]
    """Who calls at the place; sealed for orders.phone_sealed.<id>, opened to confirmed workers (R049)."""
    description: Mapped[str] = mapped_column(default="")
    source_channel: Mapped[str]
    """R054: desk, phone_intake, web, visit, survey, agency, import."""
    repeat_of: Mapped[UUID | None]
    asks_former: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whoever finished work on `repeat_of` is asked first, when this one is published (R051)."""
    rescheduled_from: Mapped[UUID | None]
    """The order that the weather cancelled and this one stands for (35): its workers are asked first."""
    crew_choice: Mapped[str | None]
    """What the employer chose when people were missing (31): fewer, split or ask_around."""
    findings: Mapped[list[str]] = mapped_column(default=list)
    """Lint findings shown to the reviewer: 'severity|field|code|message'."""
    search_tokens: Mapped[str] = mapped_column(default="")
    employer_name: Mapped[str]
    employer_level: Mapped[int] = mapped_column(default=0)
    terms_version: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[UUID | None]
    created_by_kind: Mapped[str]
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[UUID | None]
    """Staff who last wrote or submitted it by proxy: they do not review it (invariant 13)."""
    reviewed_by: Mapped[UUID | None]
    reviewed_at: Mapped[datetime | None]
    review_note: Mapped[str] = mapped_column(default="")
    published_at: Mapped[datetime | None]
    refreshed_at: Mapped[datetime | None]
    hiring: Mapped[bool] = mapped_column(default=True)
    """False once nobody confirmed that people are still wanted: off the board, confirmed workers stay (transition 7)."""
    closed_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(default="")


class Shift(Base):
    """工日: one working time of an order."""

    __tablename__ = "shifts"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant", "order_id"], ["orders.tenant", "orders.id"], onupdate="CASCADE"),
        sa.Index(None, "order_id", "starts_at"),
        sa.Index(None, "tenant", "work_date"),
        {"info": RowScope(cls="shared", tenant="tenant", employer="employer_id").info()},
    )

    id: Mapped[UuidPk]
    order_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    employer_id: Mapped[UUID]
    work_date: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    meal_minutes: Mapped[int]


class BoardPost(Base):
    """One line of the city board (R006): public columns only, kept by a trigger on `orders`, written by nobody else."""

    __tablename__ = "board_posts"
    __table_args__ = (
        tenant_fk(),
        sa.Index("ix_board_fresh", "published_at", "order_id", postgresql_where=sa.text("listed")),
        sa.Index("ix_board_pay", sa.text(DAY_PAY), "order_id", postgresql_where=sa.text("listed")),
        sa.Index("ix_board_soon", "starts_at", "order_id", postgresql_where=sa.text("listed")),
        sa.Index("ix_board_near", "near_latitude", "near_longitude", postgresql_where=sa.text("listed")),
        sa.Index("ix_board_tenant", "tenant", "published_at", postgresql_where=sa.text("listed")),
        sa.Index("ix_board_date", "work_date", "published_at", postgresql_where=sa.text("listed")),
        sa.Index("ix_board_trade", "trade_code", "published_at", postgresql_where=sa.text("listed")),
        sa.Index("ix_board_search", "search", postgresql_using="gin", postgresql_where=sa.text("listed")),
        sa.Index("ix_board_group", "group_key", "published_at", "order_id", postgresql_where=sa.text("listed")),
        sa.Index("ix_board_text", "text_key", postgresql_where=sa.text("listed AND text_key IS NOT NULL")),
        sa.Index(None, "tenant"),
        sa.Index(None, "employer_id"),
        {"info": RowScope(cls="city", write="owner", audit="derived: a projection of orders, by a trigger").info()},
    )

    order_id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    state: Mapped[str]
    listed: Mapped[bool]
    """Takes people and has places left; also while some work already, where the employer said that others come later (31)."""
    trace_code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    trade_code: Mapped[PathColumn]
    """Byte order, so that a group of trades is a range."""
    headcount: Mapped[int]
    places_left: Mapped[int]
    place: Mapped[str]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    near_latitude: Mapped[float | None]
    near_longitude: Mapped[float | None]
    """The post's own point, else that of the station that serves it: for telling and sorting by distance only."""
    work_date: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    pay_fen: Mapped[Fen]
    pay_unit: Mapped[str]
    piece_name: Mapped[str]
    hourly_fen: Mapped[Fen | None]
    settlement: Mapped[str]
    pay_channel: Mapped[str]
    job_form: Mapped[str]
    benefits: Mapped[list[str]]
    conditions: Mapped[list[str]]
    min_age: Mapped[int | None]
    max_age: Mapped[int | None]
    employer_id: Mapped[UUID]
    employer_name: Mapped[str]
    employer_level: Mapped[int]
    description: Mapped[str]
    published_at: Mapped[datetime]
    refreshed_at: Mapped[datetime]
    search: Mapped[Any] = mapped_column(TSVECTOR)
    group_key: Mapped[int] = mapped_column(sa.BigInteger)
    """The same for posts that say the same thing (docs/finding.md): the board shows one of them, with the places of all."""
    text_key: Mapped[int | None] = mapped_column(sa.BigInteger)
    """What a long text says, whoever wrote it; None for a short one."""


class TraceEntry(Base):
    """A line of a published order's public history (R048), written by the same trigger."""

    __tablename__ = "trace_entries"
    __table_args__ = (
        sa.Index(None, "order_id", "at"),
        {
            "info": RowScope(
                cls="city", write="owner", append_only=True, audit="derived: written by the trigger on orders"
            ).info()
        },
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    order_id: Mapped[UUID]
    at: Mapped[datetime]
    state: Mapped[str]
    what: Mapped[str]


class TermsVersion(Base):
    """约定: one version of what both sides confirm (R073), public like the post it belongs to."""

    __tablename__ = "terms_versions"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant", "order_id"], ["orders.tenant", "orders.id"], onupdate="CASCADE"),
        sa.UniqueConstraint("order_id", "version"),
        {
            "info": RowScope(
                cls="city", tenant="tenant", employer="employer_id", write="tenant", append_only=True
            ).info()
        },
    )

    id: Mapped[UuidPk]
    order_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    employer_id: Mapped[UUID]
    version: Mapped[int]
    body: Mapped[str]
    """Canonical JSON text of the terms."""
    hash: Mapped[bytes]
    is_general: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    """In force for whoever comes next; else it binds one worker alone."""
    created_at: Mapped[datetime]


class PostPrint(Base):
    """What a submitted post looked like: a sketch of its text and the blind index of its telephone (M21).

    Written and compared by the owner function `post_kin` alone, because an employer never sees another's rows.
    """

    __tablename__ = "post_prints"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant", "order_id"], ["orders.tenant", "orders.id"], onupdate="CASCADE"),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        sa.Index(None, "tenant", "order_id"),
        sa.Index(None, "employer_id", "made_at"),
        sa.Index(None, "phone_index", "made_at"),
        sa.Index("ix_post_prints_bands", "bands", postgresql_using="gin"),
        {
            "info": RowScope(
                cls="shared",
                tenant="tenant",
                employer="employer_id",
                insert="owner",
                audit="derived: a sketch of an order, by an owner function",
            ).info()
        },
    )

    order_id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    employer_id: Mapped[UUID]
    phone_index: Mapped[bytes]
    sketch: Mapped[Any] = mapped_column(ARRAY(sa.Integer))
    bands: Mapped[Any] = mapped_column(ARRAY(sa.Integer))
    made_at: Mapped[datetime]


class Suspension(Base):
    """One freezing of an order (transitions 8 to 10): why, what was found, who decided, and the employer's objection."""

    __tablename__ = "suspensions"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant", "order_id"], ["orders.tenant", "orders.id"], onupdate="CASCADE"),
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        one_of("outcome", ("restored", "taken_down")),
        one_of("answer", ("upheld", "rejected")),
        sa.Index(None, "order_id", "suspended_at"),
        sa.Index(None, "tenant", "suspended_at"),
        sa.Index(None, "employer_id"),
        sa.Index("uq_suspensions_open", "order_id", unique=True, postgresql_where=sa.text("outcome IS NULL")),
        {"info": RowScope(cls="shared", tenant="tenant", employer="employer_id").info()},
    )

    id: Mapped[UuidPk]
    order_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    employer_id: Mapped[UUID]
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    suspended_at: Mapped[datetime]
    suspended_by: Mapped[UUID | None]
    """Staff; nobody where the system acted on a rule."""
    decide_due_at: Mapped[datetime]
    findings: Mapped[str] = mapped_column(default="")
    proposed_at: Mapped[datetime | None]
    """When somebody proposed to take the order down; another hand confirms."""
    proposed_by: Mapped[UUID | None]
    outcome: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    objection_due_at: Mapped[datetime | None]
    objection: Mapped[str] = mapped_column(default="")
    objected_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    answer_note: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
