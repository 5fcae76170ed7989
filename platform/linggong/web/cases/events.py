"""The register of incidents on pages, and the bureau's word on each (R112)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.cases import codes, incidents
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.web import menus, pages
from linggong.web.cases import shown
from linggong.web.cases.shown import field, form, text
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
EVENTS = "/desk/incidents"


class DeskIncidents(Controller):
    """The register of incidents (R112)."""

    path = EVENTS
    include_in_schema = False

    @get("/", opt={"permission": Permission.INCIDENT_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The register, with the form, and the decision for whoever may take it."""
        return await _register(request, principal, uow)

    @post("/", opt={"permission": Permission.INCIDENT_RECORD})
    async def record(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> Response[bytes]:
        """Write one down."""
        values = await pages.form_values(request)
        hours = pages.whole(text(values, "hours_ago"), 9999)
        async with filled(request, uow, partial(_register, request, request.state["principal"]), values):
            if hours is None:
                raise Invalid([Fault("hours_ago", "几小时前发生的，请填整数，例如 2；刚发生填 0。", "hours")])
            await incidents.record(
                uow, kind=text(values, "kind"), words=text(values, "words"),
                happened_at=uow.now - timedelta(hours=hours),
            )  # fmt: skip
        return pages.redirect(request, EVENTS, say="登记好了，等人社局认定。")

    @post("/{incident_id:uuid}", opt={"permission": Permission.INCIDENT_CONFIRM})
    async def decide(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], incident_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Confirm it, or find it unfounded."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_register, request, request.state["principal"]), values):
            await incidents.decide(
                uow, incident_id, confirmed=text(values, "confirmed") == "1", findings=text(values, "words")
            )
        return pages.redirect(request, EVENTS, say="认定好了。")


async def _register(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    found = await incidents.page(uow, status=None, cursor=None, limit=50)
    words = {"reported": ("待核实", "wait"), "confirmed": ("属实", "danger"), "unfounded": ("不实", "off")}
    rows = [
        {
            "href": EVENTS, "title": i.kind_words, "state": words[i.status][0], "tone": words[i.status][1], "late": False,
            "due": f"{clock.shanghai(i.happened_at):%m-%d %H:%M}", "sub": f"{i.words} {i.findings}",
        }
        for i in found.items
    ]  # fmt: skip
    forms = []
    if menus.may(request, principal, Permission.INCIDENT_RECORD):
        forms.append(form(
            "new", EVENTS, "登记事件", field("kind", "哪一类", "select", options=shown.options(codes.INCIDENTS)),
            field("words", "怎么回事", "area"), field("hours_ago", "几小时前发生的", value="0"),
        ))  # fmt: skip
    if menus.may(request, principal, Permission.INCIDENT_CONFIRM):
        answers = [{"value": "1", "label": "属实"}, {"value": "0", "label": "不实"}]
        forms += [
            form(f"d{i.id}", f"{EVENTS}/{i.id}", f"认定：{i.kind_words} {clock.shanghai(i.happened_at):%m-%d}",
                 field("confirmed", "认定", "select", options=answers), field("words", "核实情况", "area"), tone="plain")
            for i in found.items if i.status == "reported" and not i.own
        ]  # fmt: skip
    return menus.render(
        request, principal, "desk/case_list.html", heading="治安和违规事件", lead="都登记，只有属实的才算",
        tabs=[{"label": "投诉和纠纷", "href": "/desk/cases", "here": False}], rows=rows, nothing="没有事件", forms=forms,
        more_href="", tab_key="cases",
    )  # fmt: skip
