"""Use cases of the tree: parameters with inheritance, and the life of a place (R001-R004, R020-R024).

Moving and loading work as the owner role and live in `tenants.moving` and `tenants.loading`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from linggong.kernel.clock import business_date
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath, parent, tenant_path
from tenants import parameters as registry
from tenants import queries, rules
from tenants.kinds import BuildStatus, NodeKind, classification_of
from tenants.models import Node, ParameterValue
from tenants.parameters import BadParameter, Resolved, Value
from tenants.preset_files import PresetError, load_preset
from tenants.views import NewNode, NodeChanges, ResolvedView

TREE_LOCK = 0x6C6774726565
"""Advisory lock of the tree's shape: adding a place takes it shared, moving and loading take it alone."""

ClosingCheck = Callable[[UnitOfWork, TenantPath], Awaitable[str | None]]
_closing_checks: dict[str, ClosingCheck] = {}


def on_closing(name: str, check: ClosingCheck) -> None:
    """Register a check that is asked before a place closes; it answers why not, in Chinese, or None.

    The tree does not know what higher floors keep at a place (orders, posts), so they say it here. Done in `linggong.app`.
    """
    _closing_checks[name] = check


async def resolved(uow: UnitOfWork, path: str, *keys: str) -> dict[str, Resolved]:
    """Return each key's value at `path` with the node that set it; a value is None where nobody has decided.

    One query. Raises BadParameter for an unknown key, ValueError for a malformed path.
    """
    found = await queries.overrides(uow, path)
    return {key: registry.resolve(key, path, found) for key in keys}


async def parameters(uow: UnitOfWork, path: str, *keys: str) -> dict[str, Value]:
    """Return the values in force at `path`: the nearest one set at it or above it, else the registry's default.

    One query. Raises Conflict naming the parameter that has no default and that no node above has set, BadParameter for
    an unknown key.
    """
    values: dict[str, Value] = {}
    for key, found in (await resolved(uow, path, *keys)).items():
        if found.value is None:
            raise Conflict(f"“{registry.definition(key).title}”还没有设置，请主管的人社局先在参数表里填写。", key=key)
        values[key] = found.value
    return values


async def parameter_table(uow: UnitOfWork, path: str) -> list[ResolvedView]:
    """Return every parameter as it stands at `path`, in the registry's order: value, unit, source, where it was set.

    Raises NotFound for a place outside the scope or missing.
    """
    if not uow.scope.covers(path):
        raise NotFound
    return await _views(uow, (await queries.node(uow, path)).path, registry.definitions())


async def parameter_at(uow: UnitOfWork, path: str, key: str) -> ResolvedView:
    """Return one line of the parameter table. Raises NotFound for a foreign or missing place or an unknown key."""
    if not uow.scope.covers(path) or key not in registry.definitions():
        raise NotFound
    (line,) = await _views(uow, (await queries.node(uow, path)).path, (key,))
    return line


async def set_parameter(uow: UnitOfWork, path: str, key: str, raw: str, source: str) -> Value:
    """Set a parameter at a place, for it and all below until overridden; returns the value as read.

    `raw` is what a person types (20.6元, 2h, 30%), `source` the paper it comes from. Raises NotFound outside the scope,
    Invalid with every fault: unknown key, unreadable or out-of-range value, missing source.
    """
    place = await queries.managed(uow, path)
    faults: list[Fault] = []
    value: Value | None = None
    try:
        value = registry.parse(key, raw)
    except BadParameter as error:
        faults.append(Fault("key" if key not in registry.definitions() else "value", error.message, "parameter"))
    source = source.strip()
    if not source or len(source) > 200:
        faults.append(Fault("source", "请写明依据，例如文件名和文号，最多 200 个字。", "source"))
    if faults or value is None:
        raise Invalid(faults)
    stored = registry.encode(key, value)
    before = await queries.own_value(uow, place.path, key)
    row = {"value": stored, "source": source, "set_at": uow.now, "set_by": _actor_id(uow)}
    await uow.execute(
        insert(ParameterValue)
        .values(id=new_id(), tenant=place.path, key=key, **row)
        .on_conflict_do_update(index_elements=["tenant", "key"], set_=row)
    )
    uow.memo.clear()
    await _emit(uow, place, "parameter.set", key=key, before=before and before.value, to=stored, source=source)
    return value


