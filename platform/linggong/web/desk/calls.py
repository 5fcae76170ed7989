"""The call list: whom the station should call, because an SMS may not be read in time (invariant 15)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.people import notices
from linggong.web import menus, pages
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class Calls(Controller):
    """Whom to call."""

    path = "/desk/calls"
    include_in_schema = False

    @get("/", opt={"permission": Permission.NOTICE_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The oldest first."""
        return menus.render(
            request,
            principal,
            "desk/calls.html",
            calls=[
                {
                    "id": str(line.id),
                    "who": line.who or "看不到姓名",
                    "side": "零工" if line.to_side == "worker" else "雇主",
                    "href": f"/desk/people/{line.person_id}"
                    if line.person_id
                    else f"/desk/employers/{line.employer_id}",
                    "text": line.text,
                    "tries": line.tries,
                    "at": line.created_at,
                }
                for line in await notices.call_list(uow)
            ],
            may_call=menus.may(request, principal, Permission.NOTICE_CALL),
        )

    @post("/{notice_id:uuid}/{answer:str}", opt={"permission": Permission.NOTICE_CALL})
    async def called(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], notice_id: FromPath[UUID], answer: FromPath[str]
    ) -> Response[bytes]:
        """Note what came of a call."""
        if answer not in ("reached", "unreached"):
            raise NotFound
        try:
            await notices.called(uow, notice_id, reached=answer == "reached")
        except Conflict as error:
            await uow.rollback()
            return pages.redirect(request, "/desk/calls", say=error.detail, kind="bad")
        return pages.redirect(request, "/desk/calls", say="记下了。" if answer == "reached" else "记下了，没打通。")
