"""Tables of the authorization floor: Casbin's rows and who holds which role where."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from rbac.roles import STAFF_ROLES


class CasbinRule(Base):
    """One policy or inheritance row, in Casbin's own layout."""

    __tablename__ = "casbin_rule"
    __table_args__ = ({"info": RowScope(cls="system").info()},)

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    ptype: Mapped[str]
    v0: Mapped[str]
    v1: Mapped[str]
    v2: Mapped[str | None]
    v3: Mapped[str | None]
    v4: Mapped[str | None]
    v5: Mapped[str | None]


class RoleAssignment(Base):
    """A role held by a member of staff at a node for a time: a post. Moves with the node."""

    __tablename__ = "role_assignments"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        one_of("role", STAFF_ROLES),
        sa.Index(None, "staff_id"),
        sa.Index(None, "tenant"),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    staff_id: Mapped[UUID]
    role: Mapped[str]
    tenant: Mapped[PathColumn]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    granted_by: Mapped[UUID | None]
