"""Choices for the forms of cases: colleagues who may take one over, stations that may be complained of."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.cases.intake import county_of
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import ROOT
from linggong.people.models import Staff
from tenants.models import Node

_SITES = ("station", "market_comprehensive", "market_trade", "service_point", "contact_point", "community")
_MOST = 200


async def colleagues(uow: UnitOfWork) -> list[tuple[UUID, str]]:
    """Return the staff of the places within the scope, by name."""
    rows = await uow.execute(
        sa.select(Staff.id, Staff.name)
        .where(uow.scope.clause(Staff.tenant), Staff.status == "active")
        .order_by(Staff.name, Staff.id)
        .limit(_MOST)
    )
    return [(key, name) for key, name in rows]


async def offices(uow: UnitOfWork, path: str) -> list[dict[str, str]]:
    """Return the stations of the county in which a place lies (public)."""
    top = ROOT if path == ROOT else await county_of(uow, path)
    rows = await uow.execute(
        sa.select(Node.path, Node.name)
        .where(Node.path.startswith(top, autoescape=True), Node.kind.in_(_SITES), Node.status == "open")
        .order_by(Node.path)
        .limit(_MOST)
    )
    return [{"value": node, "label": name} for node, name in rows]
