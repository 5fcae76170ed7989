"""Loading a preset into the database: the tree, its parameters and their events, as the owner role, in one transaction.

A second load adds what is missing and touches nothing that people have changed since: a place that was renamed, closed
or moved stays so (it is known by where the preset has it, or by its division code), a parameter that was set or cleared
stays so (R001-R004).
"""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from linggong.kernel import clock, events
from linggong.kernel.db import Actor
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ROOT, ancestors, tenant_path
from tenants import rules, texts
from tenants.preset_files import Preset, PresetError, PresetNode, load_preset
from tenants.service import TREE_LOCK

LOADER = Actor(kind="system", post=ROOT, channel="cli")

_NODE_COLUMNS = (
    "id", "path", "kind", "classification", "name", "short_name", "division_code", "status", "opened_on", "latitude",
    "longitude", "point_is_demo", "name_warnings", "extra", "created_at",
)  # fmt: skip
_TEXT_COLUMNS = ("id", "tenant", "key", "version", "body", "source", "set_at")
_PARAMETER_COLUMNS = ("id", "tenant", "key", "value", "source", "set_at")


class LoadReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a load did. `parameters_kept` were set or cleared by people and stay; `seconds` is wall-clock time."""

    preset: str
    title: str
    top: str
    """Path of the deployment's top as it stands now."""
    nodes_added: dict[str, int]
    nodes_present: int
    parameters_added: int
    parameters_kept: int
    name_warnings: int
    seconds: float


class _Place(msgspec.Struct, frozen=True):
    id: UUID
    path: str
    kind: str
    name: str


class _Tree:
    """The places there are, found by where a preset has them, by division code, or by path."""

    def __init__(self, preset: Preset, rows: list[Any]) -> None:
        self.preset = preset
        self.size = len(rows)
        self.by_path: dict[str, _Place] = {}
        self.by_code: dict[str, _Place] = {}
        self.by_origin: dict[str, _Place] = {}
        self.below: dict[str, dict[str, str]] = {}
        for row in rows:
            self.take(_Place(row["id"], row["path"], row["kind"], row["name"]), row["division_code"], row["origin"])

    def take(self, place: _Place, code12: str | None, origin: str | None) -> None:
        """Take in one place."""
        self.by_path[place.path] = place
        if code12:
            self.by_code[code12] = place
        if origin:
            self.by_origin[origin] = place
        above, _, segment = place.path.rstrip("/").rpartition("/")
        self.below.setdefault(f"{above}/", {})[segment] = place.name

    def origin(self, path: str) -> str:
        """Return the mark that remembers where the preset has a place, wherever it is moved."""
        return self.preset.origin(path)

    def find(self, node: PresetNode) -> _Place | None:
        """Return the place that this node of the preset already is."""
        found = self.by_origin.get(self.origin(node.path)) or self.by_code.get(node.code12 or "")
        if found is None and (node.parent_path is None or self.origin(node.parent_path) in self.by_origin):
            beside = self.by_path.get(self.path_for(node, node.segment))
            if beside is not None and (beside.kind, beside.name) == (node.kind.value, node.name):
                found = beside
        return found

    def path_for(self, node: PresetNode, segment: str) -> str:
        """Return the path of a node with this segment below the place that its parent is now."""
        above = "/" if node.parent_path is None else self.by_origin[self.origin(node.parent_path)].path
        return f"{above}{segment}/"

    def free_path(self, node: PresetNode) -> str:
        """Return a path for a node to add; its own segment unless another place has taken it."""
        wanted = self.path_for(node, node.segment)
        if wanted not in self.by_path:
            return tenant_path(wanted)
        above = self.path_for(node, "")[:-1]
        return tenant_path(self.path_for(node, rules.free_segment(node.kind, node.code12, self.below.get(above, {}))))


async def load_preset_into(owner: asyncpg.Connection, preset: str | Preset) -> LoadReport:
    """Load a preset on the owner role's connection; returns what was added and what was there.

    Raises NotFound for an unknown preset, Conflict when the database already holds another deployment.
    """
    started = time.perf_counter()
    if isinstance(preset, str):
        try:
            preset = load_preset(preset)
        except PresetError:
            raise NotFound from None
    async with owner.transaction():
        await owner.execute("SELECT pg_advisory_xact_lock($1)", TREE_LOCK)
        rows = await owner.fetch(
            "SELECT id, path, kind, name, division_code, extra->>'origin' AS origin, extra ? 'preset' AS home FROM nodes"
        )
        tree = _Tree(preset, rows)
        if rows and tree.find(preset.top) is None and preset.home_was:
            # Set up before its city was there: the county stays the top until somebody moves it under one.
            preset = preset.without_root()
        top = tree.find(preset.top) if rows else None
        if top is not None:
            tree.by_origin[tree.origin(preset.top.path)] = top
        if rows and (top is None or tree.find(preset.home_node) is None):
            first = min(rows, key=lambda row: (not row["home"], len(row["path"]), row["path"]))
            raise Conflict(f"数据库里已经有“{first['name']}”，一套系统只装一个地方，请换一个空的数据库。")
        nodes, told = _missing_nodes(preset, tree)
        await owner.copy_records_to_table("nodes", records=nodes, columns=_NODE_COLUMNS)
        values, kept = await _missing_parameters(owner, preset, tree, told)
        await owner.copy_records_to_table("parameter_values", records=values, columns=_PARAMETER_COLUMNS)
        written = await _missing_texts(owner, preset, tree, told)
        await owner.copy_records_to_table("public_texts", records=written, columns=_TEXT_COLUMNS)
        if told:
            await owner.execute("SELECT append_events($1::jsonb)", events.payload(told, LOADER, clock.now()))
    if nodes:
        # A fresh city is planned with right numbers from the first request on.
        await owner.execute("ANALYZE nodes, parameter_values, events")
    kinds: dict[str, int] = {}
    for node in nodes:
        kinds[node[2]] = kinds.get(node[2], 0) + 1
    return LoadReport(
        preset=preset.name,
        title=preset.title,
        top=tree.by_origin[tree.origin(preset.top.path)].path,
        nodes_added=kinds,
        nodes_present=len(preset.nodes) - len(nodes),
        parameters_added=len(values),
        parameters_kept=kept,
        name_warnings=sum(len(json.loads(node[12])) for node in nodes),
        seconds=round(time.perf_counter() - started, 3),
    )


