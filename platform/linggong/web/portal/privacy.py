"""What a person finds out about his own data: who looked at him, and the code by which he lets a station serve him."""

from __future__ import annotations

from typing import Annotated, Any

import segno
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.people import shown_codes
from linggong.web import pages
from linggong.work import looked
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_SHOWN = 30


class Privacy(Controller):
    """One's own data."""

    path = "/me"
    include_in_schema = False

    @get("/looked", opt={"permission": Permission.PERSON_SELF})
    async def looked(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        after: Annotated[str | None, QueryParameter(max_length=400)] = None,
    ) -> Response[bytes]:
        """Who looked at me, or at the employer for whom I act: the newest first."""
        found = await looked.looked(uow, cursor=after, limit=_SHOWN)
        return pages.render(
            request,
            "portal/looked.html",
            looks=[{"at": i.at, "who": i.who, "seen": i.seen, "why": i.why} for i in found.items],
            more_href=f"/me/looked?after={found.next}" if found.next else "",
            employer=principal.kind == "employer",
        )

    @post("/code", opt={"permission": Permission.PERSON_SELF})
    async def code(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Make a code to show at a station; it stands on this page alone and is gone when its time is over."""
        shown = await shown_codes.show(database, secrets, principal.id)
        seconds = max(1, int((shown.until - clock.now()).total_seconds()))
        return pages.render(
            request,
            "portal/code.html",
            code=f"{shown.code[:4]} {shown.code[4:]}",
            qr_href=segno.make_qr(shown.code, error="m").svg_data_uri(scale=5),
            until=shown.until,
            forget={"seconds": seconds, "href": "/me"},
        )
