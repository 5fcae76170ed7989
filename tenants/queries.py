"""All SQL reads of the tree and of the parameters set in it (R001-R004)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paging import Page, decode_cursor, encode_cursor
from linggong.kernel.paths import EVERYWHERE, ROOT, Scope, TenantPath, ancestors, in_subtree, tenant_path
from tenants.kinds import REGION_KINDS, BuildStatus, Classification, NodeKind
from tenants.models import Node, ParameterValue
from tenants.views import KindCount, NodeView, TreeLine

_COLUMNS = (
    Node.id,
    Node.path,
    Node.kind,
    Node.classification,
    Node.name,
    Node.short_name,
    Node.division_code,
    Node.status,
    Node.opened_on,
    Node.closed_on,
    Node.latitude,
    Node.longitude,
    Node.point_is_demo,
    Node.address,
    Node.phone,
    Node.opening_hours,
    Node.name_warnings,
    Node.extra,
)


def _directly_below(above: TenantPath) -> sa.ColumnElement[bool]:
    slashes = sa.func.length(Node.path) - sa.func.length(sa.func.replace(Node.path, "/", ""))
    return sa.and_(in_subtree(Node.path, above), slashes == above.count("/") + 1)


def view(row: Any) -> NodeView:
    """Return a node, or a row with its columns, as readers see it."""
    kind, status = NodeKind(row.kind), BuildStatus(row.status)
    return NodeView(
        id=row.id,
        path=row.path,
        kind=kind,
        kind_label=kind.label,
        classification=Classification(row.classification) if row.classification else None,
        name=row.name,
        short_name=row.short_name,
        code12=row.division_code,
        status=status,
        status_label=status.label,
        opened_on=row.opened_on,
        closed_on=row.closed_on,
        latitude=row.latitude,
        longitude=row.longitude,
        point_is_demo=row.point_is_demo,
        address=row.address,
        phone=row.phone,
        opening_hours=row.opening_hours,
        made_up=bool(row.extra.get("made_up", False)),
        name_warnings=list(row.name_warnings),
    )


def _named_by(ref: str | UUID) -> sa.ColumnElement[bool]:
    """Return the condition for an id, a path or a 12-digit code; raises NotFound for anything else."""
    if isinstance(ref, UUID):
        return Node.id == ref
    if re.fullmatch(r"\d{12}", ref, re.ASCII):
        return Node.division_code == ref
    try:
        return Node.path == tenant_path(ref)
    except ValueError:
        raise NotFound from None


async def node(uow: UnitOfWork, ref: str | UUID) -> NodeView:
    """Return the place with this id, path or 12-digit division code; raises NotFound. Places are public."""
    row = (await uow.execute(sa.select(*_COLUMNS).where(_named_by(ref)))).one_or_none()
    if row is None:
        raise NotFound
    return view(row)


async def named(uow: UnitOfWork, name: str, *, within: Scope = EVERYWHERE, limit: int = 8) -> list[NodeView]:
    """Return places with exactly this name, long or short, in order of paths: at most `limit`. Places are public."""
    statement = sa.select(*_COLUMNS).where(sa.or_(Node.name == name, Node.short_name == name), within.clause(Node.path))
    return [view(row) for row in await uow.execute(statement.order_by(Node.path).limit(limit))]


async def managed(uow: UnitOfWork, ref: str | UUID) -> Node:
    """Return the place for changing it, locked against other changes; NotFound outside the scope as for a missing one."""
    statement = sa.select(Node).where(_named_by(ref), uow.scope.clause(Node.path)).with_for_update(key_share=True)
    found = await uow.session.scalar(statement)
    if found is None:
        raise NotFound
    return found


async def children(
    uow: UnitOfWork,
    parent: str | None,
    *,
    kinds: Collection[NodeKind] = (),
    cursor: str | None = None,
    limit: int = 50,
) -> Page[NodeView]:
    """Return the places directly below `parent` in order of their paths; `parent` None gives the tops."""
    above = tenant_path(parent) if parent is not None else ROOT
    statement = sa.select(*_COLUMNS).where(_directly_below(above))
    if kinds:
        statement = statement.where(Node.kind.in_([k.value for k in kinds]))
    if cursor is not None:
        (after,) = decode_cursor(cursor, str)
        statement = statement.where(Node.path > after)
    rows = (await uow.execute(statement.order_by(Node.path).limit(limit + 1))).all()
    items = [view(row) for row in rows[:limit]]
    return Page(items, encode_cursor(items[-1].path) if len(rows) > limit else None)


async def counties(uow: UnitOfWork) -> list[NodeView]:
    """Return the counties and functional zones of the deployment, as overviews list them (R003)."""
    kinds = (NodeKind.COUNTY.value, NodeKind.ZONE.value)
    rows = await uow.execute(sa.select(*_COLUMNS).where(Node.kind.in_(kinds)).order_by(Node.path))
    return [view(row) for row in rows]


async def sites(uow: UnitOfWork, path: str | None = None) -> list[NodeView]:
    """Return the open places where people are served, all or those at and below `path`, in order of their paths."""
    regions = [k.value for k in REGION_KINDS]
    statement = sa.select(*_COLUMNS).where(Node.kind.not_in(regions), Node.status == BuildStatus.OPEN.value)
    if path is not None:
        statement = statement.where(in_subtree(Node.path, tenant_path(path)))
    return [view(row) for row in await uow.execute(statement.order_by(Node.path))]


async def subtree_counts(uow: UnitOfWork, path: str) -> list[KindCount]:
    """Return how many places of each kind and build status lie at `path` and below it (R001)."""
    statement = (
        sa.select(Node.kind, Node.status, sa.func.count().label("n"))
        .where(in_subtree(Node.path, tenant_path(path)))
        .group_by(Node.kind, Node.status)
    )
    order = list(NodeKind)
    found = [KindCount(NodeKind(r.kind), BuildStatus(r.status), r.n) for r in await uow.execute(statement)]
    return sorted(found, key=lambda c: (order.index(c.kind), c.status.value))


async def region_names(uow: UnitOfWork, path: str) -> dict[str, str]:
    """Return the names of the regions at and above `path` by level (city, county, zone, ...), as `naming` takes them."""
    statement = sa.select(Node.kind, Node.name).where(
        Node.path.in_(ancestors(tenant_path(path))), Node.kind.in_([k.value for k in REGION_KINDS])
    )
    return {row.kind: row.name for row in await uow.execute(statement)}


async def names(uow: UnitOfWork, paths: Collection[str], *, full: bool = False) -> dict[str, str]:
    """Return short (or full) names by path for a list's column; paths without a node are left out. One query."""
    if not paths:
        return {}
    column = Node.name if full else Node.short_name
    statement = sa.select(Node.path, column.label("name")).where(Node.path.in_(set(paths)))
    return {row.path: row.name for row in await uow.execute(statement)}


