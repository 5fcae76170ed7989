"""Credit over HTTP: `/api/v1/me/credit`, `/credit/entries`, `/credit/restrictions`, ratings' answers, the public list."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.paths import ROOT
from linggong.people.forms import ProxyConsent
from linggong.trust import decisions, false_posts, objections, queries, records, stars
from linggong.trust.false_posts import FalsePosts
from linggong.trust.queries import CreditView, EntryView, LevelView
from linggong.trust.records import PayRecordView
from linggong.trust.stars import ListedView, StarsView
from linggong.work import queries as work_queries
from linggong.work import rating
from rbac.permissions import Permission

Words = Annotated[str, msgspec.Meta(max_length=400)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Waiting = Literal["contested", "proposed", "live", "all"]


class Objection(msgspec.Struct, forbid_unknown_fields=True):
    """Why somebody does not accept it."""

    words: Words


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """What was decided on an objection, and why."""

    lift: bool
    words: Words


class Verdict(msgspec.Struct, forbid_unknown_fields=True):
    """What was decided on a proposal, and why."""

    confirm: bool
    words: Words


class Proposal(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A proposal to restrict (2) or ban (3) one side, for some days."""

    person_id: UUID | None = None
    employer_id: UUID | None = None
    level: Annotated[int, msgspec.Meta(ge=0, le=9)]
    days: Annotated[int, msgspec.Meta(ge=0, le=5000)]
    grounds: Words
    evidence: Words


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """What the rated side says to a rating."""

    words: Words


class Listing(msgspec.Struct, forbid_unknown_fields=True):
    """Consent to the public list; staff name the worker and the proof."""

    person_id: UUID | None = None
    proxy: ProxyConsent | None = None


class Credit(Controller):
    """Points, restrictions, objections."""

    path = "/api/v1"
    tags = ("trust",)

    @get("/me/credit", opt={"permission": Permission.CREDIT_READ})
    async def mine(self, uow: NamedDependency[UnitOfWork]) -> CreditView:
        """Return my credit: what counts, why, until when."""
        return await queries.my_credit(uow, ROOT)

    @get("/credit/entries", opt={"permission": Permission.CREDIT_READ})
    async def entries(
        self, uow: NamedDependency[UnitOfWork], queue: FromQuery[Waiting] = "all", limit: Limit = 50
    ) -> list[EntryView]:
        """Return entries of mine, or of my places."""
        return await queries.entries(uow, queue=queue, limit=limit)

    @post("/credit/entries/{entry_id:uuid}/objection", opt={"permission": Permission.CREDIT_OBJECT})
    async def object_to_entry(
        self, uow: NamedDependency[UnitOfWork], entry_id: FromPath[UUID], data: JSONBody[Objection]
    ) -> EntryView:
        """Object to points; they do not count until it is decided."""
        await objections.object_to_entry(uow, entry_id, words=data.words)
        return await _entry(uow, entry_id)

    @post("/credit/entries/{entry_id:uuid}/decision", opt={"permission": Permission.CREDIT_DECIDE})
    async def decide_entry(
        self, uow: NamedDependency[UnitOfWork], entry_id: FromPath[UUID], data: JSONBody[Decision]
    ) -> EntryView:
        """Decide an objection to points."""
        await objections.decide_entry(uow, entry_id, lift=data.lift, words=data.words)
        return await _entry(uow, entry_id)

    @get("/credit/restrictions", opt={"permission": Permission.CREDIT_READ})
    async def restrictions(
        self, uow: NamedDependency[UnitOfWork], queue: FromQuery[Waiting] = "all", limit: Limit = 50
    ) -> list[LevelView]:
        """Return restrictions of mine, or of my places."""
        return await queries.restrictions(uow, queue=queue, limit=limit)

    @post("/credit/restrictions", opt={"permission": Permission.CREDIT_PROPOSE})
    async def propose(self, uow: NamedDependency[UnitOfWork], data: JSONBody[Proposal]) -> LevelView:
        """Propose to restrict or ban somebody whom the post serves, with evidence."""
        row = await decisions.propose(
            uow, person_id=data.person_id, employer_id=data.employer_id, level=data.level, days=data.days,
            grounds=data.grounds, evidence=data.evidence,
        )  # fmt: skip
        return await _restriction(uow, row.id)

    @post("/credit/restrictions/{restriction_id:uuid}/verdict", opt={"permission": Permission.CREDIT_DECIDE})
    async def verdict(
        self, uow: NamedDependency[UnitOfWork], restriction_id: FromPath[UUID], data: JSONBody[Verdict]
    ) -> LevelView:
        """Decide a proposal."""
        decide = decisions.confirm if data.confirm else decisions.refuse
        await decide(uow, restriction_id, words=data.words)
        return await _restriction(uow, restriction_id)

    @post("/credit/restrictions/{restriction_id:uuid}/objection", opt={"permission": Permission.CREDIT_OBJECT})
    async def object_to_level(
        self, uow: NamedDependency[UnitOfWork], restriction_id: FromPath[UUID], data: JSONBody[Objection]
    ) -> LevelView:
        """Object to a restriction, once."""
        await objections.object_to_level(uow, restriction_id, words=data.words)
        return await _restriction(uow, restriction_id)

    @post("/credit/restrictions/{restriction_id:uuid}/decision", opt={"permission": Permission.CREDIT_DECIDE})
    async def decide_level(
        self, uow: NamedDependency[UnitOfWork], restriction_id: FromPath[UUID], data: JSONBody[Decision]
    ) -> LevelView:
        """Decide an objection to a restriction, or end it early."""
        await objections.decide_level(uow, restriction_id, lift=data.lift, words=data.words)
        return await _restriction(uow, restriction_id)

    @get("/false-posts", opt={"permission": Permission.OVERVIEW_READ})
    async def false_posts(
        self,
        uow: NamedDependency[UnitOfWork],
        since: FromQuery[datetime],
        until: FromQuery[datetime],
    ) -> FalsePosts:
        """Count confirmed false posts among those published in a period (row 15)."""
        return await false_posts.count(uow, since=since, until=until)


