"""Crews and substitutes over HTTP (12 L, 28)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.market import queries as market
from linggong.work import crews, replacing
from linggong.work.before_api import Why, view
from linggong.work.crews import CrewView, MemberView, SignedUp
from linggong.work.queries import WorkView
from linggong.work.replacing import ReplacementView
from rbac.permissions import Permission

Code = Annotated[str, msgspec.Meta(min_length=4, max_length=12)]


class NewCrew(msgspec.Struct, forbid_unknown_fields=True):
    """A crew; staff name the leader. The fee is what the employer pays him for each member and day, beside the wages."""

    name: Annotated[str, msgspec.Meta(max_length=40)]
    fee_fen: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    leader_id: UUID | None = None


class Typed(msgspec.Struct, forbid_unknown_fields=True):
    """A code that somebody was told; staff name the worker."""

    code: Code
    worker_id: UUID | None = None


class SignUp(msgspec.Struct, forbid_unknown_fields=True):
    """Which members come to which order."""

    order_id: UUID
    members: Annotated[list[UUID], msgspec.Meta(max_length=100)]
    replacement_id: UUID | None = None


class Crews(Controller):
    """Crews of a leader or a post."""

    path = "/api/v1/crews"
    tags = ("crews",)
    opt = MappingProxyType({"permission": Permission.CREW_USE})

    @get("/")
    async def page(self, uow: NamedDependency[UnitOfWork]) -> list[CrewView]:
        """The crews that I lead, or those of the post, with their members."""
        return await crews.mine(uow)

    @get("/memberships")
    async def memberships(self, uow: NamedDependency[UnitOfWork]) -> list[MemberView]:
        """The crews with which I agreed to come."""
        return await crews.memberships(uow)

    @post("/")
    async def found(self, uow: NamedDependency[UnitOfWork], data: JSONBody[NewCrew]) -> CrewView:
        """Found a crew."""
        crew = await crews.found(uow, name=data.name, fee_fen=data.fee_fen, leader_id=data.leader_id)
        return next(c for c in await crews.mine(uow) if c.id == crew.id)

    @post("/join")
    async def join(self, uow: NamedDependency[UnitOfWork], data: JSONBody[Typed]) -> MemberView:
        """Agree to come with a crew, by its code."""
        row = await crews.join(uow, data.code, worker_id=data.worker_id)
        return MemberView(
            id=row.id, person_id=row.person_id, name=row.member_name, crew_id=row.crew_id, crew_name=row.crew_name
        )

    @post("/members/{member_id:uuid}/leave", status_code=204)
    async def leave(self, uow: NamedDependency[UnitOfWork], member_id: FromPath[UUID]) -> None:
        """Leave, or be let go."""
        await crews.leave(uow, member_id)

    @post("/{crew_id:uuid}/sign-ups")
    async def sign_up(
        self, uow: NamedDependency[UnitOfWork], crew_id: FromPath[UUID], data: JSONBody[SignUp]
    ) -> SignedUp:
        """Sign members up for an order (12 L); who cannot come is named with the reason."""
        return await crews.sign_up(uow, crew_id, data.order_id, data.members, replacement_id=data.replacement_id)


class Replacements(Controller):
    """Somebody in another's place."""

    path = "/api/v1"
    tags = ("work",)

    @post("/engagements/{engagement_id:uuid}/replacement", opt={"permission": Permission.ENGAGEMENT_APPLY})
    async def propose(
        self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID], data: JSONBody[Why]
    ) -> ReplacementView:
        """Offer somebody in one's place (28); the new one enters himself by the code."""
        return replacing.view(uow, await replacing.propose(uow, engagement_id, reason=data.reason))

    @get("/orders/{order_id:uuid}/replacements", opt={"permission": Permission.ENGAGEMENT_READ})
    async def page(self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID]) -> list[ReplacementView]:
        """Open exchanges of an order that concern the reader."""
        if uow.actor.kind != "worker":
            await market.order(uow, order_id)
        found = await replacing.of_order(uow, order_id)
        if not found and uow.actor.kind == "worker" and not await replacing.concerns(uow, order_id):
            raise NotFound
        return found

    @post("/replacements/enter", opt={"permission": Permission.ENGAGEMENT_APPLY})
    async def enter(self, uow: NamedDependency[UnitOfWork], data: JSONBody[Typed]) -> WorkView:
        """Come for somebody, by the code that he told (12)."""
        row = await replacing.enter(uow, data.code, worker_id=data.worker_id)
        return await view(uow, row.id)

    @post("/replacements/{one:uuid}/consent", status_code=200, opt={"permission": Permission.ENGAGEMENT_APPLY})
    async def consent(self, uow: NamedDependency[UnitOfWork], one: FromPath[UUID]) -> ReplacementView:
        """Agree to be replaced (ruling 12)."""
        return replacing.view(uow, await replacing.consent(uow, one))

    @post("/replacements/{one:uuid}/accept", status_code=200, opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def accept(self, uow: NamedDependency[UnitOfWork], one: FromPath[UUID]) -> WorkView:
        """The employer takes the new one; he confirms himself."""
        row = await replacing.accept(uow, one)
        return await view(uow, row.id)

    @post("/replacements/{one:uuid}/refuse", status_code=200, opt={"permission": Permission.ENGAGEMENT_DECLINE})
    async def refuse(self, uow: NamedDependency[UnitOfWork], one: FromPath[UUID]) -> ReplacementView:
        """Not this exchange: the old one stays."""
        return replacing.view(uow, await replacing.refuse(uow, one))


CONTROLLERS: list[Any] = [Crews, Replacements]
