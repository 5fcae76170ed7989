"""Where the visitor is, for telling distances (R062): asked once, by a button or a list of streets; scripts off: the list.

Everybody has it in a cookie; a worker also with his account, so that another telephone of his knows it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final
from urllib.parse import quote, unquote, urlencode

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.geo import Point
from linggong.kernel.paths import TenantPath, ancestors
from linggong.people import where
from linggong.people.where import Here, Source
from linggong.web import pages
from linggong.web.places import Places, places
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree
from tenants.views import NodeView

AnyRequest = Request[Any, Any, Any]
COOKIE: Final = "lg_here"
_NONE: Final = "-"
_LASTS: Final = 180 * 86_400
_A_DAY: Final = 86_400


def cookie(place: Here | None) -> Cookie:
    """Return the cookie that tells a place; or that there is none to be told, so that nobody asks again today."""
    value, lasts = _NONE, _A_DAY
    if place is not None:
        value, lasts = f"{place.latitude:.3f}|{place.longitude:.3f}|{place.source}|{place.label}", _LASTS
    return Cookie(key=COOKIE, value=quote(value), max_age=lasts, httponly=True, samesite="lax", path="/")


def told(request: AnyRequest) -> Here | None:
    """Return the place in the visitor's cookie, None for a missing or a broken one."""
    parts = unquote(request.cookies.get(COOKIE, "")).split("|")
    if len(parts) != 4:
        return None
    source: Source = "phone" if parts[2] == "phone" else "street"
    try:
        return where.here(float(parts[0]), float(parts[1]), source, parts[3] if parts[3].isprintable() else "")
    except (ValueError, Invalid):
        return None


async def known(request: AnyRequest, database: Database, principal: Principal) -> tuple[Here | None, list[Cookie]]:
    """Return where the visitor is, and what to set so that the next page need not ask his account."""
    if principal.kind != "worker" or COOKIE in request.cookies:
        return told(request), []
    async with database.begin(principal.actor(), read_only=True) as uow:
        place = await where.last_said(uow)
    return place, [cookie(place)]


def words(place: Here | None) -> str:
    """Return what a page calls the place."""
    if place is None:
        return ""
    return place.label or "我的位置"


async def point_of(uow: UnitOfWork, path: str) -> Point | None:
    """Return a point for a street: the middle of the places where people are served in it, else of its county's."""
    for above in reversed(ancestors(TenantPath(path))[1:]):
        found = [s for s in await tree.sites(uow, above) if s.latitude is not None and s.longitude is not None]
        if found:
            return _middle(found)
    return None


def _middle(found: Sequence[NodeView]) -> Point:
    count = len(found)
    return Point(sum(s.latitude or 0 for s in found) / count, sum(s.longitude or 0 for s in found) / count)


def here_href(back: str) -> str:
    """Return the address of the page that asks, with the way back."""
    return "/here?" + urlencode({"next": back})


class WhereAmI(Controller):
    """Asks where the visitor is."""

    path = "/here"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def page(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        next_: Annotated[str, QueryParameter(name="next", max_length=300)] = "/",
        county: Annotated[str, QueryParameter(max_length=60)] = "",
    ) -> Response[bytes]:
        """The button, and the counties; a county's streets once it is chosen."""
        place, cookies = await known(request, database, principal)
        response = _page(request, await places(database), place, _own(next_), county)
        response.cookies.extend(cookies)
        return response

    @post("/", opt={"permission": Permission.PUBLIC_USE})
    async def say(
        self, request: AnyRequest, database: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Keep the place and go back to where the distance was wanted."""
        values = await pages.form_values(request)
        back = _own(str(values.get("next", "/")))
        tree_ = await places(database)
        try:
            place = await _said(database, tree_, values)
        except Invalid as error:
            response = _page(request, tree_, told(request), back, "", "".join(f.message for f in error.faults))
            response.status_code = 422
            return response
        if principal.kind == "worker":
            async with database.begin(principal.actor()) as uow:
                await where.said(uow, place)
        say = f"记下了：{words(place)}。近的排在前面。"
        return pages.redirect(request, back, say=say, cookies=[cookie(place)])

    @post("/forget", opt={"permission": Permission.PUBLIC_USE})
    async def forget(
        self, request: AnyRequest, database: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Forget the place, here and with the account."""
        if principal.kind == "worker":
            async with database.begin(principal.actor()) as uow:
                await where.forget(uow)
        return pages.redirect(request, "/", say="忘掉了，不再记您在哪里。", cookies=[cookie(None)])


def _own(path: str) -> str:
    return path if pages.is_own_path(path) and not path.startswith("/here") else "/"


async def _said(database: Database, known_places: Places, values: dict[str, Any]) -> Here:
    street = str(values.get("street", ""))
    if street:
        if street not in known_places.names:
            raise Invalid([Fault("street", "没有这个乡镇街道，请从列表里选。", "unknown")])
        async with database.begin(Actor(kind="anonymous"), read_only=True) as uow:
            point = await point_of(uow, street)
        if point is None:
            raise Invalid([Fault("street", "这个地方还没有标在地图上，请选旁边的一个。", "unknown")])
        return where.here(*point, "street", known_places.names[street])
    try:
        at = float(str(values.get("latitude", ""))), float(str(values.get("longitude", "")))
    except ValueError:
        raise Invalid([Fault("latitude", "没定到位。请选您所在的乡镇街道。", "required")]) from None
    return where.here(*at, "phone")


def _page(
    request: AnyRequest, known_places: Places, place: Here | None, back: str, county: str, fault: str = ""
) -> Response[bytes]:
    return pages.render(
        request,
        "portal/here.html",
        place=words(place),
        by_phone=place is not None and place.source == "phone",
        back=back,
        fault=fault,
        county=known_places.names.get(county, ""),
        counties=[
            {"label": c["label"], "href": f"/here?{urlencode({'next': back, 'county': c['value']})}",
             "on": c["value"] == county}
            for c in known_places.counties
        ],
        streets=known_places.streets.get(county, []),
    )  # fmt: skip
