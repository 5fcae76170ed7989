"""Who has not answered a message: first the keypad calls him, then the desk."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from linggong.kernel import clock, outbox
from linggong.kernel.db import Database
from linggong.people import notices
from linggong.people.messages import SYSTEM
from linggong.phones import line, questions
from linggong.phones.models import PhoneQuestion

_PICKED_UP: Final = timedelta(minutes=5)
"""How long a call may take before the desk is asked to call."""
_QUIET: Final = (22, 6)
"""Nobody is woken for what can wait until the morning; an offer cannot."""
_BATCH: Final = 100


async def late(database: Database) -> int:
    """Ring whoever's question has waited long enough, and hand on what a call did not settle; returns how many were rung."""
    async with database.system() as uow:
        waits = PhoneQuestion.kind.in_(("terms", "payment"))
        rings = sa.not_(waits) if _night(uow.now) else sa.true()
        rows = (
            await uow.session.scalars(
                sa.select(PhoneQuestion)
                .where(PhoneQuestion.state == "open", PhoneQuestion.call_at <= uow.now, rings)
                .order_by(PhoneQuestion.call_at)
                .limit(_BATCH)
                .with_for_update(skip_locked=True)
            )
        ).all()
        rung = 0
        for row in rows:
            if not await questions.still(uow, row):
                continue
            if row.rung_at is not None or not line.connected():
                row.call_at = None
                await notices.by_hand(uow, row.notice_id)
            else:
                # The call itself takes a while; when it settles nothing, this question comes up once more.
                row.rung_at, row.call_at = uow.now, uow.now + _PICKED_UP
                await outbox.enqueue(
                    uow, system=SYSTEM, kind="ring", subject_id=row.id, chain=f"order:{row.order_id}",
                    tenant=row.tenant, via=row.via, person_id=row.person_id, payload={"what": row.kind},
                )  # fmt: skip
                rung += 1
    return rung


def _night(now: datetime) -> bool:
    hour = clock.shanghai(now).hour
    return hour >= _QUIET[0] or hour < _QUIET[1]
