"""Month reports on pages (R094): whose are missing, one to sign or approve, the sheet of a county in its own layout."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, parent
from linggong.ledgers import columns, layouts, queries, reports, rollup, sheets
from linggong.ledgers.codes import MONTH
from linggong.ledgers.layouts import Layout
from linggong.ledgers.reports import ReportAnswer, ReportSign, ReportView
from linggong.ledgers.rollup import Part, Rollup
from linggong.web import menus, pages
from linggong.web.bureau.tables import Cell, Head, Table, number, words
from linggong.web.ledgers.shared import AnyRequest, Here, Month, Path, given_away, here, stamp
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree

_TONES = {"draft": "wait", "signed": "", "approved": "go", "returned": "danger"}


class Monthly(Controller):
    """The month reports."""

    path = "/reports"
    include_in_schema = False

    @get("/", opt={"permission": Permission.REPORT_READ})
    async def index(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], path: Path = "",
        month: Month = "",
    ) -> Response[bytes]:  # fmt: skip
        """A month: of a station its own report, above it who reported, who did not, and the sum."""
        at = await here(uow, path, month, before=True)
        made = await rollup.rolled(uow, at.node, at.first)
        layout = await layouts.layout(uow, MONTH, at.node.path)
        over = queries.month_end(at.first) < clock.business_date(uow.now)
        todo = await reports.due_here(uow, at.node.path) if at.is_site else []
        return menus.render(
            request, principal, "ledgers/reports.html", **at.context("reports", clock.business_date(uow.now)),
            over=over, made=made, todo=[_todo(one) for one in todo],
            table=_table(made, at) if not at.is_site else None, sums=_sums(layout, made.whole) if not at.is_site and made.whole.sent else [],
            mine=_card(made.reports[0]) if at.is_site and made.reports else None,
            files=[at.href("/reports/sheet", kind=kind) for kind in ("xlsx", "pdf")] if made.reports and not at.is_site else [],
            layout_href=at.href("/reports/layout", form=MONTH) if menus.may(request, principal, Permission.PARAMETER_SET) else "",
            layout_of=layout.source,
        )  # fmt: skip

    @get("/sheet", opt={"permission": Permission.REPORT_READ})
    async def sheet(
        self, uow: NamedDependency[UnitOfWork], path: Path = "", month: Month = "", kind: Path = "xlsx"
    ) -> Response[bytes]:
        """A month of a place as a file, in its own layout."""
        at = await here(uow, path, month, before=True)
        made = await rollup.rolled(uow, at.node, at.first)
        paper = sheets.of_reports(await layouts.layout(uow, MONTH, at.node.path), made, stamp(uow))
        return await given_away(paper, kind)

    @get("/{month_report_id:uuid}", opt={"permission": Permission.REPORT_READ})
    async def one(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        month_report_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """A report with its versions."""
        return await _one(request, uow, principal, month_report_id)

    @get("/{month_report_id:uuid}/sheet", opt={"permission": Permission.REPORT_READ})
    async def one_sheet(
        self, uow: NamedDependency[UnitOfWork], month_report_id: FromPath[UUID], kind: Path = "pdf"
    ) -> Response[bytes]:
        """A station's report as a file, a line a figure."""
        row = await reports.one(uow, month_report_id)
        view = next(one for one in await reports.versions(uow, row) if one.id == row.id)
        layout = await layouts.layout(uow, MONTH, row.tenant)
        return await given_away(sheets.of_report(layout, view, stamp(uow)), kind)

    @post("/{month_report_id:uuid}/sign", opt={"permission": Permission.REPORT_SIGN})
    async def sign(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        month_report_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Sign it."""
        values = await pages.form_values(request)
        show = partial(_one, request, principal=principal, report_id=month_report_id)
        async with filled(request, uow, show, values):
            form = ReportSign(seen=str(values.get("seen", "")), remark=str(values.get("remark", "")))
            row = await reports.sign(uow, month_report_id, form)
        late = f"迟报 {row.late_days} 天。" if row.late_days else "按时。"
        return pages.redirect(request, f"/reports/{month_report_id}", say=f"签报好了，{late}数字已封存，等上级审。")

    @post("/{month_report_id:uuid}/approve", opt={"permission": Permission.REPORT_APPROVE})
    async def approve(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], month_report_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Approve it."""
        async with sent_back(request, uow, f"/reports/{month_report_id}"):
            row = await reports.approve(uow, month_report_id)
        return pages.redirect(request, f"/reports?month={row.month:%Y-%m}", say="审定了。")

    @post("/{month_report_id:uuid}/return", opt={"permission": Permission.REPORT_APPROVE})
    async def give_back(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        month_report_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Give it back."""
        values = await pages.form_values(request)
        show = partial(_one, request, principal=principal, report_id=month_report_id)
        async with filled(request, uow, show, values):
            row = await reports.give_back(uow, month_report_id, ReportAnswer(words=str(values.get("words", ""))))
        return pages.redirect(request, f"/reports?month={row.month:%Y-%m}", say="退回了，站点会看到原因，另报一版。")


def _todo(one: ReportView) -> dict[str, Any]:
    return {
        "href": f"/reports/{one.id}", "month": sheets.period_words(one.month), "due": sheets.due_day(one.due_at), "late": one.late_days,
        "version": one.version,
    }  # fmt: skip


def _card(one: ReportView) -> dict[str, Any]:
    return _todo(one) | {
        "state": one.state_words,
        "tone": _TONES[one.state],
        "at": one.signed_at,
        "by": one.signed_name,
    }


def _table(made: Rollup, at: Here) -> Table:
    views = {one.path: one for one in made.reports}
    rows = []
    for part in made.parts:
        one = views.get(part.path)
        if part.due == 1 and one is not None:
            rows.append(
                [
                    words(part.name, f"/reports/{one.id}"), words(one.state_words, tone={"wait": "wait", "danger": "danger"}.get(_TONES[one.state], "")),
                    words(f"{one.signed_name} {clock.shanghai(one.signed_at):%m-%d %H:%M}" if one.signed_at else "—"),
                    words(sheets.due_day(one.due_at)), number(one.late_days, tone="danger" if one.late_days else ""), words(one.decided_name or "—"),
                ]
            )  # fmt: skip
        else:
            short = part.due - part.sent
            rows.append(
                [
                    words(part.name, f"/reports?path={part.path}&month={at.month}" if part.due > 1 or part.path in views else ""),
                    words(f"{part.sent}/{part.due} 已报" if part.due > 1 else "没有起草"), words(f"{part.approved} 已审定" if part.due > 1 else "—"),
                    words("—"), number(part.late, tone="danger" if part.late else ""), Cell(f"缺 {short}" if short else "齐了", short, tone="danger" if short else ""),
                ]
            )  # fmt: skip
    heads = (
        Head("站点或县区", number=False), Head("状态", number=False), Head("谁签的", number=False), Head("截止", number=False),
        Head("迟报", title="站点：迟几天；县区：几个站迟"), Head("审核", number=False),
    )  # fmt: skip
    return Table(
        key="reports", title=f"{sheets.period_words(made.month)}月报", heads=heads, rows=rows,
        note=f"应报 {made.whole.due} 个，已报 {made.whole.sent} 个，已审定 {made.whole.approved} 个，迟报 {made.whole.late} 个。",
        empty="这里那个月还没有站点。",
    )  # fmt: skip


def _sums(layout: Layout, whole: Part) -> list[dict[str, str]]:
    return [
        {"label": word, "value": columns.words(key, whole.figures)}
        for key, word in layout.columns
        if key in columns.COLUMNS and columns.COLUMNS[key].kind != "text" and key != "late_days"
    ]


async def _one(request: AnyRequest, uow: UnitOfWork, principal: Principal, report_id: UUID) -> Response[bytes]:
    row = await reports.one(uow, report_id)
    every = await reports.versions(uow, row)
    view = next(one for one in every if one.id == row.id)
    layout = await layouts.layout(uow, MONTH, row.tenant)
    own = row.tenant == uow.actor.post
    above = parent(TenantPath(row.tenant))
    return menus.render(
        request, principal, "ledgers/report.html", one=view, month_words=sheets.period_words(view.month), due=sheets.due_day(view.due_at),
        figures=[
            {"label": word, "value": columns.words(key, view.figures)}
            for key, word in layout.columns
            if key in columns.COLUMNS and columns.COLUMNS[key].kind != "text" and key != "late_days"
        ],
        may_sign=own and view.state == "draft" and menus.may(request, principal, Permission.REPORT_SIGN),
        may_decide=not own and view.state == "signed" and menus.may(request, principal, Permission.REPORT_APPROVE),
        others=[one for one in every if one.id != view.id], newer=every[0].version > view.version,
        back=f"/reports?month={view.month:%Y-%m}",
        place=(await tree.names(uow, {above} if above else set())).get(above or "", ""),
        stale=view.state == "draft" and view.drafted_at < uow.now - timedelta(days=1),
    )  # fmt: skip
