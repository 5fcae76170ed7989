"""Changes of terms over HTTP (transitions 24 to 26)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from linggong.kernel.db import UnitOfWork
from linggong.market import queries as market
from linggong.work import queries, terms, terms_queries
from linggong.work.terms_queries import TermsView
from linggong.work.terms_values import TermsForm
from rbac.permissions import Permission

Short = Annotated[str, msgspec.Meta(max_length=200)]
Zoned = Annotated[datetime, msgspec.Meta(tz=True)]


class Proposal(TermsForm, kw_only=True, forbid_unknown_fields=True):
    """Other terms; staff say for which side they speak."""

    kind: Literal["price", "time", "place", "headcount", "overtime", "extra", "reduced"]
    starts_at: Zoned | None = None
    ends_at: Zoned | None = None
    until: Zoned | None = None
    reason: Short = ""
    side: Literal["worker", "employer"] | None = None
    assignment_id: UUID | None = None


class Note(msgspec.Struct, forbid_unknown_fields=True):
    """Why not, in a few words."""

    note: Short = ""


class OrderTerms(Controller):
    """Other terms for everybody on an order."""

    path = "/api/v1/orders/{order_id:uuid}/terms-changes"
    tags = ("terms",)

    @get("/", opt={"permission": Permission.ENGAGEMENT_READ})
    async def page(self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID]) -> list[TermsView]:
        """Every proposal on the order that concerns the reader."""
        if uow.actor.kind != "worker":
            await market.order(uow, order_id)
        return await terms_queries.changes(uow, order_id=order_id)

    @post("/", opt={"permission": Permission.TERMS_CHANGE})
    async def propose(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[Proposal]
    ) -> list[TermsView]:
        """Propose to everybody (24); [] when the terms changed at once, because they bind nobody yet."""
        await terms.propose_to_all(uow, order_id, data)
        await uow.flush()
        return await terms_queries.changes(uow, order_id=order_id, open_only=True)


class EngagementTerms(Controller):
    """Other terms for one worker."""

    path = "/api/v1/engagements/{engagement_id:uuid}/terms-changes"
    tags = ("terms",)

    @get("/", opt={"permission": Permission.ENGAGEMENT_READ})
    async def page(self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID]) -> list[TermsView]:
        """Every proposal to or of this worker."""
        await queries.engagement(uow, engagement_id)
        return await terms_queries.changes(uow, engagement_id=engagement_id)

    @post("/", opt={"permission": Permission.TERMS_CHANGE})
    async def propose(
        self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID], data: JSONBody[Proposal]
    ) -> TermsView:
        """Propose for this worker alone (24), on site too: overtime, extra or reduced work (48)."""
        made = await terms.propose(uow, engagement_id, data, side=data.side, assignment_id=data.assignment_id)
        return await terms_queries.change(uow, made.id)


class TermsChanges(Controller):
    """Answers."""

    path = "/api/v1/terms-changes/{change_id:uuid}"
    tags = ("terms",)

    @get("/", opt={"permission": Permission.ENGAGEMENT_READ})
    async def one(self, uow: NamedDependency[UnitOfWork], change_id: FromPath[UUID]) -> TermsView:
        """One proposal."""
        return await terms_queries.change(uow, change_id)

    @post("/agree", status_code=200, opt={"permission": Permission.TERMS_CHANGE})
    async def agree(self, uow: NamedDependency[UnitOfWork], change_id: FromPath[UUID]) -> TermsView:
        """Agree (25)."""
        await terms.agree(uow, change_id)
        return await terms_queries.change(uow, change_id)

    @post("/refuse", status_code=200, opt={"permission": Permission.TERMS_CHANGE})
    async def refuse(
        self, uow: NamedDependency[UnitOfWork], change_id: FromPath[UUID], data: JSONBody[Note]
    ) -> TermsView:
        """Do not agree (26)."""
        await terms.refuse(uow, change_id, note=data.note)
        return await terms_queries.change(uow, change_id)

    @post("/take-back", status_code=200, opt={"permission": Permission.TERMS_CHANGE})
    async def take_back(self, uow: NamedDependency[UnitOfWork], change_id: FromPath[UUID]) -> TermsView:
        """Take one's own proposal back."""
        await terms.take_back(uow, change_id)
        return await terms_queries.change(uow, change_id)

    @post("/insist", status_code=200, opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def insist(self, uow: NamedDependency[UnitOfWork], change_id: FromPath[UUID]) -> TermsView:
        """The employer does without a worker who did not agree (26): his cancel."""
        await terms.insist(uow, change_id)
        return await terms_queries.change(uow, change_id)


CONTROLLERS: list[Any] = [OrderTerms, EngagementTerms, TermsChanges]
