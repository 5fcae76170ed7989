"""Names of places for lists and filters. The tree is public and moves rarely, so a process keeps it for a minute."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from linggong.kernel.db import Actor, Database
from linggong.kernel.paths import ROOT, TenantPath, ancestors
from tenants import queries
from tenants.kinds import NodeKind

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
