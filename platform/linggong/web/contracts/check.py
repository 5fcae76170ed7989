"""The public check: by the code on the paper, or with the file itself. What is uploaded is looked at and not kept."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.contracts import checking, legal_forms
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import TooMany
from linggong.kernel.settings import Settings
from linggong.people.door_guards import address_of
from linggong.web import pages
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]


class CheckPages(Controller):
    """For everybody."""

    include_in_schema = False

    @get("/check", opt={"permission": Permission.PUBLIC_USE})
    async def page(
        self,
        request: AnyRequest,
        code: Annotated[str, QueryParameter(max_length=40)] = "",
    ) -> Response[bytes]:
        """A field for the code, and one for the file."""
        if code.strip():
            return pages.redirect(request, f"/c/{quote(code.strip().upper(), safe='')}")
        return pages.render(request, "contracts/check.html", checked=None, card=None, fault="", asked="")

    @post("/check", status_code=200, opt={"permission": Permission.PUBLIC_USE})
    async def check(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
    ) -> Response[bytes]:
        """Judge an uploaded file."""
        values = await pages.form_values(request)
        file = values.get("file")
        raw = await file.read() if isinstance(file, UploadFile) else b""
        if not raw:
            return pages.render(
                request,
                "contracts/check.html",
                status=422,
                checked=None,
                card=None,
                fault="请选要核验的合同文件（PDF）。",
                asked="",
            )
        try:
            await checking.not_too_many(database, secrets, address_of(request))
        except TooMany as error:
            return pages.render(
                request, "contracts/check.html", status=429, checked=None, card=None, fault=error.detail, asked=""
            )
        checked = await checking.file(database, settings, raw)
        return pages.render(request, "contracts/check.html", checked=checked, card=checked.card, fault="", asked="")

    @get("/legal-forms", opt={"permission": Permission.PUBLIC_USE})
    async def forms(
        self,
        request: AnyRequest,
        who: Annotated[str, QueryParameter(max_length=10)] = "enterprise",
        hours: Annotated[float, QueryParameter(ge=0, le=24)] = 8,
        days: Annotated[int, QueryParameter(ge=1, le=366)] = 1,
        unit: Annotated[str, QueryParameter(max_length=10)] = "day",
    ) -> Response[bytes]:
        """The legal form picker: which form fits the work, and why (R080)."""
        found = legal_forms.advise(
            enterprise=who != "individual",
            day_minutes=int(hours * 60),
            days=days,
            week_days=7,
            pay_unit=unit,
            max_age=None,
            over_age=60,
        )
        asked = {"who": who, "hours": f"{hours:g}", "days": str(days), "unit": unit}
        return pages.render(request, "contracts/forms.html", forms=found, asked=asked, warning=legal_forms.NOT_INSTEAD)

    @get("/c/{code:str}", opt={"permission": Permission.PUBLIC_USE})
    async def card(
        self, request: AnyRequest, database: NamedDependency[Database], code: FromPath[str]
    ) -> Response[bytes]:
        """What the QR on a paper leads to: the public card of a document."""
        found = await checking.by_code(database, code)
        fault = "" if found else "没有这个编号的合同。请照合同上的编号再填一遍；还查不到，请带合同到驿站。"
        return pages.render(
            request, "contracts/check.html", status=200 if found else 404, checked=None, card=found, fault=fault,
            asked="" if found else code[:20],
        )  # fmt: skip
