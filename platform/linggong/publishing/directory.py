"""The directory of places (动态管理名录): what is open now, and the editions of each quarter, frozen as they were published.

Fields after 陕人社发〔2022〕23号: name, nature, address, seekers, main trades, hires a day, and the points where workers gather by
themselves; published each quarter after 皖人社秘〔2024〕38号. Whether a place is silent is told to those who answer for it and not here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.insight import behind
from linggong.kernel import clock
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath, ancestors, in_subtree, tenant_path
from linggong.market.models import Order
from linggong.market.trades import COMMON_TRADES, trade
from linggong.people.models import ServiceLink, Worker
from linggong.publishing.models import DirectoryEdition
from linggong.sites import around
from linggong.sites.models import GatheringPoint
from linggong.work.models import Assignment
from tenants import parameters as registry
from tenants import queries
from tenants.kinds import MARKET_KINDS, SITE_KINDS, BuildStatus, NodeKind
from tenants.models import Node, ParameterValue

SPONTANEOUS: Final = "自发"
LEAST_SEEKERS: Final = 10
"""Below this, how many look for work at a place tells about single people (requirements section 9)."""
_COUNTIES: Final = (NodeKind.COUNTY, NodeKind.ZONE)
_TRADES: Final = 3
_WORDS: Final = {t.code: t.word for t in COMMON_TRADES}
_FUNCTIONS: Final = ("core_functions", "station.functions")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A place as the directory lists it."""

    path: str
    name: str
    kind: str
    nature: str
    """公共, until a place says otherwise; 自发 for a point where workers gather by themselves."""
    county: str
    street: str
    address: str
    phone: str
    hours: list[str]
    """When it is open, a season a line."""
    functions: list[str]
    latitude: float | None = None
    longitude: float | None = None
    point_is_demo: bool = False
    seekers: int | None = None
    """Who looked for work there in the days of the edition; null below ten. At a gathering point, whom the survey counted."""
    trades: list[str] = []
    """What its posts asked for most."""
    hires_a_day: float | None = None
    """People who arrived at work a day, on average; null where nobody did."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A city or county of which there is a directory."""

    path: str
    name: str
    is_top: bool
    count: int


class EditionView(msgspec.Struct, frozen=True, kw_only=True):
    """An edition without its lines."""

    id: UUID
    tenant: str
    place: str
    quarter: str
    version: int
    begins_on: date
    ends_on: date
    published_at: datetime
    count: int

    @property
    def title(self) -> str:
        """2026年第4季度, 第2版."""
        year, _, n = self.quarter.partition("Q")
        return f"{year}年第{n}季度" + (f"（第{self.version}版）" if self.version > 1 else "")


def quarter_of(day: date) -> str:
    """Return the quarter of a day: 2026Q4."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def first_of_quarter(day: date) -> date:
    """Return the first day of a day's quarter."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def hours_of(raw: str | None) -> list[str]:
    """Return opening hours a season a line, as they are typed with ； or ; between them."""
    return [part.strip() for part in re.split(r"[；;\n]", raw or "") if part.strip()]


async def places(uow: UnitOfWork) -> list[Place]:
    """Return the place that runs the deployment and its counties, each with how many places are open in it."""
    seat = await queries.seat(uow)
    rows = (
        await uow.execute(
            sa.select(Node.path, Node.name, Node.kind)
            .where(
                Node.kind.in_((NodeKind.CITY, *_COUNTIES)),
                in_subtree(Node.path, tenant_path(seat)),
                Node.path != "/",
                Node.status != BuildStatus.CLOSED,
            )
            .order_by(sa.func.length(Node.path) - sa.func.length(sa.func.replace(Node.path, "/", "")), Node.path)
        )
    ).all()
    open_ones = list(
        await uow.session.scalars(
            sa.select(Node.path).where(Node.kind.in_(SITE_KINDS), Node.status == BuildStatus.OPEN).order_by(Node.path)
        )
    )
    return [
        Place(
            path=row.path, name=row.name, is_top=n == 0,
            count=sum(path.startswith(row.path) for path in open_ones),
        )
        for n, row in enumerate(rows)
    ]  # fmt: skip


async def listed(uow: UnitOfWork, top: str, *, q: str = "", own: bool = False, limit: int = 3000) -> list[Line]:
    """Return the open places at and below `top` in the order of the tree; `own` only those that lie in none of its counties."""
    within = in_subtree(Node.path, tenant_path(top))
    statement = (
        sa.select(Node)
        .where(within, Node.kind.in_(SITE_KINDS), Node.status == BuildStatus.OPEN)
        .order_by(Node.path)
        .limit(limit)
    )
    if q:
        found = [column.contains(q, autoescape=True) for column in (Node.name, Node.short_name, Node.address)]
        statement = statement.where(sa.or_(*found))
    nodes = list(await uow.session.scalars(statement))
    names = await _regions(uow, [node.path for node in nodes])
    set_here = await _functions(uow, top)
    lines = [_line(node, names, set_here) for node in nodes]
    return [line for line in lines if not line.county] if own else lines


