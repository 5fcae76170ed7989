"""What a crew's leader alone said about his people (36): marked until the member says so himself or the station has called."""

from __future__ import annotations

from uuid import UUID

from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.timers import Timer
from linggong.work import common, telling, witness
from linggong.work.machines import ASSIGNMENT
from linggong.work.models import Assignment


async def led(uow: UnitOfWork, timer: Timer) -> None:
    """A leader alone said that a member has come: single-witness, and a call-back is owed until the member says so (36)."""
    row, engagement = await common.assignment(uow, timer.subject_id)
    if row.arrived_by == "leader" and row.leader_id is not None:
        await witness.owe(uow, engagement, "36", row.id, by=row.leader_id)


async def vouch(uow: UnitOfWork, assignment_id: UUID, *, agree: bool) -> Assignment:
    """The member says himself whether he is where his leader said (36): yes takes the mark away, no keeps it and is told.

    Raises Conflict where nobody else spoke for him, NotFound.
    """
    row, engagement = await common.assignment(uow, assignment_id)
    made = ASSIGNMENT.step(row.state, "vouch", common.hand(uow, row))
    if row.arrived_by != "leader":
        raise Conflict("您的到岗不用再确认。")
    row.arrived_by = "vouched" if agree else "denied"
    await timers.cancel_timers(uow, row.id, common.LED_TIMER)
    await witness.own_word(uow, engagement, "36", row.id, agree=agree)
    await common.tell(uow, row, row.id, "assignment.arrival_vouched", made, agreed=agree)
    if not agree:
        await telling.employer(uow, row, "arrival", "班组长点到的一位零工说自己没到，请马上核对。", call=True)
    return row


def register() -> None:
    """Bind by name at assembly."""
    timers.on_timer(common.LED_TIMER, led)
