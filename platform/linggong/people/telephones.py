"""The telephones of those whom notices tell, and whose word it is that comes from one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.people.models import Contact, Employer
from linggong.people.notice_models import Notice

others: dict[str, Callable[[UnitOfWork, Sealer, list[Notice]], Awaitable[dict[UUID, str]]]] = {}
"""Who knows the telephones of a side that has no account, by the side: higher floors answer, registered at assembly."""


class Reach(NamedTuple):
    """How an addressee is reached: the telephone, whose it is, and whether an answer from it is his own word."""

    number: str
    number_index: bytes
    kind: str
    """mobile, landline, relative, employer, or a side of `others`."""
    own_word: bool
    """He signs in by this number, or it is his landline: what is answered from it counts as his."""


async def of_notices(uow: UnitOfWork, sealer: Sealer, rows: Sequence[Notice]) -> dict[UUID, Reach]:
    """Return the telephone of each notice's addressee, where he has one."""
    people = {row.person_id for row in rows if row.to_side == "worker" and row.person_id}
    firms = {row.employer_id for row in rows if row.to_side == "employer" and row.employer_id}
    contacts = await uow.session.scalars(
        sa.select(Contact)
        .where(Contact.person_id.in_(people), Contact.ended_at.is_(None), Contact.kind != "station")
        .order_by(Contact.person_id, (Contact.kind == "mobile"), Contact.created_at.desc())
    )
    # The last one of a person wins: his mobile, the oldest one.
    of_person = {
        c.person_id: Reach(
            sealer.open(c.number_sealed, f"contacts.number_sealed.{c.id}"), c.number_index, c.kind, own_word(c)
        )
        for c in contacts
    }
    employers = await uow.execute(
        sa.select(Employer.id, Employer.phone_sealed, Employer.phone_index).where(Employer.id.in_(firms))
    )
    of_firm = {
        e.id: Reach(sealer.open(e.phone_sealed, f"employers.phone_sealed.{e.id}"), e.phone_index, "employer", False)
        for e in employers
    }
    found: dict[UUID, Reach] = {}
    for side, ask in others.items():
        numbers = await ask(uow, sealer, [row for row in rows if row.to_side == side])
        found |= {key: Reach(n, sealer.blind_index("phone", n), side, False) for key, n in numbers.items()}
    for row in rows:
        if row.to_side in others:
            continue
        known, addressee = (of_person, row.person_id) if row.to_side == "worker" else (of_firm, row.employer_id)
        if addressee is not None and addressee in known:
            found[row.id] = known[addressee]
    return found


def own_word(contact: Contact) -> bool:
    """Tell whether what is answered from a telephone counts as the person's own word.

    He signs in by it (his mobile, or a relative's that he named for that), or it is his landline. A number that became
    somebody else's, or a relative's that is for messages only, answers nothing for him.
    """
    return contact.can_sign_in or contact.kind == "landline"
