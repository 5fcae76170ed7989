"""Pages of the bureaus and operators: overview of a city, a county, a street; the parameters of a place."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.insight.api import top_of
from linggong.insight.overview import PlaceFigures
from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.measures.fresh import caught_up
from linggong.web import menus, pages
from linggong.web.bureau import screens, words
from linggong.web.bureau.behind import Behind
from linggong.web.bureau.holds import Holds
from linggong.web.bureau.maps import Maps
from linggong.web.bureau.screens import Screen
from linggong.web.bureau.stations import Stations
from linggong.web.bureau.supply import Supply
from linggong.web.bureau.tables import records_href
from linggong.web.bureau.targets import Targets
from linggong.web.filters import yuan
from linggong.web.refused import filled
from rbac.decisions import Areas, Decisions
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree
from tenants import service
from tenants.parameters import BadParameter

AnyRequest = Request[Any, Any, Any]
PERIODS = ((1, "今天"), (7, "近 7 天"), (30, "近 30 天"))


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.0%}"


def _tiles(view: PlaceFigures, days: int, seen: dict[str, bool]) -> list[dict[str, str]]:
    total, when = view.figures, "今天" if days == 1 else f"近 {days} 天"

    def tile(key: str, label: str, value: str, unit: str, sub: str, tone: str = "") -> dict[str, str]:
        href = records_href(key, view.path, days) if seen[key] and value != "0" else ""
        return {"label": label, "value": value, "unit": unit, "sub": sub, "tone": tone, "href": href}

    return [
        tile("open_posts", "在招岗位", f"{total.open_posts:,}", "个", f"还缺 {total.open_places:,} 人"),
        tile("arrived", f"{when}上工", f"{total.arrived:,}", "人次", f"完工 {total.completed:,}，到岗率 {_percent(view.fill_rate)}"),
        tile("workers", "登记零工", f"{total.workers:,}", "人", f"用工主体 {total.employers:,} 家"),
        tile("bills_due", f"{when}到期工钱", yuan(total.due_fen), "元", f"到昨天 {total.bills_due:,} 张，按时 {_percent(view.on_time_rate)}"),
        tile(
            "overdue", "到期未付", yuan(total.overdue_fen), "元", f"涉及 {total.overdue_people} 人",
            "danger" if total.overdue_fen else "",
        ),
    ]  # fmt: skip


def _tile_of(made: Screen, days: int) -> list[dict[str, Any]]:
    """Return the counties as tiles: name, fill rate, and how far the bar goes."""
    return [
        {
            "name": v.name,
            "href": f"/bureau?path={v.path}&days={days}",
            "rate": _percent(v.fill_rate),
            "share": round((v.fill_rate or 0) * 100),
            "wanted": v.figures.wanted,
            "arrived": v.figures.arrived,
            "overdue": yuan(v.figures.overdue_fen) if v.figures.overdue_fen else "",
        }
        for v in made.counties
    ]


def _briefs(path: str, now: datetime) -> list[dict[str, str]]:
    before = clock.business_date(now).replace(day=1) - timedelta(days=1)
    return [
        {"label": "本月月报 PDF", "href": f"/bureau/brief?path={path}"},
        {"label": "上月", "href": f"/bureau/brief?path={path}&month={before:%Y-%m}"},
    ]


class Bureau(Controller):
    """Overview and parameters."""

    path = "/bureau"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OVERVIEW_READ})
    async def overview(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        decisions: NamedDependency[Decisions],
        path: Annotated[str | None, QueryParameter(max_length=120)] = None,
        days: Annotated[int, QueryParameter(ge=1, le=366)] = 1,
    ) -> Response[bytes]:
        """The first screen of an office: exceptions first, then the figures of the places below."""
        top = await top_of(uow, path)
        as_of = await caught_up(database)

        def may(permission: Permission) -> bool:
            return decisions.anywhere(principal, permission)

        made = await screens.screen(uow, top, days, may)
        await screens.add_own(uow, made, days, principal.acting.role, may)
        own = uow.scope.trees[0] if uow.scope.trees else top.path
        here = top.path
        return menus.render(
            request,
            principal,
            "bureau/overview.html",
            kind=made.kind,
            scope_name=made.found.name,
            supply_href=f"/bureau/supply?path={here}",
            stations_href=f"/bureau/stations?path={here}",
            parameters_href=f"/bureau/parameters?path={here}" if may(Permission.PARAMETER_READ) else "",
            briefs=_briefs(here, uow.now) if made.kind != "site" and may(Permission.OVERVIEW_EXPORT) else [],
            map_href=f"/bureau/map?path={here}" if made.kind == "city" and may(Permission.NODE_MANAGE) else "",
            up_href="" if here == own else f"/bureau?path={_above(here)}&days={days}",
            as_of=as_of or uow.now,
            periods=[
                {"label": label, "href": f"/bureau?path={here}&days={n}", "on": n == days} for n, label in PERIODS
            ],
            tiles=_tiles(made.found.total, days, screens.readable(may)),
            exceptions=made.exceptions,
            lead=made.lead,
            places=made.places,
            parts=_tile_of(made, days) if made.kind == "city" else [],
            outline=made.outline,
            trend=made.trend,
            recent=made.recent,
            more=made.more,
        )

    @get("/parameters", opt={"permission": Permission.PARAMETER_READ})
    async def parameter_table(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        decisions: NamedDependency[Decisions],
        path: Annotated[str | None, QueryParameter(max_length=120)] = None,
    ) -> Response[bytes]:
        """Every parameter of a place with its source and where it was set."""
        return await _parameter_page(request, uow, decisions.areas(principal, "parameter"), path)

    @post("/parameters/{key:str}", opt={"permission": Permission.PARAMETER_SET})
    async def set_parameter(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        decisions: NamedDependency[Decisions], key: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """Set a parameter at a place, with the paper it comes from."""
        values = await pages.form_values(request)
        path = str(values.get("path", ""))
        show = partial(_parameter_page, request, areas=decisions.areas(principal, "parameter"), path=path)
        async with filled(request, uow, show, values):
            if not str(values.get("source", "")).strip():
                raise Invalid([Fault("source", "请写依据，例如文件名和文号。", "required")])
            try:
                await service.set_parameter(uow, path, key, str(values.get("value", "")), str(values["source"]))
            except BadParameter as error:
                raise Invalid([Fault("value", error.message)]) from None
        return pages.redirect(request, f"/bureau/parameters?path={path}#p-{key}", say="改好了，下面的地方一起生效。")

    @post("/parameters/{key:str}/clear", opt={"permission": Permission.PARAMETER_SET})
    async def clear_parameter(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], key: FromPath[str]
    ) -> Response[bytes]:
        """Take back what a place has set: what holds above it holds here again."""
        path = str((await pages.form_values(request)).get("path", ""))
        await service.clear_parameter(uow, path, key)
        return pages.redirect(request, f"/bureau/parameters?path={path}#p-{key}", say="好，这里又用上级的值了。")


def _above(path: str) -> str:
    return path[: path.rstrip("/").rfind("/") + 1]


async def _parameter_page(request: AnyRequest, uow: UnitOfWork, areas: Areas, path: str | None) -> Response[bytes]:
    place = path or uow.actor.post or "/"
    node = await tree.node(uow, place)
    rows = await service.parameter_table(uow, node.path)
    return pages.render(
        request,
        "bureau/parameters.html",
        nav=menus.menu_here(request),
        node_name=node.name,
        path=node.path,
        rows=[words.line(row) for row in rows],
        # Read they may be from below; they are set at the place itself or from above.
        may_set=areas.may("set", node.path),
    )


CONTROLLERS: list[Any] = [Bureau, Behind, Maps, Holds, Stations, Supply, Targets]
