"""Whom the desk has before it: one field takes a name, a telephone, an ID number, or a name with a telephone."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault
from linggong.people import queries
from linggong.people.identity_numbers import BadNumber, normalise_phone
from linggong.people.models import Person
from linggong.people.service_links import served_by
from linggong.people.text import clean_name


@dataclass(frozen=True, slots=True)
class Who:
    """A person whom the place serves, or a walk-in by the name he gave."""

    name: str
    person_id: UUID | None = None
    phone: str = ""


async def recognise(uow: UnitOfWork, sealer: Sealer, typed: str, faults: list[Fault], *, field: str = "who") -> Who:
    """Return who is meant; adds a fault for nobody, for a number that nobody here has, and for a name that two have."""
    words = typed.replace("，", " ").replace(",", " ").split()
    numbers = [w for w in words if any(c.isdigit() for c in w)]
    name = "".join(w for w in words if w not in numbers)
    if not words:
        faults.append(Fault(field, "请写来的是谁：姓名、手机号或身份证号。", "required"))
        return Who("")
    if numbers and (found := await _by_number(uow, sealer, "".join(numbers))):
        return found
    if not name:
        faults.append(Fault(field, "这个号码没有登记。没登记的人请写姓名，后面可以跟电话。", "unknown"))
        return Who("")
    before = len(faults)
    name = clean_name(faults, field, name)
    if len(faults) > before:
        return Who("")
    if numbers:
        return Who(name, phone=_phone("".join(numbers), faults, field))
    same = list(
        await uow.session.scalars(
            sa.select(Person.id)
            .where(Person.name == name, Person.status == "active", served_by(uow, Person.id))
            .limit(2)
        )
    )
    if len(same) > 1:
        faults.append(Fault(field, "登记过的人里有同名的，请输手机号或身份证号。", "several"))
    return Who(name, person_id=same[0] if len(same) == 1 else None)


async def _by_number(uow: UnitOfWork, sealer: Sealer, number: str) -> Who | None:
    found = await queries.workers_linked(uow, sealer, q=number, limit=2) if number.isalnum() else []
    if len(found) != 1:
        return None
    name = await uow.session.scalar(sa.select(Person.name).where(Person.id == found[0].id))
    return Who(str(name or ""), person_id=found[0].id)


def _phone(raw: str, faults: list[Fault], field: str) -> str:
    try:
        return normalise_phone(raw).number
    except BadNumber as error:
        faults.append(Fault(field, error.message, "phone"))
        return ""
