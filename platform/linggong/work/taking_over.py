"""The moment in which a substitute takes the place of the one for whom he comes (28)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.events import NewEvent
from linggong.kernel.timers import Timer
from linggong.work import common, telling
from linggong.work.machines import ENGAGEMENT
from linggong.work.models import Engagement
from linggong.work.replacement_models import Replacement

REPLACED_TIMER = "t.replaced"


async def take_over(uow: UnitOfWork, new: Engagement) -> list[UUID] | None:
    """Let the new one take the old one's place as he confirms (28); returns the shifts, None when he comes for nobody.

    Called by `engage.confirm`. Raises Conflict when the old one has come after all, or has left.
    """
    if new.replacement_id is None:
        return None
    old = (await uow.execute(sa.text("SELECT * FROM replace_place(:new, :now)"), {"new": new.id, "now": uow.now})).one()
    if old.id is None:
        raise Conflict("换不成了：原来那位已经到岗或退出。请直接报名。")
    made = ENGAGEMENT.step(old.state, "replace", "E")
    await uow.emit(
        NewEvent(
            type="engagement.replaced",
            chain=f"order:{new.order_id}",
            subject_id=old.id,
            tenant=new.tenant,
            person_id=old.worker_id,
            employer_id=new.employer_id,
            body={
                "machine": made.machine,
                "subject": str(old.id),
                "event": made.event,
                "from": made.source,
                "to": made.target,
                "transition": made.number,
                "moved": [common.moved("assignment", UUID(i), s, made.target) for i, s in old.shifts],
                "new": str(new.id),
                "replacement": str(new.replacement_id),
            },
        )
    )
    # The old one is told by the system: the new one may not see him.
    await common.set_timer(uow, new, REPLACED_TIMER, uow.now)
    return [UUID(i) for i in old.shift_ids]


async def on_replaced_due(uow: UnitOfWork, timer: Timer) -> None:
    """Tell the replaced worker, and end what still waited for him."""
    new = await uow.session.get(Engagement, timer.subject_id)
    one = await uow.session.get(Replacement, new.replacement_id) if new is not None and new.replacement_id else None
    old = await uow.session.get(Engagement, one.engagement_id) if one is not None else None
    if old is None:
        return
    await timers.cancel_timers(uow, old.id)
    title = (await common.post_of(uow, old.order_id)).title
    await telling.worker(uow, old, "replaced", f"“{title}”由别人替你去了，你不用去。", call=True)


def register() -> None:
    """Bind by name at assembly."""
    timers.on_timer(REPLACED_TIMER, on_replaced_due)
