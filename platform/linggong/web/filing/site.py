"""Rooms with their area (R028 to R030), zones and functions with photos (R031, R032), equipment with its expiry (R034, R035)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.sites import checks, common, premises
from linggong.sites.checks import CheckForm
from linggong.sites.codes import CHECKS, EQUIPMENT, EXPIRING, ROOM_USES
from linggong.sites.premises import EquipmentForm, RoomForm
from linggong.web import evidence, pages
from linggong.web.filing import shown
from linggong.web.filing.typed import Typed
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants.kinds import NodeKind

AnyRequest = Request[Any, Any, Any]
LISTS = ("zone", "function")


class SitePages(Controller):
    """Premises and equipment of a place."""

    path = "/places/{node_id:uuid}"
    include_in_schema = False
    request_max_body_size = evidence.CEILING

    @get("/site", opt={"permission": Permission.FILE_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """What there is."""
        return await _page(request, uow, principal, node_id)

    @post("/rooms", opt={"permission": Permission.FILE_WRITE})
    async def add_room(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Add a room."""
        values = await pages.form_values(request)
        typed = Typed(values)
        form = RoomForm(
            name=typed.text("name"), use=typed.text("use"), area_m2=typed.decimal("area_m2"),
            address=typed.text("address"), since=typed.day("since"),
        )  # fmt: skip
        async with (
            filled(request, uow, partial(_page, request, principal=principal, node_id=node_id), values),
            typed.checked(),
        ):
            await premises.add_room(uow, node_id, form)
        return pages.redirect(request, f"/places/{node_id}/site#rooms", say="登记好了。")

    @post("/rooms/{site_room_id:uuid}/end", opt={"permission": Permission.FILE_WRITE})
    async def end_room(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        node_id: FromPath[UUID],
        site_room_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Note that a room is used no more."""
        async with sent_back(request, uow, f"/places/{node_id}/site#rooms"):
            await premises.end_room(uow, site_room_id)
        return pages.redirect(request, f"/places/{node_id}/site#rooms", say="好，从今天起不算它了。")

    @post("/equipment", opt={"permission": Permission.FILE_WRITE})
    async def add_thing(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Add a thing."""
        values = await pages.form_values(request)
        typed = Typed(values)
        form = EquipmentForm(
            kind=typed.text("kind"), name=typed.text("name"), pieces=typed.whole("pieces", missing=1) or 0,
            funding=typed.text("funding"), bought_on=typed.day("bought_on"), expires_on=typed.day("expires_on"),
        )  # fmt: skip
        async with (
            filled(request, uow, partial(_page, request, principal=principal, node_id=node_id), values),
            typed.checked(),
        ):
            await premises.add_equipment(uow, node_id, form)
        return pages.redirect(request, f"/places/{node_id}/site#things", say="登记好了，到期前会提醒。")

    @post("/equipment/{site_equipment_id:uuid}/remove", opt={"permission": Permission.FILE_WRITE})
    async def remove_thing(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID],
        site_equipment_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Note that a thing is gone."""
        async with sent_back(request, uow, f"/places/{node_id}/site#things"):
            await premises.remove_equipment(uow, site_equipment_id)
        return pages.redirect(request, f"/places/{node_id}/site#things", say="好，停用了。")

    @post("/site/checks", opt={"permission": Permission.FILE_WRITE})
    async def check(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Note a zone or a function."""
        show = partial(_page, request, principal=principal, node_id=node_id)
        return await noted(request, uow, node_id, show, f"/places/{node_id}/site#checks")


async def noted(request: AnyRequest, uow: UnitOfWork, node_id: UUID, show: Any, to: str) -> Response[bytes]:
    """Note an item of a checklist, as the form of any page sends it: `kind|item`, whether it is there, a photo."""
    values = await pages.form_values(request)
    typed = Typed(values)
    kind, _, item = typed.text("item").partition("|")
    async with filled(request, uow, show, values), typed.checked():
        if not kind:
            raise Invalid([Fault("item", "请选是哪一项。", "required")])
        form = CheckForm(
            kind=kind,
            item=item,
            here=typed.text("here") != "no",
            note=typed.text("note"),
            looked_on=typed.day("looked_on"),
        )
        await checks.mark(uow, node_id, form, await evidence.read(values))
    return pages.redirect(request, to, say="记下了。")


async def _page(request: AnyRequest, uow: UnitOfWork, principal: Principal, node_id: UUID) -> Response[bytes]:
    found = await shown.load(uow, node_id)
    today = clock.business_date(uow.now)
    soon = today + timedelta(days=found.limits.whole(found.path, "site.equipment_remind_days"))
    key = "station.min_area_m2" if found.node.kind == NodeKind.STATION else "premises.total_m2"
    things = [
        {"row": t, "kind": EQUIPMENT[t.kind], "tone": _tone(t.expires_on, today, soon)} for t in found.known.equipment
    ]
    items = await checks.items(uow, found.path, found.node.kind)
    return shown.render(
        request, principal, uow, "filing/site.html", found, "site",
        rooms=found.known.rooms, uses=ROOM_USES, area=found.known.area_m2, area_words=common.square(found.known.area_m2), least=found.limits.held(found.path, key),
        least_words="驿站至少" if found.node.kind == NodeKind.STATION else "方案约", things=things, kinds=EQUIPMENT,
        expiring="、".join(EQUIPMENT[code] for code in sorted(EXPIRING)),
        lists=[{"label": CHECKS[kind], "items": items[kind]} for kind in LISTS],
    )  # fmt: skip


def _tone(expires: Any, today: Any, soon: Any) -> str:
    if expires is None or expires > soon:
        return ""
    return "danger" if expires < today else "wait"
