"""Public figures of the market (R138): counted by night, read by everybody in one row.

What is published hides single people and single employers: a wage needs ten people and three employers, a place's seekers ten
people (requirements section 9; publish.min_persons and publish.min_employers may ask for more, never for less). What may not be
told is null, not 0; a rate without a denominator is null, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linggong.insight.overview import overview
from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.paths import TenantPath
from linggong.measures import facts
from linggong.measures.answers import answers
from linggong.measures.computing import percentile
from linggong.measures.totals import by_trade
from linggong.publishing.directory import first_of_quarter, quarter_of, trade_word
from linggong.publishing.models import PublicFigures
from tenants import queries, service
from tenants.models import Node

PERSONS: Final = 10
EMPLOYERS: Final = 3
_TRADES: Final = 24
_FULL_DAY: Final = 8
_LISTED: Final = ("county", "zone", "street")


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """M01 and M05 of a place."""

    demand: int = 0
    seekers: int = 0
    ratio: float | None = None
    fill_minutes: int | None = None


class PlaceFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A county's market in the period."""

    path: str
    name: str
    demand: int
    seekers: int | None
    ratio: float | None
    arrived: int


class TradeWage(msgspec.Struct, frozen=True, kw_only=True):
    """What a trade earned: the median hour of settled shifts; null below ten people or three employers."""

    trade: str
    hour_fen: int | None
    day_fen: int | None
    """The same for eight hours, in whole yuan."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a deployment over a period."""

    name: str
    posts: int
    """Orders that began in the period."""
    demand: int
    seekers: int | None
    ratio: float | None
    """求人倍率 (M01)."""
    arrived: int
    fill_rate: float | None
    fill_minutes: int | None
    bills_due: int
    on_time_rate: float | None
    workers: int | None
    employers: int | None
    stations: int
    wage_hour_fen: int | None
    wages: list[TradeWage]
    places: list[PlaceFigures]
    persons_least: int
    employers_least: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Figures with the days that they cover and when they were counted."""

    period: str
    begins_on: date
    ends_on: date
    made_at: datetime
    figures: Figures


def periods(today: date) -> list[tuple[str, date, date]]:
    """Return name, first and last day of what is published: thirty days to yesterday, the last month, the last quarter."""
    yesterday = today - timedelta(days=1)
    month_end = today.replace(day=1) - timedelta(days=1)
    quarter_end = first_of_quarter(today) - timedelta(days=1)
    return [
        ("30d", today - timedelta(days=30), yesterday),
        (f"{month_end:%Y-%m}", month_end.replace(day=1), month_end),
        (quarter_of(quarter_end), first_of_quarter(quarter_end), quarter_end),
    ]


async def nightly(database: Database) -> None:
    """Count the figures of all periods anew, from facts that are whole."""
    await facts.refresh(database)
    async with database.system() as uow:
        top = await _top(uow)
        if top is not None:
            for period, first, last in periods(clock.business_date(uow.now)):
                await _write(uow, top, period, first, last)


async def told(uow: UnitOfWork) -> list[Told]:
    """Return what is published now: the periods of the day on which it was counted last, the shortest first."""
    rows = list(await uow.session.scalars(sa.select(PublicFigures).order_by(PublicFigures.made_at.desc()).limit(12)))
    if not rows:
        return []
    latest = {row.period: row for row in reversed(rows)}
    wanted = [name for name, _, _ in periods(clock.business_date(rows[0].made_at))]
    return [
        Told(
            period=row.period, begins_on=row.begins_on, ends_on=row.ends_on, made_at=row.made_at,
            figures=msgspec.convert(row.body, Figures),
        )
        for name in wanted
        if (row := latest.get(name)) is not None
    ]  # fmt: skip


async def _top(uow: UnitOfWork) -> Node | None:
    found: Node | None = await uow.session.scalar(sa.select(Node).where(Node.path == await queries.seat(uow)))
    return found


async def _write(uow: UnitOfWork, top: Node, period: str, first: date, last: date) -> None:
    body = msgspec.to_builtins(await count(uow, top, first, last))
    row = {"begins_on": first, "ends_on": last, "body": body, "made_at": uow.now}
    statement = insert(PublicFigures).values(tenant=top.path, period=period, **row)
    await uow.execute(statement.on_conflict_do_update(index_elements=["tenant", "period"], set_=row))


async def count(uow: UnitOfWork, top: Node, first: date, last: date) -> Figures:
    """Count the figures of a deployment from the first to the last day, with what must be hidden left out."""
    path, days = TenantPath(top.path), (last - first).days + 1
    limits = await service.parameters(uow, path, "publish.min_persons", "publish.min_employers")
    persons, employers = (
        max(PERSONS, _whole(limits["publish.min_persons"])),
        max(EMPLOYERS, _whole(limits["publish.min_employers"])),
    )
    whole = await _market(uow, path, first, last)
    seen = await overview(uow, top, day=last, days=days)
    total, names = seen.total.figures, {place.path: place for place in seen.places}
    hours, wages = await _wages(uow, path, first, last, persons, employers)
    parts = {p: await _market(uow, TenantPath(p), first, last) for p, place in names.items() if place.kind in _LISTED}
    return Figures(
        name=top.name, posts=total.posts, demand=whole.demand, seekers=_hidden(whole.seekers, persons),
        ratio=_ratio(whole, persons), arrived=total.arrived, fill_rate=seen.total.fill_rate,
        fill_minutes=whole.fill_minutes, bills_due=total.bills_due, on_time_rate=seen.total.on_time_rate,
        workers=_hidden(total.workers, persons), employers=_hidden(total.employers, employers),
        stations=total.stations_open, wage_hour_fen=hours, wages=wages,
        places=[
            PlaceFigures(
                path=place.path, name=place.name, demand=(m := parts[place.path]).demand,
                seekers=_hidden(m.seekers, persons), ratio=_ratio(m, persons), arrived=place.figures.arrived,
            )
            for place in names.values()
            if place.kind in _LISTED
        ],
        persons_least=persons, employers_least=employers,
    )  # fmt: skip


def _whole(value: Any) -> int:
    return int(value)


def _hidden(number: int, least: int) -> int | None:
    """Return a number of people that tells of nobody: none below the least, also not that there were none."""
    return number if number >= least else None


def _ratio(market: Market, least: int) -> float | None:
    return market.ratio if market.seekers >= least else None


async def _market(uow: UnitOfWork, top: TenantPath, first: date, last: date) -> Market:
    told = await answers(uow, ["M01", "M05"], top, first=first, last=last)
    value = {(metric, v.key): v.value for metric, one in told.items() for v in one.figures}
    filled = value["M05", "p50"]
    return Market(
        demand=round(value["M01", "demand"] or 0), seekers=round(value["M01", "seekers"] or 0), ratio=value["M01", "ratio"],
        fill_minutes=None if filled is None else round(filled),
    )  # fmt: skip


async def _wages(
    uow: UnitOfWork, top: TenantPath, first: date, last: date, persons: int, employers: int
) -> tuple[int | None, list[TradeWage]]:
    """Return the median hour of all settled shifts, and of each trade (M09); what too few earned has no number."""
    paid = await by_trade(uow, top, ("wage.hour", "wage.person", "wage.employer"), first, last)

    def median(codes: Iterable[str]) -> float | None:
        some = [paid[code] for code in codes]
        people = {who for one in some for who in one.get("wage.person", {})}
        firms = {who for one in some for who in one.get("wage.employer", {})}
        hours: Counter[str] = Counter()
        for one in some:
            hours.update(one.get("wage.hour", {}))
        return percentile(hours, 0, 50) if len(people) >= persons and len(firms) >= employers else None

    found = [(code, median([code]), len(paid[code].get("wage.person", {}))) for code in paid]
    found.sort(key=lambda one: (one[1] is None, -one[2], one[0]))
    return _fen(median(paid)), [
        TradeWage(
            trade=trade_word(code),
            hour_fen=_fen(hour),
            day_fen=None if hour is None else round(hour * _FULL_DAY / 100) * 100,
        )
        for code, hour, _ in found[:_TRADES]
    ]


def _fen(median: float | None) -> int | None:
    """Round to ten fen: an hour's pay is not told to the fen."""
    return None if median is None else round(median / 10) * 10
