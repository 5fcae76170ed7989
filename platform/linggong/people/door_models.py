"""What the door knows: credentials of staff, their printed codes, counted tries, shared computers, sessions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk


class StaffCredential(Base):
    """How a member of staff proves who he is. Wrong tries are counted in `sign_in_tries`, for unknown names alike."""

    __tablename__ = "staff_credentials"
    __table_args__ = ({"info": RowScope(cls="system", personal=("password_hash", "pin_hash")).info()},)

    staff_id: Mapped[UUID] = mapped_column(sa.ForeignKey("staff.id"), primary_key=True)
    password_hash: Mapped[str]
    setup_until: Mapped[datetime | None]
    """The password is a set-up code that somebody else has seen: good until then, and its owner must choose his own."""
    totp_sealed: Mapped[bytes | None]
    totp_enrolled_at: Mapped[datetime | None]
    totp_last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    pin_hash: Mapped[str | None]
    pin_failed: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
    """When the password changed last: no session that is older is good."""


class PrintedCode(Base):
    """One code of the sheet that a member of staff without a smartphone carries; only its keyed hash is kept."""

    __tablename__ = "printed_codes"
    __table_args__ = (
        sa.UniqueConstraint("staff_id", "n"),
        {
            "info": RowScope(
                cls="system", audit="short-lived: printing a sheet and signing in are told as events"
            ).info()
        },
    )

    id: Mapped[UuidPk]
    staff_id: Mapped[UUID] = mapped_column(sa.ForeignKey("staff.id"))
    n: Mapped[int]
    """Its number on the sheet, from 1."""
    code_hash: Mapped[bytes]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID]
    used_at: Mapped[datetime | None]


class SignInTry(Base):
    """Wrong tries under a user name, whether anybody has it or not: a lock must not show that a name exists."""

    __tablename__ = "sign_in_tries"
    __table_args__ = ({"info": RowScope(cls="system", audit="short-lived: counters of wrong tries").info()},)

    key: Mapped[bytes] = mapped_column(primary_key=True)
    """Keyed hash of the name, because a password typed into the wrong field is kept nowhere."""
    failed: Mapped[int]
    locked_until: Mapped[datetime | None]
    tried_at: Mapped[datetime]


class AddressTry(Base):
    """How often an address knocked within a window, counted for all processes together."""

    __tablename__ = "address_tries"
    __table_args__ = (
        sa.Index(None, "ends_at"),
        {"info": RowScope(cls="system", audit="short-lived: counters of a minute or an hour").info()},
    )

    key: Mapped[bytes] = mapped_column(primary_key=True)
    """Keyed hash of purpose, address and window."""
    tries: Mapped[int]
    ends_at: Mapped[datetime]


class DeskDevice(Base):
    """A shared computer of a place: staff who signed in fully at it today change over by PIN."""

    __tablename__ = "desk_devices"
    __table_args__ = (
        tenant_fk(),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    ended_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]


class DeskSignIn(Base):
    """A full sign-in at a shared computer on a business day: what a PIN may follow."""

    __tablename__ = "desk_sign_ins"
    __table_args__ = (
        sa.ForeignKeyConstraint(["device_id"], ["desk_devices.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.UniqueConstraint("device_id", "staff_id", "day"),
        sa.Index(None, "staff_id"),
        {"info": RowScope(cls="system", audit="short-lived: worth nothing after the business day").info()},
    )

    id: Mapped[UuidPk]
    device_id: Mapped[UUID]
    staff_id: Mapped[UUID]
    day: Mapped[date]
    at: Mapped[datetime]


class WebSession(Base):
    """A signed-in browser, kept on the server; the cookie holds a random token of which only the hash is stored."""

    __tablename__ = "web_sessions"
    __table_args__ = (
        one_of("kind", ("person", "staff", "half", "enrol")),
        one_of("proof", ("phone", "password", "factor", "pin")),
        sa.ForeignKeyConstraint(["device_id"], ["desk_devices.id"]),
        sa.Index(None, "account_id"),
        sa.Index(None, "expires_at"),
        sa.Index(None, "device_id"),
        {"info": RowScope(cls="system", audit="short-lived: what staff do at the door is told as events").info()},
    )

    id: Mapped[UuidPk]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    kind: Mapped[str]
    """'half': password given, second factor still owed. 'enrol': a factor, or a password of one's own, is still to be set."""
    proof: Mapped[str]
    """What its owner showed: 'pin' follows an earlier full sign-in at the same shared computer."""
    account_id: Mapped[UUID]
    acting: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Person: {"employer_id": ...} when acting for an employer. Staff: {"assignment_id": ...} of the acting post."""
    device_id: Mapped[UUID | None]
    idle: Mapped[timedelta | None]
    """Without a click for so long it ends; none for people."""
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    agent: Mapped[str] = mapped_column(default="")
