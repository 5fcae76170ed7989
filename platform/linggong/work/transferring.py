"""快速转场 (50, ruling 11): one call ends a shift in part and brings the worker to another order, contracted like any other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid
from linggong.work import attend, common, engage, stopping
from linggong.work.machines import ASSIGNMENT
from linggong.work.models import Engagement

Hire = Callable[[UnitOfWork, UUID, UUID], Awaitable[Engagement]]
_hire: dict[str, Hire] = {}


def on_hire(hire: Hire) -> None:
    """Register how a worker is hired at the counter in one step: a higher floor knows the contract. Done at assembly."""
    _hire["counter"] = hire


async def transfer(
    uow: UnitOfWork, assignment_id: UUID, *, to_order_id: UUID, agreed_how: str, quantity: float | None = None
) -> Engagement:
    """End the shift here and open an engagement there; returns the new one.

    A clerk of the first order's post does it for both: the first employer lets him go, the worker agrees (`agreed_how`: how he
    said so), the second employer takes him. The new engagement passes every check of an application and is confirmed and
    contracted like any other. Raises Invalid, Conflict, NotFound; refused as a whole or done as a whole.
    """
    if uow.actor.kind != "staff":
        raise Forbidden("转场由驿站工作人员办理。")
    row, engagement = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "transfer", common.hand(uow, row))
    common.for_employer(uow, row)
    faults = [] if agreed_how.strip() else [Fault("agreed_how", "请写零工怎么同意的，例如“当面说好”。", "required")]
    if to_order_id == row.order_id:
        faults.append(Fault("to_order_id", "请选另外一单。", "same"))
    agreed = await attend.agreed_of(uow, row, engagement)
    faults += attend.quantity_faults(quantity, required=agreed.unit == "piece")
    if faults:
        raise Invalid(faults)
    await stopping.close_open(uow, row, "ended")
    await attend.close(
        uow, row, made, ended_at=uow.now, reason="transferred", quantity=quantity,
        to_order=str(to_order_id), agreed_how=agreed_how.strip()[:200], counts=False,
    )  # fmt: skip
    hire: Final = _hire.get("counter", _agree)
    new = await hire(uow, to_order_id, row.worker_id)
    if new.order_id != to_order_id:
        raise Conflict("转场没有办成，请重试。")
    await common.tell(
        uow, new, new.id, "engagement.transferred", None, from_order=str(row.order_id), from_assignment=str(row.id)
    )
    return new


async def _agree(uow: UnitOfWork, order_id: UUID, worker_id: UUID) -> Engagement:
    """Without a contract desk: apply, choose and confirm; the contract is signed at the gate (ruling 4)."""
    row = await engage.apply(uow, order_id, worker_id=worker_id)
    await engage.offer(uow, row.id)
    return await engage.confirm(uow, row.id)
