"""Telling both sides what became of a job: one receipt each, reached or not (invariant 15)."""

from __future__ import annotations

from datetime import timedelta

from linggong.kernel.db import UnitOfWork
from linggong.market.models import BoardPost
from linggong.people import notices
from linggong.work.models import Sided

CALL_WITHIN = timedelta(hours=4)
"""Whoever should leave home within this time is called, because an SMS may not be read before."""


async def worker(uow: UnitOfWork, row: Sided, kind: str, text: str, *, call: bool = False) -> None:
    """Tell the worker of a two-sided row."""
    await _tell(uow, row, "worker", kind, text, call)


async def employer(uow: UnitOfWork, row: Sided, kind: str, text: str, *, call: bool = False) -> None:
    """Tell the employer of a two-sided row."""
    await _tell(uow, row, "employer", kind, text, call)


def soon(uow: UnitOfWork, post: BoardPost) -> bool:
    """Tell whether somebody may be on his way already."""
    return uow.now > post.starts_at - CALL_WITHIN


async def _tell(uow: UnitOfWork, row: Sided, to: str, kind: str, text: str, call: bool) -> None:
    await notices.notify(
        uow,
        to=to,
        kind=kind,
        text=text[: notices.MAX_TEXT],
        subject_id=row.order_id,
        tenant=row.tenant,
        via=row.via,
        person_id=row.worker_id,
        employer_id=row.employer_id,
        call=call,
    )
