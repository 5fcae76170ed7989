"""换人: on a shared computer a colleague who signed in fully today takes over by his PIN."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from linggong.kernel.db import NOBODY, Database
from linggong.kernel.errors import LinggongError, SignInFailed
from linggong.people import sessions, shared_desks
from linggong.people.door_guards import not_too_often
from linggong.people.shared_desks import Desk
from linggong.web import homes, pages
from linggong.web.portal.steps import agent_of, as_invalid
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]
_NO_DESK = "这台电脑没有设成共用的，请用密码登录；登录后可在“我的安全”里设。"


async def _page(
    request: AnyRequest, database: Database, desk: Desk, *, chosen: str = "", error: LinggongError | None = None
) -> Response[bytes]:
    here = await shared_desks.colleagues(database, desk, pages.session_token(request))
    ready = [c for c in here if c.ready and not c.here]
    if not chosen and ready:
        chosen = str(ready[0].id)
    fault = as_invalid(error, "pin") if error is not None else None
    return pages.render(
        request,
        "security/switch.html",
        status=422 if fault else 200,
        desk=desk,
        people=[{"id": str(c.id), "name": c.name, "here": c.here, "ready": c.ready} for c in here],
        ready=len(ready),
        chosen=chosen,
        form=pages.form_state({}, fault),
    )


class Switching(Controller):
    """Changing over on a shared computer."""

    path = "/desk/switch"
    include_in_schema = False
    opt = MappingProxyType({"permission": Permission.PUBLIC_USE})

    @get("/")
    async def page(self, request: AnyRequest, database: NamedDependency[Database]) -> Response[bytes]:
        """Who may take over here today."""
        desk = await shared_desks.desk_of(database, pages.desk_token(request))
        if desk is None:
            return pages.redirect(request, "/sign-in/staff", say=_NO_DESK, kind="warn")
        return await _page(request, database, desk)

    @post("/", guards=[not_too_often])
    async def switch(self, request: AnyRequest, database: NamedDependency[Database]) -> Response[bytes]:
        """Take over by PIN."""
        values = await pages.form_values(request)
        device = pages.desk_token(request)
        desk = await shared_desks.desk_of(database, device)
        if desk is None:
            return pages.redirect(request, "/sign-in/staff", say=_NO_DESK, kind="warn")
        chosen = str(values.get("person", ""))
        try:
            staff_id = UUID(chosen)
        except ValueError:
            staff_id, chosen = NOBODY, ""
        try:
            signed = await shared_desks.switch(
                database,
                device,
                staff_id,
                str(values.get("pin", "")),
                agent=agent_of(request),
                replaces=pages.session_token(request),
            )
        except SignInFailed as error:
            return await _page(request, database, desk, chosen=chosen, error=error)
        principal = await sessions.resolve(database, signed.token)
        kept = pages.session_cookie(request, signed.token, max_age=signed.max_age)
        home = homes.home_of(principal) if principal else "/"
        say = f"现在是{principal.name}。" if principal else ""
        return pages.redirect(request, home, say=say, cookies=[kept])