async def clear_parameter(uow: UnitOfWork, path: str, key: str) -> Resolved:
    """Take back what a place has set, so that what is set above it (or the default) holds again; returns that.

    Raises NotFound outside the scope, and when the place itself has set nothing.
    """
    place = await queries.managed(uow, path)
    before = await queries.own_value(uow, place.path, key)
    if before is None:
        raise NotFound
    await uow.execute(sa.delete(ParameterValue).where(ParameterValue.tenant == place.path, ParameterValue.key == key))
    uow.memo.clear()
    await _emit(uow, place, "parameter.cleared", key=key, before=before.value)
    return (await resolved(uow, place.path, key))[key]


async def add_node(uow: UnitOfWork, form: NewNode) -> Node:
    """Add a place below another one, or the top of a deployment (system only); deviations from naming rules are recorded.

    Raises NotFound when the place above is missing or outside the scope, Invalid with every fault of the form.
    """
    # A move takes this lock alone: nothing may be hung under a place while its path changes.
    await uow.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(TREE_LOCK)))
    above = None
    if form.parent is not None:
        above = await queries.managed(uow, form.parent)
    elif uow.actor.kind != "system":
        raise NotFound
    taken = await queries.segments_below(uow, above.path if above else "/")
    faults, segment = rules.check_new(form, above, taken)
    if form.code12 and (known := await queries.name_of_code(uow, form.code12)):
        faults.append(Fault("code12", f"这个区划代码已经是“{known}”的，请核对。", "taken"))
    if faults:
        raise Invalid(faults)
    name = form.name.strip()
    path = tenant_path(f"{above.path if above else '/'}{segment}/")
    node = Node(
        id=new_id(),
        path=path,
        kind=form.kind.value,
        classification=classification_of(form.kind),
        name=name,
        short_name=(form.short_name or rules.short_name(form.kind, name)).strip(),
        division_code=form.code12,
        status=form.status.value,
        opened_on=form.opened_on or (business_date(uow.now) if form.status is BuildStatus.OPEN else None),
        latitude=form.latitude,
        longitude=form.longitude,
        point_is_demo=False,
        address=form.address,
        phone=form.phone,
        opening_hours=form.opening_hours,
        name_warnings=await _name_warnings(uow, form.kind, name, above.path if above else None),
        extra={},
        created_at=uow.now,
    )
    uow.session.add(node)
    try:
        await uow.flush()
    except IntegrityError:
        raise Conflict("刚刚有人添加了同样的路径或区划代码，请刷新后再看。") from None
    await _emit(uow, node, "node.added", kind=node.kind, name=name, status=node.status, code12=node.division_code)
    return node


async def rename_node(uow: UnitOfWork, ref: str | UUID, name: str, short_name: str | None = None) -> Node:
    """Give a place another name; its path and history stay. Raises NotFound, Invalid."""
    short = msgspec.UNSET if short_name is None else short_name
    return await change_node(uow, ref, NodeChanges(name=name, short_name=short))


async def change_node(uow: UnitOfWork, ref: str | UUID, changes: NodeChanges) -> Node:
    """Change what a place is called, where it stands, how to reach it, or how far it is built.

    A new name is held against the naming rules and deviations are recorded (R021-R024); a short name that followed the
    name follows it again. A point that a person gives is no demo point any more (ruling 26). Raises NotFound, Invalid,
    Conflict for a build status that only opening or closing may set.
    """
    node = await queries.managed(uow, ref)
    given = {k: v for k, v in msgspec.structs.asdict(changes).items() if v is not msgspec.UNSET}
    above = parent(TenantPath(node.path))
    siblings = await queries.segments_below(uow, above or "/") if "name" in given else {}
    siblings.pop(node.path.rstrip("/").rpartition("/")[2], None)
    faults = rules.check_changes(given, siblings)
    if "opened_on" in given and given["opened_on"] > business_date(uow.now):
        faults.append(Fault("opened_on", "开办日期不能晚于今天。", "future"))
    if faults:
        raise Invalid(faults)
    kind = NodeKind(node.kind)
    if "status" in given:
        if node.status not in rules.UNOPENED or given["status"] not in rules.UNOPENED:
            raise Conflict("开办和关停请用“开办”“关停”，这里只能在计划建设和在建之间改。")
        given["status"] = given["status"].value
    if "opened_on" in given and node.status != BuildStatus.OPEN:
        raise Conflict("还没有开办的，用“开办”写开办日期。")
    if "name" in given:
        given["name"] = given["name"].strip()
        given["name_warnings"] = await _name_warnings(uow, kind, given["name"], above)
        if node.short_name == rules.short_name(kind, node.name):
            given.setdefault("short_name", rules.short_name(kind, given["name"]))
    if "latitude" in given:
        given["point_is_demo"] = False
    changed = {k: v for k, v in given.items() if getattr(node, k) != v}
    if not changed:
        return node
    before = {k: getattr(node, k) for k in changed}
    for field, value in changed.items():
        setattr(node, field, value)
    await uow.flush()
    await _emit(uow, node, "node.renamed" if "name" in changed else "node.changed", before=before, to=changed)
    return node


