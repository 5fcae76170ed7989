"""An employer's own data, confirmed and corrected every six months (R049)."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.people import papers, reverifying
from linggong.people.forms import Confirmation
from linggong.wages.files_api import UPLOAD_CEILING
from linggong.web import pages, wage_rows
from linggong.web.employer.home import only_employer
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_TEXTS = ("contact_name", "phone", "address", "legal_representative", "evidence")


def read(values: dict[str, Any]) -> Confirmation:
    """Return what was said again, as the form tells it; raises Invalid."""
    texts = {name: str(values.get(name) or "") for name in _TEXTS}
    return pages.convert(Confirmation, texts | {"still_valid": bool(values.get("still_valid"))})


class EmployerData(Controller):
    """What is on file, and saying that it still holds."""

    path = "/employer/data"
    include_in_schema = False

    @get("/", opt={"permission": Permission.EMPLOYER_SELF})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """What is on file and until when it counts."""
        only_employer(principal)
        return await _page(request, secrets, uow)

    @post("/confirm", opt={"permission": Permission.EMPLOYER_SELF})
    async def confirm(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """It still holds, or this is how it is now."""
        only_employer(principal)
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, secrets), values):
            row = await reverifying.confirm(uow, secrets.sealer, principal.employer_id, read(values))
        return pages.redirect(request, "/employer/data", say=f"核实好了，到 {row.reverify_on:%Y-%m-%d} 前不用再核。")

    @post("/licence", request_max_body_size=UPLOAD_CEILING, opt={"permission": Permission.EMPLOYER_SELF})
    async def licence(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """Hand in the photo of the licence."""
        only_employer(principal)
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, secrets), values):
            photo = await wage_rows.picture(values, "photo") or b""
            await papers.hand_in(uow, secrets.sealer, principal.employer_id, photo)
        return pages.redirect(request, "/employer/data", say="照片收到了，工作人员核验时看得到。")

    @get("/licence", opt={"permission": Permission.EMPLOYER_SELF})
    async def own_licence(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The photo that he handed in."""
        only_employer(principal)
        return pages.picture(*await papers.content(uow, secrets.sealer, principal.employer_id))


async def _page(request: AnyRequest, secrets: Secrets, uow: UnitOfWork) -> Response[bytes]:
    return pages.render(request, "employer/data.html", own=await reverifying.own(uow, secrets.sealer))
