"""What the market remembers of its own reaching out: which posts were looked at."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.orm import Base, PathColumn, RowScope, tenant_fk


class PostLook(Base):
    """A published post for which fitting people were looked up: whoever has priority first, everybody after the window."""

    __tablename__ = "post_looks"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"]),
        sa.Index(None, "tenant"),
        {
            "info": RowScope(
                cls="tenant", tenant="tenant", audit="derived: when the machine looked; whom it told are notices"
            ).info()
        },
    )

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[PathColumn]
    first_at: Mapped[datetime]
    """When those with priority were looked for."""
    rest_at: Mapped[datetime | None]
    """When everybody was, after the window."""
