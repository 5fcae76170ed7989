"""Star ratings and lists of the best: as they come out, published by a person, and for everybody to read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.insight.api import top_of
from linggong.inspection import stars
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import ROOT
from linggong.web import footer, menus, pages
from linggong.web.inspection.deciding import ref
from linggong.web.inspection.field import day
from linggong.web.places import counties
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
Day = Annotated[str, QueryParameter(max_length=10)]


class StarPages(Controller):
    """The bureau's page of stars."""

    path = "/bureau/stars"
    include_in_schema = False

    @get("/", opt={"permission": Permission.CARD_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        first: Day = "", last: Day = "", path: Annotated[str, QueryParameter(max_length=120)] = "",
    ) -> Response[bytes]:  # fmt: skip
        """How the stations come out over a period, part by part; `path`: of one county."""
        return await _page(request, uow, principal, day(first), day(last), path)

    @post("/", opt={"permission": Permission.CARD_DECIDE})
    async def publish(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Publish the ratings of a period."""
        values = {k: str(v) for k, v in (await pages.form_values(request)).items()}
        first, last = day(values.get("first")), day(values.get("last"))
        async with filled(request, uow, lambda fresh: _page(request, fresh, principal, first, last), values):
            made = await stars.publish(
                uow, first=first or date.max, last=last or date.min, note=values.get("note", "")[:300]
            )
        return pages.redirect(request, "/bureau/stars", say=f"公布了 {len(made)} 个站点的星级。")

    @post("/best", opt={"permission": Permission.CARD_DECIDE})
    async def best(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Publish a list of the best."""
        values = await pages.form_values(request)
        chosen = values.get("sites", [])
        ids: list[UUID] = [i for i in (ref(str(s)) for s in (chosen if isinstance(chosen, list) else [chosen])) if i]
        async with filled(request, uow, lambda fresh: _page(request, fresh, principal, None, None), values):
            row = await stars.publish_list(
                uow, title=str(values.get("title", "")), year=pages.whole(values.get("year"), 9999) or 0, sites=ids
            )
        return pages.redirect(request, "/bureau/stars", say=f"{row.year} 年“{row.title}”公布了。")


class PublicStars(Controller):
    """For everybody."""

    path = "/stations/stars"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def page(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> Response[bytes]:
        """The published ratings and lists of the best."""
        await footer.renew(request.app)
        return pages.render(request, "public/stars.html", rows=await stars.published(uow), lists=await stars.best(uow))


async def _page(
    request: AnyRequest, uow: UnitOfWork, principal: Principal, first: date | None, last: date | None, path: str = ""
) -> Response[bytes]:
    post, today = uow.actor.post or ROOT, clock.business_date(uow.now)
    top = (await top_of(uow, path or None)).path
    last = last if last and last < today else today - timedelta(days=1)
    first = first if first and first <= last and (last - first).days < stars.MOST_DAYS else last - timedelta(days=90)
    rows = await stars.reckoned(uow, top, first=first, last=last)
    return menus.render(
        request, principal, "inspection/stars.html", rows=rows, first=first, last=last, published=await stars.published(uow, post),
        lists=await stars.best(uow, post), titles=[{"value": t, "label": t} for t in await stars.list_titles(uow, post)],
        may=top == post and menus.may(request, principal, Permission.CARD_DECIDE),
        counties=await counties(uow, top, first=first.isoformat(), last=last.isoformat()),
        form=pages.form_state({"first": first.isoformat(), "last": last.isoformat(), "year": str(today.year)}), today=today,
    )  # fmt: skip