async def open_below(uow: UnitOfWork, path: str, limit: int = 5) -> list[str]:
    """Return names of places below `path` that are not closed: at most `limit`."""
    statement = (
        sa.select(Node.name)
        .where(in_subtree(Node.path, tenant_path(path)), Node.path != path, Node.status != BuildStatus.CLOSED.value)
        .order_by(Node.path)
        .limit(limit)
    )
    return [row.name for row in await uow.execute(statement)]


async def closed_above(uow: UnitOfWork, path: str) -> str | None:
    """Return the name of the nearest closed place above `path`, if there is one."""
    statement = (
        sa.select(Node.name)
        .where(Node.path.in_(ancestors(tenant_path(path))[:-1]), Node.status == BuildStatus.CLOSED.value)
        .order_by(Node.path.desc())
        .limit(1)
    )
    return await uow.session.scalar(statement)


async def exists(uow: UnitOfWork, path: str) -> bool:
    """Tell whether there is a place at `path`."""
    return bool(await uow.session.scalar(sa.select(sa.exists().where(Node.path == path))))


async def name_of_code(uow: UnitOfWork, code12: str) -> str | None:
    """Return the name of the place that holds a division code, None when nobody does."""
    return await uow.session.scalar(sa.select(Node.name).where(Node.division_code == code12))


async def coded_below(uow: UnitOfWork, path: str) -> list[tuple[str, str]]:
    """Return the places at and below `path` that have a division code: the code and the name, in the tree's order."""
    rows = await uow.execute(
        sa.select(Node.division_code, Node.name)
        .where(
            in_subtree(Node.path, tenant_path(path)),
            Node.division_code.is_not(None),
            Node.kind.in_(("community", "street")),
        )
        .order_by(Node.path)
    )
    return [(str(row.division_code), row.name) for row in rows]


async def segments_below(uow: UnitOfWork, parent: str) -> dict[str, str]:
    """Return the segments taken directly below `parent`, each with the name of its place."""
    above = tenant_path(parent)
    statement = sa.select(Node.path, Node.name).where(_directly_below(above))
    return {row.path[len(above) : -1]: row.name for row in await uow.execute(statement)}


