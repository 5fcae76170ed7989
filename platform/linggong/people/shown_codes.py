"""本人码: a person shows a short code on his own phone, and the station where he shows it may serve him for a while.

So a worker of one station is served at another one without telling his number aloud, and nobody is opened without being there.
The functions that count take the database: a wrong try must be counted although the answer is an error.
"""

from __future__ import annotations

import secrets as random
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound, TooMany
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.people import cards, service_links
from linggong.people.models import Person
from linggong.people.privacy_models import ShownCode, ShownCodeMiss
from linggong.people.registration import whole
from linggong.people.text import typed_code
from tenants.service import parameters

_DIGITS = 8
_HOUR = timedelta(hours=1)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A code to be shown: eight digits, until when."""

    code: str
    until: datetime


async def show(database: Database, secrets: Secrets, person_id: UUID) -> Shown:
    """Make a code for a person who is signed in; his earlier ones are over. Raises NotFound for nobody."""
    async with database.system() as uow:
        person = await uow.session.get(Person, person_id)
        if person is None or person.status != "active":
            raise NotFound
        lives = (await parameters(uow, "/", "privacy.code.lives"))["privacy.code.lives"]
        if not isinstance(lives, timedelta):
            raise TypeError("privacy.code.lives is not a duration")
        await uow.execute(
            sa.update(ShownCode)
            .where(ShownCode.person_id == person_id, ShownCode.expires_at > uow.now)
            .values(expires_at=uow.now)
        )
        code = ""
        while not code:
            drawn = f"{random.randbelow(10**_DIGITS):0{_DIGITS}d}"
            taken = sa.select(ShownCode.id).where(ShownCode.code_index == _index(secrets, drawn), _open(uow)).limit(1)
            code = "" if await uow.session.scalar(taken) else drawn
        row = ShownCode(
            id=new_id(), person_id=person_id, code_index=_index(secrets, code), created_at=uow.now,
            expires_at=uow.now + lives,
        )  # fmt: skip
        uow.session.add(row)
        return Shown(code=code, until=row.expires_at)


async def take(uow: UnitOfWork, database: Database, secrets: Secrets, raw: str) -> UUID:
    """Open a service link to the one who shows this code, or his printed card (零工卡), at the acting post; returns his id.

    Each code is good once; a card until a new one is printed. Raises Invalid for a code that is nobody's or over, TooMany after too many of them in an hour.
    """
    actor = uow.actor
    if actor.kind != "staff" or actor.post is None:
        raise NotFound
    digits = typed_code(raw)
    person_id: UUID | None = None
    async with database.system() as own:
        key = "privacy.code.misses_per_hour"
        most = whole((await parameters(own, actor.post, key))[key])
        await own.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:k, 13))"), {"k": str(actor.id)})
        missed = await own.session.scalar(
            sa.select(sa.func.count())
            .select_from(ShownCodeMiss)
            .where(ShownCodeMiss.staff_id == actor.id, ShownCodeMiss.at > own.now - _HOUR)
        )
        spent = int(missed or 0) >= most
        row = None
        if not spent and len(digits) == _DIGITS:
            row = await own.session.scalar(
                sa.select(ShownCode)
                .where(ShownCode.code_index == _index(secrets, digits), _open(own))
                .with_for_update()
            )
        if row is not None:
            row.used_at, person_id = own.now, row.person_id
        elif not spent and cards.is_number(digits):
            person_id = await cards.of(own, secrets.sealer, digits)
        if person_id is None and not spent:
            own.session.add(ShownCodeMiss(id=new_id(), staff_id=actor.id, at=own.now))
    if spent:
        raise TooMany("本人码输错太多次了，请过一小时再试，或按身份证登记。", retry_after=3600)
    if person_id is None:
        raise Invalid([Fault("code", "没有这个码，或者已经过期。请他在“我的”里重新点“出示我的码”。", "code")])
    await service_links.link(uow, person_id, actor.post, "showed_code")
    await uow.emit(
        NewEvent(
            type="person.showed_code",
            chain=f"person:{person_id}",
            subject_id=person_id,
            tenant=actor.post,
            person_id=person_id,
        )
    )
    return person_id


def _index(secrets: Secrets, code: str) -> bytes:
    return secrets.sealer.blind_index("shown-code", code)


def _open(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    return sa.and_(ShownCode.used_at.is_(None), ShownCode.expires_at > uow.now)
