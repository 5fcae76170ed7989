"""Fairs, trainings and samples over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.outreach import fair_push, fairs, guidance, holding, quality, records, satisfaction, training
from linggong.outreach.fairs import FairLine, FairView, StationMonth
from linggong.outreach.guidance import GuidanceForm, GuidanceView
from linggong.outreach.holding import FairForm
from linggong.outreach.quality import QualityScore
from linggong.outreach.satisfaction import SampleForm, SideTotal
from linggong.outreach.training import CourseForm, CourseView
from rbac.permissions import Permission

Words = Annotated[str, Meta(max_length=400)]


class SignIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An employer who stands at the desk of a fair."""

    employer_id: UUID


class ByCode(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The six digits that hang at the fair."""

    code: Annotated[str, Meta(max_length=12)]


class Closing(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How a fair ended: heads counted at the door."""

    visitors: int
    note: Words = ""


class Push(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is said before the fair: notice, posts or employers."""

    kind: Annotated[str, Meta(max_length=20)]


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """To how many it went."""

    told: int
    left_out: int


class Answers(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One answer a question, counting from 0."""

    answers: Annotated[list[int], Meta(max_length=100)]


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A try at a quiz."""

    score: int
    passed: bool
    nth: int


class Fairs(Controller):
    """Fairs."""

    path = "/api/v1/fairs"
    tags = ("outreach",)

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def read(self, uow: NamedDependency[UnitOfWork]) -> list[FairLine]:
        """Fairs of the post and its stations."""
        return await fairs.listed_here(uow)

    @get("/month", opt={"permission": Permission.OUTREACH_READ})
    async def month(self, uow: NamedDependency[UnitOfWork], day: FromQuery[date]) -> list[StationMonth]:
        """Which station of the month has held its fairs (R109)."""
        return await fairs.month(uow, records.here(uow), day)

    @get("/{fair_id:uuid}", opt={"permission": Permission.OUTREACH_READ})
    async def one(self, uow: NamedDependency[UnitOfWork], fair_id: FromPath[UUID]) -> FairView:
        """A fair whole."""
        return await fairs.view(uow, fair_id)

    @post("/", opt={"permission": Permission.OUTREACH_RECORD})
    async def plan(self, uow: NamedDependency[UnitOfWork], data: JSONBody[FairForm]) -> UUID:
        """Plan a fair."""
        return (await holding.plan(uow, data)).id

    @post("/{fair_id:uuid}/employers", opt={"permission": Permission.OUTREACH_RECORD})
    async def sign_in(self, uow: NamedDependency[UnitOfWork], fair_id: FromPath[UUID], data: JSONBody[SignIn]) -> UUID:
        """Sign an employer in at the desk."""
        return (await holding.sign_in(uow, fair_id, data.employer_id)).id

    @post("/{fair_id:uuid}/join", opt={"permission": Permission.FAIR_JOIN})
    async def join(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], fair_id: FromPath[UUID], data: JSONBody[ByCode]
    ) -> UUID:  # fmt: skip
        """Sign oneself in by the code."""
        return (await holding.sign_in_by_code(uow, secrets.sealer, fair_id, data.code)).id

    @post("/{fair_id:uuid}/push", opt={"permission": Permission.OUTREACH_RECORD})
    async def push(self, uow: NamedDependency[UnitOfWork], fair_id: FromPath[UUID], data: JSONBody[Push]) -> Pushed:
        """Tell people before it begins (R070)."""
        row = await fair_push.push(uow, fair_id, data.kind)
        return Pushed(told=row.told, left_out=row.left_out)

    @post("/{fair_id:uuid}/close", opt={"permission": Permission.OUTREACH_RECORD}, status_code=200)
    async def close(self, uow: NamedDependency[UnitOfWork], fair_id: FromPath[UUID], data: JSONBody[Closing]) -> None:
        """Close it as held."""
        await holding.close(uow, fair_id, visitors=data.visitors, note=data.note)


class Courses(Controller):
    """Trainings of staff, and the quality of what they enter."""

    path = "/api/v1/staff-courses"
    tags = ("outreach",)

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def read(self, uow: NamedDependency[UnitOfWork]) -> list[CourseView]:
        """Trainings that concern the post (R041)."""
        return await training.courses(uow)

    @post("/", opt={"permission": Permission.OUTREACH_MANAGE})
    async def hold(self, uow: NamedDependency[UnitOfWork], data: JSONBody[CourseForm]) -> UUID:
        """Write down a training with its quiz."""
        return (await training.hold(uow, data)).id

    @post("/{staff_course_id:uuid}/answers", opt={"permission": Permission.OUTREACH_RECORD})
    async def answer(
        self, uow: NamedDependency[UnitOfWork], staff_course_id: FromPath[UUID], data: JSONBody[Answers]
    ) -> Tried:
        """Answer its quiz oneself."""
        row = await training.answer(uow, staff_course_id, data.answers)
        return Tried(score=row.score, passed=row.passed, nth=row.nth)

    @get("/quality", opt={"permission": Permission.OUTREACH_READ})
    async def quality(self, uow: NamedDependency[UnitOfWork], day: FromQuery[date]) -> list[QualityScore]:
        """The data-quality scores of the stations in the month of a day (R060)."""
        return await quality.month(uow, records.here(uow), day)


class Samples(Controller):
    """Satisfaction."""

    path = "/api/v1/satisfaction"
    tags = ("outreach",)

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def totals(
        self, uow: NamedDependency[UnitOfWork], first: FromQuery[date], last: FromQuery[date]
    ) -> dict[str, SideTotal]:
        """Both sides' answers of a period, as M22 counts them (R103)."""
        return await satisfaction.totals(uow, records.here(uow), first, last)

    @post("/samples", opt={"permission": Permission.SATISFACTION_DRAW})
    async def draw(self, uow: NamedDependency[UnitOfWork], data: JSONBody[SampleForm]) -> UUID:
        """Draw whom to ask."""
        return (await satisfaction.draw(uow, data)).id


class Checked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whether an employer put right what he was shown, and what was seen."""

    fixed: bool
    words: Words


class Guidance(Controller):
    """Guidance of employers."""

    path = "/api/v1/guidance"
    tags = ("outreach",)

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def read(self, uow: NamedDependency[UnitOfWork]) -> list[GuidanceView]:
        """Guidance and warnings, what is still open first (R119)."""
        return await guidance.recent(uow)

    @post("/", opt={"permission": Permission.OUTREACH_RECORD})
    async def guide(self, uow: NamedDependency[UnitOfWork], data: JSONBody[GuidanceForm]) -> UUID:
        """Write down what an employer was shown."""
        return (await guidance.guide(uow, data)).id

    @post("/warnings", opt={"permission": Permission.EMPLOYER_WARN})
    async def warn(self, uow: NamedDependency[UnitOfWork], data: JSONBody[GuidanceForm]) -> UUID:
        """Warn an employer."""
        return (await guidance.warn(uow, data)).id

    @post("/{guidance_id:uuid}/check", opt={"permission": Permission.OUTREACH_RECORD}, status_code=200)
    async def check(
        self, uow: NamedDependency[UnitOfWork], guidance_id: FromPath[UUID], data: JSONBody[Checked]
    ) -> None:
        """Note whether it was put right."""
        await guidance.check(uow, guidance_id, fixed=data.fixed, words=data.words)


CONTROLLERS: list[Any] = [Fairs, Courses, Samples, Guidance]
