"""Sums of components by place or day, for tables that show counts beside measures."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.measures.models import MetricFact
from linggong.measures.shape import VERSION


async def sums(
    uow: UnitOfWork, top: TenantPath, components: Collection[str], first: date, last: date, *, by: Any = MetricFact.day
) -> dict[Any, dict[str, int]]:
    """Return the sums of components from the first to the last day by what `by` says, as far as the scope reaches. One query."""
    found: dict[Any, dict[str, int]] = {}
    for key, component, value in await uow.execute(_summed(uow, top, components, first, last, by)):
        found.setdefault(key, {})[component] = int(value)
    return found


async def by_trade(
    uow: UnitOfWork, top: TenantPath, components: Collection[str], first: date, last: date
) -> dict[str, dict[str, dict[str, int]]]:
    """Return by trade and component how often each key came. One query."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    query = _summed(uow, top, components, first, last, MetricFact.trade_code).add_columns(MetricFact.key)
    for code, component, value, key in await uow.execute(query.group_by(MetricFact.key)):
        found.setdefault(code, {}).setdefault(component, {})[key] = int(value)
    return found


def _summed(
    uow: UnitOfWork, top: TenantPath, components: Collection[str], first: date, last: date, by: Any
) -> sa.Select[Any]:
    bucket = by.label("bucket")
    return (
        sa.select(bucket, MetricFact.component, sa.func.sum(MetricFact.value))
        .where(
            in_subtree(MetricFact.tenant, top),
            uow.scope.clause(MetricFact.tenant),
            MetricFact.version == VERSION,
            MetricFact.day.between(first, last),
            MetricFact.component.in_(sorted(components)),
        )
        .group_by(bucket, MetricFact.component)
    )
