"""Too few people before the start (transition 31, ruling 8): the employer is asked, and chooses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.timers import Timer
from linggong.market import happenings, helping, queries, service
from linggong.market.models import Order
from linggong.people import notices

CHOICES = {
    "fewer": "人少也开工，工钱照说好的",
    "split": "分批、晚点开工",
    "ask_around": "请别的驿站帮忙叫人",
    "cancel": "不干了，取消",
}
"""What an employer may choose (31 a to d). More pay for fewer people, or other hours, are changes of terms of their own."""
ALERT = happenings.UNDERSTAFFED


@dataclass(frozen=True, slots=True)
class Later:
    """The hours of those who begin later (31b): the missing alone, or everybody who agrees."""

    starts_at: datetime
    ends_at: datetime
    everybody: bool = False


async def choose(uow: UnitOfWork, order_id: UUID, *, choice: str, note: str = "", later: Later | None = None) -> Order:
    """Do what the employer wants about missing people (31): `cancel` cancels as 30, `ask_around` asks the city's other stations,
    `split` begins later, with the missing or with everybody (`work.splitting`).

    Without a choice the order starts with whoever has arrived, or expires (ruling 8). Raises Invalid, Conflict, NotFound.
    """
    faults = []
    if choice not in CHOICES:
        faults.append(Fault("choice", "没有这个选择，请重新选。", "unknown"))
    if choice == "split" and (later is None or later.ends_at <= later.starts_at or later.starts_at <= uow.now):
        faults.append(Fault("starts_at", "分批或晚开工，请填晚到的人几点开工、几点收工。", "required"))
    if faults:
        raise Invalid(faults)
    order = await queries.order(uow, order_id, lock=True)
    made = happenings.step(uow, order, "choose_crew")
    missing = order.headcount - order.confirmed
    if choice in ("split", "ask_around") and missing < 1:
        raise Conflict("人已经够了，不用这样办。")
    hours: dict[str, Any] = {}
    if choice == "split" and later is not None:
        if later.starts_at <= order.starts_at:
            raise Invalid([Fault("starts_at", "晚到的人要比原来的时间晚开工。", "range")])
        hours = {
            "starts_at": later.starts_at.isoformat(), "ends_at": later.ends_at.isoformat(), "everybody": later.everybody,
        }  # fmt: skip
    await happenings.tell(
        uow, order, "order.crew_chosen", made=made, choice=choice, missing=missing, note=note.strip()[:200], **hours
    )
    if choice == "cancel":
        return await service.cancel_order(uow, order_id, reason="employer", note=note)
    order.crew_choice = choice
    if choice != "fewer":
        order.hiring = True
    await uow.flush()
    if choice == "ask_around":
        await helping.ask(uow, order, missing)
    return order


async def on_alert_due(uow: UnitOfWork, timer: Timer) -> None:
    """Tell employer and station that people are missing, an hour and half an hour before the start (31)."""
    order = await queries.order(uow, timer.subject_id, lock=True)
    if order.state not in ("O_OPEN", "O_FULL", "O_LOCKED"):
        return
    await happenings.derived(uow, order)
    following = await happenings.next_alert(uow, order)
    if following is not None:
        # The timer being fired still counts as live: end it first, or the new one would only move it.
        timer.state = "fired"
        await uow.flush()
        await happenings.set_timer(uow, order, ALERT, following)
    missing = order.headcount - order.confirmed
    if missing < 1 or order.crew_choice:
        return
    await happenings.tell(
        uow, order, "order.understaffed", missing=missing, confirmed=order.confirmed, min_crew=order.min_crew
    )
    await notices.notify(
        uow,
        to="employer",
        kind="understaffed",
        text=f"“{order.title}”快开工了，还差 {missing} 人。请选：人少也干、分批、请别的驿站帮忙，还是取消。",
        subject_id=order.id,
        tenant=order.tenant,
        employer_id=order.employer_id,
        call=True,
    )
