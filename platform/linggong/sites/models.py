"""What the file of a place keeps: elements, rooms, checklists, equipment, hours, staff, tests of hotlines, areas served."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.sites.codes import CHECKS, EQUIPMENT, LINES, ROOM_USES, STAFF_KINDS, TARGETS


class SiteTarget(Base):
    """How many places of a kind a county or city wants by the end of a year, with the paper that says so (R001, R134)."""

    __tablename__ = "site_targets"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", TARGETS),
        sa.CheckConstraint("wanted BETWEEN 0 AND 100000", name="wanted"),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name="year"),
        sa.UniqueConstraint("tenant", "year", "kind"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    year: Mapped[int]
    kind: Mapped[str]
    wanted: Mapped[int]
    source: Mapped[str]
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None]


class SiteFile(Base):
    """The seven elements of a place and with whom it is built (R019, R042); a change is the next version."""

    __tablename__ = "site_files"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("version > 0", name="version"),
        sa.UniqueConstraint("tenant", "version"),
        {"info": RowScope(cls="tenant", tenant="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    version: Mapped[int]
    elements: Mapped[dict[str, Any]]
    """Text by the element's code (linggong.sites.codes.ELEMENTS)."""
    cobuild: Mapped[dict[str, Any]]
    """partners (list), lead, responsible, funding."""
    reason: Mapped[str]
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None]


class SiteRoom(Base):
    """A room of a place: what it is used for, where it is, how large (R028 to R030)."""

    __tablename__ = "site_rooms"
    __table_args__ = (
        tenant_fk(),
        one_of("use", ROOM_USES),
        sa.CheckConstraint("area_m2 > 0", name="area"),
        sa.CheckConstraint("ended_on >= since", name="period"),
        sa.Index(None, "tenant", "name"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    name: Mapped[str]
    use: Mapped[str]
    address: Mapped[str] = mapped_column(default="")
    area_m2: Mapped[Decimal] = mapped_column(sa.Numeric(9, 2))
    since: Mapped[date]
    ended_on: Mapped[date | None]
    """The last day on which it was used."""
    added_at: Mapped[datetime]
    added_by: Mapped[UUID | None]


class SiteCheck(Base):
    """Whether an item of a checklist is there: a zone, a function, a document on the wall, a plate, a mark in a map.

    The photos that show it are kept as evidence of this row; its earlier states stand in the trail.
    """

    __tablename__ = "site_checks"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", CHECKS),
        sa.UniqueConstraint("tenant", "kind", "item"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    item: Mapped[str]
    """Its words in the tenant's list, or its code where the list is ours."""
    here: Mapped[bool]
    note: Mapped[str] = mapped_column(default="")
    looked_on: Mapped[date]
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None]


class SiteEquipment(Base):
    """A thing that a place is equipped with; what expires is reminded of before (R034, R035)."""

    __tablename__ = "site_equipment"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", EQUIPMENT),
        sa.CheckConstraint("pieces BETWEEN 1 AND 10000", name="pieces"),
        sa.CheckConstraint("expires_on >= bought_on", name="expiry"),
        sa.Index(None, "tenant", "kind"),
        sa.Index(None, "expires_on"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    name: Mapped[str]
    pieces: Mapped[int]
    funding: Mapped[str] = mapped_column(default="")
    """Who paid for it (R042)."""
    bought_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    removed_on: Mapped[date | None]
    reminded_on: Mapped[date | None]
    """When its expiry was told last."""
    added_at: Mapped[datetime]
    added_by: Mapped[UUID | None]


class SiteHours(Base):
    """The opening hours that a place declares, by season (R038); a change is the next version, from a day on."""

    __tablename__ = "site_hours"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("version > 0", name="version"),
        sa.UniqueConstraint("tenant", "version"),
        {"info": RowScope(cls="tenant", tenant="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    version: Mapped[int]
    from_on: Mapped[date]
    seasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """As linggong.sites.hours.Season has them."""
    declared_at: Mapped[datetime]
    declared_by: Mapped[UUID | None]


class SiteStaff(Base):
    """Somebody who works at a place from a day to a day, with what proves it (R039, R040).

    The identity number itself is not kept: its keyed hash tells one person from another, its ends tell people apart for the eye.
    """

    __tablename__ = "site_staff"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", STAFF_KINDS),
        sa.CheckConstraint("ends_on >= starts_on", name="period"),
        sa.Index(None, "tenant", "starts_on"),
        sa.Index(None, "id_index"),
        {"info": RowScope(cls="tenant", tenant="tenant", personal=("name", "id_masked")).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    name: Mapped[str]
    id_index: Mapped[bytes]
    id_masked: Mapped[str]
    kind: Mapped[str]
    duty: Mapped[str] = mapped_column(default="")
    proofs: Mapped[list[str]]
    """Kinds of proof that were seen (linggong.sites.codes.PROOFS); their photos are evidence of this row."""
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    """The last day; None while he works here."""
    added_at: Mapped[datetime]
    added_by: Mapped[UUID | None]


class HotlineTest(Base):
    """A telephone that hangs on the wall was called: whether somebody answered (R100)."""

    __tablename__ = "site_hotline_tests"
    __table_args__ = (
        tenant_fk(),
        one_of("line", LINES),
        sa.Index(None, "tenant", "tested_at"),
        {"info": RowScope(cls="tenant", tenant="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    line: Mapped[str]
    phone: Mapped[str]
    """The office's public number."""
    answered: Mapped[bool]
    tested_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")
    entered_at: Mapped[datetime]
    entered_by: Mapped[UUID | None]


class SiteArea(Base):
    """A street or community that a place serves beside the one it lies in (R002)."""

    __tablename__ = "site_areas"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["area_id"], ["nodes.id"]),
        sa.UniqueConstraint("tenant", "area_id"),
        sa.Index(None, "area_id"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    area_id: Mapped[UUID]
    added_at: Mapped[datetime]
    added_by: Mapped[UUID | None]


class GatheringPoint(Base):
    """Where workers gather by themselves, as a survey found it (R037); public, it stands in the directory as well."""

    __tablename__ = "gathering_points"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("heads BETWEEN 1 AND 100000", name="heads"),
        sa.CheckConstraint("begins_minute >= 0 AND ends_minute > begins_minute AND ends_minute <= 1440", name="hours"),
        sa.Index(None, "tenant", "name"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    name: Mapped[str]
    """As people call it."""
    address: Mapped[str]
    latitude: Mapped[float]
    longitude: Mapped[float]
    point_is_demo: Mapped[bool] = mapped_column(default=False)
    begins_minute: Mapped[int]
    ends_minute: Mapped[int]
    heads: Mapped[int]
    """People who stand there on an ordinary day."""
    trades: Mapped[list[str]]
    hires_a_day: Mapped[int | None]
    """How many of them are taken along on an ordinary day, as the survey counted."""
    surveyed_on: Mapped[date]
    ended_on: Mapped[date | None]
    """Nobody stands there any more since."""
    note: Mapped[str] = mapped_column(default="")
    added_at: Mapped[datetime]
    added_by: Mapped[UUID | None]


class CountyDepartment(Base):
    """A department of a county's working group, with whom to call (R016)."""

    __tablename__ = "county_departments"
    __table_args__ = (
        tenant_fk(),
        one_of("part", ("lead", "member")),
        sa.UniqueConstraint("tenant", "name"),
        {"info": RowScope(cls="tenant", tenant="tenant", personal=("contact", "phone")).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    name: Mapped[str]
    part: Mapped[str]
    duty: Mapped[str] = mapped_column(default="")
    contact: Mapped[str]
    phone: Mapped[str]
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None]
