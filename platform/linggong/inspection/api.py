"""Inspections, rectification, cards and stars over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from linggong.inspection import cards, checklists, inspecting, outcomes, planning, queries, rectifying, removing, stars
from linggong.inspection.cards import CardForm, DecisionForm
from linggong.inspection.checklists import ChangeView, ChecklistForm, ChecklistView
from linggong.inspection.inspecting import Answer
from linggong.inspection.outcomes import ItemResult
from linggong.inspection.planning import DrawForm, PlanForm
from linggong.inspection.queries import CardView, DrawView, FindingView, ProposalView, TaskView
from linggong.inspection.removing import RemovalForm, Removing
from linggong.inspection.stars import Best, Published, StarRow
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.measures.api import place_of
from rbac.permissions import Permission
from tenants.evidence import PhotoInput


class ItemPhoto(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A photo of one item."""

    item: Annotated[str, Meta(max_length=40)]
    photo: PhotoInput


class Filled(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Results of items with their photos, and until when faults are to be put right."""

    answers: Annotated[list[Answer], Meta(max_length=60)]
    photos: Annotated[list[ItemPhoto], Meta(max_length=60)] = []
    due_on: date | None = None


class Mended(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What was done."""

    words: Annotated[str, Meta(max_length=1000)]
    photos: Annotated[list[PhotoInput], Meta(max_length=4)]


class Rechecked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a check of a rectification came to."""

    passed: bool
    words: Annotated[str, Meta(max_length=1000)]
    photos: Annotated[list[PhotoInput], Meta(max_length=4)] = []
    due_on: date | None = None


class StarPeriod(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The period whose ratings are published; a correction says why."""

    first: date
    last: date
    note: Annotated[str, Meta(max_length=300)] = ""


class ListForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A list of the best, in its order."""

    title: Annotated[str, Meta(max_length=40)]
    year: int
    sites: Annotated[list[UUID], Meta(max_length=100)]


class Inspections(Controller):
    """Draws, tasks and results."""

    path = "/api/v1/inspections"
    tags = ("inspection",)

    @get("/", opt={"permission": Permission.INSPECTION_READ})
    async def listed(self, uow: NamedDependency[UnitOfWork], mine: FromQuery[bool] = False) -> list[TaskView]:
        """Tasks at and below one's post, the open ones first."""
        return await queries.tasks(uow, mine=mine)

    @get("/results", opt={"permission": Permission.INSPECTION_READ})
    async def results(
        self, uow: NamedDependency[UnitOfWork], first: FromQuery[date], last: FromQuery[date], path: FromQuery[str] = ""
    ) -> list[ItemResult]:
        """What the items of the checklists came to over a period (rows 4 to 6 of the 100-point table)."""
        return await outcomes.results(uow, await place_of(uow, path), first, last)

    @get("/{inspection_task_id:uuid}", opt={"permission": Permission.INSPECTION_READ})
    async def one(self, uow: NamedDependency[UnitOfWork], inspection_task_id: FromPath[UUID]) -> TaskView:
        """One task."""
        return await queries.task(uow, inspection_task_id)

    @post("/", opt={"permission": Permission.INSPECTION_PLAN})
    async def plan(self, uow: NamedDependency[UnitOfWork], data: JSONBody[PlanForm]) -> TaskView:
        """Plan the inspection of one place."""
        return await queries.task(uow, (await planning.plan(uow, data)).id)

    @post("/draws", opt={"permission": Permission.INSPECTION_PLAN})
    async def draw(self, uow: NamedDependency[UnitOfWork], data: JSONBody[DrawForm]) -> DrawView:
        """Draw places and inspectors at random; the seed is kept."""
        return await queries.draw(uow, (await planning.draw(uow, data)).id)

    @post("/{inspection_task_id:uuid}/results", status_code=200, opt={"permission": Permission.INSPECTION_WRITE})
    async def record(
        self, uow: NamedDependency[UnitOfWork], inspection_task_id: FromPath[UUID], data: JSONBody[Filled]
    ) -> TaskView:
        """Write down results, each once (an inspector who was drawn)."""
        photos: dict[str, list[Any]] = {}
        for one in data.photos:
            photos.setdefault(one.item, []).append(one.photo.photo())
        await inspecting.record(uow, inspection_task_id, data.answers, photos, due_on=data.due_on)
        return await queries.task(uow, inspection_task_id)


class Findings(Controller):
    """What is to be put right."""

    path = "/api/v1/findings"
    tags = ("inspection",)

    @get("/", opt={"permission": Permission.RECTIFICATION_READ})
    async def listed(self, uow: NamedDependency[UnitOfWork], live: FromQuery[bool] = True) -> list[FindingView]:
        """Findings at and below one's post, the most urgent first."""
        return await queries.findings(uow, live=live)

    @post("/{inspection_finding_id:uuid}/mend", status_code=200, opt={"permission": Permission.RECTIFICATION_WRITE})
    async def mend(
        self, uow: NamedDependency[UnitOfWork], inspection_finding_id: FromPath[UUID], data: JSONBody[Mended]
    ) -> FindingView:
        """Report what was done, with photos (the place or its operator)."""
        await rectifying.mend(uow, inspection_finding_id, words=data.words, photos=[p.photo() for p in data.photos])
        return await _finding(uow, inspection_finding_id)

    @post("/{inspection_finding_id:uuid}/recheck", status_code=200, opt={"permission": Permission.INSPECTION_WRITE})
    async def recheck(
        self, uow: NamedDependency[UnitOfWork], inspection_finding_id: FromPath[UUID], data: JSONBody[Rechecked]
    ) -> FindingView:
        """Check it again, by another hand."""
        photos = [p.photo() for p in data.photos]
        await rectifying.recheck(
            uow, inspection_finding_id, passed=data.passed, words=data.words, photos=photos, due_on=data.due_on
        )
        return await _finding(uow, inspection_finding_id)


class Cards(Controller):
    """Awards and yellow cards, and what the system proposes."""

    path = "/api/v1/cards"
    tags = ("inspection",)

    @get("/", opt={"permission": Permission.CARD_READ})
    async def listed(self, uow: NamedDependency[UnitOfWork]) -> list[CardView]:
        """Cards at and below one's post, the latest first."""
        return await queries.cards(uow)

    @post("/", opt={"permission": Permission.CARD_DECIDE})
    async def give(self, uow: NamedDependency[UnitOfWork], data: JSONBody[CardForm]) -> UUID:
        """Give an award or a yellow card, with its evidence (a person of the bureau)."""
        return (await cards.give(uow, data)).id

    @get("/proposals", opt={"permission": Permission.CARD_READ})
    async def proposals(self, uow: NamedDependency[UnitOfWork], decided: FromQuery[bool] = False) -> list[ProposalView]:
        """What the system proposes, with its evidence."""
        return await queries.proposed(uow, state="" if decided else "open")

    @post("/proposals/{card_proposal_id:uuid}/decide", status_code=200, opt={"permission": Permission.CARD_DECIDE})
    async def decide(
        self, uow: NamedDependency[UnitOfWork], card_proposal_id: FromPath[UUID], data: JSONBody[DecisionForm]
    ) -> ProposalView:
        """Take a proposed step, or decline it with a reason."""
        await cards.decide(uow, card_proposal_id, data)
        return (await queries.proposed(uow, one=card_proposal_id))[0]


class Removals(Controller):
    """The removal of a station."""

    path = "/api/v1/removals"
    tags = ("inspection",)

    @get("/preview", opt={"permission": Permission.NODE_REMOVE})
    async def preview(
        self, uow: NamedDependency[UnitOfWork], site: FromQuery[UUID], target: FromQuery[UUID]
    ) -> Removing:
        """What a removal would move and end, and every reason against it; nothing is written."""
        return await removing.preview(uow, site, target)

    @post("/", opt={"permission": Permission.NODE_REMOVE})
    async def remove(self, uow: NamedDependency[UnitOfWork], data: JSONBody[RemovalForm]) -> UUID:
        """Remove a station: its open work and people move, in one transaction."""
        return (await removing.remove(uow, data)).id


class Checklists(Controller):
    """What is looked at."""

    path = "/api/v1/checklists"
    tags = ("inspection",)

    @get("/{kind:str}", opt={"permission": Permission.INSPECTION_READ})
    async def one(self, uow: NamedDependency[UnitOfWork], kind: FromPath[str]) -> ChecklistView:
        """The checklist of a kind of place as it holds at one's post."""
        found = await checklists.at(uow, uow.actor.post or "/", kind)
        if found is None:
            raise NotFound
        return found

    @get("/{kind:str}/log", opt={"permission": Permission.INSPECTION_READ})
    async def log(self, uow: NamedDependency[UnitOfWork], kind: FromPath[str]) -> list[ChangeView]:
        """The log of its changes (R079)."""
        return await checklists.log(uow, uow.actor.post or "/", kind)

    @post("/", opt={"permission": Permission.INSPECTION_PLAN})
    async def change(self, uow: NamedDependency[UnitOfWork], data: JSONBody[ChecklistForm]) -> UUID:
        """Decide the next version, with a reason."""
        return await checklists.change(uow, data)


class Stars(Controller):
    """Star ratings and lists of the best."""

    path = "/api/v1/station-stars"
    tags = ("inspection",)

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def published(self, uow: NamedDependency[UnitOfWork]) -> list[Published]:
        """The latest published ratings."""
        return await stars.published(uow)

    @get("/best", opt={"permission": Permission.PUBLIC_USE})
    async def best(self, uow: NamedDependency[UnitOfWork]) -> list[Best]:
        """The published lists of the best."""
        return await stars.best(uow)

    @get("/reckoned", opt={"permission": Permission.CARD_READ})
    async def reckoned(
        self, uow: NamedDependency[UnitOfWork], first: FromQuery[date], last: FromQuery[date], path: FromQuery[str] = ""
    ) -> list[StarRow]:
        """Ratings as they come out for a period, with their parts; nothing is published by it."""
        return await stars.reckoned(uow, await place_of(uow, path), first=first, last=last)

    @post("/", opt={"permission": Permission.CARD_DECIDE})
    async def publish(self, uow: NamedDependency[UnitOfWork], data: JSONBody[StarPeriod]) -> int:
        """Publish the ratings of a period; returns of how many places."""
        return len(await stars.publish(uow, first=data.first, last=data.last, note=data.note))

    @post("/best", opt={"permission": Permission.CARD_DECIDE})
    async def publish_list(self, uow: NamedDependency[UnitOfWork], data: JSONBody[ListForm]) -> UUID:
        """Publish a list of the best."""
        return (await stars.publish_list(uow, title=data.title, year=data.year, sites=data.sites)).id


async def _finding(uow: UnitOfWork, inspection_finding_id: UUID) -> FindingView:
    return (await queries.findings(uow, live=False, one=inspection_finding_id))[0]


CONTROLLERS: list[Any] = [Inspections, Findings, Cards, Removals, Checklists, Stars]
