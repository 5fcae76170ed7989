"""The receipt opens the status: number and telephone's last digits, nobody signs in (R115)."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.cases import status
from linggong.cases.status import PublicStatus
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import NotFound, TooMany
from linggong.people.door_guards import address_of
from linggong.people.text import typed_code
from linggong.web import pages
from linggong.web.cases.shown import text
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
        try:
            found = await status.look_up(database, secrets, receipt, text(values, "digits")[:10], address_of(request))
        except NotFound:
            return _page(request, receipt, fault="受理号和尾号对不上，请核对后再查。")
        except TooMany as error:
            return _page(request, receipt, fault=error.detail)
        return _page(request, receipt, found=found)


def _page(request: AnyRequest, receipt: str, *, fault: str = "", found: PublicStatus | None = None) -> Response[bytes]:
    return pages.render(
        request, "portal/case_status.html", receipt=receipt, fault=fault, found=None if found is None else _shown(found)
    )


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
