"""The roster of mediators on a page."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.cases import lookups, mediation, queries
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Forbidden, Invalid
from linggong.web import menus, pages
from linggong.web.cases import shown
from linggong.web.cases.shown import field, form, text
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class Mediators(Controller):
    """The roster of mediators (R118)."""

    path = "/desk/mediators"
    include_in_schema = False

    @get("/", opt={"permission": Permission.CASE_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Who may mediate here, and until when."""
        return await _page(request, uow, principal)

    @post("/", opt={"permission": Permission.MEDIATOR_MANAGE})
    async def enrol(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Put somebody on the roster."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _page(request, fresh, principal), values):
            first, last = _validity(values)
            await mediation.enrol(
                uow, staff_id=shown.needed(values, "staff_id"), path=principal.acting.path, certificate=text(values, "certificate"),
                issued_by=text(values, "issued_by"), valid_from=first, valid_to=last,
            )  # fmt: skip
        return pages.redirect(request, "/desk/mediators", say="入册了。")

    @post("/{mediator_id:uuid}/strike", opt={"permission": Permission.MEDIATOR_MANAGE})
    async def strike(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], mediator_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Take somebody off it."""
        async with sent_back(request, uow, "/desk/mediators", Forbidden):
            await mediation.strike(uow, mediator_id)
        return pages.redirect(request, "/desk/mediators", say="出册了。")


async def _page(request: AnyRequest, uow: UnitOfWork, principal: Principal) -> Response[bytes]:
    today = clock.business_date(uow.now)
    rows, forms = [], []
    may = menus.may(request, principal, Permission.MEDIATOR_MANAGE)
    for m in await queries.roster(uow):
        good = m.ended_at is None and m.valid_from <= today <= m.valid_to
        rows.append({
            "href": "/desk/mediators", "title": m.name, "state": "有效" if good else "已失效", "tone": "go" if good else "off",
            "late": False, "due": f"证书到 {m.valid_to.year}年{m.valid_to.month}月{m.valid_to.day}日", "sub": f"{m.certificate}，{m.issued_by}",
        })  # fmt: skip
        if may and m.ended_at is None:
            forms.append(form(f"x{m.id}", f"/desk/mediators/{m.id}/strike", f"{m.name} 出册", tone="danger"))
    if may:
        people = [{"value": str(key), "label": name} for key, name in await lookups.colleagues(uow)]
        forms.insert(0, form(
            "enrol", "/desk/mediators", "增加调解员", field("staff_id", "谁", "select", options=people),
            field("certificate", "证书号"), field("issued_by", "发证机构"),
            field("valid_from", "有效期起", "date"), field("valid_to", "有效期止", "date"),
        ))  # fmt: skip
    return menus.render(
        request, principal, "desk/case_list.html", heading="调解员名册", lead="有证、在册、与双方无关才能调解", tabs=[],
        rows=rows, nothing="名册里还没有人", forms=forms, more_href="", tab_key="cases",
    )  # fmt: skip


def _validity(values: dict[str, Any]) -> tuple[date, date]:
    """Read from when to when a certificate is good; raises Invalid with everything that is missing beside it."""
    faults = [] if text(values, "staff_id") else [Fault("staff_id", "请先选一个。", "required")]
    faults += [Fault(name, "请填写。", "required") for name in ("certificate", "issued_by") if not text(values, name)]
    days = []
    for name in ("valid_from", "valid_to"):
        try:
            days.append(date.fromisoformat(text(values, name)))
        except ValueError:
            faults.append(Fault(name, "请填证书有效期的日期。", "date"))
    if faults:
        raise Invalid(faults)
    return days[0], days[1]
