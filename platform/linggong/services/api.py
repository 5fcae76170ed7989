"""Services over HTTP: the catalogue, matters and their steps, help, courses, ratings, counts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.people.door_guards import address_of
from linggong.services import (
    catalogue,
    entries,
    help_queries,
    helping,
    learn_queries,
    learning,
    listing,
    queries,
    ratings,
)
from linggong.services.catalogue import Catalogue
from linggong.services.entries import TakeForm, Taken
from linggong.services.help_queries import HelpView
from linggong.services.helping import HelpForm, StepForm
from linggong.services.learn_queries import CourseView
from linggong.services.learning import CourseForm
from linggong.services.listing import Entry, Kind
from linggong.services.queries import EntryLine, EntryView, Which
from linggong.services.ratings import RatingForm
from linggong.stations import screens
from rbac.permissions import Permission
from tenants import queries as places

Words = Annotated[str, Meta(max_length=1000)]


class Papers(msgspec.Struct, forbid_unknown_fields=True):
    """What is missing, all of it."""

    names: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=20)]


class HandOver(msgspec.Struct, forbid_unknown_fields=True):
    """To whom, and why."""

    staff_id: UUID
    reason: Words


class Referral(msgspec.Struct, forbid_unknown_fields=True):
    """To which department, and its number there."""

    department: Words
    reference: Words


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """What the department answered."""

    outcome: Words
    ends: bool = True


class End(msgspec.Struct, forbid_unknown_fields=True):
    """How it ended, and when it was done if that is entered later."""

    outcome: Words
    at: datetime | None = None
    withdrawn: bool = False


class Somebody(msgspec.Struct, forbid_unknown_fields=True):
    """A name, a telephone or an ID number."""

    who: Words


class Services(Controller):
    """Matters with clocks."""

    path = "/api/v1/services"
    tags = ("services",)

    @get("/items", opt={"permission": Permission.PUBLIC_USE})
    async def items(self, uow: NamedDependency[UnitOfWork], node: FromQuery[str]) -> Catalogue:
        """The catalogue of a place: what to bring, how long it takes, who owns it."""
        return await catalogue.at(uow, (await places.node(uow, node)).path)

    @get("/", opt={"permission": Permission.SERVICE_READ})
    async def read(self, uow: NamedDependency[UnitOfWork], which: FromQuery[Which] = "open") -> list[EntryLine]:
        """Matters of the acting post's places; what runs out first on top."""
        return await queries.entries(uow, which)

    @post("/", opt={"permission": Permission.SERVICE_TAKE})
    async def take(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], data: JSONBody[TakeForm]
    ) -> Taken:
        """Take a matter in."""
        return await entries.take(uow, secrets.sealer, data)

    @get("/{service_entry_id:uuid}", opt={"permission": Permission.SERVICE_READ})
    async def one(self, uow: NamedDependency[UnitOfWork], service_entry_id: FromPath[UUID]) -> EntryView:
        """The whole of a matter."""
        return await queries.one(uow, service_entry_id)

    @post("/{service_entry_id:uuid}/papers", opt={"permission": Permission.SERVICE_TAKE}, status_code=200)
    async def papers(
        self, uow: NamedDependency[UnitOfWork], service_entry_id: FromPath[UUID], data: JSONBody[Papers]
    ) -> EntryView:
        """Tell what is missing, once (R098)."""
        await entries.ask_papers(uow, service_entry_id, data.names)
        return await queries.one(uow, service_entry_id)

    @post("/{service_entry_id:uuid}/brought", opt={"permission": Permission.SERVICE_TAKE}, status_code=200)
    async def brought(self, uow: NamedDependency[UnitOfWork], service_entry_id: FromPath[UUID]) -> EntryView:
        """Everything that was missing is there."""
        await entries.brought(uow, service_entry_id)
        return await queries.one(uow, service_entry_id)

    @post("/{service_entry_id:uuid}/hand-over", opt={"permission": Permission.SERVICE_TAKE}, status_code=200)
    async def hand_over(
        self, uow: NamedDependency[UnitOfWork], service_entry_id: FromPath[UUID], data: JSONBody[HandOver]
    ) -> EntryView:
        """Hand it to a colleague; the owner stays accountable (R096)."""
        await entries.hand_over(uow, service_entry_id, data.staff_id, data.reason)
        return await queries.one(uow, service_entry_id)

    @post("/{service_entry_id:uuid}/refer", opt={"permission": Permission.SERVICE_TAKE}, status_code=200)
    async def refer(
        self, uow: NamedDependency[UnitOfWork], service_entry_id: FromPath[UUID], data: JSONBody[Referral]
    ) -> EntryView:
        """Pass it to the owning department."""
        await entries.refer(uow, service_entry_id, data.department, data.reference)
        return await queries.one(uow, service_entry_id)

    @post("/{service_entry_id:uuid}/answer", opt={"permission": Permission.SERVICE_TAKE}, status_code=200)
    async def answer(
        self, uow: NamedDependency[UnitOfWork], service_entry_id: FromPath[UUID], data: JSONBody[Answer]
    ) -> EntryView:
        """Write back what the department answered."""
        await entries.answer(uow, service_entry_id, data.outcome, ends=data.ends)
        return await queries.one(uow, service_entry_id)

    @post("/{service_entry_id:uuid}/end", opt={"permission": Permission.SERVICE_TAKE}, status_code=200)
    async def end(
        self, uow: NamedDependency[UnitOfWork], service_entry_id: FromPath[UUID], data: JSONBody[End]
    ) -> EntryView:
        """End it with its result."""
        await entries.close(uow, service_entry_id, data.outcome, at=data.at, withdrawn=data.withdrawn)
        return await queries.one(uow, service_entry_id)


