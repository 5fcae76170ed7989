"""Calls to outside systems over HTTP: `/api/v1/outside-calls`."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from linggong.kernel import outbox
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paging import Page
from linggong.offices import outside
from linggong.offices.outside import CallView, View
from rbac.permissions import Permission


class OutsideCalls(Controller):
    """What was asked of outside systems and is not answered, or was answered twice in two ways."""

    path = "/api/v1/outside-calls"
    tags = ("outside",)

    @get("/", opt={"permission": Permission.OUTSIDE_READ})
    async def calls(
        self,
        uow: NamedDependency[UnitOfWork],
        view: FromQuery[View] = "dead",
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    ) -> Page[CallView]:
        """Dead letters first of all; or those under way, contradicted, answered."""
        return await outside.calls(uow, view, cursor=cursor, limit=limit)

    @post("/{call_id:uuid}/resend", opt={"permission": Permission.OUTSIDE_RESEND}, status_code=200)
    async def resend(self, uow: NamedDependency[UnitOfWork], call_id: FromPath[UUID]) -> CallView:
        """Send a dead letter again; the outside system knows it by the same key."""
        return outside.view_of(await outbox.resend(uow, call_id))


CONTROLLERS: list[Any] = [OutsideCalls]
