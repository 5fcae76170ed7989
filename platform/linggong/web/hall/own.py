"""Signing in on one's own phone, with the six digits that the station's wall shows today."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, TooMany
from linggong.stations import phones
from linggong.web import pages
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]


class OwnNumber(Controller):
    """A worker's own number."""

    path = "/my/number"
    include_in_schema = False

    @get("/", opt={"permission": Permission.QUEUE_JOIN})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], database: NamedDependency[Database]
    ) -> Response[bytes]:
        """The number of today, or the field for the code."""
        return await _page(request, database, uow)

    @post("/", opt={"permission": Permission.QUEUE_JOIN})
    async def join(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
    ) -> Response[bytes]:
        """Take a number where one stands."""
        values = await pages.form_values(request)
        try:
            made = await phones.join(database, secrets, uow.actor, str(values.get("code", ""))[:40])
        except TooMany as error:
            return await _page(request, database, uow, values, Invalid([Fault("code", error.detail, "too-many")]))
        except Invalid as invalid:
            return await _page(request, database, uow, values, invalid)
        return pages.redirect(request, "/my/number", say=f"签到了，您是 {made.number} 号。")


async def _page(
    request: AnyRequest,
    database: Database,
    uow: UnitOfWork,
    values: dict[str, Any] | None = None,
    invalid: Invalid | None = None,
) -> Response[bytes]:
    return pages.render(
        request,
        "hall/my_number.html",
        status=200 if invalid is None else 422,
        mine=await phones.mine(database, uow.actor),
        form=pages.form_state(values, invalid),
    )
