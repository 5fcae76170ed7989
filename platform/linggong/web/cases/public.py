"""The receipt opens the status: number and telephone's last digits, nobody signs in (R115)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.cases import codes, reporting, status
from linggong.cases.reporting import ReportForm
from linggong.cases.status import PublicStatus
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import Invalid, NotFound, TooMany
from linggong.people.door_guards import address_of
from linggong.people.text import typed_code
from linggong.services import status as services
from linggong.web import pages
from linggong.web.cases.shown import text
from linggong.web.places import places
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]


class CaseStatus(Controller):
    """How far a case is."""

    path = "/case"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def blank(self, request: AnyRequest) -> Response[bytes]:
        """Ask for the number."""
        return _page(request, "")

    @get("/{receipt:str}", opt={"permission": Permission.PUBLIC_USE})
    async def of_receipt(self, request: AnyRequest, receipt: FromPath[str]) -> Response[bytes]:
        """Ask for the digits: the number stands in the text message."""
        return _page(request, typed_code(receipt)[:20])

    @post("/", opt={"permission": Permission.PUBLIC_USE})
    async def look(
        self, request: AnyRequest, database: NamedDependency[Database], secrets: NamedDependency[Secrets]
    ) -> Response[bytes]:
        """Show the status, or say that the two do not fit."""
        values = await pages.form_values(request)
        receipt = typed_code(text(values, "receipt"))[:20]
        digits = text(values, "digits")[:10]
        try:
            found = await status.look_up(database, secrets, receipt, digits, address_of(request))
        except NotFound:
            # The tries are counted; the same box takes the receipts of services.
            matter = await _matter(database, secrets, receipt, digits)
            if matter is not None:
                return pages.render(request, "portal/case_status.html", receipt=receipt, fault="", found=matter)
            return _page(request, receipt, fault="受理号和尾号对不上，请核对后再查。")
        except TooMany as error:
            return _page(request, receipt, fault=error.detail)
        return _page(request, receipt, found=found)


class ReportPages(Controller):
    """Report something, without an account."""

    path = "/report"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def blank(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        code: Annotated[str, QueryParameter(max_length=20)] = "",
    ) -> Response[bytes]:
        """The form; the post's own page brings its code along."""
        return await _report(request, database, pages.form_state({"trace_code": typed_code(code)}))

    @post("/", status_code=200, opt={"permission": Permission.PUBLIC_USE})
    async def send(
        self, request: AnyRequest, database: NamedDependency[Database], secrets: NamedDependency[Secrets]
    ) -> Response[bytes]:
        """Take it down and show the receipt, once."""
        values = {k: v for k, v in (await pages.form_values(request)).items() if isinstance(v, str)}
        known = {f.name for f in msgspec.structs.fields(ReportForm)}
        try:
            filled = pages.convert(ReportForm, {k: v for k, v in values.items() if k in known})
            row = await reporting.report(database, secrets, filled, address_of(request))
        except Invalid as error:
            return await _report(request, database, pages.form_state(values, error), status=422)
        except TooMany as error:
            return await _report(request, database, pages.form_state(values), status=429, fault=error.detail)
        made = {"receipt": row.receipt, "digits": row.digits, "told": bool(row.phone_sealed)}
        return await _report(request, database, pages.form_state({}), made=made)


async def _report(
    request: AnyRequest,
    database: Database,
    form: dict[str, Any],
    *,
    status: int = 200,
    fault: str = "",
    made: dict[str, Any] | None = None,
) -> Response[bytes]:
    return pages.render(
        request, "portal/report.html", status=status, form=form, fault=fault, made=made,
        kinds=[{"value": k, "label": codes.KINDS[k]} for k in reporting.KINDS], places=(await places(database)).counties,
    )  # fmt: skip


def _page(request: AnyRequest, receipt: str, *, fault: str = "", found: PublicStatus | None = None) -> Response[bytes]:
    return pages.render(
        request, "portal/case_status.html", receipt=receipt, fault=fault, found=None if found is None else _shown(found)
    )


async def _matter(database: Database, secrets: Secrets, receipt: str, digits: str) -> dict[str, Any] | None:
    try:
        async with database.system() as uow:
            found = await services.look_up(uow, secrets.sealer, receipt, digits)
    except NotFound:
        return None
    lines = [f"还要交：{'、'.join(found.missing)}"] if found.missing else []
    if found.referred_to:
        lines.append(f"已转：{found.referred_to}")
    if found.due_at:
        lines.append(f"最晚 {clock.shanghai(found.due_at - timedelta(seconds=1)):%m月%d日} 办结")
    return {
        "kind": found.item, "state": found.state_words, "created_at": found.happened_at, "lines": lines,
        "outcome": found.outcome,
    }  # fmt: skip


def _shown(found: PublicStatus) -> dict[str, Any]:
    lines = ["已经有人受理" if found.acked_at else "等工作人员受理"]
    if found.papers:
        lines.append("还要交：" + "、".join(found.papers))
    if found.referred_to:
        lines.append("已转：" + "、".join(found.referred_to))
    if found.close_due_at:
        lines.append(f"最晚 {clock.shanghai(found.close_due_at):%m月%d日} 办结")
    if found.ended_how:
        lines.append(f"怎么办结的：{found.ended_how}")
    return {
        "kind": found.kind_words, "state": found.state_words, "created_at": found.created_at, "lines": lines,
        "outcome": found.outcome,
    }  # fmt: skip
