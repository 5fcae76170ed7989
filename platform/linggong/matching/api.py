"""快速配岗 over HTTP, and proofs of hardship (R050, R052)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paging import Page
from linggong.kernel.paths import TenantPath, tenant_path
from linggong.matching import handing, priority, proposals, suggest, views
from linggong.matching.allot import Options
from linggong.matching.priority import Mark, NewMark
from linggong.matching.proposals import Compared, Sent
from linggong.matching.suggest import Suggested
from linggong.matching.views import ProposalHead, ProposalView
from rbac.permissions import Permission


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """What a proposal is asked for."""

    reserved: bool = True
    neighbours: bool = False
    here_only: bool = False


class Change(msgspec.Struct, forbid_unknown_fields=True):
    """A change of one line; `order_id` is where he is moved to."""

    step: Literal["drop", "lock", "restore", "move"]
    order_id: UUID | None = None


def part_of(raw: str) -> TenantPath | None:
    """Read the county that was asked for. Raises NotFound for what is no path."""
    try:
        return tenant_path(raw) if raw else None
    except ValueError:
        raise NotFound from None


class Dispatch(Controller):
    """Proposals of who goes where."""

    path = "/api/v1/dispatch"
    tags = ("matching",)

    @get("/", opt={"permission": Permission.DISPATCH_READ})
    async def listed(self, uow: NamedDependency[UnitOfWork]) -> Page[ProposalHead]:
        """Proposals of this post and those below it, the latest first."""
        return Page(await views.listed(uow))

    @post("/", opt={"permission": Permission.DISPATCH_PROPOSE})
    async def make(self, uow: NamedDependency[UnitOfWork], data: JSONBody[Asked]) -> ProposalView:
        """Make one for this post; an open one gives way to it."""
        asked = Options(reserved=data.reserved, neighbours=data.neighbours, here_only=data.here_only)
        return await views.view(uow, (await proposals.make(uow, asked)).id)

    @get("/{dispatch_proposal_id:uuid}", opt={"permission": Permission.DISPATCH_READ})
    async def one(
        self, uow: NamedDependency[UnitOfWork], dispatch_proposal_id: FromPath[UUID], under: FromQuery[str] = ""
    ) -> ProposalView:
        """Its lines by order, and who stays without; once its day is over what really came of it.

        One for the city tells its counties; `under` is the county whose people are wanted.
        """
        return await views.view(uow, dispatch_proposal_id, under=part_of(under))

    @get("/{dispatch_proposal_id:uuid}/compare", opt={"permission": Permission.DISPATCH_READ})
    async def compare(self, uow: NamedDependency[UnitOfWork], dispatch_proposal_id: FromPath[UUID]) -> Page[Compared]:
        """What if: ten minutes later, with the county's other stations, without reserved places, with those here alone."""
        return Page(await proposals.compare(uow, dispatch_proposal_id))

    @post(
        "/{dispatch_proposal_id:uuid}/lines/{dispatch_line_id:uuid}",
        status_code=200,
        opt={"permission": Permission.DISPATCH_PROPOSE},
    )
    async def change(
        self,
        uow: NamedDependency[UnitOfWork],
        dispatch_proposal_id: FromPath[UUID],
        dispatch_line_id: FromPath[UUID],
        data: JSONBody[Change],
    ) -> ProposalView:
        """Drop, lock, restore or move one person."""
        if data.step == "move":
            await proposals.move(uow, dispatch_proposal_id, dispatch_line_id, data.order_id or dispatch_proposal_id)
        else:
            await proposals.mark(uow, dispatch_proposal_id, dispatch_line_id, data.step)
        return await views.view(uow, dispatch_proposal_id)

    @post("/{dispatch_proposal_id:uuid}/again", status_code=200, opt={"permission": Permission.DISPATCH_PROPOSE})
    async def again(self, uow: NamedDependency[UnitOfWork], dispatch_proposal_id: FromPath[UUID]) -> ProposalView:
        """Solve once more: locked lines stay, dropped pairs do not come back."""
        return await views.view(uow, (await proposals.again(uow, dispatch_proposal_id)).id)

    @post("/{dispatch_proposal_id:uuid}/send", status_code=200, opt={"permission": Permission.DISPATCH_PROPOSE})
    async def send(self, uow: NamedDependency[UnitOfWork], dispatch_proposal_id: FromPath[UUID]) -> Sent:
        """Send the lines that stand as invitations; who may not go any more is left out with the reason."""
        return await proposals.send(uow, dispatch_proposal_id)

    @post("/{dispatch_proposal_id:uuid}/hand-over", status_code=200, opt={"permission": Permission.DISPATCH_PROPOSE})
    async def hand_over(
        self, uow: NamedDependency[UnitOfWork], dispatch_proposal_id: FromPath[UUID]
    ) -> dict[TenantPath, int]:
        """Give each county its people's lines of a proposal for the city; tells how many stand in each."""
        return await handing.hand_over(uow, dispatch_proposal_id)

    @post("/{dispatch_proposal_id:uuid}/drop", status_code=200, opt={"permission": Permission.DISPATCH_PROPOSE})
    async def drop(self, uow: NamedDependency[UnitOfWork], dispatch_proposal_id: FromPath[UUID]) -> ProposalView:
        """Leave it; nobody is told."""
        return await views.view(uow, (await proposals.drop(uow, dispatch_proposal_id)).id)

    @get("/orders/{order_id:uuid}/suggested", opt={"permission": Permission.DISPATCH_READ})
    async def suggested(self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID]) -> Page[Suggested]:
        """This post's people for one order, the best fit first, each with the reason; the barred last, each with the rule."""
        return Page(await suggest.for_order(uow, order_id))


class Priority(Controller):
    """Proofs of hardship of somebody whom this post serves."""

    path = "/api/v1/persons/{person_id:uuid}/priority"
    tags = ("matching",)

    @get("/", opt={"permission": Permission.PRIORITY_READ})
    async def listed(self, uow: NamedDependency[UnitOfWork], person_id: FromPath[UUID]) -> Page[Mark]:
        """The proofs in force."""
        return Page(await priority.marks(uow, person_id))

    @post("/", opt={"permission": Permission.PRIORITY_RECORD})
    async def note(self, uow: NamedDependency[UnitOfWork], person_id: FromPath[UUID], data: JSONBody[NewMark]) -> Mark:
        """Note a proof, with the consent that he signed for it."""
        return await priority.note(uow, person_id, data)

    @delete("/{priority_mark_id:uuid}", status_code=204, opt={"permission": Permission.PRIORITY_RECORD})
    async def end(
        self, uow: NamedDependency[UnitOfWork], person_id: FromPath[UUID], priority_mark_id: FromPath[UUID]
    ) -> None:
        """End a proof and its consent."""
        await priority.end(uow, person_id, priority_mark_id)


CONTROLLERS = [Dispatch, Priority]
