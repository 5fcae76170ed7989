"""Notices over HTTP: what I was told, and whom the desk should call."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from linggong.kernel.db import UnitOfWork
from linggong.people import notices
from linggong.people.notices import NoticeView
from rbac.permissions import Permission


class Outcome(msgspec.Struct, forbid_unknown_fields=True):
    """What came of the call: got through or not, or more exactly in `outcome`."""

    reached: bool = False
    outcome: notices.Outcome | None = None
    again_minutes: Annotated[int, msgspec.Meta(ge=5, le=1440)] | None = None
    """With `later`: after how many minutes he wants to be called."""


class Notices(Controller):
    """Receipts of what people were told."""

    path = "/api/v1"
    tags = ("notices",)

    @get("/me/notices", opt={"permission": Permission.PERSON_SELF})
    async def mine(self, uow: NamedDependency[UnitOfWork]) -> list[NoticeView]:
        """Return what I was told, the newest first."""
        return await notices.of_me(uow)

    @post("/me/notices/{notice_id:uuid}/seen", status_code=204, opt={"permission": Permission.SESSION_USE})
    async def seen(self, uow: NamedDependency[UnitOfWork], notice_id: FromPath[UUID]) -> None:
        """Say that I have read it."""
        await notices.seen(uow, [notice_id])

    @get("/notices/calls", opt={"permission": Permission.NOTICE_READ})
    async def calls(self, uow: NamedDependency[UnitOfWork]) -> list[NoticeView]:
        """Return what the desk should call about, the oldest first."""
        return await notices.call_list(uow)

    @post("/notices/{notice_id:uuid}/call", status_code=204, opt={"permission": Permission.NOTICE_CALL})
    async def call(self, uow: NamedDependency[UnitOfWork], notice_id: FromPath[UUID], data: JSONBody[Outcome]) -> None:
        """Note the outcome of a call; the third without an answer ends the trying."""
        again = timedelta(minutes=data.again_minutes) if data.again_minutes is not None else None
        await notices.called(uow, notice_id, data.outcome or ("reached" if data.reached else "unreached"), again=again)


CONTROLLERS: list[Any] = [Notices]
