"""The survey of points where workers gather by themselves (R037), on the page of the list of places."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.sites import around
from linggong.sites.around import GatheringForm
from linggong.web import pages
from linggong.web.filing.typed import Typed
from linggong.web.filing.whole import list_page
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class GatheringPages(Controller):
    """Points of the survey."""

    path = "/places/gatherings"
    include_in_schema = False

    @post("/", opt={"permission": Permission.FILE_WRITE})
    async def add(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Enter a point."""
        values = await pages.form_values(request)
        typed = Typed(values)
        path = typed.text("path")
        form = GatheringForm(
            path=path, name=typed.text("name"), address=typed.text("address"), latitude=typed.degrees("latitude"),
            longitude=typed.degrees("longitude"), begins_minute=typed.minute("begins_minute"),
            ends_minute=typed.minute("ends_minute"), heads=typed.whole("heads", missing=0) or 0, trades=typed.many("trades"),
            hires_a_day=typed.whole("hires_a_day"), surveyed_on=typed.day("surveyed_on"), note=typed.text("note"),
        )  # fmt: skip
        show = partial(list_page, request, principal=principal, path=path)
        async with filled(request, uow, show, values), typed.checked():
            await around.survey(uow, form)
        return pages.redirect(request, f"/places?path={path}#gatherings", say="记下了，下一版名录里会有它。")

    @post("/{gathering_point_id:uuid}/end", opt={"permission": Permission.FILE_WRITE})
    async def end(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], gathering_point_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Nobody gathers there any more."""
        async with sent_back(request, uow, "/places#gatherings"):
            await around.dissolve(uow, gathering_point_id)
        return pages.redirect(request, "/places#gatherings", say="好，名录里不再列它。")
