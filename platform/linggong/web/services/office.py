"""Where county and city write the catalogue (R043, R099), and see who keeps its time limits (R097)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.publishing import directory
from linggong.services import catalogue, codes, figures
from linggong.services.catalogue import ItemForm
from linggong.web import menus, pages
from linggong.web.refused import filled
from linggong.web.services.shown import AnyRequest, options, read, typed
from rbac.permissions import Permission
from rbac.principal import Principal

Where = Annotated[str, QueryParameter(max_length=120)]


class Office(Controller):
    """The catalogue of a city or county."""

    path = "/office/services"
    include_in_schema = False

    @get("/", opt={"permission": Permission.SERVICE_MANAGE})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        path: Where = "",
    ) -> Response[bytes]:  # fmt: skip
        """All items, each open to be changed."""
        return await _page(request, principal, path, uow)

    @post("/", opt={"permission": Permission.SERVICE_MANAGE})
    async def new(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Write an item that is not there yet."""
        values = await pages.form_values(request)
        return await self._write(request, uow, principal, typed(values, "code").strip().lower(), values)

    @post("/{code:str}", opt={"permission": Permission.SERVICE_MANAGE})
    async def change(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        code: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """Write an item's next version."""
        return await self._write(request, uow, principal, code, await pages.form_values(request))

    @staticmethod
    async def _write(
        request: AnyRequest, uow: UnitOfWork, principal: Principal, code: str, values: dict[str, Any]
    ) -> Response[bytes]:
        path = typed(values, "path")
        async with filled(request, uow, partial(_page, request, principal, path), values):
            made = await catalogue.write(uow, path, read(ItemForm, values), code)
        say = f"“{made.name}”写好了，第 {made.version} 版。公开的办事指南和上墙的一张跟着变。"
        return pages.redirect(request, _at(path), say=say)

    @post("/{code:str}/end", opt={"permission": Permission.SERVICE_MANAGE})
    async def end(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        code: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """Take an item out."""
        values = await pages.form_values(request)
        path = typed(values, "path")
        async with filled(request, uow, partial(_page, request, principal, path), values):
            await catalogue.end(uow, path, code, typed(values, "source"))
        return pages.redirect(request, _at(path), say="这一项停办了。")


def _at(path: str) -> str:
    return f"/office/services?{urlencode({'path': path})}"


async def _page(request: AnyRequest, principal: Principal, path: str, uow: UnitOfWork) -> Response[bytes]:
    known = [p for p in await directory.places(uow) if uow.scope.covers(p.path)]
    place = next((p for p in known if p.path == path), None) if path else next(iter(known), None)
    if place is None:
        raise NotFound
    found = await catalogue.at(uow, place.path)
    return menus.render(
        request,
        principal,
        "services/office.html",
        place=place.name,
        path=place.path,
        places=[{"value": p.path, "label": p.name} for p in known] if len(known) > 1 else [],
        items=found.items,
        version=found.version,
        kinds=options(codes.ITEM_KINDS),
        units=options(codes.UNITS),
        form={"values": {}, "errors": {}},
    )


class InTime(Controller):
    """Stations side by side."""

    path = "/bureau/services"
    include_in_schema = False

    @get("/", opt={"permission": Permission.SERVICE_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """What each station took in this month, how much of it in time, what is late, how it is rated."""
        today = clock.business_date(uow.now)
        return menus.render(
            request,
            principal,
            "services/in_time.html",
            stations=await figures.stations(uow, principal.acting.path, today.replace(day=1), today),
            month=today,
            names=codes.DIMENSIONS,
            may_write=menus.may(request, principal, Permission.SERVICE_MANAGE),
        )
