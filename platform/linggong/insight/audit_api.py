"""The audit trail over HTTP: the records behind a figure, a record's history, and the check of a chain."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from linggong.insight import trail
from linggong.insight.api import top_of
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paging import Page
from rbac.permissions import Permission

Word = Annotated[str, QueryParameter(max_length=200)]


class Audit(Controller):
    """Reading and checking what was written."""

    path = "/api/v1/audit"
    tags = ("audit",)

    @get("/records", opt={"permission": Permission.AUDIT_READ})
    async def records(
        self,
        uow: NamedDependency[UnitOfWork],
        figure: Word,
        path: FromQuery[str | None] = None,
        day: FromQuery[date | None] = None,
        days: FromQuery[int] = 1,
        cursor: FromQuery[str | None] = None,
    ) -> Page[trail.RecordLine]:
        """The records that a figure of the overview counts."""
        top = await top_of(uow, path)
        return await trail.records(uow, top, figure, day=day or clock.business_date(uow.now), days=days, cursor=cursor)

    @get("/records/{table:str}/{row_id:str}", opt={"permission": Permission.AUDIT_READ})
    async def record(
        self, uow: NamedDependency[UnitOfWork], table: FromPath[str], row_id: FromPath[str]
    ) -> trail.RecordTrail:
        """A record's audit rows and events, oldest first."""
        return await trail.record(uow, table, row_id)

    @get("/check", opt={"permission": Permission.AUDIT_CHECK})
    async def check(self, uow: NamedDependency[UnitOfWork], log: Word, chain: Word) -> trail.ChainCheck:
        """The check of one chain: which row was altered, removed or reordered."""
        return await trail.check(uow, log, chain)

    @get("/anchors", opt={"permission": Permission.AUDIT_READ})
    async def anchors(self, uow: NamedDependency[UnitOfWork]) -> list[trail.AnchorView]:
        """The latest anchors over all chains."""
        return await trail.anchors(uow)


CONTROLLERS: list[Any] = [Audit]
