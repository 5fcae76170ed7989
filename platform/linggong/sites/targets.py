"""What was planned against what lives (R001, R002, R134): targets by county and year, sites by kind, streets and communities covered.

A place counts when it is alive: open, and somebody was served there in the last thirty days (as coverage M24 counts it). What is
only registered stands beside it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Final

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.measures.sites import SITES, alive
from linggong.people.text import clean
from linggong.sites import common
from linggong.sites.codes import TARGETS
from linggong.sites.models import SiteArea, SiteTarget
from tenants import queries, service
from tenants.kinds import NodeKind
from tenants.models import Node

_PLACES: Final = (NodeKind.CITY, NodeKind.COUNTY, NodeKind.ZONE)
_COUNTIES: Final = (NodeKind.COUNTY, NodeKind.ZONE)
_NODES: Final = frozenset(kind.value for kind in NodeKind)

Counter = Callable[[UnitOfWork, TenantPath], Awaitable[int]]
_counted: dict[str, Counter] = {}


def count_by(kind: str, counter: Counter) -> None:
    """Let a higher floor say how many there are of a kind that is no kind of node: certified model markets. By name, once."""
    _counted[kind] = counter


class TargetForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How many of a kind a county or city wants by the end of a year."""

    path: str
    year: int
    kind: str
    wanted: int
    source: str


class TargetLine(msgspec.Struct, frozen=True, kw_only=True):
    """A kind at a place in a year: `wanted` null where nobody decided."""

    kind: str
    label: str
    wanted: int | None
    source: str
    live: int | None
    """Null where nothing counts it yet."""
    open: int
    building: int
    planned: int

    @property
    def missing(self) -> int:
        """Return how many are still missing."""
        return max(0, (self.wanted or 0) - (self.live or 0))


class PlaceTargets(msgspec.Struct, frozen=True, kw_only=True):
    """The board of a city or county for a year."""

    path: str
    name: str
    year: int
    lines: list[TargetLine]


class AreaCover(msgspec.Struct, frozen=True, kw_only=True):
    """Streets and communities of a county (or, below it, of a street): all, with a place that lives, with one that is only open."""

    path: str
    name: str
    kind: str
    streets: int
    streets_live: int
    streets_open: int
    communities: int
    communities_live: int
    communities_open: int
    silent: list[str]
    """Names of streets without a live place; of a street, of its communities."""


async def set_target(uow: UnitOfWork, form: TargetForm) -> SiteTarget:
    """Set a target. Raises NotFound outside the scope or for another kind of place, Invalid with every fault."""
    node, faults = await queries.managed(uow, form.path), list[Fault]()
    if node.kind not in _PLACES:
        raise NotFound
    now = common.today(uow)
    common.choice(faults, "kind", form.kind, TARGETS, "种类")
    if not now.year - 5 <= form.year <= now.year + 10:
        faults.append(Fault("year", f"年份请填 {now.year - 5} 到 {now.year + 10}。", "range"))
    if not 0 <= form.wanted <= 100_000:
        faults.append(Fault("wanted", "目标数请填 0 到 100000。", "range"))
    source = clean(faults, "source", form.source, most=200, least=2)
    if faults:
        raise Invalid(faults)
    row = await uow.session.scalar(
        sa.select(SiteTarget)
        .where(SiteTarget.tenant == node.path, SiteTarget.year == form.year, SiteTarget.kind == form.kind)
        .with_for_update()
    )
    if row is None:
        row = SiteTarget(id=new_id(), tenant=node.path, year=form.year, kind=form.kind)
        uow.session.add(row)
    row.wanted, row.source, row.set_at, row.set_by = form.wanted, source, uow.now, common.actor(uow)
    await uow.flush()
    await common.tell(uow, node, "target_set", year=row.year, kind=row.kind, wanted=row.wanted)
    return row


async def board(uow: UnitOfWork, top: TenantPath, year: int) -> list[PlaceTargets]:
    """Return the board of a place and of the counties below it, as far as the scope reaches. Raises NotFound."""
    rows = list(
        await uow.execute(
            sa.select(Node.path, Node.name, Node.kind)
            .where(in_subtree(Node.path, top), uow.scope.clause(Node.path), Node.kind.in_(_PLACES))
            .order_by(Node.path)
        )
    )
    if not rows:
        raise NotFound
    sites = await _sites(uow, top)
    wanted = await _wanted(uow, [row.path for row in rows], year)
    return [
        PlaceTargets(
            path=row.path, name=row.name, year=year,
            lines=await _lines(uow, row.path, row.kind, sites, wanted.get(row.path, {}), year),
        )
        for row in rows
    ]  # fmt: skip


class _Site(msgspec.Struct, frozen=True):
    path: str
    kind: str
    status: str
    live: bool


async def _sites(uow: UnitOfWork, top: TenantPath) -> list[_Site]:
    rows = await uow.execute(
        sa.select(
            Node.path, Node.kind, Node.status,
            sa.and_(Node.status == "open", alive(uow.now)).label("live"),
        ).where(in_subtree(Node.path, top), uow.scope.clause(Node.path), Node.kind.in_(SITES), Node.status != "closed")
    )  # fmt: skip
    return [_Site(row.path, row.kind, row.status, bool(row.live)) for row in rows]


