"""Calls that we make to a telephone: about a question, or back to somebody who called and asked for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import outbox
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.outbox import OutsideCall
from linggong.people.messages import SYSTEM
from linggong.phones import people
from linggong.phones.line import CALL_BACK
from linggong.phones.models import KeypadCall, PhoneQuestion

_MOST: Final = ((timedelta(hours=1), 3), (timedelta(days=1), 8))
"""Calls back to one number: with a made-up number one could make somebody else's telephone ring."""


async def our_call(uow: UnitOfWork, raw: str, index: bytes) -> tuple[UUID | None, UUID | None]:
    """Return the question that a call of ours is about, or the call of his that it answers.

    Raises NotFound for a call that we never made, or not to this number.
    """
    try:
        call = await uow.session.get(OutsideCall, UUID(raw))
    except ValueError:
        raise NotFound from None
    if call is None or call.system != SYSTEM or call.sent_at is None:
        raise NotFound
    shape: Any = {"ring": PhoneQuestion, CALL_BACK: KeypadCall}.get(call.kind)
    row = await uow.session.get(shape, call.subject_id) if shape else None
    if row is None or row.number_index != index:
        raise NotFound
    return (row.id, None) if call.kind == "ring" else (None, row.id)


async def order(uow: UnitOfWork, row: KeypadCall) -> bool:
    """Let the number of a call be rung as soon as may be (system transaction); False when that was asked too often."""
    person_id = row.person_id
    if person_id is None:
        raise NotFound
    for span, most in _MOST:
        made = await uow.session.scalar(
            sa.select(sa.func.count())
            .select_from(OutsideCall)
            .join(KeypadCall, KeypadCall.id == OutsideCall.subject_id)
            .where(
                OutsideCall.system == SYSTEM,
                OutsideCall.kind == CALL_BACK,
                OutsideCall.created_at > uow.now - span,
                KeypadCall.number_index == row.number_index,
            )
        )
        if (made or 0) >= most:
            return False
    await outbox.enqueue(
        uow, system=SYSTEM, kind=CALL_BACK, subject_id=row.id, chain=f"call:{row.id}",
        tenant=await people.station_of(uow, person_id), person_id=person_id, payload={},
    )  # fmt: skip
    return True
