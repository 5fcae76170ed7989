"""How far a run has come, kept as events on the chain `demo:<seed>`: it is how a killed run finds its way back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from linggong.demo.actors import Register
from linggong.kernel.db import Database
from linggong.kernel.events import Event, NewEvent

STARTED, DAY, FINISHED = "demo.started", "demo.day", "demo.finished"


@dataclass(frozen=True, slots=True)
class Progress:
    """What the chain says: the run's own settings, and whether it ended."""

    first: date
    moment: datetime
    scale: float
    finished: bool


async def read(database: Database, seed: int) -> Progress | None:
    """Return how far the last run of a seed has come, None when there was none."""
    async with database.system() as uow:
        rows = (
            await uow.execute(sa.select(Event.type, Event.body).where(Event.chain == _chain(seed)).order_by(Event.n))
        ).all()
        if not rows:
            return None
        started = json.loads(next(r.body for r in reversed(rows) if r.type == STARTED))
    return Progress(
        first=date.fromisoformat(started["first"]),
        moment=datetime.fromisoformat(started["moment"]),
        scale=float(started["scale"]),
        finished=rows[-1].type == FINISHED,
    )


async def reached(database: Database, register: Register, moment: datetime) -> datetime | None:
    """Return until when a run that did not finish has written, by the last event of its own people and posts.

    Steps of one time are written before the next time begins, so everything before that time is done.
    """
    chains = [f"order:{i}" for i in register.orders.values()]
    chains += [f"person:{i}" for i in register.workers.values()]
    chains += [f"employer:{i}" for i in register.employers.values()]
    async with database.system() as uow:
        last: datetime | None = await uow.session.scalar(
            sa.select(sa.func.max(Event.recorded_at)).where(
                Event.chain == sa.any_(sa.cast(chains, ARRAY(sa.Text))), Event.recorded_at <= moment
            )
        )
    return last


async def write(database: Database, seed: int, kind: str, top: str, **body: Any) -> None:
    """Add an entry; it belongs to the deployment's top place `top`, because rows without a place are nobody's to read."""
    async with database.system() as uow:
        await uow.emit(NewEvent(type=kind, chain=_chain(seed), tenant=top, body=body))


def _chain(seed: int) -> str:
    return f"demo:{seed}"
