"""The queue of a station (签到等活): a number for whoever comes, called, placed, gone. One a person, station and day.

Numbers of a station and day follow each other without a gap, whoever presses at the same moment: they are given under one lock
and roll back with their transaction. The queue works without a clerk; somebody unknown gets a number, too.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock, reading
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath
from linggong.market.trades import trade
from linggong.people import late, service_links
from linggong.people.models import Contact, Person
from linggong.stations.models import Ticket
from linggong.stations.who import Typed

WAITING = ("waiting", "called")
MOST_TRADES = 3
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 27))"


async def sign_in(
    uow: UnitOfWork,
    *,
    at: TenantPath,
    channel: str,
    person_id: UUID | None = None,
    typed: Typed | None = None,
    trades: Sequence[str] = (),
    came_at: datetime | None = None,
    screen_id: UUID | None = None,
) -> Ticket:
    """Give a number at the node `at`, or the one that he has already; whoever had left is back. The service link lasts anew.

    He is `person_id`, whom the actor may see, or whoever was recognised by what he `typed`; somebody unknown is kept under
    that. `came_at` in the past is a late entry with its original time (R010). Raises Invalid with every fault, NotFound.
    """
    wanted = _checked(uow, trades, came_at)
    came = came_at or uow.now
    day = clock.business_date(came)
    who = typed.person_id if typed is not None else person_id
    # Whoever stands here with his number is served from now on, also if no link led the actor to him before.
    if typed is None and who is not None and not await uow.fetch("SELECT 1 FROM persons WHERE id = $1", who):
        raise NotFound
    index = typed.index if typed is not None else None
    if who is None and index is None:
        raise NotFound
    await uow.fetch(_LOCK, f"{at}|{day}")
    row = await _his(uow, at, day, who, index)
    fresh = row is None
    if row is None:
        row = await reading.added(
            uow, Ticket, id=new_id(), tenant=at, day=day, number=await _next(uow, at, day), code=f"{random.randbelow(10_000):04d}",
            person_id=who, who_index=index if who is None else None, channel=channel, trades=wanted,
            came_at=min(came, uow.now), recorded_at=uow.now, late=came < uow.now - late.LATE_AFTER, screen_id=screen_id,
        )  # fmt: skip
    back = row.state not in WAITING
    if who is not None:
        row.person_id = who
        await service_links.link(uow, who, at, "signed_in")
    if wanted:
        row.trades = wanted
    if back:
        row.state, row.ended_at = "waiting", None
    await uow.flush()
    if fresh:
        await tell(uow, row, "ticket.taken", channel=channel, late=row.late, known=who is not None)
    elif back:
        await tell(uow, row, "ticket.returned", channel=channel)
    return row


def _checked(uow: UnitOfWork, trades: Sequence[str], came_at: datetime | None) -> list[str]:
    faults = []
    wanted = list(dict.fromkeys(trades))
    if len(wanted) > MOST_TRADES:
        faults.append(Fault("trades", f"今天想干的活最多选 {MOST_TRADES} 样。", "length"))
    if any(trade(code) is None for code in wanted):
        faults.append(Fault("trades", "没有这个工种，请从列表里选。", "unknown"))
    if came_at is not None:
        faults += [Fault("came_at", f.message, f.code) for f in late.implausible(uow.now, came_at, "签到")]
    if faults:
        raise Invalid(faults)
    return wanted


async def _his(
    uow: UnitOfWork, at: TenantPath, day: date, person_id: UUID | None, index: bytes | None
) -> Ticket | None:
    his = (
        "WHERE tenant = $1 AND day = $2 AND (person_id = $3 OR (who_index = $4 AND person_id IS NULL)) ORDER BY number"
    )
    found = await reading.many(uow, Ticket, his, at, day, person_id, index)
    # Who has a ticket of his own keeps it, also when he typed something else before anybody knew him.
    return next((t for t in found if t.person_id is not None), found[0] if found else None)


async def _next(uow: UnitOfWork, at: TenantPath, day: date) -> int:
    asked = "SELECT coalesce(max(number), 0) + 1 AS number FROM tickets WHERE tenant = $1 AND day = $2"
    return int((await uow.fetch(asked, at, day))[0]["number"])


async def found(uow: UnitOfWork, ticket_id: UUID) -> Ticket:
    """Return a ticket of the scope, locked; raises NotFound."""
    row = await uow.session.get(Ticket, ticket_id, with_for_update=True)
    if row is None or not uow.scope.covers(row.tenant):
        raise NotFound
    return row


async def call(uow: UnitOfWork, ticket_id: UUID) -> Ticket:
    """Call a number (叫号), again if nobody came: the wall shows it. Raises Conflict for one that is over, NotFound."""
    row = await found(uow, ticket_id)
    if row.state not in WAITING:
        raise Conflict(f"{row.number} 号{_OVER[row.state]}，不用再叫。", state=row.state)
    row.state, row.called_at, row.calls = "called", uow.now, row.calls + 1
    await tell(uow, row, "ticket.called", calls=row.calls)
    return row


async def leave(uow: UnitOfWork, ticket_id: UUID) -> Ticket:
    """Note that he has gone; saying it twice changes nothing. Raises Conflict for whoever was placed, NotFound."""
    row = await found(uow, ticket_id)
    if row.state == "placed":
        raise Conflict(f"{row.number} 号{_OVER['placed']}。", state=row.state)
    if row.state != "left":
        row.state, row.ended_at = "left", uow.now
        await tell(uow, row, "ticket.left")
    return row


_OVER = {"placed": "已经派了活", "left": "已经走了"}


async def placed(uow: UnitOfWork, person_id: UUID) -> int:
    """Let whoever was confirmed for a job wait no more, wherever in the actor's sight he signed in today; returns how often."""
    mine = "WHERE person_id = $1 AND day = $2 AND state = ANY ($3::text[]) FOR UPDATE"
    done = 0
    for row in await reading.many(uow, Ticket, mine, person_id, clock.business_date(uow.now), WAITING):
        row.state, row.ended_at = "placed", uow.now
        await tell(uow, row, "ticket.placed")
        done += 1
    return done


