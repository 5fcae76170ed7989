"""What cover does when others' events happen: asked for at the confirmation, taken back when somebody does not go."""

from __future__ import annotations

from uuid import UUID

from linggong.cover import changes, enrolment, gates, line, queries
from linggong.kernel import events, replay, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.kernel.timers import Timer
from linggong.work import common
from linggong.work import gates as asked

ENDING = (
    "engagement.withdrawn", "engagement.order_ended", "engagement.replaced", "engagement.voided", "engagement.cancelled",
    "assignment.no_show", "assignment.employer_no_show", "assignment.differs", "assignment.voided",
)  # fmt: skip
"""Events that may end an engagement; whether they do, their body says."""


async def confirmed(uow: UnitOfWork, told: NewEvent) -> None:
    """Both sides agreed (18): ask the insurer."""
    if told.subject_id is not None and await queries.products(uow, told.tenant or "/"):
        await enrolment.request(uow, await common.engagement(uow, told.subject_id))


async def ended(uow: UnitOfWork, told: NewEvent) -> None:
    """Somebody does not go: cover that has not begun is taken back."""
    for machine, subject, _, target in replay.moves(told.body):
        if machine == "engagement" and target.startswith("X_"):
            await enrolment.end(uow, UUID(subject))


async def agreed(uow: UnitOfWork, told: NewEvent) -> None:
    """Other hours or another place were agreed (25): the insurer is told."""
    if told.body.get("kind") in ("time", "overtime", "place"):
        await changes.follow(uow, UUID(str(told.body["engagement"])))


async def undecided(uow: UnitOfWork, timer: Timer) -> None:
    """The insurer has not answered in time."""
    row = await common.engagement(uow, timer.subject_id)
    if queries.state_of(await queries.policies(uow, row.id), await queries.waiver(uow, row.id)) == "pending":
        await enrolment.undecided(uow, row)


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    line.register()
    events.subscribe("engagement.confirmed", "cover.enrol", confirmed)
    events.subscribe("terms.agreed", "cover.change", agreed)
    for name in ENDING:
        events.subscribe(name, "cover.end", ended)
    timers.on_timer(enrolment.COVER_TIMER, undecided)
    asked.ready_to_contract["cover"] = gates.ready_to_contract
    asked.ready_to_start["cover"] = gates.ready_to_start
