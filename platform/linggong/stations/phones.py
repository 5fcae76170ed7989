"""Signing in on one's own phone: whoever reads today's code off the wall stands in the station."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paths import tenant_path
from linggong.people import limits
from linggong.people.text import typed_code
from linggong.stations import queries, queue
from linggong.stations.models import Ticket

_DIGITS = 6
_TRIES, _WINDOW = 10, timedelta(hours=1)
_WALLS = "SELECT DISTINCT tenant FROM screens WHERE ended_at IS NULL AND kind = 'wall' ORDER BY tenant"


class MyNumber(msgspec.Struct, frozen=True, kw_only=True):
    """One's number today."""

    ticket_id: UUID
    station: str
    number: int
    code: str
    called: bool
    before: int
    """How many wait before him."""


async def code_today(uow: UnitOfWork, secrets: Secrets, tenant: str) -> str:
    """Return the digits that a station's wall shows today."""
    return _code(secrets, tenant, clock.business_date(uow.now).isoformat())


def _code(secrets: Secrets, tenant: str, day: str) -> str:
    return f"{int(secrets.sign('hall', f'{tenant}|{day}')[:12], 16) % 10**_DIGITS:0{_DIGITS}d}"


async def join(database: Database, secrets: Secrets, actor: Actor, raw: str) -> MyNumber:
    """Give a worker who is signed in his number at the station whose code he read. Raises Invalid, TooMany after many tries."""
    await limits.take_at_once(
        database, secrets, "hall", str(actor.id), most=_TRIES, window=_WINDOW,
        say="试得太多了，请到自助机上签到，或者找工作人员。",
    )  # fmt: skip
    code = typed_code(raw)
    async with database.begin(actor.as_system()) as uow:
        day = clock.business_date(uow.now).isoformat()
        walls = [row["tenant"] for row in await uow.fetch(_WALLS)]
        at = next((t for t in walls if _code(secrets, t, day) == code), None)
        if at is None:
            raise Invalid([Fault("code", "签到码不对。请看站里大屏上今天的 6 位签到码，再输一次。", "code")])
        row = await queue.sign_in(uow, at=tenant_path(at), channel="phone", person_id=actor.id)
        return await _mine(uow, row)


async def mine(database: Database, actor: Actor) -> list[MyNumber]:
    """Return the numbers with which a person waits today, wherever he signed in."""
    async with database.begin(actor.as_system(), read_only=True) as uow:
        rows = await uow.session.scalars(
            sa.select(Ticket)
            .where(
                Ticket.person_id == actor.id,
                Ticket.day == clock.business_date(uow.now),
                Ticket.state.in_(queue.WAITING),
            )
            .order_by(Ticket.came_at)
        )
        return [await _mine(uow, row) for row in list(rows)]


async def _mine(uow: UnitOfWork, row: Ticket) -> MyNumber:
    stations = await uow.fetch("SELECT name FROM nodes WHERE path = $1", row.tenant)
    return MyNumber(
        ticket_id=row.id, station=stations[0]["name"] if stations else "", number=row.number, code=row.code, called=row.state == "called",
        before=await queries.waiting_before(uow, row),
    )  # fmt: skip
