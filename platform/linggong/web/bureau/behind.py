"""From a figure to its records, and away with a table: the list with the same filter, the workbook with the same numbers."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.insight import brief
from linggong.insight.api import top_of
from linggong.insight.behind import Window
from linggong.insight.matters import COUNTED
from linggong.insight.records import Record, records
from linggong.kernel import clock, sheets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.kernel.errors import Fault, Forbidden, Invalid, NotFound
from linggong.kernel.paths import TenantPath
from linggong.measures.fresh import caught_up
from linggong.web import menus
from linggong.web.bureau import briefing, screens
from linggong.web.bureau.tables import ago
from linggong.web.filters import yuan
from linggong.web.labels import STATES, label_of, tone_of
from rbac.decisions import Decisions
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree

AnyRequest = Request[Any, Any, Any]
Path = Annotated[str | None, QueryParameter(max_length=120)]
Days = Annotated[int, QueryParameter(ge=1, le=366)]
Word = Annotated[str, QueryParameter(max_length=40)]


class Behind(Controller):
    """Records, workbooks, the brief."""

    path = "/bureau"
    include_in_schema = False

    @get("/records", opt={"permission": Permission.OVERVIEW_READ})
    async def records(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        decisions: NamedDependency[Decisions],
        figure: Word,
        path: Path = None,
        days: Days = 1,
        cursor: Annotated[str | None, QueryParameter(max_length=200)] = None,
    ) -> Response[bytes]:
        """What a figure counts, as far as the post may see it."""
        top = await top_of(uow, path)
        asked = COUNTED.get(figure)
        if asked is None:
            raise Invalid([Fault("figure", "没有这个数字，请从总览里点。", "figure")])
        menus.need(request, principal, asked.read)
        today = clock.business_date(uow.now)
        window = Window(today - timedelta(days=days - 1), today, uow.now)
        seen = decisions.scope(principal, asked.read)
        page, total = await records(uow, TenantPath(top.path), figure, window, seen=seen, cursor=cursor)
        names = await tree.names(uow, {r.place for r in page.items if r.place})
        checks = decisions.anywhere(principal, Permission.AUDIT_READ)
        query = {"figure": figure, "path": top.path, "days": days}
        return menus.render(
            request,
            principal,
            "bureau/records.html",
            label=asked.label,
            place=top.name,
            back=f"/bureau?{urlencode({'path': top.path, 'days': days})}",
            total=total,
            when="" if figure not in _BY_DAYS else "今天" if days == 1 else f"近 {days} 天",
            rows=[
                {
                    "title": r.title or "—",
                    "href": href_of(r, checks=checks, may=lambda p: decisions.anywhere(principal, p)),
                    "sub": r.sub,
                    "state": label_of(r.state),
                    "tone": tone_of(r.state) if r.state in STATES else "off",
                    "place": names.get(r.place or "", ""),
                    "at": r.at,
                    "due_at": r.due_at,
                    "late": f"超 {ago(r.due_at, uow.now)}" if r.due_at is not None and r.due_at < uow.now else "",
                    "amount": "" if r.fen is None else yuan(r.fen),
                }
                for r in page.items
            ],
            more=f"/bureau/records?{urlencode(query | {'cursor': page.next})}" if page.next else "",
        )

    @get("/export/{key:str}", opt={"permission": Permission.OVERVIEW_EXPORT})
    async def export(
        self,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        decisions: NamedDependency[Decisions],
        key: FromPath[str],
        path: Path = None,
        days: Days = 1,
    ) -> Response[bytes]:
        """A table of the overview as a workbook: the numbers that stand on the page."""
        top = await top_of(uow, path)
        await caught_up(database)

        def may(permission: Permission) -> bool:
            return decisions.anywhere(principal, permission)

        made = await screens.screen(uow, top, days, may)
        await screens.add_own(uow, made, days, principal.acting.role, may)
        table = next((t for t in made.tables if t.key == key and t.export), None)
        if table is None:
            raise NotFound
        content = await asyncio.to_thread(sheets.write_xlsx, table.sheet())
        stamp = clock.shanghai(uow.now)
        return attachment(f"{top.name}_{table.title}_{stamp:%Y%m%d_%H%M}.xlsx", content)

    @get("/brief", opt={"permission": Permission.OVERVIEW_EXPORT})
    async def brief(
        self, uow: NamedDependency[UnitOfWork], database: NamedDependency[Database], path: Path = None, month: Word = ""
    ) -> Response[bytes]:
        """The month's brief of a city or county as PDF; this month to date where none is named."""
        top = await top_of(uow, path)
        if await screens.kind_of(uow, top) == "site":
            raise Forbidden("月报按市和县区出，请到上一级下载。")
        await caught_up(database)
        first, last = _month(month, clock.business_date(uow.now))
        told = await briefing.told(uow, top, first, last)
        content = await asyncio.to_thread(brief.pdf, told)
        return attachment(f"{top.name}零工市场月报_{first:%Y%m}.pdf", content)


_BY_DAYS = frozenset({"posts"})


def _month(raw: str, today: date) -> tuple[date, date]:
    """Return the first and last day of a month, at most today. Raises Invalid for what is no month or has not begun."""
    try:
        first = date.fromisoformat(f"{raw}-01") if raw else today.replace(day=1)
    except ValueError:
        raise Invalid([Fault("month", "月份写法不对，例如 2026-11。", "month")]) from None
    if first > today:
        raise Invalid([Fault("month", "这个月还没开始。", "month")])
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return first, min(after - timedelta(days=1), today)


def href_of(record: Record, *, checks: bool, may: Any) -> str:
    """Return where a record may be read: the auditor's trail, the case, the post's public page; '' where there is no page."""
    if checks:
        return f"/audit/record/{record.table}/{record.id}"
    match record.table:
        case "cases" if may(Permission.CASE_READ):
            return f"/desk/cases/{record.id}"
        case "injuries":
            return f"/desk/injuries/{record.id}"
        case "suspensions" if may(Permission.ORDER_DECIDE):
            return "/bureau/holds"
        case "persons":
            return f"/desk/people/{record.id}"
        case "employers":
            return f"/desk/employers/{record.id}"
        case (
            "orders" | "shifts" | "engagements" | "ratings" | "call_backs" | "assignments" | "bills" | "suspensions"
        ) if record.order_id is not None:
            return (
                f"/desk/orders/{record.order_id}" if may(Permission.PERSON_REGISTER) else f"/orders/{record.order_id}"
            )
    return ""
