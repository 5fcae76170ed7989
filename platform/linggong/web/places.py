"""Places as they are listed for choosing, and as somebody types them. The tree is public and moves rarely, so a process keeps it for a minute."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.paths import EVERYWHERE, ROOT, Scope, TenantPath, ancestors, in_subtree
from tenants import queries
from tenants.kinds import BuildStatus, NodeKind
from tenants.models import Node

Option = dict[str, str]
_KEEP = 60.0
_COUNTIES = (NodeKind.COUNTY, NodeKind.ZONE)


@dataclass(slots=True)
class Places:
    """Counties and streets by path; the codes are division codes, by which forms name a place."""

    names: dict[str, str] = field(default_factory=dict)
    counties: list[Option] = field(default_factory=list)
    streets: dict[str, list[Option]] = field(default_factory=dict)
    """Streets by their county's path."""
    coded: list[Option] = field(default_factory=list)
    """Every street, value its division code, label with the county."""
    county_codes: list[Option] = field(default_factory=list)
    """Counties by division code; a zone that has none by its path, so that it can be chosen all the same."""
    paths: dict[str, str] = field(default_factory=dict)
    """Path by division code."""

    def label(self, path: str) -> str:
        """Name the street (else the county) in which a path lies; '' for one that is not known."""
        return next((self.names[a] for a in reversed(ancestors(TenantPath(path))) if a in self.names), "")


async def counties(uow: UnitOfWork, chosen: str, **keep: str) -> dict[str, Any] | None:
    """Return the choice of one county for a long list: `options` with what is chosen, `keep` for the rest of the address.

    None at a post that has no counties below it.
    """
    post = uow.actor.post or ROOT
    rows = await uow.execute(
        sa.select(Node.path, Node.name)
        .where(in_subtree(Node.path, post), Node.kind.in_(_COUNTIES), Node.status != BuildStatus.CLOSED.value, uow.scope.clause(Node.path))
        .order_by(Node.path)
    )  # fmt: skip
    below = [(row.path, row.name) for row in rows if row.path != post]
    if not below:
        return None
    here = next((path for path, _ in below if chosen.startswith(path)), "")
    options = [{"value": str(post), "label": "全部县区"}, *({"value": path, "label": name} for path, name in below)]
    return {
        "options": options,
        "chosen": here or str(post),
        "keep": {key: value for key, value in keep.items() if value},
    }


_kept: dict[str, tuple[float, Places]] = {}
"""By database: a process serves one, a test run many."""


async def places(database: Database) -> Places:
    """Return the deployment's places, at most a minute old."""
    known = _kept.get(database.url)
    if known is not None and time.monotonic() - known[0] < _KEEP:
        return known[1]
    async with database.begin(Actor(kind="anonymous")) as uow:
        lines = await queries.tree(uow, ROOT, 9)
    found = Places()
    for line in lines:
        path, code = str(line.path), line.code12 or ""
        if line.kind in _COUNTIES:
            found.counties.append({"value": path, "label": line.name})
            found.county_codes.append({"value": code or path, "label": line.name})
        elif line.kind is NodeKind.STREET:
            county = next((a for a in reversed(ancestors(TenantPath(path))[:-1]) if a in found.names), "")
            found.streets.setdefault(county, []).append({"value": path, "label": line.name})
            if code:
                found.coded.append({"value": code, "label": f"{found.names.get(county, '')} {line.name}".strip()})
        else:
            continue
        found.names[path] = line.name
        if code:
            found.paths[code] = path
    if lines:
        _kept[database.url] = (time.monotonic(), found)
    return found


async def typed_place(uow: UnitOfWork, raw: str, field: str = "path", *, within: Scope = EVERYWHERE) -> str:
    """Return the path of the place that was typed: as a list shows it (name and path), a path, a 12-digit division code, or
    a name that one place has. Raises Invalid for a place that is missing or outside, and for a name that several have.
    """
    at = raw.find("/")
    typed = (raw if at < 0 else raw[at:]).strip()
    if not typed:
        raise Invalid([Fault(field, "请选地方。", "place")])
    if at >= 0 or (typed.isdecimal() and len(typed) == 12):
        try:
            found = [await queries.node(uow, typed)]
        except NotFound:
            found = []
    else:
        found = await queries.named(uow, typed, within=within)
    found = [node for node in found if within.covers(node.path)]
    if not found:
        raise Invalid([unknown(field, typed)])
    if len(found) > 1:
        listed = "、".join(node.path for node in found)
        raise Invalid([Fault(field, f"不止一个地方叫“{typed}”，请填其中一个路径：{listed}。", "place")])
    return found[0].path


def unknown(field: str, typed: str = "") -> Fault:
    """Return the fault of a place that is missing or foreign: both are told alike."""
    what = f"“{typed}”" if typed else "这个地方"
    return Fault(field, f"没有找到{what}，或者它不归您管。请从单子里选，或填 12 位区划代码。", "place")
