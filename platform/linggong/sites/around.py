"""What lies around a place: streets and communities that it serves (R002), points where workers gather by themselves (R037)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import paths
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.geo import Point, metres
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.market.trades import trade
from linggong.measures.sites import SITES, alive
from linggong.people.text import clean
from linggong.sites import common, marks
from linggong.sites.models import GatheringPoint, SiteArea
from tenants import queries
from tenants.kinds import NodeKind
from tenants.models import Node

_AREAS = (NodeKind.STREET, NodeKind.COMMUNITY)
_MOST_TRADES = 5


class GatheringForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A point that a survey found; `path` is the street, community, county or place in whose care it lies."""

    path: str
    name: str
    address: str
    latitude: float
    longitude: float
    begins_minute: int
    ends_minute: int
    heads: int
    trades: list[str] = []
    """Codes of trades."""
    hires_a_day: int | None = None
    surveyed_on: date | None = None
    note: str = ""


class GatheringView(msgspec.Struct, frozen=True, kw_only=True):
    """A gathering point, with the nearest place that is alive."""

    id: UUID
    path: str
    place: str
    name: str
    address: str
    latitude: float
    longitude: float
    point_is_demo: bool
    begins_minute: int
    ends_minute: int
    heads: int
    trades: list[str]
    hires_a_day: int | None
    surveyed_on: date
    note: str
    nearest: str
    """The nearest live station's name; '' where none has a point."""
    nearest_m: int | None


async def serve(uow: UnitOfWork, place: str | UUID, area: str) -> SiteArea:
    """Note that a place serves a street or community too. Raises NotFound, Invalid for another kind of area or its own, Conflict when noted."""
    node = await common.site(uow, place)
    region = await queries.node(uow, area)
    if region.kind not in _AREAS:
        raise Invalid([Fault("area", "请选街道（乡镇）或社区（村）。", "choice")])
    if paths.is_under(node.path, region.path):
        raise Invalid([Fault("area", f"本站就在{region.name}里，不用再写。", "own")])
    county = await uow.session.scalar(
        sa.select(Node.path).where(
            Node.path.in_(paths.ancestors(TenantPath(region.path))), Node.kind.in_((NodeKind.COUNTY, NodeKind.ZONE))
        )
    )
    if county is None or not paths.is_under(node.path, county):
        raise Invalid([Fault("area", "只能写本县（区）的街道和社区。", "county")])
    known = await uow.session.scalar(
        sa.select(SiteArea.id).where(SiteArea.tenant == node.path, SiteArea.area_id == region.id)
    )
    if known is not None:
        raise Conflict(f"{region.name}已经写过了。")
    row = SiteArea(id=new_id(), tenant=node.path, area_id=region.id, added_at=uow.now, added_by=common.actor(uow))
    uow.session.add(row)
    await uow.flush()
    await common.tell(uow, node, "area_added", area=region.path)
    return row


async def leave(uow: UnitOfWork, area_id: UUID) -> None:
    """Take an area away from a place. Raises NotFound."""
    row = await uow.session.scalar(
        sa.select(SiteArea).where(SiteArea.id == area_id, uow.scope.clause(SiteArea.tenant)).with_for_update()
    )
    if row is None:
        raise NotFound
    area = await queries.node(uow, row.area_id)
    await common.tell(uow, await queries.managed(uow, row.tenant), "area_removed", area=area.path)
    await uow.session.delete(row)
    await uow.flush()


async def areas(uow: UnitOfWork, tenant: str) -> list[tuple[UUID, str, str]]:
    """Return id, path and name of the areas that a place serves beside its own."""
    rows = await uow.execute(
        sa.select(SiteArea.id, Node.path, Node.name)
        .join(Node, Node.id == SiteArea.area_id)
        .where(SiteArea.tenant == tenant, uow.scope.clause(SiteArea.tenant))
        .order_by(Node.path)
    )
    return [(row.id, row.path, row.name) for row in rows]


