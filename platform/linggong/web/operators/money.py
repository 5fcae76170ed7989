"""The money of a contract on a page: price, budget lines, plan, both readings, renewal (R012, R013, R125 to R127)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.money import format_yuan
from linggong.operators import queries, terms
from linggong.operators.codes import LINES, NETWORK, OPERATION, READINGS
from linggong.operators.machines import TONES
from linggong.operators.terms import LineForm, RenewalForm, TermsForm
from linggong.web import menus, pages
from linggong.web.operators import typed
from linggong.web.operators.typed import Values
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class MoneyPages(Controller):
    """One contract's money."""

    path = "/office/contracts/{contract_id:uuid}"
    include_in_schema = False

    @get("/money", opt={"permission": Permission.SETTLEMENT_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        contract_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Everything about it."""
        return await _show(request, uow, principal, contract_id)

    @post("/money", opt={"permission": Permission.OPERATOR_MANAGE})
    async def enter(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        contract_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Enter price and lines; the plan follows."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _show(request, fresh, principal, contract_id), values):
            asked = typed.given(values, "signed_on", "go_live_on", "procurement_id")
            form = pages.convert(TermsForm, asked)
            form.lines = [*_lines(values, NETWORK), *_lines(values, OPERATION)]
            try:
                await terms.enter(uow, contract_id, form)
            except Invalid as error:
                raise Invalid([_beside(fault) for fault in error.faults]) from None
        return pages.redirect(request, f"/office/contracts/{contract_id}/money", say="合同费用登记好了。")

    @post("/live", opt={"permission": Permission.OPERATOR_MANAGE})
    async def live(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        contract_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Enter the day on which the software went live."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _show(request, fresh, principal, contract_id), values):
            form = pages.convert(TermsForm, typed.given(values, "go_live_on"))
            await terms.go_live(uow, contract_id, form.go_live_on)
        return pages.redirect(
            request, f"/office/contracts/{contract_id}/money", say="上线日期记好了，第 1 期的到期日跟着定了。"
        )

    @post("/renew", opt={"permission": Permission.OPERATOR_MANAGE})
    async def renew(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        contract_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Sign the next year."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _show(request, fresh, principal, contract_id), values):
            asked = typed.given(values, "number", "consent") | {"signed_on": str(values.get("renewed_on") or "")}
            try:
                made = await terms.renew(uow, contract_id, pages.convert(RenewalForm, asked))
            except Invalid as error:
                raise Invalid([_renewed(fault) for fault in error.faults]) from None
        return pages.redirect(request, f"/office/contracts/{made}/money", say="续签好了，条件不变。")


def _lines(values: Values, kind: str) -> list[LineForm]:
    titles, amounts = typed.many(values, f"{kind}_title"), typed.many(values, f"{kind}_amount")
    return [
        LineForm(kind=kind, title=title[:80], amount_fen=typed.yuan(amount))
        for title, amount in zip(titles, amounts, strict=False)
        if title.strip() or amount.strip()
    ]


def _beside(fault: Fault) -> Fault:
    """Name the field of the page: a line has a name for each head of the budget."""
    if fault.field != "lines":
        return fault
    return Fault(f"{NETWORK if LINES[NETWORK] in fault.message else OPERATION}_amount", fault.message, fault.code)


def _renewed(fault: Fault) -> Fault:
    return Fault("renewed_on", fault.message, fault.code) if fault.field == "signed_on" else fault


async def _show(request: AnyRequest, uow: UnitOfWork, principal: Principal, contract_id: UUID) -> Response[bytes]:
    found = await queries.money_of(uow, contract_id)
    manages = menus.may(request, principal, Permission.OPERATOR_MANAGE)
    bought = await queries.procurements(uow) if manages else []
    untouched = all(row.state == "P_PLANNED" for row in found.settlements) and found.renews_id is None
    return menus.render(
        request, principal, "operators/money.html", money=found, lines=LINES, readings=READINGS, tones=TONES,
        form=pages.form_state(_typed_lines(found)), may_manage=manages, may_enter=manages and untouched,
        heads=[{"key": key, "label": label, "rows": _rows(found, key)} for key, label in LINES.items()],
        procurements=[
            {"value": str(p.id), "label": f"{p.number} {p.title}"}
            for p in bought
            if p.state == "awarded" and p.operator_id == found.operator_id
        ],
    )  # fmt: skip


def _rows(found: queries.ContractMoney, kind: str) -> list[dict[str, str]]:
    """Return the lines of one head as they stand in the form, with room for more."""
    known = [{"title": line.title, "amount": format_yuan(line.amount_fen)} for line in found.lines if line.kind == kind]
    return [*known, *[{"title": "", "amount": ""} for _ in range(max(1, 3 - len(known)))]]


def _typed_lines(found: queries.ContractMoney) -> Values:
    return {
        "signed_on": str(found.signed_on or ""), "go_live_on": str(found.go_live_on or ""),
        "procurement_id": str(found.procurement_id or ""),
    }  # fmt: skip
