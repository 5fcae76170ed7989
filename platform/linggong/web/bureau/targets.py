"""目标与覆盖: targets against what lives (R001, R134), areas covered (R002), functions used (R018), the departments that help (R016)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.insight.api import top_of
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath
from linggong.measures.coverage import coverage
from linggong.sites import departments, functions, targets
from linggong.sites.codes import DEPARTMENTS, TARGETS
from linggong.sites.departments import DepartmentForm
from linggong.sites.targets import AreaCover, PlaceTargets, TargetForm
from linggong.web import menus, pages
from linggong.web.bureau.tables import Cell, Head, Table, number, words
from linggong.web.filing.typed import Typed
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants.kinds import NodeKind

AnyRequest = Request[Any, Any, Any]
Path = Annotated[str | None, QueryParameter(max_length=120)]
Year = Annotated[int | None, QueryParameter(ge=2000, le=2100)]
_PLACES = (NodeKind.CITY, NodeKind.COUNTY, NodeKind.ZONE)
_SILENT = 6
_FOLDED = 15
"""So many markets are listed at once; more are folded."""


class Targets(Controller):
    """The board."""

    path = "/bureau/targets"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OVERVIEW_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        path: Path = None, year: Year = None,
    ) -> Response[bytes]:  # fmt: skip
        """How far it is."""
        return await _page(request, uow, principal, path, year)

    @post("/", opt={"permission": Permission.TARGET_SET})
    async def set(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Set a target."""
        values = await pages.form_values(request)
        typed = Typed(values)
        path, year = typed.text("path"), typed.whole("year", missing=0) or 0
        wanted = typed.whole("wanted")
        form = TargetForm(
            path=path,
            year=year,
            kind=typed.text("kind"),
            wanted=-1 if wanted is None else wanted,
            source=typed.text("source"),
        )
        show = partial(_page, request, principal=principal, path=path, year=None)
        async with filled(request, uow, show, values), typed.checked():
            await targets.set_target(uow, form)
        return pages.redirect(request, _at(path, year), say="定好了。")

    @post("/departments", opt={"permission": Permission.TARGET_SET})
    async def write(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Write a department into the directory."""
        values = await pages.form_values(request)
        typed = Typed(values)
        form = DepartmentForm(
            path=typed.text("path"), name=typed.text("name"), part=typed.text("part"), contact=typed.text("contact"),
            phone=typed.text("phone"), duty=typed.text("duty"),
        )  # fmt: skip
        show = partial(_page, request, principal=principal, path=form.path, year=None)
        async with filled(request, uow, show, values):
            await departments.write(uow, form)
        return pages.redirect(request, _at(form.path) + "#departments", say="写上了。")

    @post("/departments/{county_department_id:uuid}/remove", opt={"permission": Permission.TARGET_SET})
    async def remove(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], county_department_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Take a department out."""
        to = _at(str((await pages.form_values(request)).get("path", ""))) + "#departments"
        async with sent_back(request, uow, to):
            await departments.remove(uow, county_department_id)
        return pages.redirect(request, to, say="去掉了。")


def _at(path: str, year: int | None = None) -> str:
    return "/bureau/targets?" + urlencode({"path": path} | ({"year": str(year)} if year else {}))


def _own(place: PlaceTargets) -> Table:
    heads = (
        Head("种类", number=False), Head("目标", title="到这一年年底要有几个"), Head("活跃", title="开办，而且近 30 天真的服务过人"),
        Head("还差"), Head("已开办"), Head("在建"), Head("计划"), Head("依据", number=False),
    )  # fmt: skip
    rows = []
    for one in place.lines:
        short = one.missing if one.wanted is not None and one.live is not None else None
        rows.append(
            [
                words(one.label), number(one.wanted), number(one.live), number(short, tone="danger" if short else ""),
                number(one.open), number(one.building), number(one.planned), words(one.source or "还没有定"),
            ]
        )  # fmt: skip
    return Table(
        key="own", title=f"{place.name} {place.year} 年", heads=heads, rows=rows,
        note="只登记、不活动的不算数。没有为这一年定目标的，用以前最近一年定的；没有定过的，用参数里下一个期限的。",
    )  # fmt: skip


def _counties(places: list[PlaceTargets]) -> Table:
    shown = [
        code
        for code in TARGETS
        if any(line.kind == code and (line.wanted or line.open or line.live) for p in places for line in p.lines)
    ]
    heads = (Head("县区", number=False), *(Head(f"{TARGETS[code]}（活跃/目标）", number=False) for code in shown))
    rows = []
    for place in places:
        cells = [words(place.name, _at(place.path, place.year))]
        for code in shown:
            line = next(line for line in place.lines if line.kind == code)
            live = "—" if line.live is None else f"{line.live}"
            short = line.wanted is not None and line.live is not None and line.live < line.wanted
            cells.append(
                Cell(
                    f"{live} / {'—' if line.wanted is None else line.wanted}", line.live, tone="danger" if short else ""
                )
            )
        rows.append(cells)
    return Table(key="counties", title="各县区", heads=heads, rows=rows, note="点县区名看明细、定目标。")


def _areas(found: list[AreaCover]) -> Table:
    streets = bool(found) and found[0].kind == NodeKind.STREET
    first = (Head("街道（乡镇）", number=False), Head("站点", number=False)) if streets else (
        Head("县区", number=False), Head("街道（乡镇）"), Head("有活跃站点"), Head("只有登记"),
    )  # fmt: skip
    heads = (*first, Head("社区（村）"), Head("有活跃站点"), Head("只有登记"), Head("还没有活跃站点的", number=False))
    rows = []
    for one in found:
        gap = "、".join(one.silent[:_SILENT]) + (f" 等 {len(one.silent)} 处" if len(one.silent) > _SILENT else "")
        own = [_lives(one)] if streets else [
            number(one.streets), number(one.streets_live), number(one.streets_open - one.streets_live),
        ]  # fmt: skip
        name = words(one.name, "" if streets else _at(one.path))
        below = [
            number(one.communities),
            number(one.communities_live),
            number(one.communities_open - one.communities_live),
        ]
        none = not (one.communities if streets else one.streets)
        rows.append([name, *own, *below, words(gap or ("名单里没有" if none else "都有"))])
    return Table(
        key="areas", title="街道和社区覆盖", heads=heads, rows=rows, empty="这里没有登记街道和社区。",
        note="站点在里面，或者站点写明服务它，都算有。",
    )  # fmt: skip


def _lives(one: AreaCover) -> Cell:
    if one.streets_live:
        return words("有活跃站点")
    return words("只有登记，不活跃", tone="wait") if one.streets_open else words("没有", tone="danger")


def _used(found: list[functions.SiteFunctions]) -> Table:
    names = list(dict.fromkeys(one.name for site in found for one in site.functions))
    rows = []
    for site in found:
        by = {one.name: one for one in site.functions}
        cells = [words(site.name)]
        for name in names:
            one = by.get(name)
            cells.append(
                Cell("—") if one is None or one.n is None else number(one.n, tone="danger" if one.unused else "")
            )
        rows.append(cells)
    rows.sort(key=lambda cells: -sum(cell.tone == "danger" for cell in cells))
    month = f"{found[0].month:%-m} 月" if found else ""
    unused = sum(any(cell.tone == "danger" for cell in cells) for cells in rows)
    return Table(
        key="functions", title=f"{month}基本功能用了多少次（{len(found)} 个里 {unused} 个有没用过的）", heads=(Head("市场", number=False), *(Head(name) for name in names)),
        rows=rows, note="红色的 0：这个月还没用过。", empty="这里还没有开办的市场和驿站。",
    )  # fmt: skip


async def _page(
    request: AnyRequest, uow: UnitOfWork, principal: Principal, path: str | None, year: int | None
) -> Response[bytes]:
    top = await top_of(uow, path)
    here, today = TenantPath(top.path), clock.business_date(uow.now)
    month = today if today.day > _EARLY else today.replace(day=1) - timedelta(days=1)
    asked = year or today.year
    places = await targets.board(uow, here, asked) if top.kind in _PLACES else []
    covered = await coverage(uow, here)
    used = _used(await functions.used(uow, here, month))
    may_set = menus.may(request, principal, Permission.TARGET_SET) and top.kind in _PLACES
    return menus.render(
        request, principal, "bureau/targets.html",
        place=top.name, path=here, year=asked, years=[{"year": n, "href": _at(here, n)} for n in range(today.year - 1, today.year + 3)],
        own=_own(places[0]) if places and places[0].path == here else None,
        counties=_counties(places[1:]) if len(places) > 1 else None,
        covered="—" if covered.value is None else f"{covered.value:.1%}", radius=f"{covered.radius_km:g}",
        areas=_areas(await targets.cover(uow, here)), functions=used, folded=len(used.rows) > _FOLDED,
        departments=await departments.listed(uow, here) if top.kind in _PLACES else [], kinds=TARGETS, names=DEPARTMENTS,
        parts=departments.PARTS, may_set=may_set,
        files_href=f"/places?{urlencode({'path': here})}" if menus.may(request, principal, Permission.FILE_READ) else "",
    )  # fmt: skip


_EARLY = 5
"""In the first days of a month its use says little: the month before is shown."""
