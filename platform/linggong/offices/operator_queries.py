"""All SQL reads of operators and their contracts (R020)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.offices import queries
from linggong.offices.models import Operator, OperatorContract, OperatorContractNode
from linggong.offices.queries import PostView
from tenants.models import Node


class Place(msgspec.Struct, frozen=True):
    """A place by path and name."""

    path: str
    name: str


class ContractView(msgspec.Struct, frozen=True, kw_only=True):
    """A contract with its places, as far as the reader's scope shows them."""

    id: UUID
    operator_id: UUID
    operator: str
    number: str
    starts_on: date
    ends_on: date
    state: str
    """coming, running, over or terminated."""
    note: str
    county: Place
    places: list[Place]


class OperatorView(msgspec.Struct, frozen=True, kw_only=True):
    """An operator with its contracts, the latest first."""

    id: UUID
    name: str
    uscc: str
    county: Place
    contracts: list[ContractView]


class ContractDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A contract with the posts that hang on it."""

    contract: ContractView
    posts: list[PostView]


async def operators(uow: UnitOfWork) -> list[OperatorView]:
    """Return the operators of the scope with their contracts; an operator's own people see theirs."""
    contracts: dict[UUID, list[ContractView]] = {}
    for view in await contracts_seen(uow):
        contracts.setdefault(view.operator_id, []).append(view)
    rows = await uow.execute(
        sa.select(Operator, Node.name)
        .join(Node, Node.path == Operator.tenant)
        .where(sa.or_(uow.scope.clause(Operator.tenant), Operator.id.in_(list(contracts))))
        .order_by(Operator.tenant, Operator.name)
    )
    return [
        OperatorView(
            id=r[0].id,
            name=r[0].name,
            uscc=r[0].uscc,
            county=Place(r[0].tenant, r[1]),
            contracts=contracts.get(r[0].id, []),
        )
        for r in rows
    ]


async def contracts_seen(uow: UnitOfWork, contract_id: UUID | None = None) -> list[ContractView]:
    """Return contracts of the scope: those signed in it, and those that cover a place of it."""
    here = sa.exists().where(
        OperatorContractNode.contract_id == OperatorContract.id, uow.scope.clause(OperatorContractNode.tenant)
    )
    statement = (
        sa.select(OperatorContract, Operator.name, Node.name)
        .join(Operator, Operator.id == OperatorContract.operator_id)
        .join(Node, Node.path == OperatorContract.tenant)
        .where(sa.or_(uow.scope.clause(OperatorContract.tenant), here))
        .order_by(OperatorContract.ends_on.desc(), OperatorContract.number)
        .execution_options(populate_existing=True)
    )
    if contract_id is not None:
        statement = statement.where(OperatorContract.id == contract_id)
    rows = (await uow.execute(statement)).all()
    covered: dict[UUID, list[Place]] = {}
    of = await uow.execute(
        sa.select(OperatorContractNode.contract_id, OperatorContractNode.tenant, Node.name)
        .join(Node, Node.path == OperatorContractNode.tenant)
        .where(OperatorContractNode.contract_id.in_([r[0].id for r in rows]))
        .order_by(OperatorContractNode.tenant)
    )
    for r in of:
        covered.setdefault(r.contract_id, []).append(Place(r.tenant, r.name))
    today = clock.business_date(uow.now)
    return [_contract_view(r[0], r[1], Place(r[0].tenant, r[2]), covered.get(r[0].id, []), today) for r in rows]


async def contract_detail(uow: UnitOfWork, contract_id: UUID) -> ContractDetail:
    """Return a contract with the posts that hang on it; NotFound for foreign and missing alike."""
    found = await contracts_seen(uow, contract_id)
    if not found:
        raise NotFound
    return ContractDetail(contract=found[0], posts=await queries.contract_posts(uow, contract_id))


def _contract_view(
    row: OperatorContract, operator: str, county: Place, places: list[Place], today: date
) -> ContractView:
    state = (
        "terminated"
        if row.status == "terminated"
        else "over"
        if row.ends_on < today
        else "coming"
        if row.starts_on > today
        else "running"
    )
    return ContractView(
        id=row.id,
        operator_id=row.operator_id,
        operator=operator,
        number=row.number,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        state=state,
        note=row.note,
        county=county,
        places=places,
    )
