"""Whom a typed number means: an identity number, a telephone or a printed card, at a kiosk, at the desk, or entered late.

Nothing of it is stored in clear: an unknown identity number is kept as a blind index only.
"""

from __future__ import annotations

import re
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.people import cards
from linggong.people.identity_numbers import BadNumber, normalise_phone, parse_id_number
from linggong.people.models import Person, Worker
from linggong.people.registration import whole
from linggong.people.text import typed_code
from tenants.service import parameters

HOW = "请输 18 位身份证号，或者 11 位手机号。"
SHARED = "这个手机号登记了好几个人，请改输身份证号。"


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed: the person whom it means, if one is known by it."""

    index: bytes
    person_id: UUID | None


async def recognise(uow: UnitOfWork, sealer: Sealer, raw: str, *, at: str, field: str = "number") -> Typed:
    """Find whom a typed identity number or telephone means. Needs a system transaction: he may be known anywhere in the city.

    Raises Invalid, in words that say what to do, for what is neither, for a telephone that several people share, and for
    somebody too young to work.
    """
    text = typed_code(raw)
    if not text:
        raise Invalid([Fault(field, HOW, "empty")])
    if not re.fullmatch(r"[0-9]+X?", text, re.ASCII):
        raise Invalid([Fault(field, f"只能输数字（身份证最后一位可以是 X）。{HOW}", "characters")])
    if len(text) in (15, 18) and not text.startswith("0"):
        return await _by_identity(uow, sealer, text, at, field)
    if re.fullmatch(r"1[0-9]{10}|0[0-9]{9,11}", text, re.ASCII):
        return await _by_phone(uow, sealer, text, field)
    if cards.is_number(text):
        return await _by_card(uow, sealer, text, field)
    raise Invalid([Fault(field, f"现在是 {len(text)} 位，位数不对。{HOW}", "length")])


async def _by_card(uow: UnitOfWork, sealer: Sealer, text: str, field: str) -> Typed:
    person_id = await cards.of(uow, sealer, text)
    person = await uow.session.get(Person, person_id) if person_id else None
    if person is None:
        raise Invalid([Fault(field, "没有这张零工卡，或者已经换了新卡。请改输身份证号。", "unknown")])
    return Typed(index=person.id_index, person_id=person.id)


async def _by_identity(uow: UnitOfWork, sealer: Sealer, text: str, at: str, field: str) -> Typed:
    today = clock.business_date(uow.now)
    try:
        number = parse_id_number(text, today=today)
    except BadNumber as bad:
        raise Invalid([Fault(field, bad.message, bad.code)]) from None
    key = "worker.min_age"
    least = whole((await parameters(uow, at, key))[key])
    if number.age_on(today) < least:
        raise Invalid([Fault(field, f"没满 {least} 岁，按国家规定不能打零工。", "age")])
    index = sealer.blind_index("id", number.number)
    found = await uow.session.scalar(sa.select(Person).where(Person.id_index == index))
    if found is not None and found.merged_into is not None:
        found = await uow.session.get(Person, found.merged_into)
    works = found is not None and found.status == "active" and await uow.session.get(Worker, found.id) is not None
    return Typed(index=index, person_id=found.id if found is not None and works else None)


async def _by_phone(uow: UnitOfWork, sealer: Sealer, text: str, field: str) -> Typed:
    try:
        phone = normalise_phone(text)
    except BadNumber as bad:
        raise Invalid([Fault(field, bad.message, bad.code)]) from None
    index = sealer.blind_index("phone", phone.number)
    found = await uow.fetch(_HOLDERS, index)
    if len(found) > 1:
        raise Invalid([Fault(field, SHARED, "shared")])
    return Typed(index=index, person_id=found[0]["id"] if found else None)


_HOLDERS = """
SELECT DISTINCT p.id FROM contacts c JOIN persons p ON p.id = c.person_id JOIN workers w ON w.person_id = p.id
WHERE c.number_index = $1 AND c.ended_at IS NULL AND p.status = 'active' LIMIT 2
"""
