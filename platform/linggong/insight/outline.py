"""Outlines of a place's parts for a map: uploaded with their approval number (审图号), checked, kept as plain coordinates.

A map of administrative borders may be shown only under the number of its approval (《地图管理条例》); until a place has handed
one in, its parts are drawn as tiles. What is kept is written anew from the checked numbers: nothing else of the file survives.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, tenant_fk
from linggong.kernel.paths import TenantPath
from linggong.people.text import clean
from tenants.models import Node

MOST_BYTES: Final = 400_000
MOST_POINTS: Final = 20_000
_APPROVED = re.compile(r"[\u4e00-\u9fffA-Z]{1,3}S?[(（〔\[]\d{4}年?[)）〕\]]\s?\d{1,6}号")
_NAMES = ("name", "NAME", "fullname")
_WEST, _EAST, _SOUTH, _NORTH = 73.0, 136.0, 3.0, 54.0


class MapOutline(Base):
    """One handed-in outline of the parts of a place; the latest counts."""

    __tablename__ = "map_outlines"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint(f"octet_length(shapes) <= {MOST_BYTES * 2}", name="size"),
        sa.Index(None, "tenant", "added_at"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    approval: Mapped[str]
    """审图号, as it is printed beside the map."""
    source: Mapped[str] = mapped_column(default="")
    shapes: Mapped[str]
    """GeoJSON, written by us."""
    digest: Mapped[str]
    """SHA-256 of the file as it was handed in."""
    added_by: Mapped[UUID | None]
    added_at: Mapped[datetime]


class OutlineView(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says beside the map."""

    id: UUID
    approval: str
    source: str
    added_at: datetime


async def latest(uow: UnitOfWork, place: TenantPath) -> OutlineView | None:
    """Return the outline of a place, if it has one."""
    columns = (MapOutline.id, MapOutline.approval, MapOutline.source, MapOutline.added_at)
    row = (
        await uow.execute(
            sa.select(*columns).where(MapOutline.tenant == place).order_by(MapOutline.added_at.desc()).limit(1)
        )
    ).one_or_none()
    return None if row is None else OutlineView(id=row[0], approval=row[1], source=row[2], added_at=row[3])


async def shapes(uow: UnitOfWork, outline_id: UUID) -> str:
    """Return the GeoJSON of an outline within the scope; raises NotFound."""
    row = await uow.session.get(MapOutline, outline_id)
    if row is None or not uow.scope.covers(row.tenant):
        raise NotFound
    return row.shapes


