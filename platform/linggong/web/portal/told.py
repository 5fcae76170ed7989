"""What a person or an employer was told, in his own list; opening it counts as reached (invariant 15)."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from linggong.kernel.db import UnitOfWork
from linggong.people import notices
from linggong.web import pages
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]


class Told(Controller):
    """My notices."""

    path = "/me/notices"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PERSON_SELF})
    async def page(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> Response[bytes]:
        """The newest first."""
        found = await notices.of_me(uow)
        return pages.render(
            request,
            "portal/told.html",
            notices=[{"text": n.text, "at": n.created_at, "fresh": n.state != "reached"} for n in found],
            fresh=any(n.state != "reached" for n in found),
        )

    @post("/seen", opt={"permission": Permission.SESSION_USE})
    async def seen(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> Response[bytes]:
        """I have read them."""
        await notices.seen(uow, [n.id for n in await notices.of_me(uow)])
        return pages.redirect(request, "/me/notices", say="好，记下了。")
