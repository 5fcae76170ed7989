"""Who comes from outside and for whom he stands: set by whoever appoints people there."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.cases import codes, outside
from linggong.kernel.db import UnitOfWork
from linggong.web import menus, pages
from linggong.web.bureau.tables import Head, Table, words
from linggong.web.cases.shown import field, form, options, text
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.roles import ROLE_LABELS, Role

AnyRequest = Request[Any, Any, Any]
HOME = "/office/outside-desks"
_LABELS = {"department": ROLE_LABELS[Role.DEPARTMENT_VIEWER], "insurer": ROLE_LABELS[Role.INSURER]}


class Desks(Controller):
    """People of departments and insurers."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.STAFF_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Everybody from outside below this post, and for whom he stands."""
        return await _page(request, principal, uow)

    @post("/{staff_id:uuid}", opt={"permission": Permission.STAFF_GRANT})
    async def choose(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Say for whom somebody stands."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, principal), values):
            await outside.set_desk(uow, staff_id, text(values, "place"), text(values, "stands_for"))
        return pages.redirect(request, HOME, say="写明了。")


async def _page(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    found = await outside.desks(uow)
    may = menus.may(request, principal, Permission.STAFF_GRANT)
    known = [{"value": n, "label": n} for n in await outside.insurers(uow)]
    forms = [
        form(
            f"d{n}", f"{HOME}/{d.staff_id}", f"写明 {d.name}（{_LABELS[d.kind]}）代表谁",
            field("place", "", "hidden", value=d.place),
            field("stands_for", "代表哪一家", "select", value=d.stands_for,
                  options=options(codes.BODIES) if d.kind == "department" else known),
            opened=not d.stands_for,
        )
        for n, d in enumerate(found)
    ]  # fmt: skip
    heads = (
        Head("姓名", number=False),
        Head("岗位", number=False),
        Head("在哪里", number=False),
        Head("代表", number=False),
    )
    rows = [
        [words(d.name), words(_LABELS[d.kind]), words(d.place_name), words(d.words) if d.stands_for else words("没写明", tone="wait")]
        for d in found
    ]  # fmt: skip
    table = Table(key="desks", title="外单位的人", heads=heads, rows=rows, empty="这里没有协同部门和承保机构的人。")
    return menus.render(
        request, principal, "office/first.html", heading="外单位", tab_key="desks",
        lead="部门的人只看转给本部门的件，承保机构的人只看自己公司的保单。没写明代表谁的什么也看不到。", warning="",
        tabs=[], counts=[], tables=[table], forms=forms if may else [],
    )  # fmt: skip
