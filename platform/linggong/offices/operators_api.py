"""Operators and their contracts over HTTP (R020)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.offices import operator_queries, operators
from linggong.offices.operator_queries import ContractDetail, OperatorView
from linggong.offices.operators import ContractForm, LastDayForm, OperatorForm, PlacesForm
from linggong.offices.posts import ReasonForm
from rbac.permissions import Permission


class ContractChange(msgspec.Struct, frozen=True):
    """A contract after a change, and how many posts were moved or ended by it."""

    contract: ContractDetail
    posts_changed: int


class OperatorController(Controller):
    """Operators of markets and stations."""

    path = "/api/v1/operators"
    tags = ("operators",)

    @get("/", opt={"permission": Permission.OPERATOR_READ}, summary="Operators with their contracts")
    async def all(self, uow: NamedDependency[UnitOfWork]) -> list[OperatorView]:
        """List the operators of the acting post's places."""
        return await operator_queries.operators(uow)

    @post("/", opt={"permission": Permission.OPERATOR_MANAGE}, summary="Register an operator")
    async def register(self, uow: NamedDependency[UnitOfWork], data: JSONBody[OperatorForm]) -> OperatorView:
        """Register an operator at its county."""
        return await _one(uow, await operators.register_operator(uow, data))

    @post("/{operator_id:uuid}/contracts", opt={"permission": Permission.OPERATOR_MANAGE}, summary="Sign a contract")
    async def sign(
        self, uow: NamedDependency[UnitOfWork], operator_id: FromPath[UUID], data: JSONBody[ContractForm]
    ) -> ContractDetail:
        """Record a contract with the places that it covers."""
        return await operator_queries.contract_detail(uow, await operators.sign_contract(uow, operator_id, data))


class ContractController(Controller):
    """Contracts of operators."""

    path = "/api/v1/operators/contracts/{contract_id:uuid}"
    tags = ("operators",)

    @get("/", opt={"permission": Permission.OPERATOR_READ}, summary="A contract with its posts")
    async def one(self, uow: NamedDependency[UnitOfWork], contract_id: FromPath[UUID]) -> ContractDetail:
        """Return one contract."""
        return await operator_queries.contract_detail(uow, contract_id)

    @put("/last-day", opt={"permission": Permission.OPERATOR_MANAGE}, summary="Shorten or extend a contract")
    async def last_day(
        self, uow: NamedDependency[UnitOfWork], contract_id: FromPath[UUID], data: JSONBody[LastDayForm]
    ) -> ContractChange:
        """Move the last day; the posts under the contract move along."""
        changed = await operators.move_last_day(uow, contract_id, data)
        return ContractChange(await operator_queries.contract_detail(uow, contract_id), changed)

    @put("/places", opt={"permission": Permission.OPERATOR_MANAGE}, summary="Change the places of a contract")
    async def places(
        self, uow: NamedDependency[UnitOfWork], contract_id: FromPath[UUID], data: JSONBody[PlacesForm]
    ) -> ContractChange:
        """Cover other places; posts outside of them end."""
        changed = await operators.cover(uow, contract_id, data)
        return ContractChange(await operator_queries.contract_detail(uow, contract_id), changed)

    @post("/terminate", status_code=200, opt={"permission": Permission.OPERATOR_MANAGE}, summary="Terminate a contract")
    async def terminate(
        self, uow: NamedDependency[UnitOfWork], contract_id: FromPath[UUID], data: JSONBody[ReasonForm]
    ) -> ContractChange:
        """End a contract at once, with every post under it."""
        changed = await operators.terminate_contract(uow, contract_id, data)
        return ContractChange(await operator_queries.contract_detail(uow, contract_id), changed)


CONTROLLERS: list[Any] = [OperatorController, ContractController]


async def _one(uow: UnitOfWork, operator_id: UUID) -> OperatorView:
    found = [o for o in await operator_queries.operators(uow) if o.id == operator_id]
    if not found:
        raise NotFound
    return found[0]
