"""Operators and contracts on pages (R020)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.paths import TenantPath
from linggong.offices import operator_queries, operators, previews, queries
from linggong.offices.operator_queries import ContractView
from linggong.offices.operators import ContractForm, LastDayForm, OperatorForm, PlacesForm
from linggong.offices.posts import ReasonForm
from linggong.web import menus, pages
from linggong.web.office import steps, words
from linggong.web.office.posts import reason_form
from linggong.web.office.steps import Step, Values
from linggong.web.places import typed_place
from linggong.web.refused import shown
from rbac.decisions import Decisions
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_COUNTIES = ("county", "zone", "city")


class OperatorPages(Controller):
    """List, registration, a new contract."""

    path = "/office/operators"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OPERATOR_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Operators with their contracts."""
        return await _list(request, uow, principal)

    @post("/", opt={"permission": Permission.OPERATOR_MANAGE})
    async def register(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Register an operator; its first contract is next."""
        values = await pages.form_values(request)
        async with shown(
            request, uow, lambda fresh, error: _list(request, fresh, principal, values, error), Invalid, Conflict
        ):
            path = await typed_place(uow, str(values.get("path", "")), within=uow.scope)
            typed = {k: str(values.get(k) or " ") for k in ("name", "uscc")}
            form = pages.convert(OperatorForm, typed | {"path": path})
            made = await operators.register_operator(uow, form)
        return pages.redirect(request, f"/office/operators/{made}/contracts/new", say="登记好了，接着签合同。")

    @steps.page("/{operator_id:uuid}/contracts/new", Permission.OPERATOR_MANAGE)
    async def sign(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        operator_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Record a contract; it gives nobody anything yet."""
        operator = next((o for o in await operator_queries.operators(uow) if o.id == operator_id), None)
        if operator is None:
            raise NotFound

        async def read(values: Values) -> ContractForm:
            typed = {"number": " "} | steps.given(values, "number", "starts_on", "ends_on", "note")
            return pages.convert(ContractForm, typed | {"places": await steps.typed_sites(uow, values)})

        async def act(form: ContractForm) -> Response[bytes]:
            made = await operators.sign_contract(uow, operator_id, form)
            return pages.redirect(request, f"/office/contracts/{made}", say="合同登记好了，可以派运营方的岗位了。")

        step = Step(
            title=f"{operator.name}的新合同",
            back="/office/operators",
            fields=[
                steps.text("number", "合同编号"),
                steps.date("starts_on", "第一天"),
                steps.date("ends_on", "最后一天", hint="当晚 24 点，运营方的岗位自动结束"),
                await steps.sites(uow),
                steps.text("note", "备注", required=False, most=200),
            ],
            read=read,
            act=act,
            confirm="登记合同",
            tab="operators",
        )
        return await steps.run(request, uow, principal, step)


class ContractPages(Controller):
    """One contract."""

    path = "/office/contracts/{contract_id:uuid}"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OPERATOR_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        decisions: NamedDependency[Decisions],
        contract_id: FromPath[UUID],
    ) -> Response[bytes]:
        """A contract with the posts that hang on it."""
        found = await operator_queries.contract_detail(uow, contract_id)
        people = await queries.names(uow, [p.staff_id for p in found.posts])
        return menus.render(
            request,
            principal,
            "office/contract.html",
            contract=words.contract_line(found.contract),
            posts=[
                words.post_line(p, may_grant=False, may_end=False)
                | {"staff_id": str(p.staff_id), "name": people.get(p.staff_id, "")}
                for p in found.posts
            ],
            may_manage=decisions.can(principal, TenantPath(found.contract.county.path), Permission.OPERATOR_MANAGE)
            and found.contract.state in ("running", "coming"),
            may_hand_over=decisions.can(principal, TenantPath(found.contract.county.path), Permission.OPERATOR_MANAGE),
            may_settle=decisions.can(principal, TenantPath(found.contract.county.path), Permission.SETTLEMENT_READ),
        )

    @steps.page("/last-day", Permission.OPERATOR_MANAGE)
    async def last_day(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        contract_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Shorten or extend it."""
        contract = await _managed(uow, contract_id)
        back = f"/office/contracts/{contract_id}"

        async def read(values: Values) -> LastDayForm:
            return pages.convert(LastDayForm, steps.given(values, "ends_on") | steps.because(values))

        async def act(form: LastDayForm) -> Response[bytes]:
            moved = await operators.move_last_day(uow, contract_id, form)
            return pages.redirect(request, back, say=f"改好了，{moved} 个岗位跟着改了结束日期。")

        step = Step(
            title=f"改合同 {contract.number} 的最后一天",
            back=back,
            fields=[steps.date("ends_on", "最后一天"), steps.reason("补充协议编号")],
            filled={"ends_on": str(contract.ends_on)},
            read=read,
            look=lambda form: previews.of_contract(
                uow, contract_id, lambda: operators.move_last_day(uow, contract_id, form)
            ),
            act=act,
            confirm="确认改期",
            lead=f"{contract.operator}，现在到 {contract.ends_on} 为止。岗位的结束日期跟着改。",
            tab="operators",
        )
        return await steps.run(request, uow, principal, step)

    @steps.page("/places", Permission.OPERATOR_MANAGE)
    async def places(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        contract_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Cover other places."""
        contract = await _managed(uow, contract_id)
        back = f"/office/contracts/{contract_id}"

        async def read(values: Values) -> PlacesForm:
            wanted = {"places": await steps.typed_sites(uow, values)}
            return pages.convert(PlacesForm, wanted | steps.because(values))

        async def act(form: PlacesForm) -> Response[bytes]:
            ended = await operators.cover(uow, contract_id, form)
            say = f"改好了，{ended} 个岗位因为不在服务站点里，已经结束。" if ended else "改好了，现有的岗位都还在。"
            return pages.redirect(request, back, say=say)

        step = Step(
            title=f"改合同 {contract.number} 的服务站点",
            back=back,
            fields=[await steps.sites(uow), steps.reason("补充协议编号")],
            filled={"places": [f"{p.name} {p.path}" for p in contract.places]},
            read=read,
            look=lambda form: previews.of_contract(uow, contract_id, lambda: operators.cover(uow, contract_id, form)),
            act=act,
            confirm="确认改站点",
            lead=f"{contract.operator}。不在服务站点里的岗位马上结束。",
            tab="operators",
        )
        return await steps.run(request, uow, principal, step)

    @steps.page("/terminate", Permission.OPERATOR_MANAGE)
    async def terminate(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        contract_id: FromPath[UUID],
    ) -> Response[bytes]:
        """End it at once."""
        contract = await _managed(uow, contract_id)
        back = f"/office/contracts/{contract_id}"

        async def act(form: ReasonForm) -> Response[bytes]:
            ended = await operators.terminate_contract(uow, contract_id, form)
            return pages.redirect(request, back, say=f"合同终止了，{ended} 个岗位马上结束。")

        step = Step(
            title=f"终止合同 {contract.number}",
            back=back,
            fields=[steps.reason("违约，终止通知书编号")],
            read=reason_form,
            look=lambda form: previews.of_contract(
                uow, contract_id, lambda: operators.terminate_contract(uow, contract_id, form)
            ),
            act=act,
            confirm="终止合同",
            tone="danger",
            lead=f"{contract.operator}。马上生效：合同里的岗位立刻结束，不能恢复。",
            tab="operators",
        )
        return await steps.run(request, uow, principal, step)


async def _managed(uow: UnitOfWork, contract_id: UUID) -> ContractView:
    """Return a contract that was signed in the scope; one that only covers a place of it is changed elsewhere. NotFound."""
    found = await operator_queries.contracts_seen(uow, contract_id)
    if not found or not uow.scope.covers(found[0].county.path):
        raise NotFound
    return found[0]


async def _list(
    request: AnyRequest,
    uow: UnitOfWork,
    principal: Principal,
    values: Values | None = None,
    error: Invalid | Conflict | None = None,
) -> Response[bytes]:
    invalid = error if isinstance(error, Invalid) else None
    places = await steps.places(uow, _COUNTIES)
    return menus.render(
        request,
        principal,
        "office/operators.html",
        status=200 if error is None else error.status,
        operators=[
            {
                "id": str(o.id),
                "name": o.name,
                "uscc": o.uscc,
                "county": o.county.name,
                "contracts": [words.contract_line(c) for c in o.contracts],
            }
            for o in await operator_queries.operators(uow)
        ],
        may_manage=menus.may(request, principal, Permission.OPERATOR_MANAGE),
        may_buy=menus.may(request, principal, Permission.PROCUREMENT_READ),
        may_settle=menus.may(request, principal, Permission.SETTLEMENT_READ),
        places=places,
        form=pages.form_state(values or ({"path": places[0]} if len(places) == 1 else {}), invalid),
        refusals=[error.detail] if error is not None and invalid is None else [],
    )