async def _wanted(uow: UnitOfWork, places: Sequence[str], year: int) -> dict[str, dict[str, tuple[int, str]]]:
    """Return what holds in a year by place and kind: set for that very year, else what was set last before it."""
    rows = await uow.session.scalars(
        sa.select(SiteTarget)
        .where(SiteTarget.tenant.in_(places), uow.scope.clause(SiteTarget.tenant), SiteTarget.year <= year)
        .order_by(SiteTarget.year)
    )
    found: dict[str, dict[str, tuple[int, str]]] = {}
    for row in rows:
        said = row.source if row.year == year else f"{row.source}（{row.year} 年定的）"
        found.setdefault(row.tenant, {})[row.kind] = (row.wanted, said)
    return found


async def _lines(
    uow: UnitOfWork, path: str, kind: str, sites: Sequence[_Site], own: Mapping[str, tuple[int, str]], year: int
) -> list[TargetLine]:
    here = [one for one in sites if one.path.startswith(path)]
    papers = await from_paper(uow, path, year, whole=kind == NodeKind.CITY)
    lines = []
    for code, label in TARGETS.items():
        some = [one for one in here if one.kind == code]
        wanted, source = own.get(code) or papers.get(code) or (None, "")
        live: int | None = sum(one.live for one in some)
        if code not in _NODES:
            live = await _counted[code](uow, TenantPath(path)) if code in _counted else None
        lines.append(
            TargetLine(
                kind=code, label=label, wanted=wanted, source=source, live=live,
                open=sum(one.status == "open" for one in some),
                building=sum(one.status == "building" for one in some),
                planned=sum(one.status == "planned" for one in some),
            )
        )  # fmt: skip
    return lines


async def from_paper(uow: UnitOfWork, path: str, year: int, *, whole: bool) -> dict[str, tuple[int, str]]:
    """Return what the tenant's parameters say of targets in a year: county markets (R001), model markets (R134).

    `whole`: of the city, which has a market of its own beside those of its counties (1+10+N); else of one county.
    """
    keys = ("topology.counties", "topology.target_date", "model_market.target")
    held = {key: one.value for key, one in (await service.resolved(uow, path, *keys)).items()}
    found: dict[str, tuple[int, str]] = {}
    counties, until = held["topology.counties"], held["topology.target_date"]
    if isinstance(counties, int):
        by = f"，到 {until}" if isinstance(until, str) else ""
        all_of_it = (counties + 1, f"市级 1 个、县级 {counties} 个{by}")
        found["market_comprehensive"] = all_of_it if whole else (1, f"每个县（区）1 个{by}")
    if not whole:
        return found
    steps = held["model_market.target"]
    for day, n in _steps(steps if isinstance(steps, tuple) else ()):
        # The step that falls due next from the year on; after the last one the last holds.
        found["model_market"] = (n, f"到 {day:%Y-%m-%d} 建成 {n} 个")
        if day.year >= year:
            break
    return found


def _steps(raw: Sequence[str]) -> list[tuple[date, int]]:
    found = []
    for item in raw:
        day, _, n = item.replace("：", ":").rpartition(":")
        try:
            found.append((date.fromisoformat(day.strip()), int(n)))
        except ValueError:
            continue
    return sorted(found)


async def cover(uow: UnitOfWork, top: TenantPath) -> list[AreaCover]:
    """Return for the counties below a place (or, of a county, for its streets) which areas have a place that lives (R002).

    An area has one where one lies in it, or one that lies elsewhere in the county serves it.
    """
    regions = list(
        await uow.execute(
            sa.select(Node.path, Node.name, Node.kind)
            .where(
                in_subtree(Node.path, top), uow.scope.clause(Node.path), Node.status != "closed",
                Node.kind.in_((*_PLACES, NodeKind.STREET, NodeKind.COMMUNITY)),
            )
            .order_by(Node.path)
        )
    )  # fmt: skip
    kinds = {row.path: row.kind for row in regions}
    sites = [one for one in await _sites(uow, top) if one.status == "open"]
    served = await uow.execute(
        sa.select(SiteArea.tenant, Node.path)
        .join(Node, Node.id == SiteArea.area_id)
        .where(in_subtree(Node.path, top), uow.scope.clause(SiteArea.tenant))
    )
    live, opened = set[str](), set[str]()
    lives = {one.path: one.live for one in sites}
    for path, area in [*((one.path, one.path) for one in sites), *((row.tenant, row.path) for row in served)]:
        if path not in lives:
            continue
        for around in _around(area):
            opened.add(around)
            if lives[path]:
                live.add(around)
    group = _COUNTIES if any(kind in _COUNTIES for path, kind in kinds.items() if path != top) else (NodeKind.STREET,)
    found = []
    for row in regions:
        if row.kind not in group:
            continue
        below = [r for r in regions if r.path.startswith(row.path)]
        streets = [r for r in below if r.kind == NodeKind.STREET]
        communities = [r for r in below if r.kind == NodeKind.COMMUNITY]
        listed = communities if row.kind == NodeKind.STREET else streets
        found.append(
            AreaCover(
                path=row.path, name=row.name, kind=row.kind,
                streets=len(streets), streets_live=sum(r.path in live for r in streets),
                streets_open=sum(r.path in opened for r in streets),
                communities=len(communities), communities_live=sum(r.path in live for r in communities),
                communities_open=sum(r.path in opened for r in communities),
                silent=[r.name for r in listed if r.path not in live],
            )
        )  # fmt: skip
    return found


def _around(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[:n]) + "/" for n in range(1, len(parts) + 1)]
