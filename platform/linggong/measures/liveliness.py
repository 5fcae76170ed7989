"""Liveliness of a station, 0 to 100 by its five parts (M19), each with the numbers it comes from.

A part without a denominator is null, never 0; the score is then what the others give, brought to 100, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paths import TenantPath
from linggong.measures.hours import opens
from linggong.measures.models import MetricFact
from linggong.measures.shape import VERSION
from linggong.measures.site_models import SiteClosure, SiteDay
from linggong.measures.sites import Place, open_sites, thresholds
from tenants import population, queries
from tenants.models import Node

MOST_DAYS: Final = 366
SIGNALS: Final = 2
"""Independent signals without which a day is no open day: clerk sign-in, screen heartbeat, first transaction."""
WEIGHTS: Final = {"opening": 25, "served": 25, "completed": 25, "timely": 15, "quality": 10}
LABELS: Final = {
    "opening": "按时开门",
    "served": "服务人数",
    "completed": "促成上工",
    "timely": "及时录入",
    "quality": "数据质量",
}
_OPEN: Final = ("open.clerk", "open.beat", "open.deed")
_SUMS: Final = ("site.completed", "entered.entries", "entered.timely", "quality.records", "quality.good")


@dataclass(slots=True)
class Counts:
    """What the facts say of one station over a period."""

    planned: int = 0
    """Days on which it should have been open: by its hours, since it opened and since signs are written down, less declared closures."""
    opened: int = 0
    """Of them, on time and with two independent signals."""
    served: int = 0
    completed: int = 0
    """Shifts accepted of its own posts or of workers it serves, each once."""
    entries: int = 0
    timely: int = 0
    records: int = 0
    good: int = 0
    working_age: int | None = None
    """People of working age of the area in which it lies; None where nobody wrote it down."""
    last_sign: date | None = None
    """The last day with a clerk's sign-in or a screen's heartbeat."""
    signs: dict[date, dict[str, int]] = field(default_factory=dict)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One of the five parts: its points of `most` and the numbers behind them; points null where there is nothing to divide by."""

    key: str
    label: str
    points: float | None
    most: int
    n: int
    of: float | None
    words: str


class Liveliness(msgspec.Struct, frozen=True, kw_only=True):
    """M19 of a station. `partial`: some part could not be told, the others are brought to 100."""

    path: str
    name: str
    score: float | None
    partial: bool
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Caps:
    """The county's 75th percentiles, at which a part is full; None where the county is not within sight or gives none."""

    served: float | None = None
    completed: float | None = None