def _line(node: Node, names: Mapping[str, tuple[str, str]], set_here: Mapping[str, Mapping[str, str]]) -> Line:
    above = [names[a] for a in ancestors(tenant_path(node.path)) if a in names]
    key = "core_functions" if node.kind in MARKET_KINDS - {NodeKind.STATION} else "station.functions"
    functions = registry.resolve(key, node.path, set_here).value
    return Line(
        path=node.path, name=node.name, kind=NodeKind(node.kind).label, nature=str(node.extra.get("nature", "公共")),
        county=next((name for kind, name in above if kind in _COUNTIES), ""),
        street=" ".join(name for kind, name in above if kind in (NodeKind.STREET, NodeKind.COMMUNITY)),
        address=node.address or "", phone=node.phone or "", hours=hours_of(node.opening_hours),
        functions=list(functions) if isinstance(functions, tuple) else [],
        latitude=node.latitude, longitude=node.longitude, point_is_demo=node.point_is_demo,
    )  # fmt: skip


async def _regions(uow: UnitOfWork, paths: Sequence[str]) -> dict[str, tuple[str, str]]:
    wanted = {a for path in paths for a in ancestors(tenant_path(path))[1:-1]}
    rows = await uow.execute(sa.select(Node.path, Node.kind, Node.name).where(Node.path.in_(wanted)))
    return {row.path: (row.kind, row.name) for row in rows}


async def _functions(uow: UnitOfWork, top: str) -> dict[str, dict[str, str]]:
    """Return what is set about functions at, above and below a place."""
    around = sa.or_(
        in_subtree(ParameterValue.tenant, tenant_path(top)), ParameterValue.tenant.in_(ancestors(tenant_path(top)))
    )
    rows = await uow.execute(
        sa.select(ParameterValue.tenant, ParameterValue.key, ParameterValue.value).where(
            around, ParameterValue.key.in_(_FUNCTIONS)
        )
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row.tenant, {})[row.key] = row.value
    return found


