"""Where a place stands, in the three coordinate systems of the maps (R027). Kept is WGS-84 (ruling 26); the others are computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.geo import Point, from_bd09, from_gcj02, in_china, metres, to_bd09, to_gcj02
from linggong.kernel.paths import TenantPath, ancestors, in_subtree
from linggong.sites import common
from tenants import service
from tenants.models import Node
from tenants.views import NodeChanges

SYSTEMS: Final[Mapping[str, str]] = {
    "wgs84": "WGS-84（手机、卫星定位）",
    "gcj02": "GCJ-02（高德、腾讯地图）",
    "bd09": "BD-09（百度地图）",
}
_FAR: Final = 150_000
"""Metres from every other place of the city at which a point is a slip of the pen: no county is so wide."""
_INTO_WGS84: Final[Mapping[str, Callable[[Point], Point]]] = {
    "wgs84": lambda point: point,
    "gcj02": from_gcj02,
    "bd09": from_bd09,
}


class PinForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A point as somebody reads it off a map, in that map's degrees."""

    system: str
    latitude: float
    longitude: float


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """A place's point as each map writes it: latitude, longitude."""

    wgs84: tuple[float, float]
    gcj02: tuple[float, float]
    bd09: tuple[float, float]
    point_is_demo: bool


def of(latitude: float | None, longitude: float | None, point_is_demo: bool) -> Marks | None:
    """Return a WGS-84 point in all three systems, to six digits (a decimetre); None for a place without one."""
    if latitude is None or longitude is None:
        return None
    point = Point(latitude, longitude)
    return Marks(wgs84=_six(point), gcj02=_six(to_gcj02(point)), bd09=_six(to_bd09(point)), point_is_demo=point_is_demo)


def point_faults(latitude: float, longitude: float) -> list[Fault]:
    """Return what is wrong with a point: outside the country, or its numbers exchanged."""
    if in_china(Point(latitude, longitude)):
        return []
    if in_china(Point(longitude, latitude)):
        return [
            Fault("latitude", "经度和纬度填反了：纬度是小的那个数（例如 34.8），经度是大的（例如 114.3）。", "swapped")
        ]
    return [Fault("latitude", "这个点不在中国，请核对经度和纬度。", "outside")]


async def pin(uow: UnitOfWork, place: str | UUID, form: PinForm) -> Node:
    """Pin a place where it stands. Raises NotFound, Invalid with every fault: unknown system, a point outside the country."""
    node, faults = await common.site(uow, place), list[Fault]()
    common.choice(faults, "system", form.system, SYSTEMS, "坐标")
    faults += point_faults(form.latitude, form.longitude)
    if faults:
        raise Invalid(faults)
    point = _INTO_WGS84[form.system](Point(form.latitude, form.longitude))
    if (far := await _away(uow, node, point)) is not None and far > _FAR:
        raise Invalid([Fault("latitude", f"这个点离本地最近的站点有 {far // 1000} 公里，请核对经度和纬度。", "far")])
    latitude, longitude = _six(point)
    return await service.change_node(uow, node.path, NodeChanges(latitude=latitude, longitude=longitude))


async def _away(uow: UnitOfWork, node: Node, point: Point) -> int | None:
    """Return how far a point lies from the nearest other place of the city, in metres; None where no other has a point."""
    rows = await uow.execute(
        sa.select(Node.latitude, Node.longitude).where(
            in_subtree(Node.path, ancestors(TenantPath(node.path))[1]), Node.id != node.id, Node.status != "closed",
            Node.latitude.is_not(None), Node.longitude.is_not(None),
        )
    )  # fmt: skip
    return min((metres(point, Point(*row)) for row in rows), default=None)


def _six(point: Point) -> tuple[float, float]:
    return round(point.latitude, 6), round(point.longitude, 6)
