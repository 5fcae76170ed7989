"""Second factors of a city of made-up people: derived from the user name, so that everybody who looks at the demo has them.

They are given by the demo alone, which exists in dev mode only, and shown on a dev page. An account whose secret is another
one never appears there.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection

import msgspec
import pyotp
import sqlalchemy as sa

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import NOBODY, Database, UnitOfWork
from linggong.people import factors, passwords
from linggong.people.door_models import PrintedCode, StaffCredential
from linggong.people.models import Staff

PIN = "402857"
SHEET = 20


class TrialCode(msgspec.Struct, frozen=True, kw_only=True):
    """What to type for an account of the demo just now."""

    username: str
    name: str
    code: str
    """Of the authenticator; '' when this half minute's and the next one's are used up."""
    seconds: int
    """Until the next code."""
    printed: str
    """The next code of the sheet, or ''."""


def secret_of(username: str) -> str:
    """Return the authenticator's secret of a demo account."""
    return base64.b32encode(hashlib.sha256(f"linggong demo authenticator: {username}".encode()).digest())[:32].decode()


def sheet_of(username: str) -> list[str]:
    """Return the one-time codes of a demo account."""
    letters = passwords.CODE_LETTERS
    raw = b"".join(hashlib.sha256(f"linggong demo sheet: {username} {n}".encode()).digest()[:8] for n in range(SHEET))
    text = "".join(letters[byte % len(letters)] for byte in raw)
    return [text[i : i + 8] for i in range(0, len(text), 8)]


async def give(
    database: Database, sealer: Sealer, usernames: Collection[str], *, with_sheet: Collection[str] = ()
) -> None:
    """Give accounts that have no second factor yet one of the demo, and a PIN; some get a sheet of codes, too."""
    pin = await passwords.hash_secret(PIN)
    async with database.system() as uow:
        rows = await uow.execute(
            sa.select(StaffCredential, Staff.username)
            .join(Staff, Staff.id == StaffCredential.staff_id)
            .where(Staff.username.in_(usernames), StaffCredential.totp_enrolled_at.is_(None))
        )
        for credential, username in rows.all():
            place = f"staff_credentials.totp_sealed.{credential.staff_id}"
            credential.totp_sealed = sealer.seal(secret_of(username), place)
            credential.totp_enrolled_at = uow.now
            credential.pin_hash = pin
            if username in with_sheet:
                await factors.put_codes(uow, sealer, credential.staff_id, sheet_of(username), by=NOBODY)


async def shown(database: Database, sealer: Sealer, *, begins: str = "", most: int = 60) -> list[TrialCode]:
    """Return what to type for the demo's accounts whose user name begins so, short names first."""
    async with database.system() as uow:
        rows = await uow.execute(
            sa.select(StaffCredential, Staff.username, Staff.name)
            .join(Staff, Staff.id == StaffCredential.staff_id)
            .where(
                StaffCredential.totp_enrolled_at.is_not(None),
                Staff.status == "active",
                Staff.username.startswith(begins.lower(), autoescape=True),
            )
            .order_by(sa.func.length(Staff.username), Staff.username)
            .limit(most)
        )
        out = []
        for credential, username, name in rows.all():
            sealed = credential.totp_sealed or b""
            if sealer.open(sealed, f"staff_credentials.totp_sealed.{credential.staff_id}") != secret_of(username):
                continue
            totp = pyotp.TOTP(secret_of(username))
            moment = int(uow.now.timestamp())
            step = next((s for s in (moment // 30, moment // 30 + 1) if s > credential.totp_last_step), None)
            out.append(
                TrialCode(
                    username=username,
                    name=name,
                    code=totp.generate_otp(step) if step is not None else "",
                    seconds=30 - moment % 30,
                    printed=await _next_printed(uow, credential, username),
                )
            )
        return out


async def _next_printed(uow: UnitOfWork, credential: StaffCredential, username: str) -> str:
    row = await uow.session.scalar(
        sa.select(PrintedCode)
        .where(
            PrintedCode.staff_id == credential.staff_id,
            PrintedCode.used_at.is_(None),
            PrintedCode.made_by == NOBODY,
        )
        .order_by(PrintedCode.n)
        .limit(1)
    )
    return "" if row is None else passwords.in_fours(sheet_of(username)[row.n - 1])
