"""How far a run has come, kept as events on the chain `demo:<seed>`: it is how a killed run finds its way back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from linggong.kernel.db import Database
from linggong.kernel.events import Event, NewEvent

STARTED, DAY, FINISHED = "demo.started", "demo.day", "demo.finished"


@dataclass(frozen=True, slots=True)
class Progress:
    """What the chain says: the run's own settings, whether it ended, and until when steps were written."""

    first: date
    moment: datetime
    scale: float
    finished: bool
    reached: datetime | None


async def read(database: Database, seed: int) -> Progress | None:
    """Return how far the last run of a seed has come, None when there was none."""
    async with database.system() as uow:
        rows = (
            await uow.execute(sa.select(Event.type, Event.body).where(Event.chain == _chain(seed)).order_by(Event.n))
        ).all()
        if not rows:
            return None
        started = json.loads(next(r.body for r in reversed(rows) if r.type == STARTED))
        # Steps of one time are written before the next time begins, so the last event of all says how far we are.
        reached = await uow.session.scalar(
            sa.select(sa.func.max(Event.recorded_at)).where(
                Event.recorded_at <= datetime.fromisoformat(started["moment"]),
                Event.chain.not_like("node:%"),
                Event.chain.not_like("demo:%"),
            )
        )
    moment, finished = datetime.fromisoformat(started["moment"]), rows[-1].type == FINISHED
    return Progress(
        first=date.fromisoformat(started["first"]),
        moment=moment,
        scale=float(started["scale"]),
        finished=finished,
        reached=moment if finished else reached,
    )


async def write(database: Database, seed: int, kind: str, **body: Any) -> None:
    """Add an entry."""
    async with database.system() as uow:
        await uow.emit(NewEvent(type=kind, chain=_chain(seed), body=body))


def _chain(seed: int) -> str:
    return f"demo:{seed}"