def _missing_nodes(preset: Preset, tree: _Tree) -> tuple[list[tuple[Any, ...]], list[NewEvent]]:
    """Return rows and events of the places that are not there yet; the tree takes them in on the way."""
    rows: list[tuple[Any, ...]] = []
    told: list[NewEvent] = []
    now = clock.now()
    regions = {node.path: node for node in preset.nodes if node.kind.is_region}
    for node in preset.nodes:
        origin = tree.origin(node.path)
        found = tree.find(node)
        if found is not None:
            tree.by_origin[origin] = found
            continue
        place = _Place(new_id(), tree.free_path(node), node.kind.value, node.name)
        tree.take(place, node.code12, origin)
        names = {regions[p].kind.value: regions[p].name for p in ancestors(tenant_path(node.path)) if p in regions}
        warnings = [] if node.kind.is_region else rules.name_warnings(node.kind, node.name, names, preset.naming)
        extra: dict[str, Any] = {"origin": origin}
        if node.made_up:
            extra["made_up"] = True
        if node.path == preset.home:
            extra["preset"] = preset.name
        rows.append(
            (
                place.id, place.path, node.kind.value, node.classification and node.classification.value, node.name,
                node.short_name, node.code12, node.build_status.value, node.opened_on,
                None if node.latitude is None else float(node.latitude),
                None if node.longitude is None else float(node.longitude), node.point_is_demo,
                json.dumps(warnings, ensure_ascii=False), json.dumps(extra, ensure_ascii=False), now,
            )
        )  # fmt: skip
        body = {"kind": node.kind.value, "name": node.name, "status": node.build_status.value, "code12": node.code12}
        told.append(_told(place, "node.added", {**body, "preset": preset.name}))
    return rows, told


async def _missing_parameters(
    owner: asyncpg.Connection, preset: Preset, tree: _Tree, told: list[NewEvent]
) -> tuple[list[tuple[Any, ...]], int]:
    """Return rows of the parameters that nobody has set or cleared yet, and how many were kept; adds their events."""
    places = {item.path: tree.by_origin[tree.origin(item.path)] for item in preset.parameters}
    paths, chains = [p.path for p in places.values()], [f"node:{p.id}" for p in places.values()]
    known = {
        (row["tenant"], row["key"])
        for row in await owner.fetch("SELECT tenant, key FROM parameter_values WHERE tenant = ANY($1)", paths)
    }
    cleared = {
        (row["chain"], row["key"])
        for row in await owner.fetch(
            "SELECT DISTINCT chain, body::jsonb->>'key' AS key FROM events "
            "WHERE chain = ANY($1) AND type = 'parameter.cleared'",
            chains,
        )
    }
    rows: list[tuple[Any, ...]] = []
    for item in preset.parameters:
        place = places[item.path]
        if (place.path, item.key) in known or (f"node:{place.id}", item.key) in cleared:
            continue
        rows.append((new_id(), place.path, item.key, item.raw, item.source, clock.now()))
        body = {"key": item.key, "from": None, "to": item.raw, "source": item.source}
        told.append(_told(place, "parameter.set", body))
    return rows, len(preset.parameters) - len(rows)


async def _missing_texts(
    owner: asyncpg.Connection, preset: Preset, tree: _Tree, told: list[NewEvent]
) -> list[tuple[Any, ...]]:
    """Return rows of the public texts of which a place has no version yet; adds their events."""
    places = {item.path: tree.by_origin[tree.origin(item.path)] for item in preset.texts}
    paths = [place.path for place in places.values()]
    known = {
        (row["tenant"], row["key"])
        for row in await owner.fetch("SELECT DISTINCT tenant, key FROM public_texts WHERE tenant = ANY($1)", paths)
    }
    rows: list[tuple[Any, ...]] = []
    for item in preset.texts:
        place = places[item.path]
        if item.key not in texts.sections() or texts.faults_of(item.body, item.source):
            raise PresetError(f"text {item.key} of {preset.name} cannot be used")
        if (place.path, item.key) in known:
            continue
        rows.append((new_id(), place.path, item.key, 1, item.body, item.source, clock.now()))
        told.append(_told(place, "node.text_written", {"key": item.key, "version": 1, "source": item.source}))
    return rows


def _told(place: _Place, event: str, body: dict[str, Any]) -> NewEvent:
    return NewEvent(type=event, chain=f"node:{place.id}", subject_id=place.id, tenant=place.path, body=body)
