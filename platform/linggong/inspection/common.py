"""What every step of an inspection needs: the place, who acts, whether he belongs to the place, and telling of it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.paths import is_under
from linggong.people.models import Staff
from rbac.models import RoleAssignment
from rbac.roles import Role, hand
from tenants.models import Node

OWN_ROLES = (Role.STATION_CLERK, Role.STATION_MANAGER, Role.COUNTY_OPERATOR)
"""Whose judgement of a place would be one of himself: its staff and its operator (R017)."""


async def node_at(uow: UnitOfWork, path: str) -> Node:
    """Return the place at a path; raises NotFound."""
    found = await uow.session.scalar(sa.select(Node).where(Node.path == path))
    if found is None:
        raise NotFound
    return found


async def name(uow: UnitOfWork) -> str:
    """Return the name of whoever acts; '' for the machine."""
    member = await uow.session.get(Staff, uow.actor.id) if uow.actor.kind == "staff" else None
    return "" if member is None else member.name


def acting_hand(uow: UnitOfWork) -> str:
    """Return the letter by which the machines name the actor."""
    return hand(uow.actor.kind, uow.actor.role)


async def belongs(uow: UnitOfWork, staff_id: UUID, path: str) -> bool:
    """Tell whether somebody holds a post of the place's own staff, or of its operator, at the place, above it or below it."""
    rows = await uow.session.scalars(
        sa.select(RoleAssignment.tenant).where(
            RoleAssignment.staff_id == staff_id, RoleAssignment.role.in_([r.value for r in OWN_ROLES]),
            RoleAssignment.starts_at <= uow.now,
            sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now),
        )
    )  # fmt: skip
    return any(is_under(path, held) or is_under(held, path) for held in rows)


async def tell(uow: UnitOfWork, what: str, node: Node, subject: UUID, **body: Any) -> None:
    """Say that something happened to a place, in its chain."""
    said = {k: v.isoformat() if isinstance(v, date) else str(v) if isinstance(v, UUID) else v for k, v in body.items()}
    await uow.emit(NewEvent(type=what, chain=f"node:{node.id}", subject_id=subject, tenant=node.path, body=said))
