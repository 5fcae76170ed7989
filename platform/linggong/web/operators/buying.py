"""Procurements on pages (R015)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.offices import operator_queries
from linggong.operators import place_rules, procurement, queries
from linggong.operators.codes import ROUTES
from linggong.operators.procurement import AwardForm, BidderForm, ProcurementForm
from linggong.web import evidence, menus, pages
from linggong.web.office import steps
from linggong.web.operators import typed
from linggong.web.places import typed_place
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_COUNTIES = ("county", "zone", "city")


class BuyingPages(Controller):
    """The list, a new one, one with its offers and its award."""

    path = "/office/procurements"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PROCUREMENT_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Procurements, the latest first."""
        return await _list(request, uow, principal)

    @post("/", opt={"permission": Permission.OPERATOR_MANAGE})
    async def open(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Enter one; its offers are next."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _list(request, fresh, principal), values):
            path = await typed_place(uow, str(values.get("path", "")), within=uow.scope)
            asked = typed.given(values, "number", "title", "route", "opened_on", "words")
            form = pages.convert(ProcurementForm, asked | {"path": path, "budget_fen": typed.fen(values, "budget")})
            row = await procurement.open_one(uow, form)
        return pages.redirect(request, f"/office/procurements/{row.id}", say="登记好了，接着登记各家报价。")

    @get("/{procurement_id:uuid}", opt={"permission": Permission.PROCUREMENT_READ})
    async def one(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        procurement_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """One, with what comes next."""
        return await _one(request, uow, principal, procurement_id)

    @post("/{procurement_id:uuid}/bidders", opt={"permission": Permission.OPERATOR_MANAGE})
    async def bid(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        procurement_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Enter an offer."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _one(request, fresh, principal, procurement_id), values):
            asked = typed.given(values, "name", "uscc", "note") | {"bid_fen": typed.fen(values, "bid")}
            await procurement.add_bidder(uow, procurement_id, pages.convert(BidderForm, asked))
        return pages.redirect(request, f"/office/procurements/{procurement_id}", say="报价登记好了。")

    @post(
        "/{procurement_id:uuid}/award",
        opt={"permission": Permission.OPERATOR_MANAGE},
        request_max_body_size=evidence.CEILING,
    )
    async def award(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        procurement_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Enter the award."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _one(request, fresh, principal, procurement_id), values):
            asked = typed.given(values, "operator_id", "awarded_on")
            form = pages.convert(AwardForm, asked | {"papers": typed.filled_lines(values, "papers")})
            row = await procurement.award(uow, procurement_id, form, await typed.photos(values))
        say = "成交登记好了，接着签合同，再到合同的“费用”页登记合同价。"
        return pages.redirect(request, f"/office/operators/{row.operator_id}/contracts/new", say=say)

    @post("/{procurement_id:uuid}/fail", opt={"permission": Permission.OPERATOR_MANAGE})
    async def fail(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        procurement_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Enter that it came to nothing."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _one(request, fresh, principal, procurement_id), values):
            await procurement.fail(uow, procurement_id, words=str(values.get("words", "")))
        return pages.redirect(request, "/office/procurements", say="记下了：流标。")


async def _list(request: AnyRequest, uow: UnitOfWork, principal: Principal) -> Response[bytes]:
    post_at = principal.acting.path
    rules = await place_rules.at(uow, post_at)
    places = await steps.places(uow, _COUNTIES)
    return menus.render(
        request, principal, "operators/procurements.html", rows=await queries.procurements(uow),
        form=pages.form_state({"path": places[0]} if len(places) == 1 else None),
        routes=[{"value": key, "label": label} for key, label in ROUTES.items()], budget=rules.budget,
        places=places, may_manage=menus.may(request, principal, Permission.OPERATOR_MANAGE),
    )  # fmt: skip


async def _one(request: AnyRequest, uow: UnitOfWork, principal: Principal, procurement_id: UUID) -> Response[bytes]:
    found = await queries.one_procurement(uow, procurement_id)
    bid = {b.uscc for b in found.bidders}
    operators = [o for o in await operator_queries.operators(uow) if o.uscc in bid]
    return menus.render(
        request, principal, "operators/procurement.html", row=found, form=pages.form_state(),
        operators=[{"value": str(o.id), "label": o.name} for o in operators],
        may_manage=menus.may(request, principal, Permission.OPERATOR_MANAGE) and found.state == "open",
    )  # fmt: skip
