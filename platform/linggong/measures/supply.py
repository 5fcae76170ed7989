"""Supply and demand of trades by week and month beside the same season a year before, and the alarm of a gap (R138).

Demand are the heads wanted on a day, supply the people who were there for that trade on the day (signed in, or applied or agreed): both
are counted for each day, so that a week compares days with days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.market.trades import COMMON_TRADES, trade
from linggong.measures import facts
from linggong.measures.models import MetricFact
from linggong.measures.shape import VERSION
from linggong.measures.site_models import TradeGap
from linggong.measures.sites import thresholds
from tenants import queries

GAP: Final = "market.gap"
UNITS: Final = {"week": "周", "month": "月"}
MOST: Final = {"week": 53, "month": 24}
_A_YEAR_OF_WEEKS: Final = timedelta(days=364)
"""The same weekdays of the year before."""
_DEMAND, _SUPPLY = "wanted", "avail.person"


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """A week or month: what was wanted and who was there, now and a year before; null where nothing was counted yet."""

    first: date
    last: date
    demand: int | None
    supply: int | None
    ratio: float | None
    """Demand / supply; null without supply."""
    demand_before: int | None
    supply_before: int | None


@dataclass(slots=True)
class Day:
    """A day of a trade."""

    demand: int = 0
    supply: int = 0


def periods(unit: str, last: date, n: int) -> list[tuple[date, date]]:
    """Return the first and last days of the `n` weeks (from Monday) or months that end with the one around `last`, the oldest first."""
    found: list[tuple[date, date]] = []
    day = last
    for _ in range(n):
        first = day - timedelta(days=day.weekday()) if unit == "week" else day.replace(day=1)
        end = first + timedelta(days=6) if unit == "week" else _month_end(first)
        found.append((first, end))
        day = first - timedelta(days=1)
    return found[::-1]


def _month_end(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def year_before(unit: str, first: date) -> tuple[date, date]:
    """Return the same season a year before: the week 52 weeks earlier, or the same month."""
    if unit == "week":
        begin = first - _A_YEAR_OF_WEEKS
        return begin, begin + timedelta(days=6)
    begin = first.replace(year=first.year - 1)
    return begin, _month_end(begin)


async def trend(
    uow: UnitOfWork, top: TenantPath, *, unit: str, n: int, last: date, trade_code: str = ""
) -> list[Bucket]:
    """Return weeks or months of a place, the oldest first, of one trade or of all. Raises Invalid with every fault."""
    faults = []
    if unit not in UNITS:
        faults.append(Fault("unit", "请选按周，还是按月。", "choice"))
    elif not 1 <= n <= MOST[unit]:
        faults.append(Fault("n", f"最多看 {MOST[unit]} 个。", "range"))
    if trade_code and trade(trade_code) is None:
        faults.append(Fault("trade", "没有这个工种代码。", "choice"))
    if faults:
        raise Invalid(faults)
    spans = periods(unit, last, n)
    earlier = [year_before(unit, first) for first, _ in spans]
    found = await _days(uow, top, earlier[0][0], spans[-1][1], trade_code)
    start = min(found, default=last)
    buckets = []
    for (first, end), before in zip(spans, earlier, strict=True):
        now, then = _sum(found, first, min(end, last)), _sum(found, *before)
        known, begun = before[1] >= start, end >= start
        buckets.append(
            Bucket(
                first=first, last=min(end, last), demand=now.demand if begun else None,
                supply=now.supply if begun else None, ratio=round(now.demand / now.supply, 2) if now.supply else None,
                demand_before=then.demand if known else None, supply_before=then.supply if known else None,
            )
        )  # fmt: skip
    return buckets


async def _days(uow: UnitOfWork, top: TenantPath, first: date, last: date, trade_code: str) -> dict[date, Day]:
    where = [
        in_subtree(MetricFact.tenant, top), uow.scope.clause(MetricFact.tenant), MetricFact.version == VERSION,
        MetricFact.day.between(first, last), *([MetricFact.trade_code == trade_code] if trade_code else []),
    ]  # fmt: skip
    rows = await uow.execute(
        sa.select(
            MetricFact.day,
            sa.func.sum(MetricFact.value).filter(MetricFact.component == _DEMAND).label("demand"),
            sa.func.count(MetricFact.key.distinct()).filter(MetricFact.component == _SUPPLY).label("supply"),
        )
        .where(*where, MetricFact.component.in_((_DEMAND, _SUPPLY)))
        .group_by(MetricFact.day)
    )
    return {row.day: Day(int(row.demand or 0), row.supply) for row in rows}


def _sum(found: Mapping[date, Day], first: date, last: date) -> Day:
    here = [day for at, day in found.items() if first <= at <= last]
    return Day(sum(day.demand for day in here), sum(day.supply for day in here))


async def trades_of(uow: UnitOfWork, top: TenantPath, first: date, last: date) -> list[str]:
    """Return the trades that were wanted at a place, the most wanted first."""
    wanted = sa.func.sum(MetricFact.value)
    return list(
        await uow.session.scalars(
            sa.select(MetricFact.trade_code)
            .where(
                in_subtree(MetricFact.tenant, top), uow.scope.clause(MetricFact.tenant), MetricFact.version == VERSION,
                MetricFact.day.between(first, last), MetricFact.component == _DEMAND,
            )
            .group_by(MetricFact.trade_code)
            .order_by(wanted.desc(), MetricFact.trade_code)
            .limit(60)
        )
    )  # fmt: skip


def name_of(code: str) -> str:
    """Return a trade's word of the roadside, else its name."""
    common = next((one.word for one in COMMON_TRADES if one.code == code), "")
    found = trade(code)
    return common or (found.name if found else code)


