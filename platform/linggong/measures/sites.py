"""Sites and the numbers that hold at each: what is common to the measures of stations (M19 to M21, M24)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.market.models import Order
from linggong.people.models import ServiceLink
from linggong.work.models import Assignment
from tenants import parameters
from tenants.models import Node, ParameterValue
from tenants.parameters import Value

SITES: Final = ("station", "service_point", "contact_point", "counter", "market_comprehensive", "market_trade")
"""Kinds of places where somebody sits: they are live or silent."""
SILENT_AFTER: Final = timedelta(days=30)


def alive(now: datetime) -> Any:
    """Sites where in the last thirty days somebody registered, signed in or came, or a post was written."""
    recent = now - SILENT_AFTER
    return sa.or_(
        sa.exists().where(Order.tenant == Node.path, Order.created_at > recent),
        sa.exists().where(ServiceLink.tenant == Node.path, ServiceLink.started_at > recent),
        sa.exists().where(
            sa.or_(Assignment.tenant == Node.path, Assignment.via == Node.path), Assignment.arrived_at > recent
        ),
    )


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Parameters as they hold at any place, read once for all of them."""

    overrides: dict[str, dict[str, str]]

    def at(self, path: str, key: str) -> Value:
        """Return the value in force at a place. Raises LookupError for a parameter without a default that nobody set."""
        value = self.held(path, key)
        if value is None:
            raise LookupError(key)
        return value

    def held(self, path: str, key: str) -> Value | None:
        """Return the value in force at a place; None for a parameter without a default that nobody set."""
        return parameters.resolve(key, path, self.overrides).value

    def whole(self, path: str, key: str) -> int:
        """Return a number of the kind int, or a duration in seconds."""
        value = self.at(path, key)
        if isinstance(value, int):
            return value
        if isinstance(value, str | tuple | Decimal):
            raise TypeError(key)
        return int(value.total_seconds())

    def decimal(self, path: str, key: str) -> Decimal:
        """Return a number of the kinds percent and decimal."""
        value = self.at(path, key)
        if not isinstance(value, Decimal):
            raise TypeError(key)
        return value


async def thresholds(uow: UnitOfWork, *families: str) -> Thresholds:
    """Read what is set anywhere of some families of parameters (`suspicion.`). One query."""
    rows = await uow.execute(
        sa.select(ParameterValue.tenant, ParameterValue.key, ParameterValue.value).where(
            sa.or_(*(ParameterValue.key.startswith(family, autoescape=True) for family in families))
        )
    )
    found: dict[str, dict[str, str]] = {}
    for tenant, key, value in rows:
        found.setdefault(tenant, {})[key] = value
    return Thresholds(found)


@dataclass(frozen=True, slots=True)
class Place:
    """An open site."""

    path: str
    name: str
    kind: str


async def open_sites(uow: UnitOfWork, top: TenantPath) -> list[Place]:
    """Return the open sites at and below a place, as far as the scope reaches, in the tree's order."""
    rows = await uow.execute(
        sa.select(Node.path, Node.name, Node.kind)
        .where(in_subtree(Node.path, top), uow.scope.clause(Node.path), Node.kind.in_(SITES), Node.status == "open")
        .order_by(Node.path)
    )
    return [Place(path, name, kind) for path, name, kind in rows]