TOPMOST = """SELECT path, name, kind FROM nodes WHERE path <> '/'
ORDER BY length(path) - length(replace(path, '/', '')), path LIMIT 3"""
"""The rows that `seat_of` takes, each read by the names of its columns."""


def seat_of(rows: Sequence[Any]) -> Any | None:
    """Return the place that runs the deployment: the top, or the only county below a city that has nothing else (R003).

    Such a city is a thin root: nobody there reads what reaches the top, and the market is called after its county.
    """
    depths = [row["path"].count("/") for row in rows]
    if len(rows) > 1 and rows[1]["kind"] == NodeKind.COUNTY and depths.count(depths[1]) == 1:
        return rows[1]
    return rows[0] if rows else None


async def seat(uow: UnitOfWork) -> str:
    """Return the path of the place that runs the deployment, the root where there is none yet."""
    known = uow.memo.get("seat")
    if known is None:
        found = seat_of(await uow.fetch(TOPMOST))
        uow.memo["seat"] = known = ROOT if found is None else found["path"]
    return str(known)


async def preset_name(uow: UnitOfWork, path: str) -> str | None:
    """Return the preset from which the tree around `path` was loaded: its naming rules hold there."""
    statement = (
        sa.select(Node.extra["preset"].astext.label("preset"))
        .where(Node.path.in_(ancestors(tenant_path(path))), Node.extra["preset"].astext.is_not(None))
        .order_by(Node.path.desc())
        .limit(1)
    )
    row = (await uow.execute(statement)).one_or_none()
    return None if row is None else str(row.preset)


async def tree(uow: UnitOfWork, top: TenantPath, depth: int) -> list[TreeLine]:
    """Return the lines of the tree from `top` down `depth` levels, in order of paths, one query."""
    statement = (
        sa.select(Node.path, Node.kind, Node.name, Node.division_code, Node.status)
        .where(in_subtree(Node.path, top))
        .order_by(Node.path)
    )
    rows = (await uow.execute(statement)).all()
    below: dict[str, int] = {}
    for row in rows:
        for above in ancestors(row.path)[:-1]:
            below[above] = below.get(above, 0) + 1
    base = rows[0].path.count("/") if rows and top != ROOT else 2
    return [
        TreeLine(
            path=row.path,
            depth=row.path.count("/") - base,
            kind=NodeKind(row.kind),
            kind_label=NodeKind(row.kind).label,
            name=row.name,
            code12=row.division_code,
            status=BuildStatus(row.status),
            below=below.get(row.path, 0),
        )
        for row in rows
        if row.path.count("/") - base <= depth
    ]


async def overrides(uow: UnitOfWork, path: str) -> dict[str, dict[str, str]]:
    """Return the raw values set at `path` and above it, as `parameters.resolve` takes them; read once a transaction."""
    memo = ("parameters", path)
    found: dict[str, dict[str, str]] | None = uow.memo.get(memo)
    if found is None:
        found = {}
        for row in await uow.fetch(_OVERRIDES, ancestors(tenant_path(path))):
            found.setdefault(row["tenant"], {})[row["key"]] = row["value"]
        uow.memo[memo] = found
    return found


# Nearly every transaction asks for parameters.
_OVERRIDES = "SELECT tenant, key, value FROM parameter_values WHERE tenant = ANY ($1::text[])"
_SET_VALUES = (
    sa.select(
        ParameterValue.tenant,
        ParameterValue.key,
        ParameterValue.value,
        ParameterValue.source,
        Node.short_name.label("place"),
    )
    .join(Node, Node.path == ParameterValue.tenant)
    .where(ParameterValue.tenant.in_(sa.bindparam("paths", expanding=True)))
)


async def set_values(uow: UnitOfWork, path: str, keys: Collection[str] | None = None) -> list[Any]:
    """Return rows (tenant, key, value, source, name of the place) of the values set at `path` and above it."""
    statement = _SET_VALUES if keys is None else _SET_VALUES.where(ParameterValue.key.in_(keys))
    return list((await uow.execute(statement, {"paths": ancestors(tenant_path(path))})).all())


async def own_value(uow: UnitOfWork, path: str, key: str) -> ParameterValue | None:
    """Return the value that this very place has set, for changing it."""
    statement = sa.select(ParameterValue).where(ParameterValue.tenant == path, ParameterValue.key == key)
    found: ParameterValue | None = await uow.session.scalar(statement)
    return found
