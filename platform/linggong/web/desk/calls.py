"""The call list: whom the station should call, because an SMS may not be read in time (invariant 15)."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.people import notices
from linggong.people.notices import NoticeView
from linggong.web import menus, pages
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


_SIDES: Final = {"worker": "零工", "employer": "雇主", "claimant": "反映人"}


def _where(line: NoticeView) -> str:
    """Return where the telephone can be seen; who reported without an account left his with the case."""
    if line.to_side == "claimant":
        return f"/desk/cases/{line.subject_id}"
    return f"/desk/people/{line.person_id}" if line.person_id else f"/desk/employers/{line.employer_id}"


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
                    "side": _SIDES[line.to_side],
                    "href": _where(line),
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
