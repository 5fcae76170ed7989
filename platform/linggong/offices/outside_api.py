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
from linggong.people import undelivered
from linggong.people.undelivered import Undelivered
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


class UndeliveredNotices(Controller):
    """Texts that reached nobody."""

    path = "/api/v1/undelivered-notices"
    tags = ("outside",)

    @get("/", opt={"permission": Permission.MESSAGE_READ})
    async def dead(self, uow: NamedDependency[UnitOfWork]) -> list[Undelivered]:
        """Those of the last thirty days, with the reason; neither words nor names."""
        return await undelivered.dead(uow)

    @post("/{notice_id:uuid}/resend", opt={"permission": Permission.MESSAGE_RESEND}, status_code=200)
    async def resend(self, uow: NamedDependency[UnitOfWork], notice_id: FromPath[UUID]) -> Undelivered:
        """Send one again."""
        return await undelivered.resend(uow, notice_id)


CONTROLLERS: list[Any] = [OutsideCalls, UndeliveredNotices]
