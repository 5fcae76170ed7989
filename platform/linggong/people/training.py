"""What a worker wants to learn: he says it himself, and the stations that serve him see who wants what (R105)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.people.identity_numbers import veil_name
from linggong.people.models import Person, Worker
from linggong.people.service_links import served_by
from linggong.people.text import clean

MOST = 60


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A worker whom the acting post serves, and what he wants to learn; his name is veiled."""

    person_id: UUID
    name: str
    wish: str
    trades: list[str]
    skill_level: int
    said_at: datetime


async def my_wish(uow: UnitOfWork) -> str:
    """Return what the signed-in worker wants to learn."""
    return str(await uow.session.scalar(sa.select(Worker.training_wish).where(Worker.person_id == uow.actor.id)) or "")


async def say(uow: UnitOfWork, words: str) -> None:
    """Say what one wants to learn; '' takes it back. Raises Invalid, NotFound for somebody who is no worker."""
    faults: list[Fault] = []
    wish = clean(faults, "wish", words, most=MOST)
    if faults:
        raise Invalid(faults)
    row = await uow.session.get(Worker, uow.actor.id)
    if row is None:
        raise NotFound
    row.training_wish, row.updated_at = wish, uow.now
    await uow.flush()
    await uow.emit(
        NewEvent(
            type="person.training_wish", chain=f"person:{row.person_id}", subject_id=row.person_id, tenant=None,
            person_id=row.person_id, body={"wishes": bool(wish)},
        )
    )  # fmt: skip


async def wishes(uow: UnitOfWork, *, limit: int = 300) -> list[Wish]:
    """Return who of those whom the acting post serves wants to learn something, the latest first."""
    rows = await uow.execute(
        sa.select(Worker, Person.name)
        .join(Person, Person.id == Worker.person_id)
        .where(Worker.training_wish != "", Person.status == "active", served_by(uow, Person.id))
        .order_by(Worker.updated_at.desc(), Worker.person_id)
        .limit(limit)
    )
    return [
        Wish(
            person_id=row.person_id, name=veil_name(name), wish=row.training_wish, trades=list(row.trades),
            skill_level=row.skill_level, said_at=row.updated_at,
        )
        for row, name in rows
    ]  # fmt: skip
