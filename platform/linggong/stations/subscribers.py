"""What the queue does when others act: whoever is hired waits no more, whoever registers keeps his number."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.kernel.timers import Timer
from linggong.stations import queue
from linggong.work.machines import AGREED
from linggong.work.models import Engagement

PLACED = "hall.placed"
_AHEAD = "SELECT EXISTS (SELECT FROM assignments WHERE engagement_id = $1 AND starts_at < $2 AND ends_at > $3) AS soon"
SOON = timedelta(hours=18)
"""From an evening to the next morning: a job that begins within this is what somebody came for."""


async def confirmed(uow: UnitOfWork, told: NewEvent) -> None:
    """He was confirmed: his ticket ends at once where the actor sees it, else (his own phone, an employer's) by the next sweep."""
    if told.person_id is None or told.subject_id is None or told.tenant is None:
        return
    if not await _soon(uow, told.subject_id):
        return
    if uow.actor.kind in ("staff", "system", "worker") and await queue.placed(uow, told.person_id):
        return
    await timers.set_once(
        uow, subject_id=told.subject_id, region="hall", key=PLACED, due_at=uow.now, tenant=told.tenant, via=told.via,
        deputy_id=told.deputy_id, person_id=told.person_id, employer_id=told.employer_id,
    )  # fmt: skip


async def on_placed(uow: UnitOfWork, timer: Timer) -> None:
    """End the ticket of whoever was confirmed out of the station's sight."""
    row = await uow.session.get(Engagement, timer.subject_id)
    if row is not None and row.state in AGREED and await _soon(uow, row.id):
        await queue.placed(uow, row.worker_id)


async def _soon(uow: UnitOfWork, engagement_id: UUID) -> bool:
    """Tell whether the job is of today: who has work next week still waits for some today."""
    await uow.flush()
    return bool((await uow.fetch(_AHEAD, engagement_id, uow.now + SOON, uow.now))[0]["soon"])


async def registered(uow: UnitOfWork, told: NewEvent) -> None:
    """Somebody who took a number before anybody knew him has registered: the number is his."""
    if told.person_id is not None and told.tenant is not None and uow.actor.kind in ("staff", "system"):
        await queue.known_now(uow, told.person_id, told.tenant)


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    events.subscribe("engagement.confirmed", "hall.placed", confirmed)
    events.subscribe("person.registered", "hall.known", registered)
    events.subscribe("person.linked", "hall.known", registered)
    timers.on_timer(PLACED, on_placed)
