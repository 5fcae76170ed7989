"""The auditor's pages: from a figure to its records, to what happened to one of them, to the check of its chains."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.insight import trail
from linggong.insight.api import top_of
from linggong.insight.behind import FIGURES, MEASURED
from linggong.insight.overview import Figures, overview
from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.measures.fresh import caught_up
from linggong.web import menus
from linggong.web.audit import words
from linggong.web.bureau.tables import records_href
from linggong.web.filters import yuan
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree

AnyRequest = Request[Any, Any, Any]
HOME = "/audit"
_PERIODS = ((1, "今天"), (7, "近 7 天"), (30, "近 30 天"), (366, "近一年"))
Path = Annotated[str | None, QueryParameter(max_length=200)]
Days = Annotated[int, QueryParameter(ge=1, le=366)]
Word = Annotated[str, QueryParameter(max_length=200)]


def _figures(found: Figures) -> dict[str, tuple[str, str]]:
    return {
        "open_posts": (f"{found.open_posts:,}", "个"),
        "posts": (f"{found.posts:,}", "个"),
        "confirmed": (f"{found.confirmed:,}", "人次"),
        "arrived": (f"{found.arrived:,}", "人次"),
        "completed": (f"{found.completed:,}", "人次"),
        "bills_due": (f"{found.bills_due:,}", "张"),
        "bills_on_time": (f"{found.bills_on_time:,}", "张"),
        "overdue": (yuan(found.overdue_fen), "元"),
        "workers": (f"{found.workers:,}", "人"),
        "employers": (f"{found.employers:,}", "家"),
    }


def _record_href(table: str, row_id: str) -> str:
    return f"{HOME}/record/{table}/{row_id}"


class AuditPages(Controller):
    """Reading and checking what was written."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.AUDIT_READ})
    async def home(
        self,
        request: AnyRequest,
        principal: NamedDependency[Principal],
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        path: Path = None,
        days: Days = 30,
    ) -> Response[bytes]:
        """The figures of a place and period, each leading to its records; the places below; the anchors."""
        top = await top_of(uow, path)
        await caught_up(database)
        found = await overview(uow, top, day=clock.business_date(uow.now), days=days)
        own = uow.scope.trees[0] if uow.scope.trees else top.path
        figures = _figures(found.total.figures)
        return menus.render(
            request,
            principal,
            "audit/home.html",
            place=found.name,
            up_href="" if found.path == own else f"{HOME}?{urlencode({'path': _above(found.path), 'days': days})}",
            periods=[
                {"label": label, "href": f"{HOME}?{urlencode({'path': found.path, 'days': n})}", "on": n == days}
                for n, label in _PERIODS
            ],
            figures=[
                {
                    "label": MEASURED[key][0] if key in MEASURED else FIGURES[key].label,
                    "value": value,
                    "unit": unit,
                    "href": records_href(key, found.path, days)
                    if key in MEASURED
                    else f"{HOME}/records?{urlencode({'figure': key, 'path': found.path, 'days': days})}",
                }
                for key, (value, unit) in figures.items()
            ],
            places=[
                {"name": p.name, "href": f"{HOME}?{urlencode({'path': p.path, 'days': days})}"} for p in found.places
            ],
            anchors=await trail.anchors(uow, limit=5),
        )

    @get("/records", opt={"permission": Permission.AUDIT_READ})
    async def records(
        self,
        request: AnyRequest,
        principal: NamedDependency[Principal],
        uow: NamedDependency[UnitOfWork],
        figure: Word,
        path: Path = None,
        days: Days = 30,
        cursor: Path = None,
    ) -> Response[bytes]:
        """The records that a figure counts."""
        top = await top_of(uow, path)
        page = await trail.records(uow, top, figure, day=clock.business_date(uow.now), days=days, cursor=cursor)
        paths = {line.tenant for line in page.items if line.tenant}
        names = await tree.names(uow, paths)
        query = {"figure": figure, "path": top.path, "days": days}
        return menus.render(
            request,
            principal,
            "audit/records.html",
            place=top.name,
            label=FIGURES[figure].label,
            back=f"{HOME}?{urlencode({'path': top.path, 'days': days})}",
            rows=[
                {
                    "href": _record_href(line.table, line.id),
                    "title": line.title or "（没有标题）",
                    "state": words.shown(line.table, "state", line.state),
                    "at": line.at,
                    "place": names.get(line.tenant or "", ""),
                    "amount": "" if line.amount_fen is None else f"{yuan(line.amount_fen)} 元",
                }
                for line in page.items
            ],
            more=f"{HOME}/records?{urlencode(query | {'cursor': page.next})}" if page.next else "",
        )

    @get("/record/{table:str}/{row_id:str}", opt={"permission": Permission.AUDIT_READ})
    async def record(
        self,
        request: AnyRequest,
        principal: NamedDependency[Principal],
        uow: NamedDependency[UnitOfWork],
        table: FromPath[str],
        row_id: FromPath[str],
    ) -> Response[bytes]:
        """One record: its audit rows before and after, its events, and the chains that hold them."""
        found = await trail.record(uow, table, row_id)
        return menus.render(
            request,
            principal,
            "audit/record.html",
            name=words.table_name(table),
            row_id=row_id,
            audit=[words.audit_line(table, line) for line in reversed(found.audit)],
            events=[words.event_line(line) for line in reversed(found.events)],
            more=found.more,
            chains=[
                c
                | {
                    "href": f"{HOME}/check?{urlencode({'log': c['log'], 'chain': c['chain'], 'record': f'{table}/{row_id}'})}"
                }
                for c in words.chains(found)
            ],
            may_check=menus.may(request, principal, Permission.AUDIT_CHECK),
        )

    @get("/check", opt={"permission": Permission.AUDIT_CHECK})
    async def check(
        self,
        request: AnyRequest,
        principal: NamedDependency[Principal],
        uow: NamedDependency[UnitOfWork],
        log: Word,
        chain: Word,
        record: Word = "",
    ) -> Response[bytes]:
        """The check of one chain, from its first row to its head and the anchors that saw it."""
        found = await trail.check(uow, log, chain)
        table, _, row_id = record.partition("/")
        known = "/" in record and table.isidentifier() and row_id.replace("-", "").replace("/", "").isalnum()
        return menus.render(
            request,
            principal,
            "audit/check.html",
            back=_record_href(table, row_id) if known else HOME,
            label="改动记录" if log == "audit" else "办理记录",
            chain=chain,
            rows=found.rows,
            whole=found.whole,
            faults=[words.fault(f) for f in found.faults[:200]],
            checked_at=uow.now,
        )


def _above(path: str) -> str:
    return path[: path.rstrip("/").rfind("/") + 1]


CONTROLLERS: list[Any] = [AuditPages]
