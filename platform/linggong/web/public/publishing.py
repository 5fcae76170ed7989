"""Where staff write what the place promises, and publish the quarter's directory (R099)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.publishing import directory, promises
from linggong.publishing.directory import Line, Place
from linggong.web import menus, pages
from linggong.web.public.rules import section
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import texts

AnyRequest = Request[Any, Any, Any]
Where = Annotated[str, QueryParameter(max_length=120)]
_SHOWN = 100
"""Gaps listed at once."""


class Publishing(Controller):
    """The texts and the directory of a city or county."""

    path = "/office/site"
    include_in_schema = False

    @get("/", opt={"permission": Permission.SITE_PUBLISH})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        path: Where = "",
    ) -> Response[bytes]:
        """What is said now, what the directory lacks, what was published."""
        return await _page(request, principal, path, uow)

    @post("/texts/{key:str}", opt={"permission": Permission.SITE_PUBLISH})
    async def write(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        key: FromPath[str],
    ) -> Response[bytes]:
        """Write a section."""
        values = await pages.form_values(request)
        path = str(values.get("path", ""))
        async with filled(request, uow, partial(_page, request, principal, path), values):
            await texts.write(uow, path, key, str(values.get("body", "")), str(values.get("source", "")))
        return pages.redirect(request, _at(path, f"t-{key}"), say="改好了，公开页面上已经是新的一版。")

    @post("/texts/{key:str}/clear", opt={"permission": Permission.SITE_PUBLISH})
    async def clear(self, request: AnyRequest, uow: NamedDependency[UnitOfWork], key: FromPath[str]) -> Response[bytes]:
        """Leave a section to the place above."""
        path = str((await pages.form_values(request)).get("path", ""))
        await texts.leave_to_above(uow, path, key)
        return pages.redirect(request, _at(path, f"t-{key}"), say="好，这里又用上级的文本了。")

    @post("/directory", opt={"permission": Permission.SITE_PUBLISH})
    async def publish(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> Response[bytes]:
        """Freeze this quarter's directory."""
        path = str((await pages.form_values(request)).get("path", ""))
        async with sent_back(request, uow, _at(path, "directory"), kind="warn"):
            made = await directory.publish(uow, path)
        return pages.redirect(request, f"/stations/editions/{made.id}", say="公布了。谁都能看、能下载，以后不会再变。")


def _at(path: str, mark: str) -> str:
    return f"/office/site?{urlencode({'path': path})}#{mark}"


async def _page(request: AnyRequest, principal: Principal, path: str, uow: UnitOfWork) -> Response[bytes]:
    known = [p for p in await directory.places(uow) if uow.scope.covers(p.path)]
    place = next((p for p in known if p.path == path), None) if path else next(iter(known), None)
    if place is None:
        raise NotFound
    lines = await directory.listed(uow, place.path)
    gaps = [{"name": line.name, "county": line.county, "lacks": lacks} for line in lines if (lacks := _lacks(line))]
    today = clock.business_date(uow.now)
    return menus.render(
        request,
        principal,
        "office/site.html",
        place=place.name,
        path=place.path,
        places=_choices(known),
        public_href="/rules" if place.is_top else f"/rules?{urlencode({'county': place.path})}",
        sections=[section(one) for one in await promises.shown(uow, place.path)],
        count=len(lines),
        gaps=gaps[:_SHOWN],
        gap_count=len(gaps),
        quarter=f"{today.year}年第{(today.month + 2) // 3}季度",
        since=directory.first_of_quarter(today),
        editions=await directory.editions(uow, place.path),
    )


def _choices(known: list[Place]) -> list[dict[str, str]]:
    return [{"value": p.path, "label": p.name} for p in known] if len(known) > 1 else []


def _lacks(line: Line) -> str:
    wanted = (("地址", line.address), ("电话", line.phone), ("开放时间", line.hours))
    parts = [name for name, value in wanted if not value]
    if line.latitude is None or line.point_is_demo:
        parts.append("准确位置")
    return "、".join(parts)


CONTROLLERS: list[Any] = [Publishing]
