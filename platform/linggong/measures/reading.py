"""What the facts tell of a period, read once for several measures: from the sums where they answer, else from the daily facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, in_subtree, is_under
from linggong.measures import rollup
from linggong.measures.models import MetricFact, MetricSum
from linggong.measures.shape import EMPLOYERS_LEAST, PERSONS_LEAST, VERSION, Definition, Found
from linggong.measures.subject import GROUPS, PARTS

LATELY, BACK = timedelta(days=30), timedelta(days=90)
"""M11: who looked for work in the last thirty days; how far back it looks for a finished shift."""
_BEGINNING: Final = date(2000, 1, 1)


def stem(code: str) -> str:
    """Return what the codes of all trades below a group begin with."""
    while code.endswith("-00"):
        code = code.removesuffix("-00")
    return code + "-"


@dataclass(frozen=True, slots=True)
class Asked:
    """Where, of which trade, of which groups; `months` are those that are summed up, None where the sums do not answer."""

    uow: UnitOfWork
    top: TenantPath
    trade: str
    groups: tuple[str, ...]
    months: tuple[date, ...] | None

    @classmethod
    async def of(cls, uow: UnitOfWork, top: TenantPath, trade: str, groups: tuple[str, ...], *, summed: bool) -> Asked:
        """Find out whether the sums answer: the whole of a city or county, no trade and no group."""
        scope = uow.scope
        whole = any(is_under(top, tree) for tree in scope.trees) and not scope.not_trees and not scope.not_nodes
        if not (whole and summed) or trade or len(top.strip("/").split("/")) not in rollup.DEPTHS:
            return cls(uow, top, trade, groups, None)
        rows = await uow.session.scalars(
            sa.select(MetricSum.first).where(
                MetricSum.tenant == top, MetricSum.span == "month", MetricSum.component == rollup.DONE
            )
        )
        return cls(uow, top, trade, groups, tuple(rows))

    def rows(
        self, components: Iterable[str], first: date, last: date, *, any_trade: bool = False, daily: bool = False
    ) -> Any:
        """Return the rows of components and a period: component, trade, day, key, value; of sums also the bits of people."""
        named = sorted(set(components))
        if self.months is not None:
            one = MetricSum
            return (
                sa.select(one.component, sa.literal("").label("trade"), one.first.label("day"), one.key, one.value, one.bits)
                .where(
                    one.tenant == self.top, one.grp == ("h" if self.groups else ""), one.component.in_(named),
                    rollup.cut(first, last, () if daily else self.months),
                )
                .subquery()
            )  # fmt: skip
        fact = MetricFact
        where = [in_subtree(fact.tenant, self.top), self.uow.scope.clause(fact.tenant), fact.version == VERSION]
        where += [fact.grp.in_(GROUPS[name].values) for name in self.groups]
        if self.trade and not any_trade:
            below = fact.trade_code.startswith(stem(self.trade), autoescape=True)
            where.append(sa.or_(fact.trade_code == self.trade, below))
        return (
            sa.select(fact.component, fact.trade_code.label("trade"), fact.day, fact.key, fact.value)
            .where(*where, fact.component.in_(named), fact.day.between(first, last))
            .subquery()
        )  # fmt: skip

    async def by(self, name: str, rows: Any, components: Iterable[str]) -> dict[str, dict[Any, int]]:
        """Return sums by component and a column of the rows."""
        table: dict[str, dict[Any, int]] = {component: {} for component in sorted(set(components))}
        if table:
            column = rows.c[name]
            total = sa.func.sum(rows.c.value)
            for component, key, value in await self.uow.execute(
                sa.select(rows.c.component, column, total).group_by(rows.c.component, column)
            ):
                table[component][key] = int(value)
        return table

    async def bits(self, components: Iterable[str], first: date, last: date, *, daily: bool = False) -> list[Any]:
        """Return the rows of people of a city or county, their bits as numbers: (component, day, value, bits)."""
        rows = self.rows(components, first, last, daily=daily)
        found = await self.uow.execute(sa.select(rows.c.component, rows.c.day, rows.c.value, rows.c.bits))
        return [(name, day, value, rollup.number_of(bits)) for name, day, value, bits in found]

    async def people(self, components: Iterable[str], first: date, last: date) -> dict[str, tuple[int, int]]:
        """Return how many different keys components have, and their sums."""
        table = dict.fromkeys(sorted(set(components)), (0, 0))
        if not table:
            return table
        if self.months is not None:
            for name, _, value, bits in await self.bits(table, first, last):
                table[name] = (table[name][0] | bits, table[name][1] + value)
            return {name: (bits.bit_count(), value) for name, (bits, value) in table.items()}
        rows = self.rows(table, first, last)
        each = sa.select(rows.c.component, rows.c.key, sa.func.sum(rows.c.value).label("value"))
        keys = each.group_by(rows.c.component, rows.c.key).subquery()
        for component, count, value in await self.uow.execute(
            sa.select(keys.c.component, sa.func.count(), sa.func.sum(keys.c.value)).group_by(keys.c.component)
        ):
            table[component] = (int(count), int(value))
        return table

    async def together(self, components: tuple[str, ...], first: date, last: date) -> int:
        """Return how many different keys components have together."""
        if self.months is not None:
            whole = 0
            for _, _, _, bits in await self.bits(components, first, last):
                whole |= bits
            return whole.bit_count()
        rows = self.rows(components, first, last)
        keys = sa.select(rows.c.key).distinct().subquery()
        return int(await self.uow.session.scalar(sa.select(sa.func.count()).select_from(keys)) or 0)

    async def person_days(self, name: str, first: date, last: date) -> int:
        """Return how many different pairs of a day and a key a component has."""
        if self.months is not None:
            return sum(bits.bit_count() for _, _, _, bits in await self.bits([name], first, last, daily=True))
        rows = self.rows([name], first, last)
        pairs = sa.select(rows.c.day, rows.c.key).distinct().subquery()
        return int(await self.uow.session.scalar(sa.select(sa.func.count()).select_from(pairs)) or 0)

    async def waits(self, end: date) -> dict[int, int]:
        """Return by the days since he last finished a shift, how many people looked for work lately."""
        if self.months is not None:
            return _waits(await self.bits(["avail.person", "done.person"], end - BACK, end, daily=True), end)
        looked = self.rows(["avail.person"], end - BACK, end)
        done = self.rows(["done.person"], end - BACK, end)
        who = (
            sa.select(looked.c.key, sa.func.min(looked.c.day).label("came"))
            .group_by(looked.c.key)
            .having(sa.func.max(looked.c.day) > end - LATELY)
            .subquery()
        )
        last = sa.select(done.c.key, sa.func.max(done.c.day).label("day")).group_by(done.c.key).subquery()
        days = sa.literal(end, sa.Date) - sa.func.coalesce(last.c.day, who.c.came)
        rows = await self.uow.execute(
            sa.select(days, sa.func.count()).select_from(who).outerjoin(last, last.c.key == who.c.key).group_by(days)
        )
        return {int(one): int(people) for one, people in rows}


async def read(asked: Asked, definitions: Sequence[Definition], found: Found) -> None:
    """Read what definitions need of the period."""

    def uses(part: str) -> set[Any]:
        return {name for d in definitions for name in getattr(d.uses, part)}

    first, last = found.first, found.last
    figures = [figure for d in definitions for figure in d.figures]
    counts = {n for f in figures if f.kind == "persons" for n in (f.above, f.below)} | uses("people")
    names = uses("keys") | {n for f in figures if f.kind != "persons" for n in (f.above, f.below) if n}
    found.keys = await asked.by("key", asked.rows(names, first, last), names)
    people = await asked.people(counts, first, last)
    found.distinct = {name: count for name, (count, _) in people.items()}
    found.keys |= {name: {"": value} for name, (_, value) in people.items()}
    for several in uses("together"):
        found.together[several] = await asked.together(several, first, last)
    found.days = await asked.by("day", asked.rows(uses("days"), first, last, daily=True), uses("days"))
    trades, before = uses("trades"), uses("before")
    found.trades = await asked.by("trade", asked.rows(trades, first, last, any_trade=True), trades)
    earlier = asked.rows(before, _BEGINNING, first - timedelta(days=1), any_trade=True)
    found.before = await asked.by("trade", earlier, before)
    for name in uses("person_days"):
        found.person_days[name] = await asked.person_days(name, first, last)
    if any(d.uses.waits for d in definitions):
        found.waits = await asked.waits(min(last, found.today))


def _waits(rows: Sequence[Any], end: date) -> dict[int, int]:
    """Count people by the days they wait: from the last day back whoever finished a shift, then from the first on who came."""
    came = {day: bits for name, day, _, bits in rows if name == "avail.person"}
    done = {day: bits for name, day, _, bits in rows if name == "done.person"}
    left, waits = 0, dict[int, int]()
    for day, bits in came.items():
        left |= bits if day > end - LATELY else 0
    for day, bits in (*sorted(done.items(), reverse=True), *sorted(came.items())):
        here, wait = left & bits, (end - day).days
        if here:
            waits[wait] = waits.get(wait, 0) + here.bit_count()
            left &= ~here
    return waits


async def enough(
    asked: Asked, guards: Iterable[tuple[str, str]], first: date, last: date
) -> dict[tuple[str, str], bool]:
    """Tell of which guards ten persons and three employers stand behind a figure; the last month mostly shows it."""
    wanted = set(guards)
    told: dict[tuple[str, str], bool] = {}
    for since in (max(first, last - LATELY), first):
        names = {name for guard in wanted - told.keys() for name in guard if name}
        counts = await asked.people(names, since, last)
        for guard in wanted - told.keys():
            least = zip(guard, (PERSONS_LEAST, EMPLOYERS_LEAST), strict=True)
            if all(not name or counts[name][0] >= number for name, number in least):
                told[guard] = True
    return {guard: told.get(guard, False) for guard in wanted}


async def alone(asked: Asked, guards: Iterable[tuple[str, str]], first: date, last: date) -> set[tuple[str, str]]:
    """Return the guards with which the group asked for must be hidden too, although enough people stand behind it.

    Where one group alone is hidden, the whole less the others tells it; then the smallest of the others is hidden beside it.
    """
    group, *own = asked.groups
    part = next(part for part in PARTS if group in part)
    wanted = sorted(guards)
    names = {name for guard in wanted for name in guard if name}
    counts = {
        one: await replace(asked, groups=(one, *own)).people(names, first, last) for one in (part if names else ())
    }
    found = set()
    for guard in wanted:
        people = {one: tuple(counts[one][name][0] for name in guard if name) for one in counts}
        least = tuple(n for name, n in zip(guard, (PERSONS_LEAST, EMPLOYERS_LEAST), strict=True) if name)
        shown = {one: p for one, p in people.items() if all(n >= m for n, m in zip(p, least, strict=True))}
        hidden = [one for one, p in people.items() if one not in shown and any(p)]
        if len(hidden) == 1 and shown and min(shown, key=lambda one: (shown[one], part.index(one))) == group:
            found.add(guard)
    return found
