"""How a side proves who it is: signed in with a fresh one-time code, or before a clerk with a signed slip.

A `Code` is minted by `prove` alone, after the code was right; a `Clerk` says what the clerk has in hand. The services take
them as they are, because a wrong try must count although the signing fails (people.codes).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import Conflict
from linggong.people import codes
from linggong.people.models import Contact

PURPOSE = "contract"
NO_PHONE = "您登记的号码收不到验证码。请带身份证到驿站，由工作人员帮您签。"


class Code(msgspec.Struct, frozen=True):
    """His own session, and a one-time code sent to his own number a moment ago."""

    at: datetime
    device: str = ""


class Clerk(msgspec.Struct, frozen=True):
    """A clerk who has the person before him or on the telephone; the slip's photo may follow within the day."""

    witness: str = ""
    slip_id: UUID | None = None
    device: str = ""


Proof = Code | Clerk


async def send(database: Database, secrets: Secrets, person_id: UUID, *, address: str = "") -> str:
    """Send a code to the person's own number; returns it masked. Raises Conflict without one, TooMany."""
    number = await _number(database, secrets, person_id)
    await codes.send_code(database, secrets, number, PURPOSE, address=address)
    return f"{number[:3]}****{number[-4:]}"


async def prove(database: Database, secrets: Secrets, person_id: UUID, code: str, *, device: str = "") -> Code:
    """Use up a code and return the proof. Raises SignInFailed for a wrong one, TooMany, Conflict without a number."""
    number = await _number(database, secrets, person_id)
    await codes.check_code(database, secrets, number, PURPOSE, code)
    return Code(clock.now(), device)


async def _number(database: Database, secrets: Secrets, person_id: UUID) -> str:
    async with database.system() as uow:
        row = (
            await uow.execute(
                sa.select(Contact.id, Contact.number_sealed)
                .where(Contact.person_id == person_id, Contact.can_sign_in, Contact.ended_at.is_(None))
                .order_by((Contact.kind == "mobile").desc(), Contact.created_at.desc())
                .limit(1)
            )
        ).one_or_none()
    if row is None:
        raise Conflict(NO_PHONE)
    return secrets.sealer.open(row.number_sealed, f"contacts.number_sealed.{row.id}")


def device_of(agent: str) -> str:
    """Return what a browser says of itself in a few words, for the record of a consent."""
    system = next((word for key, word in _SYSTEMS if key in agent), "")
    browser = next((word for key, word in _BROWSERS if key in agent), "")
    return " ".join(part for part in (system, browser) if part) or ("网页" if agent else "")


_SYSTEMS = (
    ("HarmonyOS", "鸿蒙"), ("Android", "安卓手机"), ("iPhone", "苹果手机"), ("iPad", "苹果平板"), ("Windows", "Windows 电脑"), ("Macintosh", "苹果电脑"), ("Linux", "Linux 电脑"),
)  # fmt: skip
_BROWSERS = (
    ("MicroMessenger", "微信"), ("AlipayClient", "支付宝"), ("Edg", "Edge"), ("QQBrowser", "QQ 浏览器"), ("UCBrowser", "UC 浏览器"), ("Chrome", "Chrome"), ("Firefox", "Firefox"), ("Safari", "Safari"),
)  # fmt: skip