class ServiceFigures(Controller):
    """What others read."""

    path = "/api/v1/service-figures"
    tags = ("services",)

    @get("/counts", opt={"permission": Permission.SERVICE_READ})
    async def counts(
        self, uow: NamedDependency[UnitOfWork], node: FromQuery[str], first: FromQuery[date], last: FromQuery[date]
    ) -> dict[str, int]:
        """How much of each kind a place and those below it had in a period."""
        return await listing.counts(uow, (await places.node(uow, node)).path, first, last)

    @get("/rows", opt={"permission": Permission.SERVICE_READ})
    async def rows(
        self, uow: NamedDependency[UnitOfWork], kind: FromQuery[Kind], node: FromQuery[str], first: FromQuery[date],
        last: FromQuery[date],
    ) -> list[Entry]:  # fmt: skip
        """The rows of a ledger, with trace code, when it happened and when it was entered."""
        return await listing.rows(uow, kind, (await places.node(uow, node)).path, first, last)


class HelpCases(Controller):
    """Guidance, start-up and hardship help."""

    path = "/api/v1/help-cases"
    tags = ("services",)

    @post("/", opt={"permission": Permission.SERVICE_TAKE})
    async def open(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], data: JSONBody[HelpForm]
    ) -> HelpView:
        """Open a case."""
        return await help_queries.one(uow, (await helping.open_case(uow, secrets.sealer, data)).id)

    @post("/{help_case_id:uuid}/steps", opt={"permission": Permission.SERVICE_TAKE}, status_code=200)
    async def step(
        self, uow: NamedDependency[UnitOfWork], help_case_id: FromPath[UUID], data: JSONBody[StepForm]
    ) -> HelpView:
        """Write down what was done; an outcome ends it."""
        await helping.step(uow, help_case_id, data)
        return await help_queries.one(uow, help_case_id)


class Courses(Controller):
    """Free courses."""

    path = "/api/v1/courses"
    tags = ("services",)

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def read(self, uow: NamedDependency[UnitOfWork], node: FromQuery[str] = "") -> list[CourseView]:
        """Courses that are not over."""
        return await learn_queries.courses(uow, (await places.node(uow, node)).path if node else None)

    @post("/", opt={"permission": Permission.SERVICE_TAKE})
    async def offer(self, uow: NamedDependency[UnitOfWork], data: JSONBody[CourseForm]) -> CourseView:
        """Announce one."""
        return await learn_queries.course(uow, (await learning.offer(uow, data)).id)

    @post("/{course_id:uuid}/enrolments", opt={"permission": Permission.SERVICE_TAKE})
    async def enrol(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], course_id: FromPath[UUID],
        data: JSONBody[Somebody],
    ) -> UUID:  # fmt: skip
        """Put somebody into it."""
        return (await learning.enrol(uow, secrets.sealer, course_id, data.who)).id


class StationRatings(Controller):
    """Stations, rated by whoever stands in them (R102)."""

    path = "/api/v1/station-ratings"
    tags = ("services",)

    @post("/", opt={"permission": Permission.PUBLIC_USE}, status_code=201)
    async def rate(
        self, request: Request[Any, Any, Any], database: NamedDependency[Database], secrets: NamedDependency[Secrets],
        data: JSONBody[RatingForm], node: FromQuery[str] = "", kiosk: FromQuery[str] = "",
    ) -> None:  # fmt: skip
        """Rate a station, one to five in each of five; a keypad in the hall sends this.

        `node` is the station's id, path or code. A keypad that says the secret of the hall's `kiosk` instead (the end of the kiosk's
        address) may send as often as people come by.
        """
        if kiosk:
            ref: str | UUID = (await screens.of_token(database, kiosk, "kiosk")).node_id
        else:
            try:
                ref = UUID(node)
            except ValueError:
                ref = node
        await ratings.by_qr(database, secrets, ref, data, address_of(request), channel="keypad", in_hall=bool(kiosk))


CONTROLLERS: list[Any] = [Services, ServiceFigures, HelpCases, Courses, StationRatings]
