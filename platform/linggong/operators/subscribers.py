"""What the money to operators does by the clock, and when a contract's days move elsewhere: notices, never a step of its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from linggong.assessment.models import Assessment
from linggong.inbox.subscribers import notice
from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.kernel.machine import SYSTEM_HAND
from linggong.kernel.money import format_yuan
from linggong.kernel.timers import Timer
from linggong.offices.models import Operator, OperatorContract
from linggong.operators import grades, planning
from linggong.operators.codes import LICENCES
from linggong.operators.dossier import EXPIRES, nine
from linggong.operators.machines import REVIEWED, SETTLEMENT
from linggong.operators.models import ContractTerms, OperatorLicence, Settlement
from linggong.operators.settlements import LATE

_GRADED = ("scorecard.decided", "scorecard.finished")
_MOVED = ("contract.extended", "contract.shortened", "contract.terminated")


async def on_due(uow: UnitOfWork, timer: Timer) -> None:
    """An instalment may be asked for from today on (126k)."""
    row = await uow.session.get(Settlement, timer.subject_id)
    if row is None or row.state != "P_PLANNED":
        return
    contract = await uow.session.get_one(OperatorContract, row.contract_id)
    title = f"合同 {contract.number} 第 {row.part} 期可以申请了"
    body = f"第 {row.part} 期 {row.percent}%，{format_yuan(row.planned_fen)} 元，{row.due_on} 到期。" + (
        "这一期按考核等次结算，等次定下来才能申请。"
        if row.by_grade
        else "请运营方在“运营费”页附材料申请，县人社局两个人审批，系统不会自己付款。"
    )
    await notice(uow, [(row.tenant, "operator"), (row.tenant, "bureau")], title=title, body=body)
    await planning.tell(uow, row, SETTLEMENT.step(row.state, "remind", SYSTEM_HAND).event)


async def on_late(uow: UnitOfWork, timer: Timer) -> None:
    """The bureau has looked at a request longer than the place gives it (126l)."""
    row = await uow.session.get(Settlement, timer.subject_id)
    if row is None or row.state not in REVIEWED:
        return
    contract = await uow.session.get_one(OperatorContract, row.contract_id)
    title = f"合同 {contract.number} 第 {row.part} 期审批超时"
    body = f"现在是“{SETTLEMENT.labels[row.state]}”。请在“运营费”页办完，或写明原因退回。"
    await notice(uow, [(row.tenant, "bureau")], title=title, body=body)
    await planning.tell(uow, row, SETTLEMENT.step(row.state, "late", SYSTEM_HAND).event)


async def on_expiry(uow: UnitOfWork, timer: Timer) -> None:
    """A licence ends soon: told before, and once more on the day after its last."""
    row = await uow.session.get(OperatorLicence, timer.subject_id)
    if row is None or row.expires_on is None:
        return
    operator = await uow.session.get_one(Operator, row.operator_id)
    over = nine(row.expires_on) < uow.now
    title = f"{operator.name}的{LICENCES[row.kind]}{'已经过期' if over else '快到期'}"
    body = f"编号 {row.number}，有效期到 {row.expires_on}。请运营方换证，县人社局在运营方档案里登记新证。"
    await notice(uow, [(row.tenant, "bureau"), (row.tenant, "operator")], title=title, body=body)
    if not over:
        at = nine(row.expires_on).replace(hour=23, minute=59)
        await timers.set_timer(uow, subject_id=row.id, region=timer.region, key=EXPIRES, due_at=at, tenant=row.tenant)


async def on_moved(uow: UnitOfWork, told: NewEvent) -> None:
    """A contract ends on another day: the part that is due on its last day moves along."""
    body: dict[str, Any] = told.body
    contract = await uow.session.get(OperatorContract, UUID(str(body["contract"])))
    terms = None if contract is None else await uow.session.get(ContractTerms, contract.id)
    if contract is not None and terms is not None:
        await planning.move(uow, terms, contract)


async def on_graded(uow: UnitOfWork, told: NewEvent) -> None:
    """A year has its final grade: noted on the part that is paid by it, where the operator's people see it too."""
    assessment = None if told.subject_id is None else await uow.session.get(Assessment, told.subject_id)
    if assessment is None or assessment.contract_id is None:
        return
    grade = await grades.final(uow, assessment.contract_id)
    for row in await planning.of_contract(uow, assessment.contract_id):
        if grade is not None and row.by_grade and row.state in ("P_PLANNED", "P_RETURNED"):
            row.grade = grade.name
    await uow.flush()


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    timers.on_timer(planning.DUE, on_due)
    timers.on_timer(LATE, on_late)
    timers.on_timer(EXPIRES, on_expiry)
    for event in _GRADED:
        events.subscribe(event, "operators.graded", on_graded)
    for event in _MOVED:
        events.subscribe(event, "operators.moved", on_moved)
