"""Service links: a node serves a person or an employer. This alone lets its staff see more than the public card.

Every link ends (个人信息保护法 art. 19: no longer than needed). How long each kind lasts is a parameter; being served again
makes it longer, and renews the registration at that node.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.ids import new_id
from linggong.people.models import ServiceLink
from tenants.service import parameters

LinkKind = Literal["registered", "signed_in", "order", "showed_code"]
CAME: tuple[LinkKind, ...] = ("signed_in", "showed_code")
"""Links by which a person came in person: the last time counts, not the first."""

_LINK = """
INSERT INTO service_links AS l (id, subject_id, tenant, kind, started_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (subject_id, tenant, kind) DO UPDATE
SET ends_at = greatest(l.ends_at, excluded.ends_at), started_at = CASE WHEN $7 THEN excluded.started_at ELSE l.started_at END
RETURNING xmax = 0 AS fresh
"""
_RENEW = """
UPDATE service_links SET ends_at = $3
WHERE subject_id = $1 AND tenant = $2 AND kind = 'registered' AND ends_at < $3
"""


async def lasts(uow: UnitOfWork, tenant: str, kind: LinkKind) -> timedelta:
    """Return how long a link of this kind lasts at a node, after the last service."""
    key = f"privacy.link.{kind}"
    span = (await parameters(uow, tenant, key))[key]
    if not isinstance(span, timedelta):
        raise TypeError(f"{key} is not a duration")
    return span


async def link(
    uow: UnitOfWork, subject_id: UUID, tenant: str, kind: LinkKind, *, served_until: datetime | None = None
) -> bool:
    """Link a person or employer to the node `tenant`; True when the link is new.

    It ends a while after `served_until` (an order's end; default: now). A second link of the same kind only ever
    lengthens the first. Row security decides who may: staff for nodes below their post, a person or employer for himself.
    """
    until = max(served_until or uow.now, uow.now) + await lasts(uow, tenant, kind)
    await uow.flush()  # its subject may be new
    made = await uow.fetch(_LINK, new_id(), subject_id, tenant, kind, uow.now, until, kind in CAME)
    if kind != "registered":
        await uow.fetch(_RENEW, subject_id, tenant, uow.now + await lasts(uow, tenant, "registered"))
    return bool(made[0]["fresh"])


async def end_link(uow: UnitOfWork, subject_id: UUID, tenant: str, kind: LinkKind) -> None:
    """End a link now; ending what is not there is no error."""
    await uow.execute(
        sa.update(ServiceLink)
        .where(ServiceLink.subject_id == subject_id, ServiceLink.tenant == tenant, ServiceLink.kind == kind)
        .values(ends_at=uow.now)
    )


def live(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    """Return the test that a link has not ended."""
    return ServiceLink.ends_at > uow.now


def served_by(uow: UnitOfWork, subject: sa.ColumnElement[UUID] | sa.orm.InstrumentedAttribute[UUID]) -> sa.Exists:
    """Return the test that a node of the decision's scope serves the subject by a link that has not ended."""
    return sa.exists().where(
        ServiceLink.subject_id == subject, uow.scope.clause(ServiceLink.tenant), ServiceLink.ends_at > uow.now
    )
