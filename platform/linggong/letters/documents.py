"""Making the paper of a letter: read in one short transaction, set and sealed in a thread, stored in another (as contracts' are)."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
import structlog

from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.ids import new_id
from linggong.kernel.settings import Settings
from linggong.letters.models import Letter, LetterFile
from linggong.letters.service import announce, chinese_day

TEMPLATE: Final = Path(__file__).parent / "letter.typ"
_PATIENCE: Final = timedelta(minutes=1)
_AT_ONCE: Final = 25
log = structlog.get_logger(__name__)


async def seal(database: Database, settings: Settings, letter_id: UUID) -> bool:
    """Make and seal a letter's paper; True when this call made it. Safe to run twice, also at the same time."""
    async with database.system() as uow:
        row = await uow.session.get(Letter, letter_id)
        if row is None or await _made(uow, letter_id):
            return False
        when = clock.now()
        data = _data(row, settings)
    raw = await asyncio.to_thread(_make, settings, data, when, row.number)
    async with database.system() as uow:
        # Two makers of one paper wait for each other here: the second finds it made.
        await uow.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:k, 8))"), {"k": str(letter_id)})
        if await _made(uow, letter_id):
            return False
        file = LetterFile(
            id=new_id(), letter_id=row.id, tenant=row.tenant, via=row.via, employer_id=row.employer_id,
            sha256=hashlib.sha256(raw).digest(), content=raw, pages=raw.count(b"/Type/Page/") or 1, made_at=when,
        )  # fmt: skip
        uow.session.add(file)
        await uow.flush()
        await announce(uow, row, "letter.sealed", sha256=file.sha256.hex(), pages=file.pages)
    return True


async def catch_up(database: Database, settings: Settings, *, limit: int = _AT_ONCE) -> int:
    """Make papers that no job has made; returns how many. One that cannot be made is reported and holds up no other."""
    async with database.system() as uow:
        missing = list(
            await uow.session.scalars(
                sa.select(Letter.id)
                .where(Letter.issued_at <= uow.now - _PATIENCE, ~sa.exists().where(LetterFile.letter_id == Letter.id))
                .order_by(Letter.issued_at.desc())
                .limit(limit)
            )
        )
    made = 0
    for letter_id in missing:
        try:
            made += await seal(database, settings, letter_id)
        except Exception:
            log.exception("letter_not_sealed", letter=str(letter_id))
    return made


async def _made(uow: UnitOfWork, letter_id: UUID) -> bool:
    return bool(await uow.session.scalar(sa.select(sa.exists().where(LetterFile.letter_id == letter_id))))


def _make(settings: Settings, data: dict[str, Any], when: datetime, number: str) -> bytes:
    from linggong.contracts import seal as seals
    from linggong.contracts import typeset

    mine = seals.of(settings)
    data = data | {"seal_words": f"本件由“{mine.owner}”加盖电子印章，改动一个字印章就失效。"}
    return seals.apply(mine, typeset.pdf(data, TEMPLATE), when=when, reason=f"{number} 发文")


def _data(row: Letter, settings: Settings) -> dict[str, Any]:
    day = clock.business_date(row.issued_at)
    return {
        "title": row.label, "number": row.number, "issuer": row.issuer, "to": row.recipient_name, "body": row.body,
        "day": chinese_day(day), "date": [day.year, day.month, day.day], "url": f"{settings.address}/letters/{row.id}",
    }  # fmt: skip
