"""Assessments over HTTP: read the sheets, file evidence, report, keep the log of upkeep (R122, R129)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from linggong.assessment import common, queries, review, upkeep, years
from linggong.assessment.queries import AssessmentDetail, AssessmentView
from linggong.assessment.review import ReportForm
from linggong.assessment.upkeep import UpkeepForm, UpkeepView
from linggong.assessment.years import MaterialForm
from linggong.kernel.db import Database, UnitOfWork
from rbac.permissions import Permission


class Filed(msgspec.Struct, frozen=True):
    """The id of what was filed."""

    id: UUID


class AssessmentController(Controller):
    """Years of contracts and stations."""

    path = "/api/v1/assessments"
    tags = ("assessments",)

    @get("/", opt={"permission": Permission.SCORECARD_READ}, summary="Assessments of the acting post's places")
    async def all(self, uow: NamedDependency[UnitOfWork]) -> list[AssessmentView]:
        """List the years, the latest first."""
        return await queries.assessments(uow)

    @get("/{assessment_id:uuid}", opt={"permission": Permission.SCORECARD_READ}, summary="A year's sheet")
    async def one(
        self,
        uow: NamedDependency[UnitOfWork],
        assessment_id: FromPath[UUID],
        until: Annotated[date | None, QueryParameter()] = None,
    ) -> AssessmentDetail:
        """Return the sheet as it stands; before the freeze the forecast up to a day."""
        return await queries.detail(uow, assessment_id, until=until)

    @post(
        "/{assessment_id:uuid}/materials",
        opt={"permission": Permission.SCORECARD_FILE},
        summary="File evidence for a row",
    )
    async def material(
        self,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        assessment_id: FromPath[UUID],
        data: JSONBody[MaterialForm],
    ) -> Filed:
        """File a piece of evidence; what comes after the freeze is refused and listed."""
        try:
            return Filed(await years.file_material(uow, assessment_id, data))
        except common.Frozen:
            await years.note_refused(database, uow, assessment_id, data)
            raise

    @post(
        "/{assessment_id:uuid}/report",
        opt={"permission": Permission.SCORECARD_FILE},
        summary="Report on one's own year",
    )
    async def report(
        self, uow: NamedDependency[UnitOfWork], assessment_id: FromPath[UUID], data: JSONBody[ReportForm]
    ) -> AssessmentDetail:
        """Hand in the operator's own report."""
        await review.report(uow, assessment_id, data)
        return await queries.detail(uow, assessment_id)


class UpkeepController(Controller):
    """The log of upkeep."""

    path = "/api/v1/upkeep"
    tags = ("assessments",)

    @get("/", opt={"permission": Permission.SCORECARD_READ}, summary="Entries of the log of upkeep")
    async def all(
        self, uow: NamedDependency[UnitOfWork], first: FromQuery[date], last: FromQuery[date]
    ) -> list[UpkeepView]:
        """List the entries of some days."""
        return await upkeep.entries(uow, first, last)

    @post("/", opt={"permission": Permission.SCORECARD_FILE}, summary="Enter upkeep")
    async def enter(self, uow: NamedDependency[UnitOfWork], data: JSONBody[UpkeepForm]) -> Filed:
        """Add an entry."""
        return Filed(await upkeep.enter(uow, data))


CONTROLLERS: list[Any] = [AssessmentController, UpkeepController]
