"""Pages of the bureaus and operators: overview of a city, a county, a street; the parameters of a place."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.insight.api import top_of
from linggong.insight.overview import Figures, PlaceFigures, overview
from linggong.insight.trend import trend
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.web import menus, pages
from linggong.web.bureau import words
from linggong.web.bureau.holds import Holds
from linggong.web.filters import yuan
from rbac.decisions import Areas, Decisions
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree
from tenants import service
from tenants.parameters import BadParameter

AnyRequest = Request[Any, Any, Any]
_PERIODS = ((1, "今天"), (7, "近 7 天"), (30, "近 30 天"))
_TREND_DAYS = 30


def _rate(value: float | None) -> str:
    return "—" if value is None else f"{value:.0%}"


def _row(place: PlaceFigures, days: int, *, link: bool) -> dict[str, Any]:
    f = place.figures
    return {
        "name": place.name,
        "href": f"/bureau?path={place.path}&days={days}" if link else "",
        "open_posts": f.open_posts,
        "wanted": f.wanted,
        "filled": f.confirmed,
        "arrived": f.arrived,
        "completed": f.completed,
        "match_rate": _rate(place.match_rate),
        "fill_rate": _rate(place.fill_rate),
        "due_fen": f.due_fen,
        "on_time": _rate(place.on_time_rate),
        "overdue_fen": f.overdue_fen,
        "workers": f.workers,
        "stations": f"{f.stations_live}/{f.stations_open}",
    }


def _tiles(total: Figures, view: PlaceFigures, days: int) -> list[dict[str, str]]:
    when = "今天" if days == 1 else f"近 {days} 天"
    return [
        {
            "label": "在招岗位",
            "value": f"{total.open_posts:,}",
            "unit": "个",
            "sub": f"还缺 {total.open_places:,} 人",
            "tone": "",
            "href": "/",
        },
        {
            "label": f"{when}上工",
            "value": f"{total.arrived:,}",
            "unit": "人次",
            "sub": f"完工 {total.completed:,}，到岗率 {_rate(view.fill_rate)}",
            "tone": "",
            "href": "",
        },
        {
            "label": "登记零工",
            "value": f"{total.workers:,}",
            "unit": "人",
            "sub": f"用工主体 {total.employers:,} 家",
            "tone": "",
            "href": "",
        },
        {
            "label": f"{when}到期工钱",
            "value": yuan(total.due_fen),
            "unit": "元",
            "sub": f"已付 {yuan(total.paid_fen)} 元，按时 {_rate(view.on_time_rate)}",
            "tone": "",
            "href": "",
        },
        {
            "label": "逾期未付",
            "value": yuan(total.overdue_fen),
            "unit": "元",
            "sub": f"涉及 {total.overdue_people} 人",
            "tone": "danger" if total.overdue_fen else "",
            "href": "",
        },
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
        path: Annotated[str | None, QueryParameter(max_length=120)] = None,
        days: Annotated[int, QueryParameter(ge=1, le=366)] = 1,
    ) -> Response[bytes]:
        """The places below a place with their figures; exceptions first."""
        top = await top_of(uow, path)
        today = clock.business_date(uow.now)
        found = await overview(uow, top, day=today, days=days)
        sites = {"station", "service_point", "contact_point", "counter", "market_trade", "market_comprehensive"}
        rows = [_row(p, days, link=p.kind not in sites) for p in found.places]
        late = [p for p in found.places if p.figures.overdue_fen]
        silent = sum(p.figures.stations_open - p.figures.stations_live for p in found.places)
        exceptions = [
            {
                "text": f"{p.name} {p.figures.overdue_people} 人工钱逾期 {yuan(p.figures.overdue_fen)} 元",
                "href": f"/bureau?path={p.path}&days={days}",
                "tone": "danger",
            }
            for p in sorted(late, key=lambda p: -p.figures.overdue_fen)[:4]
        ]
        if silent:
            exceptions.append({"text": f"{silent} 个站点 30 天没有动静", "href": "#table-h", "tone": "wait"})
        line = await trend(uow, top, last=today, days=_TREND_DAYS)
        own = uow.scope.trees[0] if uow.scope.trees else top.path
        return pages.render(
            request,
            "bureau/overview.html",
            nav=menus.menu_here(request),
            scope_name=found.name,
            parameters_href=f"/bureau/parameters?path={found.path}",
            up_href="" if found.path == own else f"/bureau?path={_above(found.path)}&days={days}",
            as_of=uow.now,
            periods=[
                {"label": label, "href": f"/bureau?path={found.path}&days={n}", "on": n == days}
                for n, label in _PERIODS
            ],
            tiles=_tiles(found.total.figures, found.total, days),
            rows=rows,
            total=_row(found.total, days, link=False) | {"name": "合计"},
            exceptions=exceptions,
            since=today - timedelta(days=days - 1),
            trend=line[::-1],
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
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], key: FromPath[str]
    ) -> Response[bytes]:
        """Set a parameter at a place, with the paper it comes from."""
        values = await pages.form_values(request)
        path = str(values.get("path", ""))
        try:
            if not str(values.get("source", "")).strip():
                raise Invalid([Fault("source", "请写依据，例如文件名和文号。", "required")])
            await service.set_parameter(uow, path, key, str(values.get("value", "")), str(values["source"]))
        except BadParameter as error:
            await uow.rollback()
            return pages.redirect(
                request, f"/bureau/parameters?path={path}#p-{key}", say=f"没有改：{error.message}", kind="bad"
            )
        except Invalid as error:
            await uow.rollback()
            return pages.redirect(
                request, f"/bureau/parameters?path={path}#p-{key}", say=f"没有改：{error.detail}", kind="bad"
            )
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


CONTROLLERS: list[Any] = [Bureau, Holds]
