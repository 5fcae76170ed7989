"""Presets: data files that describe a whole deployment, its tree, naming rules and parameters (R001-R004).

A preset is `presets/<name>.toml` plus `presets/divisions/<name>.csv` (12-digit division codes). Ids in the
tree are our own; codes are a mapping, because a functional zone has a place in the tree and no code.

A place of one county alone still has its city above it, as a thin root without sites (`home` names the county): the paper's
parameters, texts and naming rules hang on the county, so that another county may come under the city with its own.

Paths: the top's segment is written in the preset; a county's is digits 5-6 of its code, a street's 7-9, a
community's 10-12 with a leading zero; sites carry theirs in the file. `/4102/25/001/0203/` is a community.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

from tenants import parameters
from tenants.kinds import (
    BuildStatus,
    Classification,
    NodeKind,
    classification_of,
    may_hang_under,
)
from tenants.naming import NameTemplate, NamingRules, check_template, place_name

_SEGMENT = re.compile(r"[a-z0-9]{1,12}")
_CODE = re.compile(r"\d{12}")
_LEVEL_KINDS = {2: NodeKind.CITY, 3: NodeKind.COUNTY, 4: NodeKind.STREET, 5: NodeKind.COMMUNITY}
_COMMON = {"parent", "segment", "kind", "name", "short_name", "point"}
_ENTRY_KEYS = {
    "regions": _COMMON,
    "sites": _COMMON | {"made_up", "build_status", "opened_on", "pinned"},
}


class PresetError(ValueError):
    """A preset that cannot be loaded; the message names the preset and the entry."""


@dataclass(frozen=True, slots=True)
class PresetNode:
    """One place of a preset's tree.

    `code12` is the division's code, None for zones and sites. `latitude` and `longitude` are degrees
    (WGS-84); `point_is_demo` marks a point that nobody pinned. `made_up` marks a site that stands for what a
    place of this size would have and is taken from no list. `opened_on` is only known for sites.
    """

    segment: str
    parent_path: str | None
    path: str
    kind: NodeKind
    classification: Classification | None
    name: str
    short_name: str
    code12: str | None
    latitude: Decimal | None
    longitude: Decimal | None
    point_is_demo: bool
    made_up: bool
    build_status: BuildStatus
    opened_on: date | None


@dataclass(frozen=True, slots=True)
class PresetParameter:
    """A parameter that the preset sets at a node, `raw` as `parameters.parse` reads it, with its source."""

    key: str
    path: str
    raw: str
    source: str


@dataclass(frozen=True, slots=True)
class PresetText:
    """A section of what a place says in public, with its source (R099); `key` is one of `texts.sections`."""

    key: str
    path: str
    body: str
    source: str


@dataclass(frozen=True, slots=True)
class Preset:
    """A deployment's start: nodes with parents before children, parameters, naming rules."""

    name: str
    title: str
    nodes: tuple[PresetNode, ...]
    parameters: tuple[PresetParameter, ...]
    naming: NamingRules
    texts: tuple[PresetText, ...] = ()
    home: str = ""
    """Path of the place whose paper this is: the top, or the only county below a thin root."""
    home_was: str = ""
    """Where earlier deployments have that place; '' where nothing has changed."""

    @property
    def top(self) -> PresetNode:
        """The top of the tree: the city."""
        return self.nodes[0]

    @property
    def home_node(self) -> PresetNode:
        """The place whose paper this is."""
        return next(node for node in self.nodes if node.path == self.home)

    def origin(self, path: str) -> str:
        """Return the mark that remembers where the preset has a place, wherever it is moved; it outlives a new root."""
        below = path.removeprefix(self.home) if self.home_was and path.startswith(self.home) else None
        return f"{self.name}:{path if below is None else self.home_was + below}"

    def without_root(self) -> Preset:
        """Return the preset as an earlier deployment has it: the county is its top."""
        return replace(self, nodes=tuple(node for node in self.nodes if node.path.startswith(self.home)))

    @property
    def overrides(self) -> Mapping[str, Mapping[str, str]]:
        """The parameters in the shape `parameters.resolve` takes."""
        out: dict[str, dict[str, str]] = {}
        for item in self.parameters:
            out.setdefault(item.path, {})[item.key] = item.raw
        return out

    def region_names(self, path: str) -> dict[str, str]:
        """Names of the regions at and above a path by level, as `naming` takes them."""
        found = {node.path: node for node in self.nodes if path.startswith(node.path)}
        if path not in found:
            raise PresetError(f"{self.name}: no node at {path}")
        return {node.kind.value: node.name for node in found.values() if node.kind.is_region}


