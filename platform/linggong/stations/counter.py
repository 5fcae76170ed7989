"""Signing somebody in at the counter of a station, also after the fact, when the network is back (R010)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.people import limits
from linggong.people.registration import place
from linggong.stations import queue, who

_UNKNOWN_AN_HOUR = 40


async def at_desk(
    uow: UnitOfWork,
    secrets: Secrets,
    database: Database,
    *,
    person_id: UUID | None = None,
    number: str = "",
    trades: list[str] | None = None,
    came_at: datetime | None = None,
) -> UUID:
    """Sign somebody in at the acting post, by whom the post serves or by what was typed; returns the ticket's id."""
    at = await place(uow, None)
    if at is None or (person_id is None and not number.strip()):
        raise Invalid([Fault("number", who.HOW, "required")])
    typed = None
    if person_id is None:
        async with database.system(read_only=True) as own:
            typed = await who.recognise(own, secrets.sealer, number, at=at)
        if typed.person_id is None:
            # Who tries numbers until one is somebody's mostly meets nobody: few of them in an hour at one desk.
            await limits.take_at_once(
                database, secrets, "desk-new", str(uow.actor.id), most=_UNKNOWN_AN_HOUR, window=timedelta(hours=1),
                say="这一小时输了太多没登记过的号码。请先给他们办登记（F2），登记完自动有号。",
            )  # fmt: skip
    row = await queue.sign_in(
        uow, at=at, channel="offline" if came_at is not None else "desk", person_id=person_id,
        typed=typed, trades=trades or [], came_at=came_at,
    )  # fmt: skip
    return row.id
