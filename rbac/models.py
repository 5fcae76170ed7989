"""Tables of the authorization floor: Casbin's rows and who holds which role where."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from rbac.roles import STAFF_ROLES


class CasbinRule(Base):
    """One policy or inheritance row, in Casbin's own layout."""

    __tablename__ = "casbin_rule"
    __table_args__ = (
        sa.UniqueConstraint("ptype", "v0", "v1", "v2", "v3", "v4", "v5", postgresql_nulls_not_distinct=True),
        # Casbin passes over a row with a word that it does not know, also when it is a deny.
        sa.CheckConstraint(
            "CASE ptype WHEN 'p' THEN coalesce(v2 <> '' AND v3 <> '' AND v4 IN ('down', 'own', 'up', 'any') "
            "AND v5 IN ('allow', 'deny'), false) WHEN 'g' THEN true ELSE false END",
            name="known",
        ),
        {"info": RowScope(cls="system").info()},
    )

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    ptype: Mapped[str]
    v0: Mapped[str]
    v1: Mapped[str]
    v2: Mapped[str | None]
    v3: Mapped[str | None]
    v4: Mapped[str | None]
    v5: Mapped[str | None]


class PolicyState(Base):
    """The version of the policies: one row, raised by a trigger whenever `casbin_rule` changes.

    Anybody may read it: a process compares it also for visitors, of whom no session tells it.
    """

    __tablename__ = "policy_state"
    __table_args__ = (
        sa.CheckConstraint("id = 1", name="one"),
        {"info": RowScope(cls="city", write="system", audit="derived: counts the changes of casbin_rule").info()},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(sa.BigInteger)
    changed_at: Mapped[datetime]


class RoleDelegation(Base):
    """A role may hand on another one, below its own post (who grants needs `staff:grant` there, too)."""

    __tablename__ = "role_delegations"
    __table_args__ = (
        one_of("role", STAFF_ROLES),
        one_of("may_grant", STAFF_ROLES),
        {"info": RowScope(cls="city", write="system").info()},
    )

    role: Mapped[str] = mapped_column(primary_key=True)
    may_grant: Mapped[str] = mapped_column(primary_key=True)


class DutySeparation(Base):
    """Two steps that one person may not take on one row (docs/staff.md).

    `first` and `second` are event types, several of them separated by spaces; `words` is told to whoever tries the second
    step after the first. Whoever holds a role of `first_roles` may hold none of `second_roles` at an overlapping place.
    """

    __tablename__ = "duty_separations"
    __table_args__ = ({"info": RowScope(cls="city", write="system").info()},)

    key: Mapped[str] = mapped_column(primary_key=True)
    first: Mapped[str]
    second: Mapped[str]
    words: Mapped[str]
    first_roles: Mapped[list[str]] = mapped_column(default=list)
    second_roles: Mapped[list[str]] = mapped_column(default=list)


class RoleAssignment(Base):
    """A role held by a member of staff at a node for a time: a post. Moves with the node."""

    __tablename__ = "role_assignments"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.ForeignKeyConstraint(["contract_id"], ["operator_contracts.id"]),
        one_of("role", STAFF_ROLES),
        sa.CheckConstraint("ends_at >= starts_at", name="period"),
        # Two granters at once give one post: nobody holds the same post twice at a time.
        ExcludeConstraint(
            ("staff_id", "="),
            ("role", "="),
            ("tenant", "="),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            name="ex_role_assignments_twice",
            using="gist",
        ),
        sa.Index(None, "staff_id"),
        sa.Index(None, "tenant"),
        sa.Index(None, "contract_id", postgresql_where=sa.text("contract_id IS NOT NULL")),
        sa.Index(None, "stands_in_for", postgresql_where=sa.text("stands_in_for IS NOT NULL")),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    staff_id: Mapped[UUID]
    role: Mapped[str]
    tenant: Mapped[PathColumn]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    granted_by: Mapped[UUID | None]
    contract_id: Mapped[UUID | None]
    """The operator contract that this post hangs on; it ends with the contract's last day (R020)."""
    stands_in_for: Mapped[UUID | None]
    """The member of staff whose post this is while he is away."""
    ended_by: Mapped[UUID | None]
    end_reason: Mapped[str] = mapped_column(default="")
