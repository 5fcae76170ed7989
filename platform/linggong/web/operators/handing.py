"""The hand-over of a contract's places to the next operator, step by step on one page (R011)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.offices import operator_queries
from linggong.operators import export, handover, terms
from linggong.operators.handover import ItemForm
from linggong.web import menus, pages
from linggong.web.operators import typed
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class _Next(msgspec.Struct, forbid_unknown_fields=True):
    successor_id: UUID | None = None


class HandoverPages(Controller):
    """One contract's hand-over."""

    path = "/office/contracts/{contract_id:uuid}/handover"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OPERATOR_MANAGE})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        contract_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """How far it is."""
        return await _show(request, uow, principal, contract_id)

    @post("/", opt={"permission": Permission.OPERATOR_MANAGE})
    async def begin(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], contract_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Open it."""
        await handover.begin(uow, contract_id)
        return pages.redirect(request, _at(contract_id), say="移交开始了，照着下面一项一项办。")

    @post("/points", opt={"permission": Permission.OPERATOR_MANAGE})
    async def point(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        contract_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """One point was gone through."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _show(request, fresh, principal, contract_id), values):
            form = pages.convert(ItemForm, {"key": " "} | typed.given(values, "key", "words"))
            await handover.go_through(uow, contract_id, form)
        return pages.redirect(request, _at(contract_id), say="记好了。")

    @post("/next", opt={"permission": Permission.OPERATOR_MANAGE})
    async def follow(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        contract_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Name the contract that follows."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _show(request, fresh, principal, contract_id), values):
            form = pages.convert(_Next, typed.given(values, "successor_id"))
            await handover.follow(uow, contract_id, form.successor_id)
        return pages.redirect(request, _at(contract_id), say="接手的合同定下了。")

    @post("/close", opt={"permission": Permission.OPERATOR_MANAGE})
    async def close(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], contract_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Close it."""
        async with sent_back(request, uow, _at(contract_id)):
            await handover.close(uow, contract_id)
        return pages.redirect(request, _at(contract_id), say="移交办完了。")

    @post("/export", status_code=200, opt={"permission": Permission.PERSON_EXPORT})
    async def take(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        secrets: NamedDependency[Secrets], contract_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """The file, recorded; names and numbers of people only when asked for."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _show(request, fresh, principal, contract_id), values):
            made = await export.make(
                uow,
                secrets.sealer,
                contract_id,
                personal=bool(values.get("personal")),
                purpose=str(values.get("purpose", "")),
            )
        return attachment(made.name, made.content)


def _at(contract_id: UUID) -> str:
    return f"/office/contracts/{contract_id}/handover"


async def _show(request: AnyRequest, uow: UnitOfWork, principal: Principal, contract_id: UUID) -> Response[bytes]:
    contract = await terms.managed(uow, contract_id)
    found = await handover.status(uow, contract_id)
    others = [
        c
        for c in await operator_queries.contracts_seen(uow)
        if c.id != contract_id and c.state in ("coming", "running")
    ]
    return menus.render(
        request, principal, "operators/handover.html", contract=contract, found=found, form=pages.form_state(),
        successors=[{"value": str(c.id), "label": f"{c.number} {c.operator}（{c.starts_on} 起）"} for c in others],
        may_export=menus.may(request, principal, Permission.PERSON_EXPORT),
    )  # fmt: skip
