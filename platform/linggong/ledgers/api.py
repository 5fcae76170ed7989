"""Ledgers, daily records and month reports over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from linggong.insight.api import top_of
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath
from linggong.ledgers import daily, layouts, queries, reports, rollup, writing
from linggong.ledgers.daily import DayView, SignForm
from linggong.ledgers.layouts import Layout, LayoutForm
from linggong.ledgers.queries import Line, StationScores
from linggong.ledgers.reports import ReportAnswer, ReportSign, ReportView
from linggong.ledgers.rollup import Rollup
from linggong.ledgers.writing import EntryForm
from rbac.permissions import Permission


class LedgerPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a ledger; `more` says that the next one has lines, too."""

    ledger: str
    name: str
    lines: list[Line]
    more: bool


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What was written: its id, and the trace code of a line."""

    id: UUID
    code: str = ""


class Ledgers(Controller):
    """Ledgers as views on what happened, and the lines that people write (R086 to R093, R095)."""

    path = "/api/v1/ledgers"
    tags = ("ledgers",)

    @get("/", opt={"permission": Permission.LEDGER_READ})
    async def scores(
        self, uow: NamedDependency[UnitOfWork], path: FromQuery[str | None] = None, month: FromQuery[str] = ""
    ) -> list[StationScores]:
        """Stations with the completeness of each ledger that they keep, in a month (`2026-10`, the running one for '')."""
        top = await top_of(uow, path)
        first, last = queries.month_of(month, clock.business_date(uow.now))
        return await queries.scores(uow, TenantPath(top.path), first, last)

    @get("/{ledger:str}", opt={"permission": Permission.LEDGER_READ})
    async def lines(
        self, uow: NamedDependency[UnitOfWork], ledger: FromPath[str], path: FromQuery[str | None] = None, month: FromQuery[str] = "",
        page: FromQuery[int] = 0,
    ) -> LedgerPage:  # fmt: skip
        """Lines of a month, the latest first, a hundred a page; names as the reader's post may see them."""
        top = await top_of(uow, path)
        first, last = queries.month_of(month, clock.business_date(uow.now))
        found = await queries.lines(uow, ledger, TenantPath(top.path), first, last, page=min(max(page, 0), 1000))
        return LedgerPage(
            ledger=ledger, name=queries.ledger(ledger).name, lines=found[: queries.PAGE], more=len(found) > queries.PAGE
        )

    @post("/{ledger:str}/entries", opt={"permission": Permission.LEDGER_WRITE})
    async def write(
        self, uow: NamedDependency[UnitOfWork], ledger: FromPath[str], data: JSONBody[EntryForm]
    ) -> Written:
        """Write a line at one's own station, or correct one by a further line."""
        row = await writing.write(uow, ledger, data)
        return Written(id=row.id, code=row.code)


class DayRecords(Controller):
    """每日工作记实 (R091)."""

    path = "/api/v1/day-records"
    tags = ("ledgers",)

    @get("/", opt={"permission": Permission.LEDGER_READ})
    async def read(
        self, uow: NamedDependency[UnitOfWork], path: FromQuery[str | None] = None, month: FromQuery[str] = ""
    ) -> list[DayView]:
        """The days of a station in a month: signed, signed late, missing."""
        top = await top_of(uow, path)
        return await daily.read(uow, top.path, *queries.month_of(month, clock.business_date(uow.now)))

    @post("/", opt={"permission": Permission.LEDGER_WRITE})
    async def sign(self, uow: NamedDependency[UnitOfWork], data: JSONBody[SignForm]) -> Written:
        """Sign a day of one's own station; what is signed stays."""
        return Written(id=(await daily.sign(uow, data)).id)

    @post("/additions", opt={"permission": Permission.LEDGER_WRITE})
    async def add(self, uow: NamedDependency[UnitOfWork], data: JSONBody[SignForm]) -> Written:
        """Add to a day that is signed."""
        return Written(id=(await daily.add(uow, data)).id)


class MonthReports(Controller):
    """月报 (R094)."""

    path = "/api/v1/month-reports"
    tags = ("ledgers",)

    @get("/", opt={"permission": Permission.REPORT_READ})
    async def read(
        self, uow: NamedDependency[UnitOfWork], month: FromQuery[str], path: FromQuery[str | None] = None
    ) -> Rollup:
        """A month of a place: its stations' reports, the sum of what was signed, and who is missing."""
        top = await top_of(uow, path)
        return await rollup.rolled(uow, top, queries.month_of(month, clock.business_date(uow.now))[0])

    @get("/of-station", opt={"permission": Permission.REPORT_READ})
    async def of_station(
        self, uow: NamedDependency[UnitOfWork], month: FromQuery[str], path: FromQuery[str]
    ) -> ReportView:
        """A station's latest report of a month; says why there can be none."""
        return await reports.of_station(uow, path, queries.month_of(month, clock.business_date(uow.now))[0])

    @post("/{month_report_id:uuid}/sign", opt={"permission": Permission.REPORT_SIGN}, status_code=200)
    async def sign(
        self, uow: NamedDependency[UnitOfWork], month_report_id: FromPath[UUID], data: JSONBody[ReportSign]
    ) -> None:
        """Sign one's own station's draft; its figures are frozen."""
        await reports.sign(uow, month_report_id, data)

    @post("/{month_report_id:uuid}/approve", opt={"permission": Permission.REPORT_APPROVE}, status_code=200)
    async def approve(self, uow: NamedDependency[UnitOfWork], month_report_id: FromPath[UUID]) -> None:
        """Approve what another hand signed."""
        await reports.approve(uow, month_report_id)

    @post("/{month_report_id:uuid}/return", opt={"permission": Permission.REPORT_APPROVE}, status_code=200)
    async def give_back(
        self, uow: NamedDependency[UnitOfWork], month_report_id: FromPath[UUID], data: JSONBody[ReportAnswer]
    ) -> None:
        """Give it back with a reason; the next version is drafted at once."""
        await reports.give_back(uow, month_report_id, data)


class SheetLayouts(Controller):
    """How a place wants its sheets."""

    path = "/api/v1/sheet-layouts"
    tags = ("ledgers",)

    @get("/{form:str}", opt={"permission": Permission.REPORT_READ})
    async def read(
        self, uow: NamedDependency[UnitOfWork], form: FromPath[str], path: FromQuery[str | None] = None
    ) -> Layout:
        """The layout in force at a place."""
        return await layouts.layout(uow, layouts.known_form(form), (await top_of(uow, path)).path)

    @put("/{form:str}", opt={"permission": Permission.PARAMETER_SET})
    async def write(self, uow: NamedDependency[UnitOfWork], form: FromPath[str], data: JSONBody[LayoutForm]) -> Written:
        """Set it at a place, for it and all below."""
        return Written(id=(await layouts.set_layout(uow, form, data)).id)


CONTROLLERS: list[Any] = [Ledgers, DayRecords, MonthReports, SheetLayouts]
