"""The public check: is a file, or a code, a contract of this platform? Two things must agree, the file and the record."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from linggong.contracts import wording
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.settings import Settings
from linggong.people import limits

if TYPE_CHECKING:
    from linggong.contracts.examine import Verdict

_CARD = "SELECT * FROM contract_card($1, $2)"
_CODE = frozenset("3467ACDEFGHJKMNPQRTUVWXY9")


MOST_AN_HOUR: Final = 60
"""Files that one address may have checked in an hour: a check costs a tenth of a second of the machine."""
_SAY = "这个网络核验的文件太多，请过一会儿再试。"


async def not_too_many(database: Database, secrets: Secrets, address: str) -> None:
    """Count a check of a file, by whatever door it comes; raises TooMany."""
    await limits.take_at_once(
        database, secrets, "check", address, most=MOST_AN_HOUR, window=timedelta(hours=1), say=_SAY
    )


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What the public may know of a document: no full name of a person, no number."""

    code: str
    part: int
    state: str
    title: str
    employer_name: str
    worker_name: str
    legal_form_words: str
    starts_on: date
    ends_on: date
    sealed_at: datetime | None
    sha256: str
    contract_code: str
    later: int
    """Addenda that came after it."""
    recorded: bool
    """The order's events name this very hash."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on a file, with the record that it belongs to."""

    good: bool
    code: str
    reason: str
    sha256: str
    sealed_at: datetime | None = None
    sealed_by: str = ""
    pages: int = 0
    card: Card | None = None


async def by_code(database: Database, code: str) -> Card | None:
    """Return the card of a code as people type it; None for an unknown one."""
    wanted = code.strip().upper().replace("-", "").replace(" ", "")
    if not 6 <= len(wanted) <= 16 or not set(wanted) <= _CODE:
        return None
    return await _card(database, code=wanted)


async def file(database: Database, settings: Settings, raw: bytes) -> Checked:
    """Judge an uploaded file: by itself first, then against the record. Keeps nothing of it."""
    # Read in a thread: a hostile file may be slow to read, and nothing else should wait for it.
    verdict = await asyncio.to_thread(_examine, settings, raw)
    card = await _card(database, sha256=bytes.fromhex(verdict.sha256))
    found = msgspec.structs.asdict(verdict)
    if not verdict.good:
        return Checked(**found, card=None)
    if card is None or not card.recorded:
        return Checked(
            **(found | {"good": False, "code": "unknown", "reason": "章是真的，但平台的存证里没有这份文件，不能作准。"})
        )
    if card.later:
        found["reason"] += f"它后面还有 {card.later} 份补充协议，要一起看。"
    return Checked(**found, card=card)


def by_itself(settings: Settings, raw: bytes) -> Checked:
    """Judge a file by its seal alone: good means unchanged since we sealed it, not that it is on record."""
    return Checked(**msgspec.structs.asdict(_examine(settings, raw)))


def _examine(settings: Settings, raw: bytes) -> Verdict:
    from linggong.contracts import seal
    from linggong.contracts.examine import examine

    return examine(seal.of(settings), raw)


async def _card(database: Database, *, code: str | None = None, sha256: bytes | None = None) -> Card | None:
    rows = await database.fetch_public(_CARD, code, sha256)
    if not rows:
        return None
    values = dict(rows[0])
    values["legal_form_words"] = wording.form_label(values.pop("legal_form"))
    values["sha256"] = values["sha256"] or ""
    return Card(**values)
