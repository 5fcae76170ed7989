"""Surveys at the desk and at the roadside: a screen of rows, a table brought in, a sheet to print, a telephone's form (R053, R121)."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.money import from_yuan
from linggong.kernel.settings import Settings
from linggong.kernel.sheets import write_xlsx
from linggong.outreach import surveys
from linggong.outreach.codes import SHEET_KINDS, SITUATIONS
from linggong.outreach.survey_rows import COLUMNS, SurveyRow
from linggong.outreach.surveys import Report, SheetForm
from linggong.web import pages
from linggong.web.desk.importing import UPLOAD_CEILING, Copy, code_book, keep_copy, read_copy
from linggong.web.outreach import reading
from linggong.web.outreach.reading import AnyRequest
from linggong.web.refused import Answered, filled
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import evidence
from tenants import queries as tree

LINES: Final = 6
"""Rows of the screen: a village is typed six people at a time, a long list is brought in as a table."""
_TOLD: Final = 50
_TICKS: Final = ("consent", "wants_work", "wants_training")


class SurveyPages(Controller):
    """Sheets."""

    path = "/outreach/surveys"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The latest sheets with what came of them."""
        return reading.render(
            request, principal, "surveys.html", "surveys", rows=await surveys.recent(uow), kinds=SHEET_KINDS,
            report=None,
        )  # fmt: skip

    @get("/new", opt={"permission": Permission.SURVEY_ENTER})
    async def new(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The screen of rows."""
        return await _new(request, uow, principal=principal)

    @post("/new", opt={"permission": Permission.SURVEY_ENTER})
    async def enter(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """Store the rows that were filled, all or none."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_new, request, principal=principal), values):
            report = await _typed(uow, secrets, values, "village")
        return pages.redirect(request, "/outreach/surveys", say=_said(report))

    @get("/roadside", opt={"permission": Permission.SURVEY_ENTER})
    async def roadside(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The form for a clerk's telephone at the roadside."""
        return await _roadside(request, uow, principal=principal)

    @post("/roadside", opt={"permission": Permission.SURVEY_ENTER})
    async def at_roadside(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """Register somebody on the spot; the place stays for the next one."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_roadside, request, principal=principal), values):
            report = await _typed(uow, secrets, values, "roadside")
        return pages.redirect(request, "/outreach/surveys/roadside", say=_said(report))

    @get("/sheet.xlsx", opt={"permission": Permission.OUTREACH_READ})
    async def template(self) -> Response[bytes]:
        """The empty table."""
        return attachment("摸排表.xlsx", write_xlsx([list(COLUMNS.values())]))

    @get("/codes.xlsx", opt={"permission": Permission.OUTREACH_READ})
    async def codes(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> Response[bytes]:
        """The codes of the county's villages and of trades, to write a table by."""
        return await code_book(uow, principal)

    @get("/copy/{token:str}", opt={"permission": Permission.SURVEY_ENTER})
    async def copy(
        self, principal: NamedDependency[Principal], settings: NamedDependency[Settings],
        secrets: NamedDependency[Secrets], token: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """The annotated copy, for whoever brought the table, for an hour."""
        found = await asyncio.to_thread(read_copy, settings, secrets, principal, token)
        return attachment(found.name, found.content)

    @get("/print", opt={"permission": Permission.OUTREACH_READ})
    async def printed(self, request: AnyRequest, principal: NamedDependency[Principal]) -> Response[bytes]:
        """A sheet to print and to fill by hand where there is no network."""
        return reading.render(
            request, principal, "survey_print.html", "surveys", columns=list(COLUMNS.values())[1:], lines=14,
            situations=SITUATIONS, site=principal.acting.node_name,
        )  # fmt: skip

    @post("/import", request_max_body_size=UPLOAD_CEILING, opt={"permission": Permission.SURVEY_ENTER})
    async def bring_in(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings], principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """A table of villages: whole or not at all, with a copy that names every fault."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_new, request, principal=principal), values):
            file, at = values.get("file"), evidence.said(str(values.get("happened_at") or ""))
            faults = []
            if not isinstance(file, UploadFile) or not file.filename:
                faults.append(Fault("file", "请先选一个 csv 或 xlsx 文件。", "required"))
            if at is None:
                faults.append(Fault("happened_at", "请写是哪天摸排的。", "required"))
            if not isinstance(file, UploadFile) or at is None or faults:
                raise Invalid(faults)
            data = await file.read()
            if len(data) > settings.upload_max_bytes:
                raise Invalid([Fault("file", f"文件太大，最多 {settings.upload_max_bytes // 1_000_000} MB。", "size")])
            report = await surveys.bring_in(uow, secrets.sealer, data, file.filename[-120:], happened_at=at)
            if report.faults:
                await uow.rollback()
                raise Answered(await _told(request, principal, settings, secrets, report))
        return pages.redirect(request, "/outreach/surveys", say=_said(report))


async def _told(
    request: AnyRequest, principal: Principal, settings: Settings, secrets: Secrets, report: Report
) -> Response[bytes]:
    kept = Copy(report.annotated_name or "错误.csv", report.annotated or b"")
    token = await asyncio.to_thread(keep_copy, settings, secrets, principal, kept)
    return reading.render(
        request, principal, "surveys.html", "surveys", status=422, rows=[], kinds=SHEET_KINDS,
        report={
            "rows": report.rows, "count": len(report.faults), "faults": report.faults[:_TOLD],
            "href": f"/outreach/surveys/copy/{token}",
        },
    )  # fmt: skip


def _said(report: Report) -> str:
    words = f"{report.rows} 人：新登记 {report.registered} 人，接到本站 {report.known} 人，只计数 {report.counted} 人。"
    return words + (f"其中 {report.again} 人以前摸排过，统计时只算一次。" if report.again else "")


async def _typed(uow: UnitOfWork, secrets: Secrets, values: dict[str, Any], kind: str) -> Report:
    """Read the lines that were filled (r0_name ...) and enter them; faults come back under the names of the page."""
    lines = LINES if kind == "village" else 1
    filled_in = [n for n in range(lines) if any(values.get(f"r{n}_{key}") for key in COLUMNS)]
    faults: list[Fault] = []
    rows = [_row(values, n, faults) for n in filled_in]
    at = evidence.said(str(values.get("happened_at") or ""))
    if at is None:
        faults.append(Fault("happened_at", "时间写法不对，例如 2026-11-25 06:30。", "time"))
    if faults or at is None:
        raise Invalid(faults)
    point = [float(part) for part in str(values.get("point") or "").split(",") if _number(part)]
    form = SheetForm(
        kind=kind, happened_at=at, rows=rows, division_code=str(values.get("division_code") or ""),
        place=str(values.get("place") or ""), heads=pages.whole(values.get("heads")),
        latitude=point[0] if len(point) == 2 else None, longitude=point[1] if len(point) == 2 else None,
    )  # fmt: skip
    try:
        return await surveys.enter(uow, secrets.sealer, form)
    except Invalid as invalid:
        raise Invalid([_renamed(fault, filled_in) for fault in invalid.faults]) from None


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _row(values: dict[str, Any], n: int, faults: list[Fault]) -> SurveyRow:
    said = {key: str(values.get(f"r{n}_{key}") or "") for key in COLUMNS}
    pay = None
    if said["pay_fen"]:
        try:
            pay = int(from_yuan(said["pay_fen"]))
        except ValueError:
            faults.append(Fault(f"r{n}_pay_fen", "请填元，例如 200。", "number"))
    return SurveyRow(
        situation=said["situation"] or "unsaid", trade_code=said["trade_code"] or None, name=said["name"],
        id_number=said["id_number"], phone=said["phone"], pay_fen=pay, slip=said["slip"],
        **{key: bool(said[key]) for key in _TICKS},
    )  # fmt: skip


def _renamed(fault: Fault, filled_in: list[int]) -> Fault:
    if not fault.field.startswith("rows["):
        return fault
    number, _, key = fault.field.removeprefix("rows[").partition("]")
    return Fault(f"r{filled_in[int(number)]}_{key.lstrip('.') or 'name'}", fault.message, fault.code)


async def _shared(uow: UnitOfWork, principal: Principal) -> dict[str, Any]:
    county = "/" + "/".join(principal.acting.path.strip("/").split("/")[:2]) + "/"
    villages = await tree.coded_below(uow, county)
    return {
        "villages": [{"value": code, "label": f"{name}（{code}）"} for code, name in villages],
        "situations": reading.choices(SITUATIONS), "trades": reading.trade_options(),
    }  # fmt: skip


async def _new(request: AnyRequest, uow: UnitOfWork, *, principal: Principal) -> Response[bytes]:
    return reading.render(
        request, principal, "survey_new.html", "surveys", lines=range(LINES), **await _shared(uow, principal)
    )


async def _roadside(request: AnyRequest, uow: UnitOfWork, *, principal: Principal) -> Response[bytes]:
    rows = await surveys.recent(uow, kind="roadside", limit=10)
    today = [row for row in rows if reading.is_today(row.happened_at)]
    return reading.render(
        request, principal, "roadside.html", "surveys", rows=rows, last=today[0] if today else None,
        at_now=f"{clock.shanghai(uow.now):%Y-%m-%dT%H:%M}",
        **await _shared(uow, principal),
    )  # fmt: skip