async def publish(uow: UnitOfWork, path: str) -> DirectoryEdition:
    """Freeze this quarter's directory of a city or county. Raises NotFound outside the scope or for another kind of place.

    Raises Conflict where nothing is open, or nothing has changed since this quarter's last version.
    """
    if not uow.scope.covers(path):
        raise NotFound
    node = await uow.session.scalar(sa.select(Node).where(Node.path == path).with_for_update(key_share=True))
    if node is None or node.kind not in (NodeKind.CITY, *_COUNTIES):
        raise NotFound
    today = clock.business_date(uow.now)
    quarter, first = quarter_of(today), first_of_quarter(today)
    lines = await measured(uow, TenantPath(path), first, today)
    if not lines:
        raise Conflict("这里还没有开办的驿站和市场，没有可以公布的。")
    before = await uow.session.scalar(
        sa.select(DirectoryEdition)
        .where(DirectoryEdition.tenant == path, DirectoryEdition.quarter == quarter)
        .order_by(DirectoryEdition.version.desc())
        .limit(1)
    )
    frozen = msgspec.to_builtins(lines)
    if before is not None and before.lines == frozen:
        raise Conflict("这一季的名录已经公布，之后没有变化，不用再公布。")
    row = DirectoryEdition(
        id=new_id(), tenant=path, quarter=quarter, version=1 if before is None else before.version + 1,
        place=node.name, begins_on=first, ends_on=today, lines=frozen, published_at=uow.now,
        published_by=None if uow.actor.id == NOBODY else uow.actor.id,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    body = {"edition": str(row.id), "quarter": quarter, "version": row.version, "places": len(lines)}
    await uow.emit(
        NewEvent(type="node.directory_published", chain=f"node:{node.id}", subject_id=node.id, tenant=path, body=body)
    )
    return row


async def measured(uow: UnitOfWork, top: TenantPath, first: date, last: date) -> list[Line]:
    """Return the directory with what happened at each place from the first to the last day. The scope must cover `top`."""
    start, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    days = (last - first) / timedelta(days=1) + 1

    def here(column: Any) -> Any:
        return sa.and_(in_subtree(column, top), uow.scope.clause(column))

    count = sa.func.count
    came = await uow.execute(
        sa.select(ServiceLink.tenant, count(ServiceLink.subject_id.distinct()).label("n"))
        .where(
            here(ServiceLink.tenant),
            ServiceLink.kind.in_(("registered", "signed_in", "showed_code")),
            ServiceLink.started_at >= start,
            ServiceLink.started_at < end,
            sa.exists().where(Worker.person_id == ServiceLink.subject_id),
        )
        .group_by(ServiceLink.tenant)
    )
    seekers = {row.tenant: row.n for row in came}
    at = sa.func.coalesce(Assignment.via, Assignment.tenant).label("at")
    arrived = await uow.execute(
        sa.select(at, count().label("n"))
        .where(
            here(at), Assignment.state.in_(behind.ARRIVED), Assignment.starts_at >= start, Assignment.starts_at < end
        )
        .group_by(at)
    )
    hires = {row.at: row.n for row in arrived}
    wanted = await uow.execute(
        sa.select(Order.tenant, Order.trade_code)
        .where(here(Order.tenant), Order.published_at >= start, Order.published_at < end)
        .group_by(Order.tenant, Order.trade_code)
        .order_by(Order.tenant, sa.func.sum(Order.headcount).desc(), Order.trade_code)
    )
    trades: dict[str, list[str]] = {}
    for path, code in wanted:
        if len(known := trades.setdefault(path, [])) < _TRADES:
            known.append(trade_word(code))
    places = [
        msgspec.structs.replace(
            line,
            seekers=seekers[line.path] if seekers.get(line.path, 0) >= LEAST_SEEKERS else None,
            trades=trades.get(line.path, []),
            hires_a_day=round(hires[line.path] / days, 1) if line.path in hires else None,
        )
        for line in await listed(uow, top)
    ]
    return [*places, *await gathered(uow, top)]


async def gathered(uow: UnitOfWork, top: TenantPath) -> list[Line]:
    """Return the points where workers gather by themselves, as the last survey found them (R037)."""
    points = await around.standing(uow, top)
    # A point is in the care of a region, which is told like the regions above a place.
    names = await _regions(uow, [f"{point.tenant}x/" for point in points])
    return [_point(point, names) for point in points]


def _point(point: GatheringPoint, names: Mapping[str, tuple[str, str]]) -> Line:
    above = [names[a] for a in ancestors(tenant_path(point.tenant)) if a in names]
    begins, ends = (f"{minute // 60:02d}:{minute % 60:02d}" for minute in (point.begins_minute, point.ends_minute))
    return Line(
        path=point.tenant, name=point.name, kind="自发聚集点", nature=SPONTANEOUS,
        county=next((name for kind, name in above if kind in _COUNTIES), ""),
        street=" ".join(name for kind, name in above if kind in (NodeKind.STREET, NodeKind.COMMUNITY)),
        address=point.address, phone="", hours=[f"{begins} 到 {ends}"], functions=[], latitude=point.latitude,
        longitude=point.longitude, point_is_demo=point.point_is_demo, seekers=point.heads,
        trades=[trade_word(code) for code in point.trades],
        hires_a_day=None if point.hires_a_day is None else float(point.hires_a_day),
    )  # fmt: skip


def trade_word(code: str) -> str:
    """Return how a trade is called at the roadside, else its name in the classification."""
    known = _WORDS.get(code)
    return known or (found.name if (found := trade(code)) else "其他")


async def editions(uow: UnitOfWork, path: str | None = None, *, limit: int = 40) -> list[EditionView]:
    """Return the editions, of one place or of all, the latest first."""
    columns = (
        DirectoryEdition.id, DirectoryEdition.tenant, DirectoryEdition.place, DirectoryEdition.quarter,
        DirectoryEdition.version, DirectoryEdition.begins_on, DirectoryEdition.ends_on, DirectoryEdition.published_at,
        sa.func.jsonb_array_length(DirectoryEdition.lines).label("count"),
    )  # fmt: skip
    statement = sa.select(*columns).order_by(DirectoryEdition.published_at.desc(), DirectoryEdition.tenant).limit(limit)
    if path is not None:
        statement = statement.where(DirectoryEdition.tenant == path)
    return [EditionView(**row._mapping) for row in await uow.execute(statement)]


async def edition(uow: UnitOfWork, edition_id: UUID) -> tuple[EditionView, list[Line]]:
    """Return an edition as it was published; raises NotFound."""
    row = await uow.session.get(DirectoryEdition, edition_id)
    if row is None:
        raise NotFound
    view = EditionView(
        id=row.id, tenant=row.tenant, place=row.place, quarter=row.quarter, version=row.version,
        begins_on=row.begins_on, ends_on=row.ends_on, published_at=row.published_at, count=len(row.lines),
    )  # fmt: skip
    return view, msgspec.convert(row.lines, list[Line])


def table(view: EditionView, lines: Sequence[Line]) -> list[list[Any]]:
    """Return an edition as a sheet."""
    stamp = clock.shanghai(view.published_at)
    head = [
        f"{view.place}零工市场和驿站名录　{view.title}",
        f"{stamp:%Y-%m-%d} 公布",
        f"求职人数、日均上岗按 {view.begins_on} 至 {view.ends_on} 统计",
    ]
    names = [
        "序号", "县区", "街道（社区）", "名称", "类别", "性质", "地址", "电话", "开放时间", "服务项目", "求职人数",
        "主要工种", "日均上岗人次",
    ]  # fmt: skip
    rows = [
        [
            n, line.county or view.place, line.street, line.name, line.kind, line.nature, line.address, line.phone,
            "；".join(line.hours), "、".join(line.functions), "" if line.seekers is None else line.seekers,
            "、".join(line.trades), "" if line.hires_a_day is None else line.hires_a_day,
        ]
        for n, line in enumerate(lines, 1)
    ]  # fmt: skip
    return [head, names, *rows]
