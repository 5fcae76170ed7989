"""What is read of the hall: today's queue as the desk sees it, and as everybody on the wall does."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock, reading
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.people.identity_numbers import surname_call, veil_name
from linggong.people.models import Person, Worker
from linggong.stations.models import Ticket
from linggong.stations.queue import WAITING


class TicketView(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the queue, as the staff of its station see it; no telephone."""

    id: UUID
    tenant: str
    day: date
    number: int
    code: str
    state: str
    person_id: UUID | None
    """None while nobody knows him: he took the number and is registered by the clerk."""
    name: str
    """In full at the station's own desk, where he stands; 李** elsewhere; 新来的 for somebody unknown."""
    trades: list[str]
    channel: str
    came_at: datetime
    recorded_at: datetime
    late: bool
    called_at: datetime | None
    calls: int


UNKNOWN = "新来的"


def view(uow: UnitOfWork, ticket: Ticket, person: Person | None, trades: list[str] | None) -> TicketView:
    """Return a ticket as the staff see it."""
    name = UNKNOWN
    if person is not None:
        name = person.name if ticket.tenant == uow.actor.post else veil_name(person.name)
    return TicketView(
        id=ticket.id, tenant=ticket.tenant, day=ticket.day, number=ticket.number, code=ticket.code, state=ticket.state,
        person_id=ticket.person_id, name=name, trades=ticket.trades or trades or [], channel=ticket.channel,
        came_at=ticket.came_at, recorded_at=ticket.recorded_at, late=ticket.late, called_at=ticket.called_at,
        calls=ticket.calls,
    )  # fmt: skip


async def today(uow: UnitOfWork, *, waiting: bool = False, limit: int = 200) -> list[TicketView]:
    """Return today's numbers of the scope in the order of coming, all or only those who wait."""
    statement = (
        sa.select(Ticket, Person, Worker.trades)
        .outerjoin(Person, Person.id == Ticket.person_id)
        .outerjoin(Worker, Worker.person_id == Ticket.person_id)
        .where(uow.scope.clause(Ticket.tenant), Ticket.day == clock.business_date(uow.now))
        .order_by(Ticket.tenant, Ticket.number)
        .limit(limit)
    )
    if waiting:
        statement = statement.where(Ticket.state.in_(WAITING))
    return [view(uow, ticket, person, trades) for ticket, person, trades in await uow.execute(statement)]


async def unknown(uow: UnitOfWork, *, limit: int = 50) -> list[TicketView]:
    """Return who took a number at the acting post today and is not registered yet, in the order of coming."""
    rows = await uow.session.scalars(
        sa.select(Ticket)
        .where(
            Ticket.tenant == uow.actor.post,
            Ticket.day == clock.business_date(uow.now),
            Ticket.person_id.is_(None),
            Ticket.state.in_(WAITING),
        )
        .order_by(Ticket.number)
        .limit(limit)
    )
    return [view(uow, row, None, None) for row in rows]


async def one(uow: UnitOfWork, ticket_id: UUID) -> TicketView:
    """Return one number of the scope; raises NotFound."""
    rows = await reading.joined(uow, (Ticket, Person), _ONE, ticket_id, also="workers.trades")
    if not rows or not uow.scope.covers(rows[0][0].tenant):
        raise NotFound
    return view(uow, *rows[0])


_ONE = """FROM tickets LEFT JOIN persons ON persons.id = tickets.person_id LEFT JOIN workers ON workers.person_id = tickets.person_id
WHERE tickets.id = $1"""


async def waiting_before(uow: UnitOfWork, ticket: Ticket) -> int:
    """Return how many wait before a number."""
    before = (
        "SELECT count(*) AS n FROM tickets WHERE tenant = $1 AND day = $2 AND state = ANY ($3::text[]) AND number < $4"
    )
    return int((await uow.fetch(before, ticket.tenant, ticket.day, WAITING, ticket.number))[0]["n"])


async def called_name(uow: UnitOfWork, ticket: Ticket) -> str:
    """Return how a number's holder is called aloud and on screens: 李师傅, nothing for somebody unknown."""
    person = await uow.session.get(Person, ticket.person_id) if ticket.person_id is not None else None
    return surname_call(person.name, person.sex) if person is not None else ""
