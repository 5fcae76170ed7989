"""When something goes out to a worker, and whether: quiet hours, and how often in a day and week he hears what he did not ask for.

The one place that decides it. `notices.send` asks for each notice before it leaves, and the digest of new work asks who has room.
What waits for the morning stands in its queue until then; what is not sent keeps the reason, and stands on his page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.people.limits import at_top, span, whole
from linggong.people.notice_models import Notice
from linggong.people.telephones import Reach
from tenants.service import parameters

QUIET: Final = ("push.quiet_from", "push.quiet_to", "push.urgent")
LIMITS: Final = ("push.per_day", "push.per_week")
INVITATION: Final = "invitation"
NEWS: Final = "search"
"""The digest of new work: what he asked for by a saved search, and what fits him."""
FAIR: Final = "fair"
"""That a fair is held near him."""
COUNTED: Final = (NEWS, INVITATION, FAIR)
"""Kinds that nobody waits for: they are counted, and held at night. Whatever else is told is about work or money of his own."""
_CAN_WAIT: Final = ("payment_", "wage_", "case", "points", "compensation", "arrears", "rating", "topup")
"""What is about his own matters and is early enough in the morning."""
_WEEK: Final = timedelta(days=7)

starts: dict[str, Callable[[UnitOfWork, Notice], Awaitable[datetime | None]]] = {}
"""When the work begins that a notice of this kind is about. Bound by higher floors."""
first: dict[str, Callable[[UnitOfWork, Sealer, Notice, Reach | None], Awaitable[bool]]] = {}
"""Who takes a notice before the telephone is asked, by the channel; False: it could not. Bound by higher floors."""


class Verdict(NamedTuple):
    """What becomes of a notice now."""

    until: datetime | None = None
    """It waits until then."""
    why_not: str = ""
    """It does not go out at all."""


GO: Final = Verdict()


class Hours(NamedTuple):
    """The quiet hours of a place, counted from midnight, and how soon work begins for which somebody is woken."""

    quiet_from: timedelta
    quiet_to: timedelta
    urgent: timedelta

    def loud_from(self, at: datetime) -> datetime:
        """Return when a message may go out that is ready at `at`: then, or at the end of the quiet hours."""
        midnight = clock.day_bounds(clock.business_date(at))[0]
        begins, ends = midnight + self.quiet_from, midnight + self.quiet_to
        if self.quiet_from > self.quiet_to:  # over midnight, as nights are
            return ends if at < ends else ends + timedelta(days=1) if at >= begins else at
        return ends if begins <= at < ends else at


async def hours(uow: UnitOfWork, tenant: str | None = None) -> Hours:
    """Return the quiet hours that hold at a place, or at the deployment's top."""
    found = await (parameters(uow, tenant, *QUIET) if tenant is not None else at_top(uow, *QUIET))
    return Hours(*(span(found[key]) for key in QUIET))


async def verdict(uow: UnitOfWork, row: Notice) -> Verdict:
    """Say whether a notice to a worker goes out now, waits, or is not sent.

    An invitation to work that begins within `push.urgent` passes the quiet hours, because tomorrow it is of no use; so does
    what the desk should call about at once. Neither is stopped by the limits: a clerk, or a gap of this dawn, stands behind it.
    """
    waits = row.kind in COUNTED or row.kind.startswith(_CAN_WAIT)
    if row.to_side != "worker" or row.call_wanted or not waits:
        return GO
    place = row.via or row.tenant
    found = await hours(uow, place)
    if row.kind in starts:
        begins = await starts[row.kind](uow, row)
        if begins is not None and begins - uow.now < found.urgent:
            return GO
    loud = found.loud_from(uow.now)
    if loud > uow.now:
        return Verdict(until=loud)
    if row.kind in (INVITATION, FAIR) and row.person_id is not None:
        return Verdict(why_not=(await full(uow, [row.person_id], place)).get(row.person_id, ""))
    return GO


async def by_wechat(uow: UnitOfWork, sealer: Sealer, row: Notice, reach: Reach | None) -> bool:
    """Hand a notice that goes out now to the worker's own WeChat; False where it has to go another way."""
    return row.to_side == "worker" and "wechat" in first and await first["wechat"](uow, sealer, row, reach)


async def full(uow: UnitOfWork, people: Collection[UUID], tenant: str | None = None) -> dict[UUID, str]:
    """Return {person: why} of those to whom nothing more is sent today that they did not wait for."""
    found = await (parameters(uow, tenant, *LIMITS) if tenant is not None else at_top(uow, *LIMITS))
    most_day, most_week = (whole(found[key]) for key in LIMITS)
    midnight = clock.day_bounds(clock.business_date(uow.now))[0]
    rows = await uow.execute(
        sa.select(
            Notice.person_id,
            sa.func.count().filter(Notice.sent_at >= midnight).label("day"),
            sa.func.count().label("week"),
        )
        .where(
            Notice.person_id == sa.any_(sa.cast(list(people), sa.ARRAY(sa.Uuid))),
            Notice.to_side == "worker",
            Notice.kind.in_(COUNTED),
            Notice.sent_at > uow.now - _WEEK,
        )
        .group_by(Notice.person_id)
    )
    return {
        r.person_id: f"今天发够 {most_day} 条了，没再发短信"
        if r.day >= most_day
        else f"这周发够 {most_week} 条了，没再发短信"
        for r in rows
        if r.person_id is not None and (r.day >= most_day or r.week >= most_week)
    }
