"""Operators and contracts on pages (R020)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Invalid, LinggongError, NotFound
from linggong.offices import operator_queries, operators, queries
from linggong.offices.operators import ContractForm, LastDayForm, OperatorForm, PlacesForm
from linggong.offices.posts import ReasonForm
from linggong.web import menus, pages
from linggong.web.office import steps, words
from linggong.web.office.steps import Values
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.roles import HELD_AT, Role

AnyRequest = Request[Any, Any, Any]
_COUNTIES = ("county", "zone", "city")
_PLACES_ASKED = 12
"""Lines for places on a contract's form; more are added later on the contract's page."""


class OperatorPages(Controller):
    """List, registration, a new contract."""

    path = "/office/operators"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OPERATOR_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Operators with their contracts."""
        return await _list(request, uow, principal, {}, None)

    @post("/", opt={"permission": Permission.OPERATOR_MANAGE})
    async def register(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Register an operator; its first contract is next."""
        values = await pages.form_values(request)
        try:
            path = await steps.typed_place(uow, str(values.get("path", "")))
            typed = {k: str(values.get(k) or " ") for k in ("name", "uscc")}
            made = await operators.register_operator(uow, pages.convert(OperatorForm, typed | {"path": path}))
        except (Invalid, Conflict, NotFound) as error:
            return await _list(request, uow, principal, values, _fault(error, "path"))
        return pages.redirect(request, f"/office/operators/{made}/contracts/new", say="登记好了，接着签合同。")

    @get("/{operator_id:uuid}/contracts/new", opt={"permission": Permission.OPERATOR_MANAGE})
    async def sign_page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        operator_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Ask for number, days and places."""
        return await _sign(request, uow, principal, operator_id, {}, None)

    @post("/{operator_id:uuid}/contracts/new", opt={"permission": Permission.OPERATOR_MANAGE})
    async def sign(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        operator_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Record a contract."""
        values = await pages.form_values(request)
        try:
            typed = steps.given(values, "number", "starts_on", "ends_on", "note")
            wanted = {"number": " "} | typed | {"places": await typed_places(uow, values)}
            made = await operators.sign_contract(uow, operator_id, pages.convert(ContractForm, wanted))
        except (Invalid, Conflict, NotFound) as error:
            return await _sign(request, uow, principal, operator_id, values, _fault(error, "places"))
        return pages.redirect(request, f"/office/contracts/{made}", say="合同登记好了，可以派运营方的岗位了。")


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
        contract_id: FromPath[UUID],
    ) -> Response[bytes]:
        """A contract with the posts that hang on it."""
        return await _contract(request, uow, principal, contract_id, {}, None)

    @post("/last-day", opt={"permission": Permission.OPERATOR_MANAGE})
    async def last_day(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        contract_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Shorten or extend it."""
        values = await pages.form_values(request)
        try:
            typed = steps.given(values, "ends_on")
            form = pages.convert(LastDayForm, typed | {"reason": str(values.get("day_reason") or " ")})
            moved = await operators.move_last_day(uow, contract_id, form)
        except (Invalid, Conflict) as error:
            return await _contract(request, uow, principal, contract_id, values, _named(error, "day_reason"))
        say = f"改好了，{moved} 个岗位跟着改了结束日期。"
        return pages.redirect(request, f"/office/contracts/{contract_id}", say=say)

    @post("/places", opt={"permission": Permission.OPERATOR_MANAGE})
    async def places(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        contract_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Cover other places."""
        values = await pages.form_values(request)
        try:
            wanted = {"places": await typed_places(uow, values), "reason": str(values.get("places_reason") or " ")}
            ended = await operators.cover(uow, contract_id, pages.convert(PlacesForm, wanted))
        except (Invalid, Conflict, NotFound) as error:
            fault = _named(_fault(error, "places"), "places_reason")
            return await _contract(request, uow, principal, contract_id, values, fault)
        say = f"改好了，{ended} 个岗位因为不在服务站点里，已经结束。" if ended else "改好了，现有的岗位都还在。"
        return pages.redirect(request, f"/office/contracts/{contract_id}", say=say)

    @post("/terminate", opt={"permission": Permission.OPERATOR_MANAGE})
    async def terminate(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        contract_id: FromPath[UUID],
    ) -> Response[bytes]:
        """End it at once."""
        values = await pages.form_values(request)
        try:
            form = ReasonForm(reason=str(values.get("end_reason", ""))[:200])
            ended = await operators.terminate_contract(uow, contract_id, form)
        except (Invalid, Conflict) as error:
            return await _contract(request, uow, principal, contract_id, values, _named(error, "end_reason"))
        say = f"合同终止了，{ended} 个岗位马上结束。"
        return pages.redirect(request, f"/office/contracts/{contract_id}", say=say)


async def typed_places(uow: UnitOfWork, values: Values) -> list[str]:
    """Return the paths typed into the lines for places; raises Invalid for one that names nothing."""
    raw = values.get("places", [])
    lines = [str(line).strip() for line in (raw if isinstance(raw, list) else [raw])]
    return [await steps.typed_place(uow, line, "places") for line in lines if line]


def _fault(error: LinggongError, field: str) -> Invalid | Conflict:
    if isinstance(error, NotFound):
        return steps.not_found_as_fault(error, field)
    assert isinstance(error, Invalid | Conflict)  # noqa: S101 - nothing else is caught
    return error


def _named(error: Invalid | Conflict, reason: str) -> Invalid | Conflict:
    """Return the error with the reason's fault at the field of this form: a page has several."""
    if isinstance(error, Conflict):
        return error
    faults = [type(f)(reason if f.field == "reason" else f.field, f.message, f.code) for f in error.faults]
    return Invalid(faults, error.detail)


def _told(error: Invalid | Conflict | None) -> dict[str, Any]:
    invalid = error if isinstance(error, Invalid) else None
    return {
        "status": 200 if error is None else error.status,
        "refusals": [error.detail] if error is not None and invalid is None else [],
    }


async def _list(
    request: AnyRequest, uow: UnitOfWork, principal: Principal, values: Values, error: Invalid | Conflict | None
) -> Response[bytes]:
    if error is not None:
        uow = await _again(request, uow)
    found = await operator_queries.operators(uow)
    page = menus.render(
        request,
        principal,
        "office/operators.html",
        operators=[
            {
                "id": str(o.id),
                "name": o.name,
                "uscc": o.uscc,
                "county": o.county.name,
                "contracts": [words.contract_line(c) for c in o.contracts],
            }
            for o in found
        ],
        may_manage=steps.may(request, principal, Permission.OPERATOR_MANAGE),
        places=await steps.places(uow, uow.scope, _COUNTIES),
        form=pages.form_state(values, error if isinstance(error, Invalid) else None),
        **_told(error),
    )
    await _done(uow, error)
    return page


async def _sign(
    request: AnyRequest,
    uow: UnitOfWork,
    principal: Principal,
    operator_id: UUID,
    values: Values,
    error: Invalid | Conflict | None,
) -> Response[bytes]:
    if error is not None:
        uow = await _again(request, uow)
    operator = next((o for o in await operator_queries.operators(uow) if o.id == operator_id), None)
    if operator is None:
        await _done(uow, error)
        raise NotFound
    page = menus.render(
        request,
        principal,
        "office/contract_new.html",
        operator=operator,
        lines=_lines(values, _PLACES_ASKED),
        places=await steps.places(uow, uow.scope, HELD_AT[Role.COUNTY_OPERATOR]),
        form=pages.form_state(values, error if isinstance(error, Invalid) else None),
        **_told(error),
    )
    await _done(uow, error)
    return page


async def _contract(
    request: AnyRequest,
    uow: UnitOfWork,
    principal: Principal,
    contract_id: UUID,
    values: Values,
    error: Invalid | Conflict | None,
) -> Response[bytes]:
    if error is not None:
        uow = await _again(request, uow)
    try:
        found = await operator_queries.contract_detail(uow, contract_id)
        shown = words.contract_line(found.contract)
        typed = {"ends_on": str(found.contract.ends_on)} | values
        covered = [f"{p.name} {p.path}" for p in found.contract.places]
        page = menus.render(
            request,
            principal,
            "office/contract.html",
            contract=shown,
            posts=[
                words.post_line(p, may_grant=False, may_end=False) | {"staff_id": str(p.staff_id)} for p in found.posts
            ],
            names=await _names(uow, [p.staff_id for p in found.posts]),
            may_manage=steps.may(request, principal, Permission.OPERATOR_MANAGE)
            and found.contract.state in ("running", "coming"),
            lines=_lines(values if "places" in values else {"places": covered}, len(covered) + 4),
            places=await steps.places(uow, uow.scope, HELD_AT[Role.COUNTY_OPERATOR]),
            form=pages.form_state(typed, error if isinstance(error, Invalid) else None),
            **_told(error),
        )
    finally:
        await _done(uow, error)
    return page


def _lines(values: Values, at_least: int) -> list[str]:
    raw = values.get("places", [])
    lines = [str(line) for line in (raw if isinstance(raw, list) else [raw]) if str(line)]
    return lines + [""] * max(1, min(4, at_least - len(lines)))


async def _names(uow: UnitOfWork, ids: list[UUID]) -> dict[str, str]:
    return {str(i): name for i, name in (await queries.names(uow, ids)).items()}


async def _again(request: AnyRequest, uow: UnitOfWork) -> UnitOfWork:
    """Give up what was begun and open a transaction of the same actor to show the page anew."""
    await uow.rollback()
    fresh: UnitOfWork = await request.app.state.database.open(uow.actor, uow.scope, read_only=True)
    return fresh


async def _done(uow: UnitOfWork, error: Invalid | Conflict | None) -> None:
    if error is not None:
        await uow.close()
