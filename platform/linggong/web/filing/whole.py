"""The list of files, the front page of one with its seven elements (R019) and its co-building (R042), and its paper."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.insight import brief
from linggong.insight.api import top_of
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.kernel.paths import TenantPath
from linggong.market.trades import COMMON_TRADES
from linggong.measures.sites import open_sites, thresholds
from linggong.sites import around, checks, common, files, functions, plan
from linggong.sites.codes import ELEMENTS, PARTNERS
from linggong.sites.files import Cobuild, FileForm
from linggong.web import menus, pages
from linggong.web.filing import shown
from linggong.web.filing.typed import Typed
from linggong.web.places import counties
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants.kinds import SITE_KINDS, NodeKind

AnyRequest = Request[Any, Any, Any]
_MOST = 400


class Files(Controller):
    """The files of the acting post's places."""

    path = "/places"
    include_in_schema = False

    @get("/", opt={"permission": Permission.FILE_READ})
    async def listed(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        path: Annotated[str | None, QueryParameter(max_length=120)] = None,
    ) -> Response[bytes]:  # fmt: skip
        """The places with what is missing in each, and where workers gather; somebody with one place is led to its file."""
        return await list_page(request, uow, principal, path)

    @get("/{node_id:uuid}", opt={"permission": Permission.FILE_READ})
    async def one(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """What is missing, the elements, the use of the functions this month."""
        return await _page(request, uow, principal, node_id)

    @post("/{node_id:uuid}/elements", opt={"permission": Permission.FILE_WRITE})
    async def write(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Write the next version."""
        values = await pages.form_values(request)
        typed = Typed(values)
        show = partial(_page, request, principal=principal, node_id=node_id)
        form = FileForm(
            elements={code: typed.text(f"elements.{code}") for code in ELEMENTS},
            cobuild=Cobuild(
                partners=typed.many("cobuild.partners"), lead=typed.text("cobuild.lead"),
                responsible=typed.text("cobuild.responsible"), funding=typed.text("cobuild.funding"),
            ),
            reason=typed.text("reason"),
        )  # fmt: skip
        async with filled(request, uow, show, values):
            row = await files.write(uow, node_id, form)
        return pages.redirect(request, f"/places/{node_id}", say=f"存好了，这是第 {row.version} 版。")

    @get("/{node_id:uuid}/plan.pdf", opt={"permission": Permission.FILE_READ})
    async def paper(
        self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID],
        version: Annotated[int | None, QueryParameter(ge=1, le=100_000)] = None,
    ) -> Response[bytes]:  # fmt: skip
        """The build plan as PDF."""
        path = await shown.seen(uow, node_id)
        told = await plan.told(uow, path, version)
        return attachment(f"{told.place}{told.title}.pdf", await asyncio.to_thread(brief.pdf, told))


async def list_page(request: AnyRequest, uow: UnitOfWork, principal: Principal, path: str | None) -> Response[bytes]:
    """Return the page of the places at and below one."""
    top = await top_of(uow, path)
    if NodeKind(top.kind) in SITE_KINDS:
        return pages.redirect(request, f"/places/{top.id}")
    here, today = TenantPath(top.path), clock.business_date(uow.now)
    sites = (await open_sites(uow, here))[:_MOST]
    known = await files.read(uow, [site.path for site in sites], today)
    limits = await thresholds(uow, *checks.FAMILIES)
    rows = []
    for site in sites:
        missing = files.gaps_of(known[site.path], limits, today)
        rows.append(
            {
                "id": known[site.path].node.id, "name": site.name, "kind": NodeKind(site.kind).label, "n": len(missing),
                "words": "".join(gap.words for gap in missing[:3]), "area": common.square(area) if (area := known[site.path].area_m2) else "",
            }
        )  # fmt: skip
    return menus.render(
        request, principal, "filing/list.html",
        place=top.name, path=here, counties=await counties(uow, here), today=today, rows=sorted(rows, key=lambda row: -row["n"]), cut=len(sites) == _MOST,
        gatherings=[gathering(one) for one in await around.gatherings(uow, here)],
        trades=[{"value": one.code, "label": one.word} for one in COMMON_TRADES],
        may_write=menus.may(request, principal, Permission.FILE_WRITE),
        targets_href=f"/bureau/targets?{urlencode({'path': here})}" if menus.may(request, principal, Permission.OVERVIEW_READ) else "",
    )  # fmt: skip


_WORDS = {one.code: one.word for one in COMMON_TRADES}


def gathering(one: around.GatheringView) -> dict[str, Any]:
    """Return a gathering point as a card shows it."""
    far = (
        ""
        if one.nearest_m is None
        else f"{one.nearest_m / 1000:.1f} 公里"
        if one.nearest_m >= 1000
        else f"{one.nearest_m} 米"
    )
    return {
        "id": one.id, "name": one.name, "place": one.place, "address": one.address,
        "hours": f"{one.begins_minute // 60:02d}:{one.begins_minute % 60:02d}–{one.ends_minute // 60:02d}:{one.ends_minute % 60:02d}",
        "heads": one.heads, "hires": one.hires_a_day, "trades": "、".join(_WORDS.get(code, code) for code in one.trades),
        "nearest": f"最近的活跃站点 {one.nearest}，{far}" if one.nearest else "附近没有活跃站点",
        "far": one.nearest_m is None or one.nearest_m > 3000, "surveyed_on": one.surveyed_on, "demo": one.point_is_demo,
    }  # fmt: skip


async def _page(request: AnyRequest, uow: UnitOfWork, principal: Principal, node_id: UUID) -> Response[bytes]:
    found = await shown.load(uow, node_id)
    here, month = TenantPath(found.path), clock.business_date(uow.now)
    used = [one for key in (functions.BASIC, "station.functions") for one in await functions.used(uow, here, month, parameter=key)
            if one.path == here]  # fmt: skip
    file = found.known.file
    return shown.render(
        request, principal, uow, "filing/whole.html", found, "plan",
        gaps=found.gaps, elements=[
            {"code": code, "label": label, "text": file.elements[code] if file else ""} for code, label in ELEMENTS.items()
        ],
        file=file, cobuild=file.cobuild if file else Cobuild(), partners=PARTNERS, month=month,
        versions=await files.versions(uow, found.path),
        basic=used[0].functions if used else [], onsite=used[1].functions if len(used) > 1 else [],
    )  # fmt: skip
