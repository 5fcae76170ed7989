"""Reaching out over HTTP: visits, officers, surveys, briefings, publicity."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.outreach import briefings, officers, publicity, surveys, visits
from linggong.outreach.briefings import BriefingForm, BriefingView
from linggong.outreach.fairs_api import CONTROLLERS as FAIRS
from linggong.outreach.officers import OfficerLine
from linggong.outreach.publicity import PublicityForm, PublicityView, SnapshotForm
from linggong.outreach.surveys import Report, SheetForm, SheetView
from linggong.outreach.visits import ToCall, VisitForm, VisitView
from rbac.permissions import Permission
from tenants.evidence import PhotoInput

PHOTO_BODY = 5_000_000
"""A photo as base64, and what is written beside it."""
Words = Annotated[str, msgspec.Meta(max_length=400)]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What was written down: its id, and the code by which it is found again on paper."""

    id: UUID
    trace_code: str


class NewVisit(VisitForm, kw_only=True):
    """A visit, with a photo where there is one."""

    photo: PhotoInput | None = None


class NewBriefing(BriefingForm, kw_only=True):
    """A briefing with its photo."""

    photo: PhotoInput


class NewPublicity(PublicityForm, kw_only=True):
    """A publication; without a link it needs a photo."""

    photo: PhotoInput | None = None


class NewSnapshot(SnapshotForm, kw_only=True):
    """A number of followers with the screenshot that shows it."""

    photo: PhotoInput


class Assigned(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who looks after an employer from now on; the reason is told to him where he takes over from somebody."""

    employer_id: UUID
    staff_id: UUID
    reason: Words = ""


class Visits(Controller):
    """Visits and calls."""

    path = "/api/v1/visits"
    tags = ("outreach",)

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def read(self, uow: NamedDependency[UnitOfWork]) -> list[VisitView]:
        """The latest visits and calls."""
        return await visits.recent(uow)

    @get("/to-call", opt={"permission": Permission.OUTREACH_READ})
    async def to_call(self, uow: NamedDependency[UnitOfWork]) -> list[ToCall]:
        """Whom to call next, one's own first (R089)."""
        return await visits.to_call(uow)

    @post("/", request_max_body_size=PHOTO_BODY, opt={"permission": Permission.OUTREACH_RECORD})
    async def record(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], data: JSONBody[NewVisit]
    ) -> Made:
        """Write down a visit or call (R054)."""
        row = await visits.record(uow, secrets.sealer, data, data.photo.photo() if data.photo else None)
        return Made(id=row.id, trace_code=row.trace_code)


class Officers(Controller):
    """Who looks after which employer."""

    path = "/api/v1/officers"
    tags = ("outreach",)

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def read(self, uow: NamedDependency[UnitOfWork]) -> list[OfficerLine]:
        """Employers with their officers, those without one first (R089)."""
        return await officers.employers(uow)

    @post("/", opt={"permission": Permission.OUTREACH_MANAGE})
    async def assign(self, uow: NamedDependency[UnitOfWork], data: JSONBody[Assigned]) -> UUID:
        """Give an employer to an officer; the one before hands over."""
        return (await officers.assign(uow, data.employer_id, data.staff_id, reason=data.reason)).id


class Surveys(Controller):
    """Survey sheets."""

    path = "/api/v1/surveys"
    tags = ("outreach",)

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def read(self, uow: NamedDependency[UnitOfWork], kind: FromQuery[str | None] = None) -> list[SheetView]:
        """Sheets of villages and roadsides with what came of them (R053, R121)."""
        return await surveys.recent(uow, kind=kind)

    @post("/", opt={"permission": Permission.SURVEY_ENTER})
    async def enter(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], data: JSONBody[SheetForm]
    ) -> Report:
        """Enter a sheet, whole or not at all."""
        return await surveys.enter(uow, secrets.sealer, data)


class Briefings(Controller):
    """Policy briefings."""

    path = "/api/v1/briefings"
    tags = ("outreach",)

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def read(self, uow: NamedDependency[UnitOfWork]) -> list[BriefingView]:
        """The latest briefings."""
        return await briefings.recent(uow)

    @post("/", request_max_body_size=PHOTO_BODY, opt={"permission": Permission.OUTREACH_RECORD})
    async def record(self, uow: NamedDependency[UnitOfWork], data: JSONBody[NewBriefing]) -> Made:
        """Write down a briefing with its photo (R086)."""
        row = await briefings.record(uow, data, data.photo.photo())
        return Made(id=row.id, trace_code=row.trace_code)


class Publicity(Controller):
    """Publications and followers."""

    path = "/api/v1/publicity"
    tags = ("outreach",)

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def read(self, uow: NamedDependency[UnitOfWork]) -> list[PublicityView]:
        """The latest publications."""
        return await publicity.recent(uow)

    @post("/", request_max_body_size=PHOTO_BODY, opt={"permission": Permission.OUTREACH_RECORD})
    async def record(self, uow: NamedDependency[UnitOfWork], data: JSONBody[NewPublicity]) -> Made:
        """Write down what was published where (R059, R111)."""
        row = await publicity.record(uow, data, data.photo.photo() if data.photo else None)
        return Made(id=row.id, trace_code=row.trace_code)

    @post("/followers", request_max_body_size=PHOTO_BODY, opt={"permission": Permission.OUTREACH_RECORD})
    async def snapshot(self, uow: NamedDependency[UnitOfWork], data: JSONBody[NewSnapshot]) -> UUID:
        """Keep an account's number of followers with its screenshot, once a month."""
        return (await publicity.snapshot(uow, data, data.photo.photo())).id


CONTROLLERS: list[Any] = [Visits, Officers, Surveys, Briefings, Publicity, *FAIRS]