@dataclass(frozen=True, slots=True)
class Line:
    """When a gap is an alarm: demand more than `ratio` times supply and by `least` heads, `days` days on end."""

    ratio: float
    days: int
    least: int

    def crossed(self, day: Day) -> bool:
        """Tell whether a day lies beyond it."""
        return day.demand > self.ratio * day.supply and day.demand - day.supply >= self.least


async def watch(uow: UnitOfWork, yesterday: date) -> list[TradeGap]:
    """Open an alarm for each trade of a county beyond its line, once, and end those that are over. For the system."""
    limits = await thresholds(uow, "supply.")
    new = []
    for county in await queries.counties(uow):
        line = Line(
            ratio=float(limits.decimal(county.path, "supply.gap_ratio")), days=limits.whole(county.path, "supply.gap_days"),
            least=limits.whole(county.path, "supply.gap_least"),
        )  # fmt: skip
        first = yesterday - timedelta(days=line.days - 1)
        found = await _by_trade(uow, TenantPath(county.path), first, yesterday)
        open_ones = {
            row.trade_code: row
            for row in await uow.session.scalars(
                sa.select(TradeGap).where(TradeGap.tenant == county.path, TradeGap.ended_on.is_(None)).with_for_update()
            )
        }
        for code, row in open_ones.items():
            if not line.crossed(found.get(code, {}).get(yesterday, Day())):
                row.ended_on = yesterday
        for code, days in sorted(found.items()):
            if code in open_ones or len(days) < line.days or not all(line.crossed(day) for day in days.values()):
                continue
            whole = _sum(days, first, yesterday)
            row = TradeGap(
                id=new_id(), tenant=county.path, trade_code=code, since=first, days=line.days, demand=whole.demand,
                supply=whole.supply, told_at=uow.now, ended_on=None,
            )  # fmt: skip
            uow.session.add(row)
            await uow.flush()
            await _tell(uow, county.id, county.name, row, line)
            new.append(row)
    await uow.flush()
    return new


async def _by_trade(uow: UnitOfWork, county: TenantPath, first: date, last: date) -> dict[str, dict[date, Day]]:
    rows = await uow.execute(
        sa.select(
            MetricFact.trade_code,
            MetricFact.day,
            sa.func.sum(MetricFact.value).filter(MetricFact.component == _DEMAND).label("demand"),
            sa.func.count(MetricFact.key.distinct()).filter(MetricFact.component == _SUPPLY).label("supply"),
        )
        .where(
            in_subtree(MetricFact.tenant, county), MetricFact.version == VERSION, MetricFact.day.between(first, last),
            MetricFact.component.in_((_DEMAND, _SUPPLY)), MetricFact.trade_code != "",
        )
        .group_by(MetricFact.trade_code, MetricFact.day)
    )  # fmt: skip
    found: dict[str, dict[date, Day]] = {}
    for row in rows:
        found.setdefault(row.trade_code, {})[row.day] = Day(int(row.demand or 0), row.supply)
    return found


async def _tell(uow: UnitOfWork, node_id: UUID, name: str, row: TradeGap, line: Line) -> None:
    await uow.emit(
        NewEvent(
            type=GAP, chain=f"node:{node_id}", subject_id=node_id, tenant=row.tenant,
            body={
                "trade": row.trade_code, "word": name_of(row.trade_code), "place": name, "days": row.days, "demand": row.demand,
                "supply": row.supply, "ratio": f"{line.ratio:g}", "since": row.since.isoformat(),
            },
        )
    )  # fmt: skip


class GapView(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm as it is told."""

    path: str
    place: str
    trade_code: str
    trade: str
    since: date
    days: int
    demand: int
    supply: int
    ended_on: date | None


async def gaps(uow: UnitOfWork, top: TenantPath, *, since: date) -> list[GapView]:
    """Return the alarms of a place that stand or ended on a day or later, the standing and latest first."""
    rows = list(
        await uow.session.scalars(
            sa.select(TradeGap)
            .where(
                in_subtree(TradeGap.tenant, top), uow.scope.clause(TradeGap.tenant),
                sa.or_(TradeGap.ended_on.is_(None), TradeGap.ended_on >= since),
            )
            .order_by(TradeGap.ended_on.desc().nulls_first(), TradeGap.since.desc(), TradeGap.tenant)
        )
    )  # fmt: skip
    names = await queries.names(uow, {row.tenant for row in rows}, full=True)
    return [
        GapView(
            path=row.tenant, place=names.get(row.tenant, ""), trade_code=row.trade_code, trade=name_of(row.trade_code),
            since=row.since, days=row.days, demand=row.demand, supply=row.supply, ended_on=row.ended_on,
        )
        for row in rows
    ]  # fmt: skip


async def nightly(database: Database) -> None:
    """Look at the day that is over."""
    await facts.refresh(database)
    async with database.system() as uow:
        await watch(uow, clock.business_date(uow.now) - timedelta(days=1))
