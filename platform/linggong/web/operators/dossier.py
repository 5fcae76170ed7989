"""A contractor's file on a page (R014)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.offices import operator_queries
from linggong.operators import dossier, queries
from linggong.operators.codes import CHECKS, LICENCES
from linggong.operators.dossier import CheckForm, LicenceForm
from linggong.web import evidence, menus, pages
from linggong.web.office import words
from linggong.web.operators import typed
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class DossierPages(Controller):
    """The file of one contractor."""

    path = "/office/operators/{operator_id:uuid}"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OPERATOR_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        operator_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Licences, declarations, contracts."""
        return await _show(request, uow, principal, operator_id)

    @post("/licences", opt={"permission": Permission.OPERATOR_MANAGE}, request_max_body_size=evidence.CEILING)
    async def licence(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        operator_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Note a licence."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _show(request, fresh, principal, operator_id), values):
            asked = typed.given(values, "kind", "number", "scope", "legal_person", "issued_on", "expires_on")
            form = pages.convert(LicenceForm, {"kind": " "} | asked)
            await dossier.note_licence(uow, operator_id, form, await typed.photos(values))
        return pages.redirect(request, f"/office/operators/{operator_id}", say="证照登记好了，到期前会提醒。")

    @post("/checks", opt={"permission": Permission.OPERATOR_MANAGE}, request_max_body_size=evidence.CEILING)
    async def check(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        operator_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Note a declaration or a re-check."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _show(request, fresh, principal, operator_id), values):
            asked = typed.given(values, "day", "words") | {"kind": str(values.get("check") or " ")}
            form = pages.convert(CheckForm, asked | typed.ticked(values, ("independent", "controlled", "violation")))
            await dossier.note_check(uow, operator_id, form, await typed.photos(values))
        return pages.redirect(request, f"/office/operators/{operator_id}", say="登记好了。")


async def _show(request: AnyRequest, uow: UnitOfWork, principal: Principal, operator_id: UUID) -> Response[bytes]:
    found = await queries.file_of(uow, operator_id)
    contracts = next((o.contracts for o in await operator_queries.operators(uow) if o.id == operator_id), [])
    return menus.render(
        request, principal, "operators/dossier.html", file=found, kinds=_options(LICENCES), checks=_options(CHECKS),
        contracts=[words.contract_line(c) for c in contracts], form=pages.form_state(),
        may_manage=menus.may(request, principal, Permission.OPERATOR_MANAGE),
    )  # fmt: skip


def _options(labels: Any) -> list[dict[str, str]]:
    return [{"value": key, "label": label} for key, label in labels.items()]
