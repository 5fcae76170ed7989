"""零工卡: the printed number by which somebody without a telephone is known at kiosks and desks of the whole city.

It opens nothing by itself: a kiosk gives its holder a number in the queue, a desk may serve him from then on, as after 本人码.
"""

from __future__ import annotations

import re
import secrets as random
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.people.models import Person, Worker
from linggong.people.privacy_models import WorkerCard
from linggong.people.service_links import served_by
from linggong.people.sessions import named

DIGITS: Final = 10
_SHAPE: Final = re.compile(r"[2-9][0-9]{9}", re.ASCII)


def is_number(text: str) -> bool:
    """Tell whether a text can be the number of a card: no telephone and no identity number looks like it."""
    return _SHAPE.fullmatch(text) is not None


async def print_one(uow: UnitOfWork, database: Database, sealer: Sealer, person_id: UUID) -> str:
    """Make a new card for a worker whom the acting post serves; the one before is over. Returns its number.

    Raises NotFound for whom the post does not serve.
    """
    known = await uow.session.scalar(
        sa.select(Person.id)
        .join(Worker, Worker.person_id == Person.id)
        .where(Person.id == person_id, Person.status == "active", served_by(uow, Person.id))
    )
    if known is None:
        raise NotFound
    # The numbers lie in a table that no request reaches; who may print was asked above.
    async with database.begin(named(uow.actor), EVERYWHERE) as own:
        await own.execute(
            sa.update(WorkerCard)
            .where(WorkerCard.person_id == person_id, WorkerCard.ended_at.is_(None))
            .values(ended_at=own.now)
        )
        code = ""
        while not code:
            drawn = f"{random.choice('23456789')}{random.randbelow(10 ** (DIGITS - 1)):0{DIGITS - 1}d}"
            code = "" if await of(own, sealer, drawn) else drawn
        own.session.add(
            WorkerCard(id=new_id(), person_id=person_id, code_index=_index(sealer, code), printed_at=own.now)
        )
    await uow.emit(
        NewEvent(
            type="person.card_printed",
            chain=f"person:{person_id}",
            subject_id=person_id,
            tenant=uow.actor.post,
            person_id=person_id,
        )
    )
    return code


async def of(uow: UnitOfWork, sealer: Sealer, number: str) -> UUID | None:
    """Return whose card it is (system transaction); None for a number that is nobody's, or of an earlier card."""
    found: UUID | None = await uow.session.scalar(
        sa.select(WorkerCard.person_id)
        .join(Person, Person.id == WorkerCard.person_id)
        .where(
            WorkerCard.code_index == _index(sealer, number), WorkerCard.ended_at.is_(None), Person.status == "active"
        )
    )
    return found


def _index(sealer: Sealer, number: str) -> bytes:
    return sealer.blind_index("worker-card", number)
