"""What hangs on the wall and at the door (R024 to R026, R099 to R101), tested telephones, the point and the marks in maps (R027)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.sites import checks, marks, wall
from linggong.sites.codes import CHECKS, LINES
from linggong.sites.marks import SYSTEMS, PinForm
from linggong.sites.wall import TestForm
from linggong.web import evidence, pages
from linggong.web.filing import shown
from linggong.web.filing.site import noted
from linggong.web.filing.typed import Typed
from linggong.web.refused import filled
from linggong.web.ways import ways
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import service

AnyRequest = Request[Any, Any, Any]
LISTS = ("document", "plate", "map")


class WallPages(Controller):
    """Wall, door, telephones, point."""

    path = "/places/{node_id:uuid}/wall"
    include_in_schema = False
    request_max_body_size = evidence.CEILING

    @get("/", opt={"permission": Permission.FILE_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """What hangs there."""
        return await _page(request, uow, principal, node_id)

    @post("/checks", opt={"permission": Permission.FILE_WRITE})
    async def check(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Note a document, a plate or a mark."""
        show = partial(_page, request, principal=principal, node_id=node_id)
        return await noted(request, uow, node_id, show, f"/places/{node_id}/wall#checks")

    @post("/tests", opt={"permission": Permission.FILE_WRITE})
    async def test(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Enter that a telephone was called."""
        values = await pages.form_values(request)
        typed = Typed(values)
        form = TestForm(
            line=typed.text("line"), phone=typed.text("phone"), answered=typed.text("answered") == "yes",
            tested_at=typed.moment("tested_at"), note=typed.text("note"),
        )  # fmt: skip
        async with (
            filled(request, uow, partial(_page, request, principal=principal, node_id=node_id), values),
            typed.checked(),
        ):
            await wall.test_line(uow, node_id, form)
        return pages.redirect(request, f"/places/{node_id}/wall#tests", say="记下了。")

    @post("/pin", opt={"permission": Permission.FILE_WRITE})
    async def pin(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Pin the place."""
        values = await pages.form_values(request)
        typed = Typed(values)
        form = PinForm(
            system=typed.text("system"), latitude=typed.degrees("latitude"), longitude=typed.degrees("longitude")
        )
        async with filled(request, uow, partial(_page, request, principal=principal, node_id=node_id), values):
            await marks.pin(uow, node_id, form)
        return pages.redirect(request, f"/places/{node_id}/wall#point", say="定好位了，导航链接跟着变。")


async def _page(request: AnyRequest, uow: UnitOfWork, principal: Principal, node_id: UUID) -> Response[bytes]:
    found = await shown.load(uow, node_id)
    node = found.node
    items = await checks.items(uow, found.path, node.kind)
    phones = await service.resolved(uow, found.path, "site.hotline", "site.complaint_phone")
    numbers = {
        "station": node.phone or "",
        "hotline": phones["site.hotline"].raw or "",
        "complaint": phones["site.complaint_phone"].raw or "",
    }
    last = {one.line: one for one in (await wall.last_tests(uow, [found.path], uow.now))[found.path]}
    return shown.render(
        request, principal, uow, "filing/wall.html", found, "wall",
        lists=[{"label": CHECKS[kind], "items": items[kind]} for kind in LISTS],
        lines=[{"key": key, "label": label, "phone": numbers[key], "last": last.get(key)} for key, label in LINES.items()],
        every=found.limits.whole(found.path, "site.hotline_test_days"), slogans=await wall.slogans(uow, found.path),
        marks=marks.of(node.latitude, node.longitude, node.point_is_demo), systems=SYSTEMS,
        ways=ways(node.latitude, node.longitude, node.name, node.address or ""), now_local=f"{clock.shanghai(uow.now):%Y-%m-%dT%H:%M}",
    )  # fmt: skip