async def open_node(uow: UnitOfWork, ref: str | UUID, on: date | None = None) -> Node:
    """Open a place that was planned, built or closed (R001). Raises NotFound, Conflict when open or below a closed one."""
    node = await queries.managed(uow, ref)
    if node.status == BuildStatus.OPEN:
        raise Conflict(f"“{node.name}”已经开办，不用再开。")
    if closed := await queries.closed_above(uow, node.path):
        raise Conflict(f"上级“{closed}”已经关停，请先开办上级。")
    before, node.status = node.status, BuildStatus.OPEN.value
    node.opened_on = on or (node.opened_on if before == BuildStatus.CLOSED else None) or business_date(uow.now)
    node.closed_on = None
    await uow.flush()
    await _emit(uow, node, "node.opened", before=before, to=node.status, on=node.opened_on)
    return node


async def close_node(uow: UnitOfWork, ref: str | UUID, reason: str = "") -> Node:
    """Close a place; its rows and history stay where they are. Raises NotFound, Conflict with every reason against it.

    Refused for the top of a deployment, while places below it are not closed, and while a registered check objects (live
    orders, for instance).
    """
    node = await queries.managed(uow, ref)
    path = TenantPath(node.path)
    if node.status == BuildStatus.CLOSED:
        raise Conflict(f"“{node.name}”已经关停，不用再关。")
    reasons = []
    above = parent(path)
    if above is None or not await queries.exists(uow, above):
        reasons.append("它是最上级，不能关停")
    if below := await queries.open_below(uow, path, 4):
        shown = "、".join(below[:3]) + ("等" if len(below) > 3 else "")
        reasons.append(f"下面还有没关停的地方（{shown}），请先关停它们")
    for _, check in sorted(_closing_checks.items()):
        if words := await check(uow, path):
            reasons.append(words)
    if reasons:
        raise Conflict(f"“{node.name}”现在不能关停：{'；'.join(reasons)}。", reasons=reasons)
    before, node.status = node.status, BuildStatus.CLOSED.value
    node.closed_on = business_date(uow.now)
    await uow.flush()
    await _emit(uow, node, "node.closed", before=before, to=node.status, reason=reason.strip())
    return node


async def _views(uow: UnitOfWork, path: str, keys: Iterable[str]) -> list[ResolvedView]:
    keys = list(keys)
    rows = {(row.tenant, row.key): row for row in await queries.set_values(uow, path, keys)}
    values: dict[str, dict[str, str]] = {}
    for (tenant, key), row in rows.items():
        values.setdefault(tenant, {})[key] = row.value
    table = []
    for key in keys:
        spec, found = registry.definition(key), registry.resolve(key, path, values)
        row = rows.get((found.source_path or "", key))
        table.append(
            ResolvedView(
                key=key,
                title=spec.title,
                type=spec.type.value,
                unit=spec.unit,
                value=found.raw,
                source=spec.source if row is None else row.source,
                set_at_path=found.source_path,
                set_at_name=None if row is None else row.place,
                is_own=found.source_path == path,
                default=spec.default,
                minimum=spec.minimum,
                maximum=spec.maximum,
                is_law=spec.is_law,
            )
        )
    return table


async def _name_warnings(uow: UnitOfWork, kind: NodeKind, name: str, above: str | None) -> list[str]:
    """Deviations from the naming rules of the preset around the place; without a preset there are no rules."""
    if above is None or (preset := await queries.preset_name(uow, above)) is None:
        return []
    try:
        naming = load_preset(preset).naming
    except PresetError:
        # A preset that this release no longer brings has no rules, which is no reason to stop work.
        return []
    return rules.name_warnings(kind, name, await queries.region_names(uow, above), naming)


async def _emit(uow: UnitOfWork, node: Node, event: str, **body: Any) -> None:
    """Record what happened to a place in its own chain; `before` is the word `from` of the event's body."""
    if "before" in body:
        body = {"from": body.pop("before"), **body}
    await uow.emit(NewEvent(type=event, chain=f"node:{node.id}", subject_id=node.id, tenant=node.path, body=body))


def _actor_id(uow: UnitOfWork) -> UUID | None:
    return None if uow.actor.id == NOBODY else uow.actor.id
