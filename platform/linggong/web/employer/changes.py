"""What may still change about an order of the employer: terms, people, missing people, another day, an objection."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.web import changes, pages
from linggong.web.employer.home import only_employer
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class EmployerChanges(Controller):
    """Changes of one order."""

    include_in_schema = False
    path = "/employer/orders/{order_id:uuid}/changes"

    @get("/", opt={"permission": Permission.ORDER_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Proposals, exchanges, the queue, and what may be proposed."""
        only_employer(principal)
        return await _page(request, order_id, uow)

    @post("/{step:str}", opt={"permission": Permission.ORDER_CREATE})
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
        only_employer(principal)
        back = f"/employer/orders/{order_id}/changes"
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, order_id), values):
            said = await changes.act(uow, secrets, order_id, step, values)
        return pages.redirect(request, back, say=said)


async def _page(request: AnyRequest, order_id: UUID, uow: UnitOfWork) -> Response[bytes]:
    return pages.render(request, "employer/changes.html", found=await changes.of_order(uow, order_id))
