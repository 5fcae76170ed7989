"""Coverage (M24): of the people of the 12-digit areas, how many live within some kilometres of a station that is alive."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.geo import Point, metres
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.measures.sites import SITES, alive, thresholds
from tenants import population
from tenants.models import Node
from tenants.population import Area

_DEGREE_M: Final = 111_320
"""Metres of a degree of latitude: areas further off than that are not measured one by one."""


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """M24 of a place. `value` is null where no population is known."""

    path: str
    day: date
    radius_km: float
    value: float | None
    covered: int
    total: int
    unplaced: int
    """People of the total whose area has no point: they are counted as not covered."""
    areas: int
    areas_unplaced: int
    stations: int
    """Live stations with a point."""
    stations_unplaced: int
    sources: list[str]
    as_of: date | None
    """The day of the oldest population figure used."""
    is_sample: bool
    """A figure is made up for a demo."""
    points_are_sample: bool


async def coverage(uow: UnitOfWork, top: TenantPath) -> Coverage:
    """Return the coverage of a place now. Stations beyond its border cover its people too, as far as the scope reaches."""
    today = clock.business_date(uow.now)
    limits = await thresholds(uow, "coverage.")
    radius = float(limits.decimal(top, "coverage.radius_km"))
    # A street is an area of 12 digits too, where nothing is known of its communities.
    known = [a for a in await population.areas(uow, top, until=today) if len(a.code) == 12 and a.code[6:] != "000000"]
    rows = list(
        await uow.execute(
            sa.select(Node.latitude, Node.longitude, Node.point_is_demo).where(
                uow.scope.clause(Node.path), Node.kind.in_(SITES), Node.status == "open", alive(uow.now)
            )
        )
    )
    points = sorted(Point(r.latitude, r.longitude) for r in rows if r.latitude is not None and r.longitude is not None)
    placed = [a for a in known if a.latitude is not None and a.longitude is not None]
    covered = sum(a.residents for a in placed if _near(a, points, radius * 1000))
    total, unplaced = (
        sum(a.residents for a in known),
        sum(a.residents for a in known) - sum(a.residents for a in placed),
    )
    made_up = await uow.session.scalar(
        sa.select(
            sa.exists().where(in_subtree(Node.path, top), Node.path.in_([a.path for a in placed]), Node.point_is_demo)
        )
    )
    return Coverage(
        path=top, day=today, radius_km=radius, value=round(covered / total, 4) if total else None, covered=covered,
        total=total, unplaced=unplaced, areas=len(known), areas_unplaced=len(known) - len(placed), stations=len(points),
        stations_unplaced=len(rows) - len(points), sources=sorted({a.source for a in known}),
        as_of=min((a.as_of for a in known), default=None), is_sample=any(a.is_sample for a in known),
        points_are_sample=bool(made_up) or any(r.point_is_demo for r in rows),
    )  # fmt: skip


def _near(area: Area, stations: list[Point], radius_m: float) -> bool:
    if area.latitude is None or area.longitude is None:
        return False
    here, reach = Point(area.latitude, area.longitude), radius_m / _DEGREE_M
    return any(
        abs(station.latitude - here.latitude) <= reach * 1.01 and metres(here, station) <= radius_m
        for station in stations
    )
