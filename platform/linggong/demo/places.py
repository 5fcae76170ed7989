"""The places of a loaded deployment as the demo needs them: counties, their stations and their villages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random

import sqlalchemy as sa

from linggong.demo.calendar import URBAN
from linggong.kernel.db import Database
from linggong.kernel.paths import TenantPath, ancestors, tenant_path
from tenants.kinds import BuildStatus, NodeKind
from tenants.models import Node

_WEIGHTS = {
    "21": 16, "23": 15, "25": 14, "12": 12, "22": 10, "02": 9, "04": 8, "03": 6, "05": 5, "sfq": 5,
}  # fmt: skip
"""Rough share of the city's day labour by county; counties of other deployments weigh alike."""

_AREA_CODES = {"sfq": "410211"}
"""A zone has no division code of its own; identity numbers of its people bear the area's former district code."""


@dataclass(frozen=True, slots=True)
class Village:
    """A community or village: where work is."""

    path: str
    code12: str
    name: str
    street: str
    street_name: str


@dataclass(frozen=True, slots=True)
class Desk:
    """A station or market where a clerk sits."""

    path: TenantPath
    name: str
    street: str
    point: tuple[float, float] | None


@dataclass(slots=True)
class County:
    """A county or zone with its desks (the market first) and villages."""

    path: TenantPath
    segment: str
    name: str
    area_code: str
    weight: float
    point: tuple[float, float]
    desks: list[Desk] = field(default_factory=list)
    villages: list[Village] = field(default_factory=list)

    @property
    def urban(self) -> bool:
        """Tell a city district from a country county."""
        return self.segment in URBAN

    @property
    def top(self) -> TenantPath:
        """Return the deployment's top place."""
        return ancestors(self.path)[1]

    def desk_for(self, village: Village) -> Desk:
        """Return the desk that serves a village: of its street, else the county's market."""
        here = [d for d in self.desks if d.street == village.street]
        return here[0] if here else self.desks[0]

    def village_near(self, rng: Random, desk: Desk) -> Village:
        """Return a village that the desk serves, or any of the county when it serves none."""
        near = [v for v in self.villages if v.street == desk.street] if desk.street else []
        return rng.choice(near or self.villages)


async def read_counties(database: Database) -> list[County]:
    """Read the counties with open desks, heaviest first. Raises LookupError on a deployment without any."""
    async with database.system() as uow:
        rows = (
            await uow.execute(
                sa.select(
                    Node.path, Node.kind, Node.name, Node.division_code, Node.status, Node.latitude, Node.longitude
                ).order_by(Node.path)
            )
        ).all()
    counties = [_county(row) for row in rows if row.kind in (NodeKind.COUNTY, NodeKind.ZONE)]
    streets = {row.path: row.name for row in rows if row.kind == NodeKind.STREET}
    for county in counties:
        for row in rows:
            if not row.path.startswith(county.path) or row.path == county.path:
                continue
            street = _street(row.path, streets)
            if row.kind == NodeKind.COMMUNITY and row.division_code:
                county.villages.append(
                    Village(row.path, row.division_code, _spoken(row.name), street, streets.get(street, ""))
                )
            elif row.status == BuildStatus.OPEN and row.kind in (NodeKind.MARKET_COMPREHENSIVE, NodeKind.STATION):
                point = None if row.latitude is None else (row.latitude, row.longitude)
                county.desks.append(Desk(tenant_path(row.path), row.name, street, point))
        county.desks.sort(key=lambda d: (bool(d.street), d.path))
    donors = [c for c in counties if c.villages]
    for county in counties:
        if not county.villages and donors:
            # A zone has no villages in the register: its posts name those of its neighbour.
            county.villages = donors[0].villages
    found = sorted((c for c in counties if c.desks and c.villages), key=lambda c: (-c.weight, c.path))
    if not found:
        raise LookupError("no county with an open market or station: load a preset first")
    return found


def narrow(
    counties: list[County], keep: Collection[str], *, most_counties: int = 4, most_desks: int = 2
) -> list[County]:
    """Return few counties with few desks each, for a small demo; the desks to `keep` and their counties are among them."""
    ranked = sorted(counties, key=lambda c: not any(d.path in keep for d in c.desks))[:most_counties]
    for county in ranked:
        county.desks.sort(key=lambda d: d.path not in keep)
        del county.desks[most_desks:]
        county.desks.sort(key=lambda d: (bool(d.street), d.path))
    return ranked


def _county(row: sa.Row[tuple[str, str, str, str | None, str, float | None, float | None]]) -> County:
    segment = row.path.strip("/").split("/")[-1]
    area = (row.division_code or "")[:6] or _AREA_CODES.get(segment, "410202")
    point = (row.latitude or 34.8, row.longitude or 114.3)
    return County(tenant_path(row.path), segment, row.name, area, _WEIGHTS.get(segment, 10), point)


def _spoken(name: str) -> str:
    """Return a village's name as people say it: without its committee."""
    for ending in ("居委会", "村委会", "村民委员会", "居民委员会"):
        name = name.removesuffix(ending)
    return name if name.endswith(("村", "社区")) else f"{name}村"


def _street(path: str, streets: dict[str, str]) -> str:
    parts = path.strip("/").split("/")
    for depth in range(len(parts), 0, -1):
        candidate = "/" + "/".join(parts[:depth]) + "/"
        if candidate in streets:
            return candidate
    return ""
