"""Timers are rows on `kernel.clock`: a restart, a moved clock or a holiday loses none (order-states section 4).

Exactly one live timer per (subject, region, key). One job sweeps what is due; handlers are registered by key in
`linggong.app` and run one transaction a timer, so that one that fails does not hold up the rest.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
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


# Built once: every step of the loop sets or ends a timer, and building the upsert costs as much as sending it.
_TABLE = cast(sa.Table, Timer.__table__)
_NEW = insert(_TABLE)
_SET = _NEW.on_conflict_do_update(
    index_elements=["subject_id", "region", "key"],
    index_where=sa.text("state = 'live'"),
    set_={"due_at": _NEW.excluded.due_at},
)
_ONCE = _NEW.on_conflict_do_nothing(
    index_elements=["subject_id", "region", "key"], index_where=sa.text("state = 'live'")
)
_CANCEL = (
    sa.update(_TABLE)
    .where(_TABLE.c.subject_id == sa.bindparam("of"), _TABLE.c.state == "live")
    .values(state="cancelled", ended_at=sa.bindparam("now"))
)
_CANCEL_NAMED = _CANCEL.where(_TABLE.c.key.in_(sa.bindparam("keys", expanding=True)))
_NEXT_DUE = (
    sa.select(Timer)
    .where(Timer.state == "live", Timer.due_at <= sa.bindparam("now"))
    .order_by(Timer.due_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)

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
    await _start(uow, _SET, subject_id, region, key, due_at, tenant, via, person_id, employer_id, deputy_id)


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
    await _start(uow, _ONCE, subject_id, region, key, due_at, tenant, via, person_id, employer_id, deputy_id)


async def _start(
    uow: UnitOfWork,
    statement: Any,
    subject_id: UUID,
    region: str,
    key: str,
    due_at: datetime,
    tenant: str,
    via: str | None,
    person_id: UUID | None,
    employer_id: UUID | None,
    deputy_id: UUID | None,
) -> None:
    await uow.execute(
        statement,
        {
            "id": new_id(),
            "subject_id": subject_id,
            "region": region,
            "key": key,
            "due_at": due_at,
            "state": "live",
            "tenant": tenant,
            "via": via,
            "person_id": person_id,
            "employer_id": employer_id,
            "deputy_id": deputy_id,
            "created_at": uow.now,
        },
    )


async def cancel_timers(uow: UnitOfWork, subject_id: UUID, *keys: str) -> None:
    """End the live timers of a subject: those named, or all of them."""
    values = {"of": subject_id, "now": uow.now}
    if keys:
        await uow.execute(_CANCEL_NAMED, {**values, "keys": keys})
    else:
        await uow.execute(_CANCEL, values)


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