def preset_names() -> tuple[str, ...]:
    """Names of the presets that come with the system, sorted."""
    return tuple(sorted(item.name.removesuffix(".toml") for item in _folder().iterdir() if item.name.endswith(".toml")))


@cache
def load_preset(name: str) -> Preset:
    """Read and check a preset. PresetError for an unknown name or for data that does not make a tree."""
    if name not in preset_names():
        raise PresetError(f"no preset {name!r}; there are: {', '.join(preset_names())}")
    folder = _folder()
    data = tomllib.loads(folder.joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    divisions = folder.joinpath("divisions", f"{name}.csv").read_text(encoding="utf-8")
    return build_preset(name, data, divisions)


def build_preset(name: str, data: Mapping[str, Any], divisions: str) -> Preset:
    """Make a preset from a parsed TOML document and the text of a divisions file.

    Raises PresetError naming the first entry that is wrong.
    """
    try:
        nodes = _Tree(data).grow(divisions)
        home = _home(data["top"])
        if home not in nodes:
            raise PresetError(f"no node at {home}, where the parameters hang")
        return Preset(
            name=name,
            title=data["title"],
            nodes=tuple(sorted(nodes.values(), key=lambda node: node.path)),
            parameters=_parameters(data, nodes),
            naming=_naming(data["naming"]),
            texts=_texts(data, nodes),
            home=home,
            home_was=data["top"].get("home_was", ""),
        )
    except PresetError as error:
        raise PresetError(f"{name}: {error}") from error
    except KeyError as error:
        raise PresetError(f"{name}: {error.args[0]!r} is missing") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise PresetError(f"{name}: {error}") from error


def short_division_name(kind: NodeKind, name: str) -> str:
    """A division's short name for narrow columns: 兰考县 is 兰考, 杞县 stays, 水南村委会 is 水南村."""
    if kind is NodeKind.COMMUNITY:
        return place_name(name)
    ending = {
        NodeKind.CITY: r"(?:(?:布依|土家|哈尼|傈僳|景颇|朝鲜|苗|侗|藏|羌|彝|傣|白|壮|回)族)*(?:自治州|地区|市)",
        NodeKind.COUNTY: r"(?:[回满蒙藏苗彝壮侗]族)?(?:自治县|县|区|市)",
        NodeKind.STREET: r"(?:街道|镇|乡)",
    }.get(kind)
    if ending is None:
        return name
    short = re.sub(ending + "$", "", name)
    return short if len(short) >= 2 else name


class _Tree:
    """Collects nodes and checks each joint as it is made."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.nodes: dict[str, PresetNode] = {}
        self.points: Mapping[str, list[float]] = data.get("points", {})

    def grow(self, divisions: str) -> dict[str, PresetNode]:
        """Top, divisions, functional zones and sites, in this order."""
        top = self.data["top"]
        paths: dict[str, str] = {}
        for row in csv.DictReader(divisions.splitlines(), strict=True):
            code, level = row["code12"], int(row["level"])
            if not _CODE.fullmatch(code):
                raise PresetError(f"division {code!r} is not a code of 12 digits")
            kind = _LEVEL_KINDS[level]
            if not paths:
                if code != top["code12"]:
                    raise PresetError(f"the first division is {code}, the top is {top['code12']}")
                parent, segment = None, top["segment"]
            else:
                if row["parent"] not in paths:
                    raise PresetError(f"division {code} has no parent {row['parent']!r} before it")
                parent, segment = paths[row["parent"]], _segment_of(code, kind)
            paths[code] = self.add(
                parent,
                segment,
                kind,
                {"name": row["name"], "code12": code, "point": self.points.get(code)},
            )
        for section in ("regions", "sites"):
            for entry in self.data.get(section, ()):
                unknown = set(entry) - _ENTRY_KEYS[section]
                if unknown:
                    raise PresetError(f"{section} {entry.get('name')!r}: unknown {sorted(unknown)}")
                kind = NodeKind(entry["kind"])
                if kind.is_region != (section == "regions"):
                    raise PresetError(f"{section} {entry['name']!r}: {kind} belongs to the other list")
                self.add(entry["parent"], entry["segment"], kind, entry)
        return self.nodes

    def add(self, parent: str | None, segment: str, kind: NodeKind, entry: Mapping[str, Any]) -> str:
        """Check one node and take it in; its path is returned."""
        name = entry["name"]
        above = None
        if parent is not None:
            above = self.nodes.get(parent)
            if above is None:
                raise PresetError(f"{name!r}: no node at {parent}")
        if not may_hang_under(kind, above.kind if above else None):
            raise PresetError(f"{name!r}: {kind} may not hang under {above.kind if above else 'nothing'}")
        if not _SEGMENT.fullmatch(segment):
            raise PresetError(f"{name!r}: segment {segment!r} is not [a-z0-9]{{1,12}}")
        if not isinstance(name, str) or not name.strip():
            raise PresetError(f"a node under {parent} has no name")
        path = f"{parent or '/'}{segment}/"
        if path in self.nodes:
            raise PresetError(f"{name!r}: path {path} is taken by {self.nodes[path].name!r}")
        latitude, longitude = _point(name, entry.get("point"))
        self.nodes[path] = PresetNode(
            segment=segment,
            parent_path=parent,
            path=path,
            kind=kind,
            classification=classification_of(kind),
            name=name,
            short_name=entry.get("short_name") or short_division_name(kind, name),
            code12=entry.get("code12"),
            latitude=latitude,
            longitude=longitude,
            # A point in a preset is made up unless the entry says that somebody pinned it.
            point_is_demo=latitude is not None and not entry.get("pinned", False),
            made_up=not kind.is_region and entry.get("made_up", True),
            build_status=BuildStatus(entry.get("build_status", "open")),
            opened_on=entry.get("opened_on"),
        )
        return path


def _folder() -> Traversable:
    return files("tenants").joinpath("presets")


def _segment_of(code: str, kind: NodeKind) -> str:
    if kind is NodeKind.COUNTY:
        return code[4:6]
    if kind is NodeKind.STREET:
        return code[6:9]
    return f"0{code[9:12]}"


def _point(name: str, point: list[float] | None) -> tuple[Decimal | None, Decimal | None]:
    if point is None:
        return None, None
    latitude, longitude = (Decimal(str(value)) for value in point)
    if not (3 <= latitude <= 54 and 73 <= longitude <= 136):
        raise PresetError(f"{name!r}: the point {point} is not in China (latitude, longitude)")
    return latitude, longitude


def _home(top: Mapping[str, Any]) -> str:
    return str(top.get("home") or f"/{top['segment']}/")


def _parameters(data: Mapping[str, Any], nodes: Mapping[str, PresetNode]) -> tuple[PresetParameter, ...]:
    home = _home(data["top"])
    out: dict[tuple[str, str], PresetParameter] = {}
    for entry in data.get("parameters", ()):
        key, path = entry["key"], entry.get("path", home)
        if path not in nodes:
            raise PresetError(f"parameter {key}: no node at {path}")
        if not entry["source"].strip():
            raise PresetError(f"parameter {key} has no source")
        raw = parameters.encode(key, parameters.parse(key, entry["value"]))
        if (path, key) in out:
            raise PresetError(f"parameter {key} is set twice at {path}")
        out[path, key] = PresetParameter(key, path, raw, entry["source"])
    return tuple(out.values())


def _texts(data: Mapping[str, Any], nodes: Mapping[str, PresetNode]) -> tuple[PresetText, ...]:
    home = _home(data["top"])
    out: dict[tuple[str, str], PresetText] = {}
    for entry in data.get("texts", ()):
        key, path, body = entry["key"], entry.get("path", home), entry["body"].strip()
        if path not in nodes:
            raise PresetError(f"text {key}: no node at {path}")
        if (path, key) in out:
            raise PresetError(f"text {key} is written twice at {path}")
        out[path, key] = PresetText(key, path, body, entry["source"].strip())
    return tuple(out.values())


def _naming(data: Mapping[str, Any]) -> NamingRules:
    templates: dict[NodeKind, NameTemplate] = {}
    for entry in data.get("rules", ()):
        kind = NodeKind(entry["kind"])
        for template in entry["templates"]:
            check_template(template)
        templates[kind] = NameTemplate(kind, entry["rule"], tuple(entry["templates"]))
    return NamingRules(MappingProxyType(templates), tuple(data["industries"]), data.get("max_length", 40))