class Trust(Controller):
    """Ratings' answers, stars, the public list, records of payment."""

    path = "/api/v1"
    tags = ("trust",)

    @post("/ratings/{rating_id:uuid}/reply", status_code=204, opt={"permission": Permission.RATING_CREATE})
    async def reply(self, uow: NamedDependency[UnitOfWork], rating_id: FromPath[UUID], data: JSONBody[Answer]) -> None:
        """Answer an opened rating of oneself, once."""
        await rating.reply(uow, rating_id, words=data.words)

    @get("/engagements/{engagement_id:uuid}/stars", opt={"permission": Permission.ENGAGEMENT_READ})
    async def stars(self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID]) -> StarsView:
        """Return the worker's stars in the trade of the order that he takes part in."""
        row = await work_queries.engagement(uow, engagement_id)
        return await stars.of_engagement(uow, engagement_id, ROOT) or stars.none_yet(row.trade_code)

    @post("/me/listing", status_code=204, opt={"permission": Permission.CREDIT_OBJECT})
    async def agree(self, uow: NamedDependency[UnitOfWork], data: JSONBody[Listing]) -> None:
        """Agree to stand on the public list of excellent workers."""
        await stars.agree(uow, person_id=data.person_id, proxy=data.proxy)

    @delete("/me/listing", opt={"permission": Permission.CREDIT_OBJECT})
    async def withdraw(self, uow: NamedDependency[UnitOfWork], person_id: FromQuery[UUID | None] = None) -> None:
        """Take that consent back."""
        await stars.withdraw(uow, person_id=person_id)

    @get("/excellent-workers", opt={"permission": Permission.BOARD_READ})
    async def excellent(self, database: NamedDependency[Database]) -> list[ListedView]:
        """Return the public list: who agreed to stand on it, best first."""
        return await stars.listed(database)

    @get("/orders/{order_id:uuid}/pay-record", opt={"permission": Permission.BOARD_READ})
    async def record(self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID]) -> PayRecordView:
        """Return how the employer of a published post paid what fell due."""
        return await records.of_post(uow, order_id)


async def _entry(uow: UnitOfWork, entry_id: UUID) -> EntryView:
    await uow.flush()
    return (await queries.entries(uow, entry_id=entry_id))[0]


async def _restriction(uow: UnitOfWork, restriction_id: UUID) -> LevelView:
    await uow.flush()
    return (await queries.restrictions(uow, restriction_id=restriction_id))[0]


CONTROLLERS: list[Any] = [Credit, Trust]
