"""What the money to operators does by the clock, and when a contract's days move elsewhere: notices, never a step of its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linggong.assessment.models import Assessment
from linggong.inbox.subscribers import notice
from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.events import NewEvent
from linggong.kernel.machine import SYSTEM_HAND
from linggong.kernel.money import format_yuan
from linggong.kernel.timers import Timer
from linggong.offices.models import Operator, OperatorContract
from linggong.operators import grades, outcome, planning, settlements
from linggong.operators.codes import LICENCES
from linggong.operators.dossier import EXPIRES, nine
from linggong.operators.machines import REVIEWED, SETTLEMENT, label
from linggong.operators.models import ContractTerms, OperatorLicence, Settlement
from linggong.operators.outcome import Outcome
from linggong.operators.settlements import LATE
from rbac.models import RoleAssignment
from rbac.roles import Role

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
    await notice(uow, [*await _desks(uow, row), (row.tenant, "bureau")], title=title, body=body)
    await planning.tell(uow, row, SETTLEMENT.step(row.state, "remind", SYSTEM_HAND).event)


async def on_told(uow: UnitOfWork, timer: Timer) -> None:
    """An instalment went on: told to the side whose turn it is, or that waits for it (126b, 126e to 126g, 126i, 126j)."""
    row = await uow.session.get(Settlement, timer.subject_id)
    if row is None:
        return
    contract = await uow.session.get_one(OperatorContract, row.contract_id)
    bureau, desks = [(row.tenant, "bureau")], await _desks(uow, row)
    name = f"合同 {contract.number} 第 {row.part} 期"
    sum_of = f"{format_yuan(abs(row.amount_fen or 0))} 元"
    back = (row.amount_fen or 0) < 0
    match row.state:
        case "P_REQUESTED":
            to, title, body = bureau, "申请拨付", f"申请 {sum_of}：{row.words}请到“运营费”页核对，两位同事审批。"
        case "P_RETURNED":
            left = await _outcome(uow, row)
            to = bureau if left is not None and left.tail_fen <= 0 else desks
            title, body = "退回补正", f"原因：{row.reason}。请到“运营费”页补好再交。"
        case "P_ORDERED" if back:
            to, title = desks, f"要退回 {sum_of}"
            body = f"{row.words}两位同事审批好了，追回单 {row.order_number}。请把钱退到县人社局给的账户，再把退款凭证交给县人社局登记。"
        case "P_ORDERED":
            to, title, body = (
                desks,
                "审批同意，等付款",
                f"{sum_of}，支付单 {row.order_number}。付款在系统外办，付了会登记凭证。",
            )
        case "P_PAID":
            to, title = desks, "退款登记了" if back else "付款登记了"
            body = f"{sum_of}，凭证 {row.voucher}，{row.paid_on}。没收到或数目不对，请联系县人社局。"
        case "P_LAPSED":
            to, title, body = desks, "不再支付", f"原因：{row.reason}。"
        case "P_PLANNED":
            left = await _outcome(uow, row)
            if left is None:
                return
            nexts = (
                "尾款到期以后由运营方申请。" if left.tail_fen > 0 else
                "由县人社局记为不再支付。" if left.tail_fen == 0 else
                "由县人社局起草追回单，两位同事审批，不能申请尾款。"
            )  # fmt: skip
            to, title, body = [*bureau, *desks], "等次定了", f"{left.words}{nexts}"
        case _:
            return
    await notice(uow, to, title=f"{name}：{title}", body=body)


async def _outcome(uow: UnitOfWork, row: Settlement) -> Outcome | None:
    """Return what the grade leaves of a last part; None while that cannot be told."""
    try:
        return await outcome.reckon(uow, row) if row.by_grade else None
    except Conflict:
        return None


async def _desks(uow: UnitOfWork, row: Settlement) -> list[tuple[str, str]]:
    """Return where the operator's people of a contract sit: at its county or below it; the county while nobody holds a post."""
    found = await uow.execute(
        sa.select(RoleAssignment.tenant)
        .where(
            RoleAssignment.contract_id == row.contract_id, RoleAssignment.role == Role.COUNTY_OPERATOR.value,
            sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now),
        )
        .distinct()
    )  # fmt: skip
    return [(path, "operator") for path in sorted(found.scalars()) or [row.tenant]]


async def on_late(uow: UnitOfWork, timer: Timer) -> None:
    """The bureau has looked at a request longer than the place gives it (126l)."""
    row = await uow.session.get(Settlement, timer.subject_id)
    if row is None or row.state not in REVIEWED:
        return
    contract = await uow.session.get_one(OperatorContract, row.contract_id)
    title = f"合同 {contract.number} 第 {row.part} 期审批超时"
    body = f"现在是“{label(row.state, row.amount_fen)}”。请在“运营费”页办完，或写明原因退回。"
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
            changed, row.grade = row.grade != grade.name, grade.name
            await uow.flush()
            if changed:
                await settlements.say_soon(uow, row)


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    timers.on_timer(planning.DUE, on_due)
    timers.on_timer(LATE, on_late)
    timers.on_timer(settlements.TOLD, on_told)
    timers.on_timer(EXPIRES, on_expiry)
    for event in _GRADED:
        events.subscribe(event, "operators.graded", on_graded)
    for event in _MOVED:
        events.subscribe(event, "operators.moved", on_moved)
