"""Where the stations and markets are: by county and street, with hours, telephone and the way there; and the editions."""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.kernel import sheets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.kernel.errors import Fault, Invalid
from linggong.publishing import directory
from linggong.publishing.directory import EditionView, Line, Place
from linggong.web import footer, pages
from linggong.web.ways import ways
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]
_MOST = 300
"""Places shown at once; who looks for more names a county or a word."""


class Stations(Controller):
    """The directory as it stands now, and as it was published."""

    path = "/stations"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def now(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        county: Annotated[str, QueryParameter(max_length=120)] = "",
        q: Annotated[str, QueryParameter(max_length=30)] = "",
    ) -> Response[bytes]:
        """The counties, or the places of one, or those that a word finds."""
        await footer.renew(request.app)
        q, known = q.strip(), await directory.places(uow)
        chosen = _chosen(known, county)
        top = next((p for p in known if p.is_top), None)
        lines: list[Line] = []
        if chosen is not None or (q and top):
            lines = await directory.listed(uow, (chosen or known[0]).path, q=q, limit=_MOST + 1)
        elif top is not None:
            lines = await directory.listed(uow, top.path, own=len(known) > 1, limit=5000)
        return pages.render(
            request,
            "public/stations.html",
            q=q,
            top=top,
            chosen=None if chosen is None or chosen.is_top else chosen,
            counties=[p for p in known if not p.is_top],
            groups=_groups(lines[:_MOST], whole=bool(q) and (chosen is None or chosen.is_top)),
            found=len(lines[:_MOST]),
            cut=len(lines) > _MOST,
            searched=bool(q),
            unsure=any(line.point_is_demo for line in lines[:_MOST]),
            editions=[_edition(e) for e in await directory.editions(uow, None if chosen is None else chosen.path)],
        )

    @get("/editions/{directory_edition_id:uuid}", opt={"permission": Permission.PUBLIC_USE})
    async def edition(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], directory_edition_id: FromPath[UUID]
    ) -> Response[bytes]:
        """A quarter's directory as it was published, to be read and printed."""
        await footer.renew(request.app)
        view, lines = await directory.edition(uow, directory_edition_id)
        return pages.render(request, "public/edition.html", edition=_edition(view), lines=lines)

    @get("/editions/{directory_edition_id:uuid}/xlsx", opt={"permission": Permission.PUBLIC_USE})
    async def workbook(self, uow: NamedDependency[UnitOfWork], directory_edition_id: FromPath[UUID]) -> Response[bytes]:
        """The same as a workbook."""
        view, lines = await directory.edition(uow, directory_edition_id)
        content = await asyncio.to_thread(sheets.write_xlsx, directory.table(view, lines))
        return attachment(f"{view.place}零工市场和驿站名录_{view.quarter}_{view.version}.xlsx", content)


def _chosen(known: list[Place], county: str) -> Place | None:
    if not county:
        return None
    found = next((p for p in known if p.path == county), None)
    if found is None:
        raise Invalid([Fault("county", "没有这个县区，请从单子里选。", "place")])
    return found


def _groups(lines: list[Line], *, whole: bool) -> list[dict[str, Any]]:
    """Return the places by street (by county where the whole city was searched), each with what its card shows."""
    groups: list[dict[str, Any]] = []
    for name, some in groupby(lines, key=lambda line: line.county if whole else line.street):
        groups.append({"name": name or ("市本级" if whole else ""), "places": [_place(line) for line in some]})
    return groups


def _place(line: Line) -> dict[str, Any]:
    return {
        "name": line.name, "kind": line.kind, "nature": line.nature, "where": line.address or line.street or line.county,
        "exact": bool(line.address), "phone": line.phone, "hours": line.hours, "functions": line.functions,
        "ways": ways(line.latitude, line.longitude, line.name, line.address), "unsure": line.point_is_demo,
    }  # fmt: skip


def _edition(view: EditionView) -> dict[str, Any]:
    return {
        "id": str(view.id), "title": view.title, "place": view.place, "count": view.count,
        "published_at": view.published_at, "begins_on": view.begins_on, "ends_on": view.ends_on,
        "href": f"/stations/editions/{view.id}", "xlsx": f"/stations/editions/{view.id}/xlsx",
    }  # fmt: skip


CONTROLLERS: list[Any] = [Stations]
