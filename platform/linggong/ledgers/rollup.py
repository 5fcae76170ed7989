"""County and city from the reports of their stations (R094): what was signed adds up, and who is missing is named, never filled in."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, is_under
from linggong.ledgers import columns, months, queries, reports
from linggong.ledgers.reports import ReportView
from tenants.kinds import NodeKind
from tenants.models import Node

_SENT = ("signed", "approved")


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A county, street or station within a roll-up: how many reports are due of it, sent, approved and late, and their sum."""

    path: str
    name: str
    due: int
    sent: int
    approved: int
    late: int
    figures: dict[str, Any]


class Rollup(msgspec.Struct, frozen=True, kw_only=True):
    """A month of a place from its stations' signed reports."""

    path: str
    name: str
    month: date
    parts: list[Part]
    whole: Part
    missing: list[str]
    """Stations whose report nobody has signed yet: their figures are in no sum."""
    reports: list[ReportView]


async def rolled(uow: UnitOfWork, top: Node, month: date) -> Rollup:
    """Return a month of a place: by counties for a city, else by stations. Only signed reports count."""
    first = month.replace(day=1)
    path = TenantPath(top.path)
    sites = await months.there(uow, path, first, queries.month_end(first))
    found = await reports.of_month(uow, path, first)
    by_path = {one.path: one for one in found}
    parts = []
    for place, name in await _parts(uow, top, [(site.path, site.name) for site in sites]):
        mine = [site.path for site in sites if is_under(site.path, place)]
        parts.append(_part(place, name, mine, by_path))
    return Rollup(
        path=top.path, name=top.name, month=first, parts=parts, whole=_part(top.path, top.name, [s.path for s in sites], by_path),
        missing=[site.name for site in sites if site.path not in by_path or by_path[site.path].state not in _SENT],
        reports=[by_path[site.path] for site in sites if site.path in by_path],
    )  # fmt: skip


async def _parts(uow: UnitOfWork, top: Node, sites: list[tuple[str, str]]) -> list[tuple[str, str]]:
    if top.kind != NodeKind.CITY:
        return sites
    rows = await uow.execute(
        sa.select(Node.path, Node.name)
        .where(Node.kind.in_((NodeKind.COUNTY, NodeKind.ZONE)), uow.scope.clause(Node.path))
        .order_by(Node.path)
    )
    counties = [(row.path, row.name) for row in rows if any(is_under(path, row.path) for path, _ in sites)]
    rest = [site for site in sites if not any(is_under(site[0], county) for county, _ in counties)]
    return [*counties, *rest]


def _part(path: str, name: str, sites: list[str], found: dict[str, ReportView]) -> Part:
    mine = [found[site] for site in sites if site in found]
    sent = [one for one in mine if one.state in _SENT]
    return Part(
        path=path, name=name, due=len(sites), sent=len(sent), approved=sum(one.state == "approved" for one in sent),
        late=sum(one.late_days > 0 for one in mine), figures=columns.total(one.figures for one in sent),
    )  # fmt: skip
