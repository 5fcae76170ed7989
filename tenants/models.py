"""The tree: nodes, and the parameters set at them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from tenants.kinds import BuildStatus, Classification, NodeKind


class Node(Base):
    """One place of the tree (R001-R004, R020): city, county, street, community, or what hangs on them."""

    __tablename__ = "nodes"
    __table_args__ = (
        one_of("kind", NodeKind),
        one_of("classification", Classification),
        one_of("status", BuildStatus),
        sa.CheckConstraint(r"path ~ '^/([a-z0-9]{1,12}/)*$'", name="path"),
        # What hangs on a place names it by both, so that no row can name a place of another tenant.
        sa.UniqueConstraint("path", "id"),
        sa.Index(None, "kind", "path"),
        sa.Index(None, "division_code", unique=True),
        # In PostgreSQL's own words, so that a comparison of texts finds them alike.
        sa.Index("ix_nodes_depth", sa.text("(length(path) - length(replace(path, '/'::text, ''::text)))"), "path"),
        {"info": RowScope(cls="city", tenant="path", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    path: Mapped[PathColumn] = mapped_column(unique=True)
    kind: Mapped[str]
    classification: Mapped[str | None]
    name: Mapped[str]
    short_name: Mapped[str]
    division_code: Mapped[str | None]
    status: Mapped[str]
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    point_is_demo: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str | None]
    phone: Mapped[str | None]
    """The place's own public telephone, not a person's."""
    opening_hours: Mapped[str | None]
    name_warnings: Mapped[list[str]] = mapped_column(default=list)
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]


class ParameterValue(Base):
    """A parameter set at a node: it holds below until overridden (requirements section 3)."""

    __tablename__ = "parameter_values"
    __table_args__ = (
        tenant_fk(),
        sa.UniqueConstraint("tenant", "key"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    key: Mapped[str]
    value: Mapped[str]
    source: Mapped[str]
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None]


class PublicText(Base):
    """A section of what a place says in public about its service (R099); a change is the next version, '' leaves it to above."""

    __tablename__ = "public_texts"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("version > 0", name="version"),
        sa.CheckConstraint("length(body) <= 4000", name="body"),
        sa.UniqueConstraint("tenant", "key", "version"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    key: Mapped[str]
    version: Mapped[int]
    body: Mapped[str]
    source: Mapped[str]
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None]


class HolidayDay(Base):
    """A day on which a place works otherwise than the week says: it holds below until overridden, as parameters do."""

    __tablename__ = "holiday_days"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", ("holiday", "workday")),
        sa.UniqueConstraint("tenant", "day"),
        sa.Index(None, "day"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    day: Mapped[date]
    kind: Mapped[str]
    name: Mapped[str]
    source: Mapped[str]
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None]


class NodePhoto(Base):
    """A photo of a place; the file lies in the data directory and is served to whoever may read this row."""

    __tablename__ = "node_photos"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant", "node_id"], ["nodes.path", "nodes.id"], onupdate="CASCADE"),
        sa.Index(None, "tenant", "node_id"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    node_id: Mapped[UUID]
    file_key: Mapped[str] = mapped_column(unique=True)
    """Name of the stored file: not guessable, given at the upload."""
    note: Mapped[str] = mapped_column(server_default="")
    taken_at: Mapped[datetime | None]
    added_by: Mapped[UUID | None]
    created_at: Mapped[datetime]


class EvidencePhoto(Base):
    """A photo kept as proof of a row at a place: with the time it was taken, never exchanged (tenants.evidence)."""

    __tablename__ = "evidence_photos"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="point"),
        sa.Index(None, "tenant", "about", "taken_at"),
        sa.Index(None, "subject_id"),
        {
            "info": RowScope(
                cls="tenant",
                tenant="tenant",
                append_only=True,
                audit="append-only: the photo's hash is in the event evidence.kept",
            ).info()
        },
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    about: Mapped[str]
    """Short name of what it proves, e.g. visit; a slice names its own."""
    subject_id: Mapped[UUID]
    media_type: Mapped[str]
    sha256: Mapped[bytes]
    content: Mapped[bytes]
    taken_at: Mapped[datetime]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    """Degrees, WGS-84, as the telephone said them."""
    note: Mapped[str] = mapped_column(default="")
    added_by: Mapped[UUID | None]
    added_at: Mapped[datetime]


class NodePopulation(Base):
    """How many people live in a place, as a paper of a day says; a later day is a further row (M19, M24)."""

    __tablename__ = "node_populations"
    __table_args__ = (
        tenant_fk(),
        sa.UniqueConstraint("tenant", "as_of"),
        sa.CheckConstraint("residents BETWEEN 0 AND 50000000", name="residents"),
        sa.CheckConstraint("working_age BETWEEN 0 AND residents", name="working_age"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    as_of: Mapped[date]
    residents: Mapped[int]
    working_age: Mapped[int | None]
    """Of them, people of working age; None where the paper does not say."""
    source: Mapped[str]
    is_sample: Mapped[bool] = mapped_column(default=False)
    """Made up for a demo: said beside every figure that uses it."""
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None]
