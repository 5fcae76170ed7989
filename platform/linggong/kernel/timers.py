"""Timers are rows on `kernel.clock`: a restart, a moved clock or a holiday loses none (order-states section 4).

Exactly one live timer per (subject, region, key). One job sweeps what is due; handlers are registered by key in
`linggong.app` and run one transaction a timer, so that one that fails does not hold up the rest.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped

from linggong.kernel import clock
from linggong.kernel.db import SYSTEM, Database, UnitOfWork
from linggong.kernel.ids import new_id
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.kernel.paths import EVERYWHERE

log = structlog.get_logger(__name__)


class Timer(Base):
    """A deadline: when it is due, what it is about, and whether it still lives."""

    __tablename__ = "timers"
    __table_args__ = (
        tenant_fk(),
        tenant_fk("via"),
        one_of("state", ("live", "fired", "cancelled", "failed")),
        sa.Index(
            "uq_timers_live",
            "subject_id",
            "region",
            "key",
            unique=True,
            postgresql_where=sa.text("state = 'live'"),
        ),
        sa.Index(None, "tenant"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        sa.Index("ix_timers_due", "due_at", postgresql_where=sa.text("state = 'live'")),
        {
            "info": RowScope(
                cls="shared",
                tenant="tenant",
                via="via",
                person="person_id",
                employer="employer_id",
                deputy="deputy_id",
                audit="derived: a deadline follows from the row that it is about, and firing changes that row",
            ).info()
        },
    )

    id: Mapped[UuidPk]
    subject_id: Mapped[UUID]
    region: Mapped[str]
    key: Mapped[str]
    due_at: Mapped[datetime]
    state: Mapped[str]
    tenant: Mapped[PathColumn]
    via: Mapped[PathColumn | None]
    """The node that serves the worker, where it is another than the order's: its clerk moves the same deadline."""
    person_id: Mapped[UUID | None]
    employer_id: Mapped[UUID | None]
    deputy_id: Mapped[UUID | None]
    """Who else may move it: the leader of the worker's crew."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


_SEND = "SELECT keep_timers($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
_NEXT_DUE = (
    sa.select(Timer)
    .where(Timer.state == "live", Timer.due_at <= sa.bindparam("now"))
    .order_by(Timer.due_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)


class _Start(NamedTuple):
    """A timer about to start; fields in the order of `keep_timers`."""

    id: UUID
    subject_id: UUID
    region: str
    key: str
    due_at: datetime
    tenant: str
    via: str | None
    person_id: UUID | None
    employer_id: UUID | None
    deputy_id: UUID | None


TimerHandler = Callable[[UnitOfWork, Timer], Awaitable[None]]
_handlers: dict[str, TimerHandler] = {}


def on_timer(key: str, handler: TimerHandler) -> None:
    """Register what happens when a timer of this key falls due."""
    _handlers[key] = handler


async def set_timer(
    uow: UnitOfWork,
    *,
    subject_id: UUID,
    region: str,
    key: str,
    due_at: datetime,
    tenant: str,
    via: str | None = None,
    person_id: UUID | None = None,
    employer_id: UUID | None = None,
    deputy_id: UUID | None = None,
) -> None:
    """Start a timer, or move the live one of the same subject, region and key to the new time."""
    kept = uow.deadlines.started.get((subject_id, region, key))
    row = _Start(new_id(), subject_id, region, key, due_at, tenant, via, person_id, employer_id, deputy_id)
    uow.deadlines.started[subject_id, region, key] = (kept[0]._replace(due_at=due_at) if kept else row, True)


async def set_once(
    uow: UnitOfWork,
    *,
    subject_id: UUID,
    region: str,
    key: str,
    due_at: datetime,
    tenant: str,
    via: str | None = None,
    person_id: UUID | None = None,
    employer_id: UUID | None = None,
    deputy_id: UUID | None = None,
) -> None:
    """Start a timer unless one of the same subject, region and key lives: that may be another party's, who may not be seen."""
    row = _Start(new_id(), subject_id, region, key, due_at, tenant, via, person_id, employer_id, deputy_id)
    uow.deadlines.started.setdefault((subject_id, region, key), (row, False))


async def cancel_timers(uow: UnitOfWork, subject_id: UUID, *keys: str) -> None:
    """End the live timers of a subject: those named, or all of them."""
    told = uow.deadlines
    for of in [of for of in told.started if of[0] == subject_id and (not keys or of[2] in keys)]:
        del told.started[of]
    known = told.ended.get(subject_id, set())
    told.ended[subject_id] = known | set(keys) if keys and known is not None else None


async def flush(uow: UnitOfWork) -> None:
    """Send what the transaction did to timers so far: those that ended, then those that start, in one order for everybody.

    At the end of a transaction or savepoint by itself; before that for whoever reads timers that he may have set.
    """
    if uow.deadlines:
        await uow.fetch(_SEND, *taken(uow))


def taken(uow: UnitOfWork) -> list[Any]:
    """Return what the transaction did to timers as `keep_timers` takes it, and forget it."""
    told = uow.deadlines
    ended = [
        (subject, key) for subject, keys in sorted(told.ended.items()) for key in (sorted(keys) if keys else [None])
    ]
    started = [(*row, moves) for row, moves in (told.started[of] for of in sorted(told.started))]
    told.clear()
    ends = zip(*ended, strict=True) if ended else ([], [])
    starts = zip(*started, strict=True) if started else ([] for _ in range(len(_Start._fields) + 1))
    return [uow.now, *map(list, ends), *map(list, starts)]


async def sweep(database: Database, *, limit: int = 500) -> int:
    """Fire what is due; returns how many fired. Safe to run in several processes at once (SKIP LOCKED)."""
    fired = 0
    for _ in range(limit):
        async with database.begin(SYSTEM, EVERYWHERE) as uow:
            timer = await uow.session.scalar(_NEXT_DUE, {"now": uow.now})
            if timer is None:
                return fired
            # A handler that fails takes the loaded row's attributes with it: keep what the record needs.
            key, timer_id = timer.key, timer.id
            timer.ended_at = clock.now()
            handler = _handlers.get(key)
            if handler is None:
                timer.state = "failed"
                log.error("timer_without_handler", key=key, timer_id=str(timer_id))
                continue
            try:
                async with uow.savepoint():
                    # Ended before its handler runs: one that sets the same deadline anew gets a new timer.
                    timer.state = "fired"
                    await uow.flush()
                    await handler(uow, timer)
                fired += 1
            except Exception as error:
                if _may_succeed_later(error):
                    # It met somebody who changes the same rows: it stays live, and the next sweep fires it.
                    log.warning("timer_postponed", key=key, timer_id=str(timer_id))
                    await uow.rollback()
                    return fired
                await uow.execute(sa.update(Timer).where(Timer.id == timer_id).values(state="failed", ended_at=uow.now))
                log.exception("timer_failed", key=key, timer_id=str(timer_id))
    return fired


def _may_succeed_later(error: Exception) -> bool:
    """Tell a deadlock or serialization failure, which says nothing about the timer, from a real fault."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in ("40P01", "40001")