async def known_now(uow: UnitOfWork, person_id: UUID, at: str) -> None:
    """Give the number that somebody unknown took today to the person as whom he has registered at that node."""
    person = await uow.session.get(Person, person_id)
    if person is None:
        return
    numbers = await uow.session.scalars(sa.select(Contact.number_index).where(Contact.person_id == person_id))
    day = clock.business_date(uow.now)
    rows = list(
        await uow.session.scalars(
            sa.select(Ticket)
            .where(
                Ticket.tenant == at,
                Ticket.day == day,
                Ticket.person_id.is_(None),
                Ticket.who_index.in_([person.id_index, *numbers]),
            )
            .order_by(Ticket.number)
            .with_for_update()
        )
    )
    has = sa.select(Ticket.id).where(Ticket.tenant == at, Ticket.day == day, Ticket.person_id == person_id)
    if not rows or await uow.session.scalar(has) is not None:
        return
    row, *others = rows
    row.person_id = person_id
    await tell(uow, row, "ticket.registered")
    for other in others:  # he typed his telephone first and his number then
        other.state, other.ended_at = "left", uow.now
        await tell(uow, other, "ticket.left")
    await uow.flush()


async def tell(uow: UnitOfWork, row: Ticket, event: str, **body: Any) -> None:
    """Emit what happened to a ticket; the original time of a late entry stands in the event."""
    await uow.emit(
        NewEvent(
            type=event,
            chain=f"ticket:{row.id}",
            subject_id=row.id,
            tenant=row.tenant,
            person_id=row.person_id,
            occurred_at=row.came_at if event == "ticket.taken" else None,
            body={"number": row.number, "day": row.day.isoformat(), **body},
        )
    )