async def survey(uow: UnitOfWork, form: GatheringForm, *, made_up: bool = False) -> GatheringPoint:
    """Enter a gathering point. Raises NotFound for a place outside the scope, Invalid with every fault."""
    node, faults, now = await queries.managed(uow, form.path), list[Fault](), common.today(uow)
    name = clean(faults, "name", form.name, most=40, least=1)
    address = clean(faults, "address", form.address, most=120, least=1)
    note = clean(faults, "note", form.note, most=200)
    faults += marks.point_faults(form.latitude, form.longitude)
    if not 0 <= form.begins_minute < form.ends_minute <= 1440:
        faults.append(Fault("ends_minute", "散的时间要晚于聚的时间，例如 04:00 到 07:30。", "order"))
    if not 1 <= form.heads <= 100_000:
        faults.append(Fault("heads", "请填平常有多少人，至少 1 人。", "range"))
    if form.hires_a_day is not None and not 0 <= form.hires_a_day <= form.heads:
        faults.append(Fault("hires_a_day", "每天找到活的人数不能多于聚集的人数。", "range"))
    if len(form.trades) > _MOST_TRADES or any(trade(code) is None for code in form.trades):
        faults.append(Fault("trades", f"工种请从单子里选，最多 {_MOST_TRADES} 个。", "choice"))
    common.not_ahead(faults, "surveyed_on", form.surveyed_on, now, "摸底日期")
    if faults:
        raise Invalid(faults)
    row = GatheringPoint(
        id=new_id(), tenant=node.path, name=name, address=address, latitude=round(form.latitude, 6),
        longitude=round(form.longitude, 6), point_is_demo=made_up, begins_minute=form.begins_minute,
        ends_minute=form.ends_minute, heads=form.heads, trades=list(dict.fromkeys(form.trades)),
        hires_a_day=form.hires_a_day, surveyed_on=form.surveyed_on or now, note=note, added_at=uow.now,
        added_by=common.actor(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await common.tell(uow, node, "gathering_added", point=row.id, heads=row.heads, surveyed_on=row.surveyed_on)
    return row


async def dissolve(uow: UnitOfWork, point_id: UUID) -> GatheringPoint:
    """Note that nobody gathers at a point any more. Raises NotFound, Conflict where that was said."""
    row = await uow.session.scalar(
        sa.select(GatheringPoint)
        .where(GatheringPoint.id == point_id, uow.scope.clause(GatheringPoint.tenant))
        .with_for_update()
    )
    if row is None:
        raise NotFound
    common.once(row.ended_on)
    row.ended_on = max(common.today(uow), row.surveyed_on)
    await uow.flush()
    await common.tell(uow, await queries.managed(uow, row.tenant), "gathering_ended", point=row.id)
    return row


async def gatherings(uow: UnitOfWork, top: TenantPath) -> list[GatheringView]:
    """Return the gathering points at and below a place, those farthest from a live station first; points are public."""
    rows = list(await uow.session.scalars(_standing(top)))
    names = await queries.names(uow, {row.tenant for row in rows}, full=True)
    live = [
        (Point(row.latitude, row.longitude), str(row.name))
        for row in await uow.execute(
            sa.select(Node.latitude, Node.longitude, Node.name).where(
                uow.scope.clause(Node.path), Node.kind.in_(SITES), Node.status == "open", Node.latitude.is_not(None),
                Node.longitude.is_not(None), alive(uow.now),
            )
        )
    ]  # fmt: skip
    found = []
    for row in rows:
        here = Point(row.latitude, row.longitude)
        near = min(((metres(here, point), name) for point, name in live), default=None)
        found.append(
            GatheringView(
                id=row.id, path=row.tenant, place=names.get(row.tenant, ""), name=row.name, address=row.address,
                latitude=row.latitude, longitude=row.longitude, point_is_demo=row.point_is_demo,
                begins_minute=row.begins_minute, ends_minute=row.ends_minute, heads=row.heads, trades=row.trades,
                hires_a_day=row.hires_a_day, surveyed_on=row.surveyed_on, note=row.note,
                nearest=near[1] if near else "", nearest_m=near[0] if near else None,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (one.nearest_m is not None, -(one.nearest_m or 0), one.path, one.name))


def _standing(top: TenantPath) -> sa.Select[GatheringPoint]:
    return (
        sa.select(GatheringPoint)
        .where(in_subtree(GatheringPoint.tenant, top), GatheringPoint.ended_on.is_(None))
        .order_by(GatheringPoint.tenant, GatheringPoint.name)
    )


async def standing(uow: UnitOfWork, top: TenantPath) -> list[GatheringPoint]:
    """Return the rows of the points at and below a place, for the directory."""
    return list(await uow.session.scalars(_standing(top)))


async def choices(uow: UnitOfWork, tenant: str) -> list[str]:
    """Return the streets and communities of a place's county by name and path, as a list for typing shows them."""
    above = sa.select(Node.path).where(
        Node.path.in_(paths.ancestors(TenantPath(tenant))), Node.kind.in_((NodeKind.COUNTY, NodeKind.ZONE))
    )
    county = await uow.session.scalar(above)
    if county is None:
        return []
    rows = await uow.execute(
        sa.select(Node.path, Node.name)
        .where(in_subtree(Node.path, TenantPath(county)), Node.kind.in_(_AREAS), Node.status != "closed")
        .order_by(Node.path)
        .limit(1500)
    )
    return [f"{row.name} {row.path}" for row in rows if not paths.is_under(tenant, row.path)]
