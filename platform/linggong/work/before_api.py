"""Before the work over HTTP: the waitlist and the employer who does without one worker (16, 26, 29, 30)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from linggong.kernel.db import UnitOfWork
from linggong.work import ending, queries, waiting
from linggong.work.queries import WorkView
from rbac.permissions import Permission


class Why(msgspec.Struct, forbid_unknown_fields=True):
    """Why, in a few words."""

    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


async def view(uow: UnitOfWork, engagement_id: UUID) -> WorkView:
    """Return the engagement as it stands after a step."""
    await uow.flush()
    return await queries.engagement(uow, engagement_id)


class BeforeWork(Controller):
    """Steps of an engagement before its work."""

    path = "/api/v1/engagements/{engagement_id:uuid}"
    tags = ("work",)

    @post("/cancel", status_code=200, opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def cancel(
        self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID], data: JSONBody[Why]
    ) -> WorkView:
        """The employer does without this worker; after the lock he has his compensation (29, 30)."""
        await ending.cancel_engagement(uow, engagement_id, reason=data.reason)
        return await view(uow, engagement_id)

    @post("/promote", status_code=200, opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def promote(self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID]) -> WorkView:
        """Ask one who waits, because a place is free (16, a clerk)."""
        await waiting.promote(uow, engagement_id)
        return await view(uow, engagement_id)


CONTROLLERS: list[Any] = [BeforeWork]
