"""To whom a letter goes: a place below the issuer, an operator that the issuer deals with, an employer that it serves."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.offices.models import Operator, OperatorContract, OperatorContractNode
from linggong.people.models import Employer
from tenants.kinds import NodeKind
from tenants.models import Node


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who receives: `via` is where he sits, `offices` the desks whose inbox is told (path, office)."""

    kind: str
    name: str
    via: str | None = None
    employer_id: UUID | None = None
    operator_id: UUID | None = None
    offices: tuple[tuple[str, str], ...] = ()


_COUNTIES = (NodeKind.COUNTY, NodeKind.ZONE, NodeKind.CITY)
_UNKNOWN = Fault("to", "没有找到收文的单位，或者它不归发文的单位管。", "unknown")


async def find(
    uow: UnitOfWork, issuer: TenantPath, kind: str, to: UUID | None, faults: list[Fault]
) -> Recipient | None:
    """Return the recipient; None, with the reason in `faults`, for one that is missing or not the issuer's."""
    found: Recipient | None = None
    if to is None:
        faults.append(Fault("to", "请选发给谁。", "required"))
        return None
    if kind == "node":
        found = await _node(uow, issuer, to)
    elif kind == "operator":
        found = await _operator(uow, issuer, to)
    elif kind == "employer":
        row = await uow.session.get(Employer, to)
        found = None if row is None else Recipient("employer", row.name, employer_id=row.id)
    else:
        faults.append(Fault("recipient", "请选发给站点、运营方还是用工主体。", "choice"))
        return None
    if found is None:
        faults.append(_UNKNOWN)
    return found


async def _node(uow: UnitOfWork, issuer: TenantPath, to: UUID) -> Recipient | None:
    node = await uow.session.scalar(
        sa.select(Node).where(Node.id == to, in_subtree(Node.path, issuer), Node.path != issuer)
    )
    if node is None:
        return None
    office = "bureau" if node.kind in _COUNTIES else "street" if node.kind == NodeKind.STREET else "station"
    name = f"{node.name}人力资源和社会保障局" if office == "bureau" else node.name
    return Recipient("node", name, via=node.path, offices=((node.path, office),))


async def _operator(uow: UnitOfWork, issuer: TenantPath, to: UUID) -> Recipient | None:
    operator = await uow.session.scalar(
        sa.select(Operator).where(Operator.id == to, in_subtree(Operator.tenant, issuer))
    )
    if operator is None:
        return None
    today = clock.business_date(uow.now)
    places = list(
        await uow.session.scalars(
            sa.select(OperatorContractNode.tenant)
            .join(OperatorContract, OperatorContract.id == OperatorContractNode.contract_id)
            .where(
                OperatorContractNode.operator_id == to, OperatorContract.status == "signed",
                OperatorContract.starts_on <= today, OperatorContract.ends_on >= today,
            )
            .order_by(OperatorContractNode.tenant)
        )
    )  # fmt: skip
    desks = tuple((path, "operator") for path in places)
    # Without a contract in force its desk is where the county deals with it.
    return Recipient(
        "operator", operator.name, via=places[0] if places else operator.tenant, operator_id=to, offices=desks
    )
