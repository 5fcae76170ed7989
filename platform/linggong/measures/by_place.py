"""The same figures for many places at once, from the daily facts: two queries however many they are. For sums and shares of sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.measures.answers import Value, value_of
from linggong.measures.definitions import BY_ID
from linggong.measures.models import MetricFact
from linggong.measures.shape import VERSION, Found

_KINDS = ("rate", "sum")


@dataclass(slots=True)
class Told:
    """What the facts tell of one place and period."""

    found: Found
    persons: dict[str, int] = field(default_factory=dict)
    """How many different people a component has."""

    def sum(self, component: str) -> int:
        """Return the sum of a component."""
        return self.found.sum(component)

    def value(self, metric: str, key: str) -> Value:
        """Return a figure of a measure by its definition. Raises KeyError for one that is no sum or share, or is told of groups alone."""
        return value_of(next(f for f in BY_ID[metric].figures if f.key == key), self.found, True)


def components(figures: Iterable[tuple[str, str]]) -> set[str]:
    """Return the components behind figures (measure, key). Raises ValueError for one that this reading cannot give."""
    names: set[str] = set()
    for metric, key in figures:
        definition = BY_ID[metric]
        figure = next(f for f in definition.figures if f.key == key)
        if figure.kind not in _KINDS or figure.guarded or definition.group:
            raise ValueError(f"{metric}.{key} is not a plain sum or share")
        names |= {name for name in (figure.above, figure.below) if name}
    return names


async def by_place(
    uow: UnitOfWork, paths: Sequence[str], first: date, last: date, *, sums: set[str], persons: set[str]
) -> dict[str, Told]:
    """Return what the facts of a period tell of places: sums of components, and of others how many different people."""
    today = clock.business_date(uow.now)
    told = {path: Told(Found(first, last, today)) for path in paths}
    here = (
        MetricFact.tenant.in_(paths), MetricFact.version == VERSION, MetricFact.day.between(first, last), uow.scope.clause(MetricFact.tenant),
    )  # fmt: skip
    rows = await uow.execute(
        sa.select(MetricFact.tenant, MetricFact.component, sa.func.sum(MetricFact.value))
        .where(*here, MetricFact.component.in_(sorted(sums)))
        .group_by(MetricFact.tenant, MetricFact.component)
    )
    for tenant, component, value in rows:
        told[tenant].found.keys[component] = {"": int(value)}
    people = await uow.execute(
        sa.select(MetricFact.tenant, MetricFact.component, sa.func.count(MetricFact.key.distinct()))
        .where(*here, MetricFact.component.in_(sorted(persons)))
        .group_by(MetricFact.tenant, MetricFact.component)
    )
    for tenant, component, n in people:
        told[tenant].persons[component] = n
    return told
