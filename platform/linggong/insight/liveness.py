"""Which sites are live: when at each one something last happened. What nobody did there cannot be made up by opening a page."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.market.models import Order
from linggong.measures.sites import SILENT_AFTER, SITES
from linggong.people.models import ServiceLink
from linggong.work.models import Assignment
from tenants.models import Node


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """An open site, with its last signs of life: each null where there was none."""

    id: UUID
    path: str
    name: str
    kind: str
    phone: str
    came_at: datetime | None
    """Somebody registered, signed in or showed his code there."""
    posted_at: datetime | None
    arrived_at: datetime | None
    """Somebody whom the site serves, or whose post is the site's, arrived at work."""
    last_at: datetime | None
    silent: bool
    served: int
    """People who came there in the last thirty days."""


async def sites(uow: UnitOfWork, top: TenantPath, *, limit: int = 2000) -> list[Site]:
    """Return the open sites at and below a place, the one that is silent longest first. One query."""
    recent = uow.now - SILENT_AFTER
    came = sa.select(sa.func.max(ServiceLink.started_at)).where(ServiceLink.tenant == Node.path).scalar_subquery()
    posted = sa.select(sa.func.max(Order.created_at)).where(Order.tenant == Node.path).scalar_subquery()
    of_post = sa.select(sa.func.max(Assignment.arrived_at)).where(Assignment.tenant == Node.path).scalar_subquery()
    of_worker = sa.select(sa.func.max(Assignment.arrived_at)).where(Assignment.via == Node.path).scalar_subquery()
    served = (
        sa.select(sa.func.count(ServiceLink.subject_id.distinct()))
        .where(ServiceLink.tenant == Node.path, ServiceLink.started_at > recent)
        .scalar_subquery()
    )
    rows = await uow.execute(
        sa.select(
            Node.id, Node.path, Node.name, Node.kind, Node.phone, came.label("came"), posted.label("posted"),
            sa.func.greatest(of_post, of_worker).label("arrived"), served.label("served"),
        )
        .where(in_subtree(Node.path, top), uow.scope.clause(Node.path), Node.kind.in_(SITES), Node.status == "open")
        .order_by(sa.func.greatest(came, posted, of_post, of_worker).asc().nulls_first(), Node.path)
        .limit(limit)
    )  # fmt: skip
    found = []
    for r in rows:
        last = max((at for at in (r.came, r.posted, r.arrived) if at is not None), default=None)
        found.append(
            Site(
                id=r.id, path=r.path, name=r.name, kind=r.kind, phone=r.phone or "", came_at=r.came, posted_at=r.posted,
                arrived_at=r.arrived, last_at=last, silent=last is None or last <= recent, served=r.served,
            )
        )  # fmt: skip
    return found
