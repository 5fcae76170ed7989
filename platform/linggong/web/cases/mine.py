"""A party's own cases: complain, answer the other side, sign, say how content he is."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.cases import api, codes, handling, lookups, queries, referrals
from linggong.cases.forms import CaseForm, ReferForm
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Forbidden
from linggong.kernel.money import format_yuan
from linggong.wages import queries as wages
from linggong.web import pages
from linggong.web.cases import shown
from linggong.web.cases.desk import party_step
from linggong.web.cases.shown import field, form, text
from linggong.web.refused import Step, filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
HOME = "/my/cases"
_ASKS = [{"value": "unpaid", "label": "没付"}, {"value": "more", "label": "算少了，要补"}]


def only_party(principal: Principal) -> None:
    """Raise Forbidden for staff: they have the desk's list."""
    if principal.is_staff:
        raise Forbidden("这里是零工和雇主看自己的件用的。工作人员请到工作台“纠纷”。")


class MyCases(Controller):
    """Cases of a worker or an employer."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.CASE_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        after: Annotated[str | None, QueryParameter(max_length=400)] = None,
    ) -> Response[bytes]:
        """My cases, the newest first."""
        only_party(principal)
        found = await queries.cases_page(uow, which="all", cursor=after, limit=20)
        tabs = [{"label": "我要反映", "href": f"{HOME}/new", "here": False}]
        if principal.kind == "worker":
            tabs.append({"label": "受伤报案", "href": "/my/injuries", "here": False})
        return pages.render(
            request, "portal/case_list.html", heading="投诉和纠纷", lead="有人管到底，都不收钱", tabs=tabs,
            rows=[shown.row(line, HOME) for line in found.items], nothing="没有在办的件", forms=[],
            more_href=f"{HOME}?after={found.next}" if found.next else "", tab_key="me",
        )  # fmt: skip

    @get("/new", opt={"permission": Permission.CASE_OPEN})
    async def blank(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        bill: Annotated[UUID | None, QueryParameter()] = None,
    ) -> Response[bytes]:
        """What is wrong, and with which job."""
        return await _blank(request, uow, principal, bill)

    @post("/new", opt={"permission": Permission.CASE_OPEN})
    async def open(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Complain or dispute (70)."""
        only_party(principal)
        values = await pages.form_values(request)
        if text(values, "against_path"):
            values["against"] = "station"
        async with filled(request, uow, lambda fresh: _blank(request, fresh, principal, None), values):
            told = pages.convert(
                CaseForm,
                {k: v for k, v in values.items() if k != "amount"}
                | {"amount_fen": shown.fen_of(values, "amount") or ""},
            )
            made = await api.open_anywhere(uow, database, secrets, told)
        return pages.redirect(
            request, f"{HOME}/{made.id}", say=f"登记好了。受理号 {made.receipt}，查询码 {made.digits}，请记下来。"
        )

    @get("/{case_id:uuid}", opt={"permission": Permission.CASE_READ})
    async def one(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        case_id: FromPath[UUID],
    ) -> Response[bytes]:
        """One case with what I may do."""
        return await _one(request, uow, principal, case_id)

    @post("/{case_id:uuid}/refer", opt={"permission": Permission.CASE_REFER})
    async def refer(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Go to an authority instead (74)."""
        values = await pages.form_values(request)
        async with _again(request, uow, case_id, values):
            await referrals.refer(uow, case_id, pages.convert(ReferForm, values))
        return pages.redirect(request, f"{HOME}/{case_id}", say="转出去了，驿站会帮你跟。")

    @post("/{case_id:uuid}/note", opt={"permission": Permission.CASE_NOTE})
    async def note(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Add something."""
        values = await pages.form_values(request)
        async with _again(request, uow, case_id, values):
            await handling.add_note(uow, case_id, words=text(values, "words"))
        return pages.redirect(request, f"{HOME}/{case_id}", say="补充好了。")

    @post("/{case_id:uuid}/{step:str}", opt={"permission": Permission.CASE_ANSWER})
    async def step(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], step: FromPath[str]
    ) -> Response[bytes]:
        """Offer, sign, decline, withdraw, reopen, rate."""
        values = await pages.form_values(request)
        async with _again(request, uow, case_id, values):
            await party_step(uow, case_id, step, values)
        return pages.redirect(request, f"{HOME}/{case_id}", say="好了。")


async def _blank(
    request: AnyRequest,
    uow: UnitOfWork,
    principal: Principal,
    bill: UUID | None,
) -> Response[bytes]:
    only_party(principal)
    bills = [
        {"value": str(b.id), "label": f"{b.title} {b.work_date or ''} {format_yuan(b.total_fen)} 元 "
         + (b.employer_name if principal.kind == "worker" else b.worker_name)}
        for b in await wages.bills(uow, limit=50)
    ]  # fmt: skip
    kinds = ["dispute", "complaint", "other"]
    if principal.kind == "worker":
        kinds = ["wage", "fee", "false_post", "discrimination", *kinds]
    fields = [
        field("kind", "什么事", "select", options=shown.options(codes.KINDS, *kinds)),
        field("bill_id", "哪一张工资单", "select", options=bills, required=False, value=str(bill or ""), hint="工钱的事要选"),
        field("amount", "多少钱", "money", required=False),
        field("claim", "说说怎么回事", "area"),
        field("wanted", "想怎么解决", "area", required=False),
        field("against_path", "反映驿站的话，选哪个驿站", "select", options=await lookups.offices(uow, "/"), required=False),
    ]  # fmt: skip
    if principal.kind == "worker":
        fields.insert(2, field("asks", "工钱是没付，还是算少了", "select", options=_ASKS, required=False))
    forms = [form("new", f"{HOME}/new", "交上去", *fields, opened=True)]
    return pages.render(
        request, "portal/case_list.html", heading="我要反映", lead="两小时内受理，一个工作日内联系你", tabs=[], rows=[],
        nothing="", forms=forms, more_href="", tab_key="me",
    )  # fmt: skip


async def _one(
    request: AnyRequest,
    uow: UnitOfWork,
    principal: Principal,
    case_id: UUID,
) -> Response[bytes]:
    only_party(principal)
    view = await queries.one(uow, case_id)
    forms = shown.party_forms(view, HOME)
    if principal.kind != "worker":
        forms = [f for f in forms if f["id"] != "refer"]
    return pages.render(
        request, "portal/case.html", item=shown.item(view), forms=forms, help=None,
        back={"href": HOME, "label": "回我的件"}, tab_key="me",
    )  # fmt: skip


def _again(request: AnyRequest, uow: UnitOfWork, case_id: UUID, values: dict[str, Any]) -> Step:
    return filled(request, uow, lambda fresh: _one(request, fresh, request.state["principal"], case_id), values)
