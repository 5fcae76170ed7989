"""Who has not answered a message: first the keypad calls him, then the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
import structlog

from linggong.kernel import outbox
from linggong.kernel.db import Database, UnitOfWork
from linggong.people import notices
from linggong.people.messages import SYSTEM
from linggong.phones import line, questions
from linggong.phones.asked import CODED
from linggong.phones.models import PhoneQuestion

log = structlog.get_logger(__name__)
_PICKED_UP: Final = timedelta(minutes=5)
"""How long a call may take before the desk is asked to call."""
_BATCH, _ROUNDS = 10, 20
"""Few at a time: an answer that comes in meanwhile waits for the row that this holds."""


async def late(database: Database) -> int:
    """Ring whoever's question has waited long enough, and hand on what a call did not settle; returns how many were rung."""
    rung = 0
    for _ in range(_ROUNDS):
        async with database.system() as uow:
            due = await _due(uow)
            for key in due:
                rung += await _one(uow, key)
        if len(due) < _BATCH:
            break
    return rung


async def _due(uow: UnitOfWork) -> list[UUID]:
    waits = PhoneQuestion.kind.in_(CODED) if questions.quiet(CODED[0], uow.now) else sa.false()
    return list(
        await uow.session.scalars(
            sa.select(PhoneQuestion.id)
            .where(PhoneQuestion.state == "open", PhoneQuestion.call_at <= uow.now, sa.not_(waits))
            .order_by(PhoneQuestion.call_at)
            .limit(_BATCH)
            .with_for_update(skip_locked=True)
        )
    )


async def _one(uow: UnitOfWork, key: UUID) -> bool:
    """Ring about one question, or hand it on; one that cannot be worked must not hold the others up, and comes up again."""
    try:
        async with uow.savepoint():
            row = await uow.session.get_one(PhoneQuestion, key, populate_existing=True)
            return await questions.still(uow, row) and await _ring(uow, row)
    except Exception:
        log.exception("question_not_rung", question=str(key))
        await uow.execute(sa.update(PhoneQuestion).where(PhoneQuestion.id == key).values(call_at=uow.now + _PICKED_UP))
        return False


async def _ring(uow: UnitOfWork, row: PhoneQuestion) -> bool:
    if row.rung_at is not None or not line.connected():
        row.call_at = None
        await notices.by_hand(uow, row.notice_id)
        return False
    # The call itself takes a while; when it settles nothing, this question comes up once more.
    row.rung_at, row.call_at = uow.now, uow.now + _PICKED_UP
    await outbox.enqueue(
        uow, system=SYSTEM, kind="ring", subject_id=row.id, chain=f"order:{row.order_id}", tenant=row.tenant,
        via=row.via, person_id=row.person_id, payload={"what": row.kind},
    )  # fmt: skip
    return True
