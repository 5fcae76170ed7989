"""Tables of the offices: invitations of staff, and the operators of markets with their contracts (R020)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk


class StaffInvitation(Base):
    """A one-time code with which an invited person chooses his password; only its keyed hash is kept."""

    __tablename__ = "staff_invitations"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.Index(None, "staff_id"),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="tenant", tenant="tenant", personal=("code_hash",)).info()},
    )

    id: Mapped[UuidPk]
    staff_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    code_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class StaffSignIn(Base):
    """When a member of staff signed in last; kept by a trigger on the sessions, read through `last_sign_ins`."""

    __tablename__ = "staff_sign_ins"
    __table_args__ = (
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        {"info": RowScope(cls="system", insert="owner", audit="derived: the start of the latest session").info()},
    )

    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Operator(Base):
    """A company or social body that runs stations under contract, as one county (or the city) knows it."""

    __tablename__ = "operators"
    __table_args__ = (
        tenant_fk(),
        sa.UniqueConstraint("tenant", "uscc"),
        {"info": RowScope(cls="tenant", tenant="tenant", shown_by="operator_contract_nodes.operator_id").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    """The county that deals with it."""
    name: Mapped[str]
    uscc: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class OperatorContract(Base):
    """What an operator may run, where and how long; its people's posts end with the last day."""

    __tablename__ = "operator_contracts"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"]),
        one_of("status", ("signed", "terminated")),
        sa.CheckConstraint("ends_on >= starts_on", name="period"),
        sa.UniqueConstraint("tenant", "number"),
        sa.Index(None, "operator_id"),
        {"info": RowScope(cls="tenant", tenant="tenant", shown_by="operator_contract_nodes.contract_id").info()},
    )

    id: Mapped[UuidPk]
    operator_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    """The county whose bureau signed it."""
    number: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The last day, in Asia/Shanghai."""
    status: Mapped[str] = mapped_column(default="signed")
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class OperatorContractNode(Base):
    """A place that a contract covers, with all below it. A place has one operator at a time."""

    __tablename__ = "operator_contract_nodes"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["contract_id"], ["operator_contracts.id"]),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"]),
        sa.UniqueConstraint("contract_id", "tenant"),
        sa.Index(None, "tenant"),
        sa.Index(None, "operator_id"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    contract_id: Mapped[UUID]
    operator_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
