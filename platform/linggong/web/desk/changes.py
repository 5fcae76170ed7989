"""What may still change about an order, entered at the desk; a report freezes it at once (8)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.web import changes, menus, pages
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class DeskChanges(Controller):
    """Changes of one order."""

    include_in_schema = False
    path = "/desk/orders/{order_id:uuid}/changes"

    @get("/", opt={"permission": Permission.PERSON_REGISTER})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Proposals, exchanges, the queue, and what may be proposed."""
        return await _page(request, principal, order_id, uow)

    @post("/{step:str}", opt={"permission": Permission.TERMS_CHANGE})
    async def step(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
        step: FromPath[str],
    ) -> Response[bytes]:
        """Do one step and come back."""
        if not principal.is_staff:
            raise NotFound
        if step == "suspend":
            menus.need(request, principal, Permission.ORDER_SUSPEND)
        back = f"/desk/orders/{order_id}/changes"
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, principal, order_id), values):
            said = await changes.act(uow, secrets, order_id, step, values)
        return pages.redirect(request, back, say=said)


async def _page(request: AnyRequest, principal: Principal, order_id: UUID, uow: UnitOfWork) -> Response[bytes]:
    return menus.render(
        request,
        principal,
        "desk/changes.html",
        found=await changes.of_order(uow, order_id),
        may_suspend=menus.may(request, principal, Permission.ORDER_SUSPEND),
    )