async def hand_in(uow: UnitOfWork, place: TenantPath, data: bytes, *, approval: str, source: str = "") -> MapOutline:
    """Keep the outline of the parts of a place. Raises Invalid with everything that is wrong, NotFound outside the scope."""
    if not uow.scope.covers(place):
        raise NotFound
    node = await uow.session.scalar(sa.select(Node).where(Node.path == place))
    if node is None:
        raise NotFound
    faults: list[Fault] = []
    number = approval.strip().replace(" ", "")
    if not _APPROVED.fullmatch(number):
        faults.append(
            Fault("approval", "请照地图上印的填审图号，例如 豫S（2024）012号。没有审图号的边界图不能用。", "approval")
        )
    said = clean(faults, "source", source, most=100)
    parts = await _parts(uow, place)
    text = _checked(data, parts, faults)
    if faults:
        raise Invalid(faults)
    row = MapOutline(
        id=new_id(), tenant=place, approval=number, source=said, shapes=text, digest=hashlib.sha256(data).hexdigest(),
        added_by=None if uow.actor.id == NOBODY else uow.actor.id, added_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    body = {"outline": str(row.id), "approval": number, "digest": row.digest}
    await uow.emit(
        NewEvent(type="node.outline_added", chain=f"node:{node.id}", subject_id=node.id, tenant=place, body=body)
    )
    return row


async def take_down(uow: UnitOfWork, outline_id: UUID) -> None:
    """Withdraw an outline: the parts are drawn as tiles again, or as the one before it. Raises NotFound."""
    row = await uow.session.get(MapOutline, outline_id)
    if row is None or not uow.scope.covers(row.tenant):
        raise NotFound
    node = await uow.session.scalar(sa.select(Node.id).where(Node.path == row.tenant))
    if node is None:
        raise NotFound
    body = {"outline": str(row.id), "approval": row.approval}
    await uow.emit(
        NewEvent(type="node.outline_removed", chain=f"node:{node}", subject_id=node, tenant=row.tenant, body=body)
    )
    await uow.session.delete(row)
    await uow.flush()


async def _parts(uow: UnitOfWork, place: TenantPath) -> list[str]:
    depth = place.count("/") + 1
    rows = await uow.session.scalars(
        sa.select(Node.name).where(
            Node.path > place,
            Node.path < place + "~",
            sa.func.length(Node.path) - sa.func.length(sa.func.replace(Node.path, "/", "")) == depth,
            Node.kind.in_(("county", "zone", "street", "community")),
            Node.status != "closed",
        )
    )
    return list(rows)


def _checked(data: bytes, parts: list[str], faults: list[Fault]) -> str:
    """Return the outline written anew; adds what is wrong with it."""

    def wrong(words: str) -> str:
        faults.append(Fault("file", words, "outline"))
        return ""

    if not data:
        return wrong("请选边界图文件（GeoJSON）。")
    if len(data) > MOST_BYTES:
        return wrong(f"文件太大：最多 {MOST_BYTES // 1000} KB，请先把边界简化。")
    try:
        read = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return wrong("读不懂这个文件：要 UTF-8 的 GeoJSON。")
    if (
        not isinstance(read, dict)
        or read.get("type") != "FeatureCollection"
        or not isinstance(read.get("features"), list)
    ):
        return wrong("这不是 GeoJSON 的 FeatureCollection。")
    features: list[dict[str, Any]] = []
    points = 0
    for one in read["features"]:
        try:
            name, polygons = _feature(one)
        except (KeyError, TypeError, ValueError):
            return wrong("每块边界都要有名称（name）和 Polygon 或 MultiPolygon，坐标是中国境内的经纬度。")
        points += sum(len(ring) for polygon in polygons for ring in polygon)
        if points > MOST_POINTS:
            return wrong(f"点太多：最多 {MOST_POINTS} 个，请先把边界简化。")
        features.append(
            {
                "type": "Feature",
                "properties": {"name": name},
                "geometry": {"type": "MultiPolygon", "coordinates": polygons},
            }
        )
    names = [f["properties"]["name"] for f in features]
    lacks = "、".join(sorted(set(parts) - set(names))[:5])
    strange = "、".join(sorted(set(names) - set(parts))[:5])
    if not parts:
        return wrong("这个地方下面没有分区，画不了图。")
    if lacks or strange or len(names) != len(set(names)):
        twice = "，有重名" if len(names) != len(set(names)) else ""
        return wrong(
            f"边界和系统里的地方对不上{'，缺 ' + lacks if lacks else ''}{'，多 ' + strange if strange else ''}{twice}。"
        )
    return msgspec.json.encode({"type": "FeatureCollection", "features": features}).decode()


def _feature(one: Any) -> tuple[str, list[list[list[list[float]]]]]:
    if not isinstance(one, dict) or one.get("type") != "Feature":
        raise TypeError("no feature")
    properties = one["properties"]
    name = next((properties[k] for k in _NAMES if isinstance(properties.get(k), str)), None)
    if not name or len(name) > 40:
        raise ValueError("no name")
    shape = one["geometry"]
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    if shape["type"] not in ("Polygon", "MultiPolygon") or not polygons:
        raise ValueError("no polygon")
    return name.strip(), [[list(_ring(ring)) for ring in _some(polygon)] for polygon in _some(polygons)]


def _some(value: Any) -> list[Any]:
    if not isinstance(value, list) or not value or len(value) > MOST_POINTS:
        raise ValueError("not a list")
    return value


def _ring(ring: Any) -> Iterator[list[float]]:
    if not isinstance(ring, list) or len(ring) < 4 or ring[0] != ring[-1]:
        raise ValueError("not a ring")
    for point in ring:
        if len(point) < 2 or any(isinstance(c, bool) or not isinstance(c, int | float) for c in point[:2]):
            raise ValueError("not a point")
        x, y = float(point[0]), float(point[1])
        if not (_WEST <= x <= _EAST and _SOUTH <= y <= _NORTH):
            raise ValueError("not in China")
        yield [round(x, 5), round(y, 5)]
