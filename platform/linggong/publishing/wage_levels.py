"""工资价位 (M09, R138): by trade, county and month, counted by night from the facts and read by everybody.

The same wage as everywhere: settled shifts, the bill over the agreed hours. What ten persons and three employers do not stand behind
is not told (publish.min_persons and publish.min_employers may ask for more, never for less): the trades of a small group that
are too small by themselves are told together, and nothing where that is too little, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath
from linggong.market.trades import trade
from linggong.measures import facts
from linggong.measures.computing import percentile
from linggong.measures.shape import EMPLOYERS_LEAST, PERSONS_LEAST
from linggong.measures.sites import thresholds
from linggong.measures.totals import by_trade
from linggong.publishing.directory import trade_word
from linggong.publishing.models import WageLevel
from tenants.kinds import NodeKind
from tenants.models import Node

SHARES: Final = (10, 25, 50, 75, 90)
FULL_DAY: Final = 8
_PARTS: Final = ("wage.hour", "wage.person", "wage.employer")
_PLACES: Final = (NodeKind.CITY, NodeKind.COUNTY, NodeKind.ZONE)
Paid = Mapping[str, Mapping[str, int]]


class LevelView(msgspec.Struct, frozen=True, kw_only=True):
    """What a trade pays in a county: fen for an hour."""

    path: str
    month: date
    until: date
    code: str
    name: str
    is_group: bool
    persons: int
    employers: int
    p10: int
    p25: int
    p50: int
    p75: int
    p90: int

    @property
    def day_fen(self) -> int:
        """The median for eight hours, in whole yuan."""
        return round(self.p50 * FULL_DAY / 100) * 100


@dataclass(frozen=True, slots=True)
class Level:
    """One line before it is written."""

    code: str
    is_group: bool
    persons: int
    employers: int
    values: tuple[int, ...]


def group_of(code: str) -> str:
    """Return the small group of a trade: its first three levels."""
    return "-".join(code.split("-")[:3])


def levels(paid: Mapping[str, Paid], persons: int, employers: int) -> list[Level]:
    """Return what may be told: trades that stand by themselves, and what is left of each small group together."""
    alone = {code: level for code, one in paid.items() if (level := _level(code, [one], persons, employers))}
    left: dict[str, list[Paid]] = {}
    for code, one in paid.items():
        if code not in alone:
            left.setdefault(group_of(code), []).append(one)
    groups = [_level(group, some, persons, employers, is_group=True) for group, some in sorted(left.items())]
    return [*(alone[code] for code in sorted(alone)), *(level for level in groups if level)]


def _level(code: str, some: Iterable[Paid], persons: int, employers: int, *, is_group: bool = False) -> Level | None:
    people: set[str] = set()
    firms: set[str] = set()
    hours: Counter[str] = Counter()
    for one in some:
        people |= set(one.get("wage.person", {}))
        firms |= set(one.get("wage.employer", {}))
        hours.update(one.get("wage.hour", {}))
    if len(people) < persons or len(firms) < employers:
        return None
    values = [percentile(hours, 0, share) for share in SHARES]
    # An hour's pay is not told to the fen.
    told = tuple(round(value / 10) * 10 for value in values if value is not None)
    return Level(code, is_group, len(people), len(firms), told) if len(told) == len(SHARES) else None


async def count(uow: UnitOfWork, month: date, until: date) -> int:
    """Write the levels of a month up to a day anew, for the city and each county; return how many. For the system."""
    first = month.replace(day=1)
    limits = await thresholds(uow, "publish.")
    places = list(
        await uow.session.scalars(
            sa.select(Node.path).where(Node.kind.in_(_PLACES), Node.path != "/").order_by(Node.path)
        )
    )
    await uow.execute(sa.delete(WageLevel).where(WageLevel.month == first))
    rows: list[dict[str, Any]] = []
    for path in places:
        least = (
            max(PERSONS_LEAST, limits.whole(path, "publish.min_persons")),
            max(EMPLOYERS_LEAST, limits.whole(path, "publish.min_employers")),
        )
        paid = await by_trade(uow, TenantPath(path), _PARTS, first, until)
        for level in levels(paid, *least):
            values = dict(zip(("p10", "p25", "p50", "p75", "p90"), level.values, strict=True))
            rows.append(
                {
                    "id": new_id(), "tenant": path, "month": first, "until": until, "code": level.code,
                    "is_group": level.is_group, "persons": level.persons, "employers": level.employers, **values,
                }
            )  # fmt: skip
    if rows:
        await uow.execute(sa.insert(WageLevel), rows)
    return len(rows)


async def nightly(database: Database) -> None:
    """Count this month up to yesterday and the month before it, whose last wages are still being settled."""
    await facts.refresh(database)
    async with database.system() as uow:
        today = clock.business_date(uow.now)
        yesterday = today - timedelta(days=1)
        await count(uow, yesterday, yesterday)
        before = yesterday.replace(day=1) - timedelta(days=1)
        await count(uow, before, before)


async def months(uow: UnitOfWork) -> list[date]:
    """Return the months that were counted, the latest first."""
    return list(await uow.session.scalars(sa.select(WageLevel.month).distinct().order_by(WageLevel.month.desc())))


async def told(uow: UnitOfWork, path: str, month: date, *, code: str = "") -> list[LevelView]:
    """Return what is told of a place in a month, the trades with most people first; of one trade with its group where `code` is given."""
    query = sa.select(WageLevel).where(WageLevel.tenant == path, WageLevel.month == month.replace(day=1))
    if code:
        query = query.where(WageLevel.code.in_((code, group_of(code))))
    rows = await uow.session.scalars(query.order_by(WageLevel.is_group, WageLevel.persons.desc(), WageLevel.code))
    return [_view(row) for row in rows]


def _view(row: WageLevel) -> LevelView:
    return LevelView(
        path=row.tenant, month=row.month, until=row.until, code=row.code, name=name_of(row.code, row.is_group),
        is_group=row.is_group, persons=row.persons, employers=row.employers, p10=row.p10, p25=row.p25, p50=row.p50,
        p75=row.p75, p90=row.p90,
    )  # fmt: skip


def name_of(code: str, is_group: bool) -> str:
    """Return the trade's word of the roadside; a group by the classification, with what it leaves out."""
    if not is_group:
        return trade_word(code)
    found = trade(code) or next((t for end in ("-00",) if (t := trade(code + end))), None)
    return f"{found.name if found else code}（其他工种合计）"


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """What a trade pays nearby, for whoever writes a post: the middle half and the median of a day of eight hours."""

    low_fen: int
    mid_fen: int
    high_fen: int
    persons: int
    month: date
    in_county: bool
    is_group: bool


_HINT: Final = """
SELECT tenant, month, is_group, persons, p25, p50, p75 FROM wage_levels
WHERE tenant = ANY($1) AND (code = $2 AND NOT is_group OR code = $3 AND is_group) AND month >= $4
ORDER BY is_group, length(tenant) DESC, month DESC LIMIT 1"""
"""The trade before its group, the county before the city, this month before the one before."""


async def hint(database: Database, county: str, code: str) -> Hint | None:
    """Return what settled work of a trade paid in a county, else in its city; None where nothing may be told."""
    today = clock.business_date(clock.now())
    since = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    city = county[: county.rstrip("/").rfind("/") + 1]
    rows = await database.fetch_public(_HINT, [county, city], code, group_of(code), since)
    if not rows:
        return None
    row = rows[0]
    low, mid, high = (round(row[part] * FULL_DAY / 100) * 100 for part in ("p25", "p50", "p75"))
    return Hint(
        low_fen=low, mid_fen=mid, high_fen=high, persons=row["persons"], month=row["month"],
        in_county=row["tenant"] == county, is_group=row["is_group"],
    )  # fmt: skip
