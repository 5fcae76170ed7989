"""The instalments of a contract as rows: made with its terms, moved when its days move, told on the day they fall due."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.assessment.evidence import Contract
from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW, SYSTEM_HAND
from linggong.kernel.money import fen
from linggong.offices.models import OperatorContract, OperatorContractNode
from linggong.operators import money, place_rules
from linggong.operators.dossier import REGION, nine
from linggong.operators.machines import SETTLEMENT
from linggong.operators.models import ContractTerms, Settlement

DUE = "operators.due"


async def make(uow: UnitOfWork, terms: ContractTerms, contract: OperatorContract) -> list[Settlement]:
    """Make the rows of a contract's plan; none where the place has set no plan."""
    rules = place_rules.kept(terms.rules, await place_rules.at(uow, contract.tenant))
    step = SETTLEMENT.step(NEW, "plan", SYSTEM_HAND)
    column = OperatorContractNode.tenant
    via = await uow.session.scalar(
        sa.select(column).where(OperatorContractNode.contract_id == contract.id).order_by(column).limit(1)
    )
    rows = []
    for part in money.plan(rules, assessed(terms), contract.ends_on):
        row = Settlement(
            id=new_id(), contract_id=contract.id, operator_id=contract.operator_id, tenant=contract.tenant, via=via,
            part=part.part, percent=part.percent, by_grade=part.by_grade, due_on=part.due, planned_fen=fen(part.fen),
            state=step.target,
        )  # fmt: skip
        uow.session.add(row)
        rows.append(row)
        await uow.flush()
        await tell(uow, row, step.event, due_on=row.due_on, planned_fen=row.planned_fen)
        await remind(uow, row)
    return rows


async def move(uow: UnitOfWork, terms: ContractTerms, contract: OperatorContract) -> None:
    """Bring the days of what was not asked for yet into line with the contract's."""
    rules = place_rules.kept(terms.rules, await place_rules.at(uow, contract.tenant))
    days = {part.part: part.due for part in money.plan(rules, assessed(terms), contract.ends_on)}
    for row in await of_contract(uow, contract.id):
        if row.state == "P_PLANNED" and row.due_on != days.get(row.part, row.due_on):
            row.due_on = days[row.part]
            await remind(uow, row)
    await uow.flush()


async def drop(uow: UnitOfWork, contract_id: UUID) -> None:
    """Take back a plan of which nothing was asked for."""
    for row in await of_contract(uow, contract_id):
        await timers.cancel_timers(uow, row.id)
        await uow.session.delete(row)
    await uow.flush()


async def begun(uow: UnitOfWork, contract_id: UUID) -> bool:
    """Tell whether something of a contract was asked for already."""
    return any(row.round or row.state != "P_PLANNED" for row in await of_contract(uow, contract_id))


async def of_contract(uow: UnitOfWork, contract_id: UUID) -> list[Settlement]:
    """Return the instalments of a contract in their order."""
    statement = sa.select(Settlement).where(Settlement.contract_id == contract_id).order_by(Settlement.part)
    return list((await uow.execute(statement.execution_options(populate_existing=True))).scalars())


async def remind(uow: UnitOfWork, row: Settlement) -> None:
    """Set when both sides are told that an instalment may be asked for."""
    if row.due_on is None:
        return
    at = max(nine(row.due_on), uow.now)
    await timers.set_timer(uow, subject_id=row.id, region=REGION, key=DUE, due_at=at, tenant=row.tenant, via=row.via)


async def tell(uow: UnitOfWork, row: Settlement, event: str, **body: object) -> None:
    """Append what became of an instalment; each time it is asked for has a chain of its own."""
    body["contract"], body["part"] = row.contract_id, row.part
    await uow.emit(
        NewEvent(
            type=f"settlement.{event}", chain=chain(row), subject_id=row.id, tenant=row.tenant, via=row.via, body=body
        )
    )


def chain(row: Settlement) -> str:
    """Return the chain of what is done about one request: who approved an earlier one may approve the next."""
    return f"settlement:{row.id}:{row.round}"


def assessed(terms: ContractTerms) -> Contract:
    """Return the contract as the payment of a grade is reckoned from it."""
    return Contract(
        price_fen=terms.price_fen, signed=terms.signed_on, go_live=terms.go_live_on, renewal=terms.renews_id is not None
    )