def p75(values: Iterable[float]) -> float | None:
    """Return the value at 75 per cent by nearest rank."""
    ordered = sorted(values)
    return ordered[-(-len(ordered) * 75 // 100) - 1] if ordered else None


def score(place: Place, c: Counts, caps: Caps) -> Liveliness:
    """Return the score of a station from its counts."""
    rate = per_thousand(c)
    full_served, full_done = _capped(rate, caps.served), _capped(float(c.completed), caps.completed)
    shares: dict[str, float | None] = {
        "opening": c.opened / c.planned if c.planned else None, "served": full_served, "completed": full_done,
        "timely": c.timely / c.entries if c.entries else None, "quality": c.good / c.records if c.records else None,
    }  # fmt: skip
    said: dict[str, tuple[int, float | None, str]] = {
        "opening": (c.opened, c.planned, f"应开 {c.planned} 天，按时开 {c.opened} 天"),
        "served": (c.served, c.working_age, _served_words(c, rate, caps.served)),
        "completed": (c.completed, caps.completed, _done_words(c, caps.completed)),
        "timely": (c.timely, c.entries, f"{c.entries} 条里 24 小时内录的 {c.timely} 条"),
        "quality": (c.good, c.records, f"{c.records} 条里齐全的 {c.good} 条"),
    }
    parts = [
        Part(
            key=key, label=LABELS[key], most=most, points=None if (share := shares[key]) is None else round(most * share, 1),
            n=said[key][0], of=said[key][1], words=said[key][2],
        )
        for key, most in WEIGHTS.items()
    ]  # fmt: skip
    told = [part for part in parts if part.points is not None]
    most = sum(part.most for part in told)
    total = sum(part.points or 0.0 for part in told)
    return Liveliness(
        path=place.path, name=place.name, score=round(total * 100 / most, 1) if most else None,
        partial=len(told) < len(parts), parts=parts,
    )  # fmt: skip


def per_thousand(c: Counts) -> float | None:
    """Return the people served for each thousand of working age; None without a population."""
    return c.served * 1000 / c.working_age if c.working_age else None


def _capped(value: float | None, cap: float | None) -> float | None:
    if value is None or cap is None:
        return None
    return min(1.0, value / cap) if cap else (1.0 if value else 0.0)


def _served_words(c: Counts, rate: float | None, cap: float | None) -> str:
    if rate is None:
        return f"{c.served} 人；缺人口数，算不出"
    return f"{c.served} 人，每千人 {rate:.1f}；" + _cap_words(cap)


def _done_words(c: Counts, cap: float | None) -> str:
    return f"完工 {c.completed} 人次；" + _cap_words(cap)


def _cap_words(cap: float | None) -> str:
    return "看不到全县，没法比" if cap is None else f"满分线 {f'{cap:.2f}'.rstrip('0').rstrip('.')}"


async def counts(uow: UnitOfWork, sites: Sequence[Place], first: date, last: date) -> dict[str, Counts]:
    """Return what the facts say of stations, in six queries however many they are. Raises Invalid for a bad period."""
    if last < first or (last - first).days >= MOST_DAYS:
        raise Invalid([Fault("last", "时间段不对：最多一年，最后一天不能早于第一天。", "range")])
    found = {site.path: Counts() for site in sites}
    here = (MetricFact.tenant.in_(list(found)), MetricFact.day.between(first, last), MetricFact.version == VERSION)
    rows = await uow.execute(
        sa.select(MetricFact.tenant, MetricFact.day, MetricFact.component, MetricFact.key).where(
            *here, MetricFact.component.in_(_OPEN)
        )
    )
    for tenant, day, component, minute in rows:
        c = found[tenant]
        c.signs.setdefault(day, {})[component] = int(minute)
        if component != "open.deed" and (c.last_sign is None or day > c.last_sign):
            c.last_sign = day
    sums = await uow.execute(
        sa.select(MetricFact.tenant, MetricFact.component, sa.func.sum(MetricFact.value))
        .where(*here, MetricFact.component.in_(_SUMS))
        .group_by(MetricFact.tenant, MetricFact.component)
    )
    names = dict(zip(_SUMS, ("completed", "entries", "timely", "records", "good"), strict=True))
    for tenant, component, n in sums:
        setattr(found[tenant], names[component], int(n))
    served = await uow.execute(
        sa.select(MetricFact.tenant, sa.func.count(MetricFact.key.distinct()))
        .where(*here, MetricFact.component == "served.person")
        .group_by(MetricFact.tenant)
    )
    for tenant, n in served:
        found[tenant].served = n
    await _plan(uow, found, first, last)
    await _people(uow, found, last)
    return found


async def _plan(uow: UnitOfWork, found: Mapping[str, Counts], first: date, last: date) -> None:
    nodes = await uow.execute(
        sa.select(Node.path, Node.opening_hours, Node.opened_on, Node.closed_on).where(Node.path.in_(list(found)))
    )
    closed = await closures(uow, list(found), first, last)
    limits = await thresholds(uow, "liveliness.")
    # Before the first sign of anybody nothing was written down yet: that is no closed door.
    begun = await uow.session.scalar(sa.select(sa.func.min(SiteDay.day)))
    days = [day for n in range((last - first).days + 1) if (day := first + timedelta(days=n)) >= (begun or first)]
    for path, hours, since, until in nodes:
        c, grace = found[path], limits.whole(path, "liveliness.grace") // 60
        for day in days:
            at = opens(hours, day)
            if at is None or day in closed.get(path, ()) or (since and day < since) or (until and day >= until):
                continue
            c.planned += 1
            signs = c.signs.get(day, {})
            if len(signs) >= SIGNALS and (at < 0 or min(signs.values()) <= at + grace):
                c.opened += 1


async def closures(uow: UnitOfWork, paths: Sequence[str], first: date, last: date) -> dict[str, set[date]]:
    """Return the declared closed days of stations within a period."""
    rows = await uow.execute(
        sa.select(SiteClosure.tenant, SiteClosure.first, SiteClosure.last, SiteClosure.ended_on).where(
            SiteClosure.tenant.in_(paths), SiteClosure.first <= last, SiteClosure.last >= first
        )
    )
    found: dict[str, set[date]] = {}
    for tenant, begin, end, ended in rows:
        stop = min(end, ended - timedelta(days=1)) if ended else end
        day = max(begin, first)
        while day <= min(stop, last):
            found.setdefault(tenant, set()).add(day)
            day += timedelta(days=1)
    return found


async def _people(uow: UnitOfWork, found: Mapping[str, Counts], until: date) -> None:
    """Give each station the people of working age of the region in which it lies."""
    known = await population.areas(uow, TenantPath("/"), until=until)
    for path, c in found.items():
        region = path[: path.rstrip("/").rfind("/") + 1]
        below = [a.working_age for a in known if a.path.startswith(region)]
        told = [n for n in below if n is not None]
        # A part of an area without a figure would make everybody else's share look larger.
        c.working_age = sum(told) if told and len(told) == len(below) else None


async def lively(uow: UnitOfWork, top: TenantPath, *, first: date, last: date) -> list[Liveliness]:
    """Return the open stations at and below a place with their scores, the least lively first, unknown ones last."""
    found = await measured(uow, top, first, last)
    return sorted(
        (score(place, c, caps) for place, c, caps in found),
        key=lambda one: (one.score is None, one.score or 0.0, one.path),
    )


async def measured(uow: UnitOfWork, top: TenantPath, first: date, last: date) -> list[tuple[Place, Counts, Caps]]:
    """Return the stations at and below a place, their counts and their county's caps, as far as the scope reaches."""
    wanted = await open_sites(uow, top)
    if not wanted:
        return []
    counties = [tree.path for tree in await queries.counties(uow)]
    seen = {c for c in counties if uow.scope.covers(c)}
    of = {site.path: next((c for c in counties if site.path.startswith(c)), "") for site in wanted}
    others: list[Place] = []
    for county in sorted({c for c in of.values() if c in seen}):
        if not top.startswith(county) or top == county:
            continue
        others += [s for s in await open_sites(uow, TenantPath(county)) if s.path not in of]
    all_counts = await counts(uow, [*wanted, *others], first, last)
    caps = {county: _caps(all_counts, county) for county in seen}
    # Stations of the city itself are measured against all of it, by whoever sees all of it.
    whole = _caps(all_counts, "/") if any(uow.scope.covers(tree) for tree in _tops(counties)) else Caps()
    return [
        (site, all_counts[site.path], caps.get(of[site.path], Caps()) if of[site.path] else whole) for site in wanted
    ]


def _tops(counties: Sequence[str]) -> set[str]:
    return {c[: c.rstrip("/").rfind("/") + 1] for c in counties}


def _caps(found: Mapping[str, Counts], county: str) -> Caps:
    here = [c for path, c in found.items() if path.startswith(county)]
    return Caps(
        served=p75(rate for c in here if (rate := per_thousand(c)) is not None),
        completed=p75(float(c.completed) for c in here),
    )
