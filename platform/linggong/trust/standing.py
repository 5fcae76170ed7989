"""What somebody's level keeps him from: the gates of posting, of passing by rule, of taking part (section 6)."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.timers import Timer
from linggong.people import notices
from linggong.trust.levels import day
from linggong.work import common
from linggong.work.machines import AGREED
from linggong.work.models import Engagement

CALL_FIRST = "t.trust.call_first"
_STANDING = "SELECT level, until FROM standing_of($1, $2, $3)"


class Standing(NamedTuple):
    """The highest level in force and its end; level 0 for a free hand."""

    level: int
    until: str


async def standing_of(
    uow: UnitOfWork, *, person_id: UUID | None = None, employer_id: UUID | None = None, place: str
) -> Standing:
    """Return the level in force at a place: its county's own, and of every county's those from 2 on."""
    level, until = (await uow.fetch(_STANDING, person_id, employer_id, place))[0]
    return Standing(level or 0, "" if until is None else day(until))


async def may_post(uow: UnitOfWork, employer_id: UUID) -> str | None:
    """Tell why an employer may not post: 禁止 in any county. A gate of `market.gates`."""
    found = await standing_of(uow, employer_id=employer_id, place=uow.actor.post or "/")
    if found.level < 3:
        return None
    return f"信用“禁止”期间不能发布用工，{found.until}到期。不认可的请在“我的信用”里申诉，或到县零工市场问清。"


async def must_be_read(uow: UnitOfWork, employer_id: UUID) -> bool:
    """Tell whether every post of this employer waits for a person: 限制 in any county. A gate of `market.gates`."""
    return (await standing_of(uow, employer_id=employer_id, place=uow.actor.post or "/")).level >= 2


async def may_take(uow: UnitOfWork, row: Engagement) -> str | None:
    """Tell why a worker may not take part: 禁止, or 限制 for work of the same day. A gate of `work.gates`."""
    found = await standing_of(uow, person_id=row.worker_id, place=row.tenant)
    if found.level >= 3:
        return f"信用“禁止”期间不能接活，{found.until}到期。不认可的请在“我的信用”里申诉，或到驿站问清。"
    if found.level == 2:
        post = await common.post_of(uow, row.order_id)
        if post.work_date == clock.business_date(row.created_at):
            return f"{found.until}以前先不能接当天的活，明天以后的活照常。不认可的请在“我的信用”里申诉。"
    return None


async def call_first(uow: UnitOfWork, timer: Timer) -> None:
    """Let the desk call a reminded worker each time that he has confirmed a job (6 points in 60 days)."""
    row = await uow.session.get(Engagement, timer.subject_id)
    if row is None or row.state not in AGREED:
        return
    if (await standing_of(uow, person_id=row.worker_id, place=row.tenant)).level < 1:
        return
    post = await common.post_of(uow, row.order_id)
    await notices.notify(
        uow, to="worker", kind="credit.confirm", subject_id=row.id, tenant=row.tenant, via=row.via, person_id=row.worker_id,
        employer_id=row.employer_id, call=True,
        text=f"“{post.title[:20]}”{day(post.starts_at)}开工，驿站会打电话和您再确认一次，请接听。",
    )  # fmt: skip
