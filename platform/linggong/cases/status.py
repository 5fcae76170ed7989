"""How far a case is, for whoever holds its receipt and knows the telephone's last digits: without signing in (R115)."""

from __future__ import annotations

from datetime import datetime, timedelta
from hmac import compare_digest

import msgspec
import sqlalchemy as sa

from linggong.cases import codes
from linggong.cases.machines import DISPUTE
from linggong.cases.models import Case, CaseMaterial, CaseReferral
from linggong.kernel.crypto import Sealer, Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.people import limits
from linggong.people.models import Contact, Employer
from linggong.people.text import typed_code

_MOST_TRIES, _WINDOW = 20, timedelta(minutes=10)
_SAY = "查得太频繁，请过十分钟再试，或打驿站电话问。"


class PublicStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What the receipt opens: state, clocks, papers to bring, the answer; no name and no number of anybody."""

    receipt: str
    kind_words: str
    state: str
    state_words: str
    created_at: datetime
    acked_at: datetime | None
    close_due_at: datetime | None
    papers: list[str]
    referred_to: list[str]
    outcome: str
    ended_how: str


async def look_up(database: Database, secrets: Secrets, receipt: str, digits: str, address: str) -> PublicStatus:
    """Return a case's state. A wrong number and wrong digits are answered alike (NotFound).

    Tries are counted by address and by receipt, and a refusal does not undo that; raises TooMany.
    """
    sealer = secrets.sealer
    for purpose, key in (("case", address), ("receipt", typed_code(receipt))):
        await limits.take_at_once(database, secrets, purpose, key, most=_MOST_TRIES, window=_WINDOW, say=_SAY)
    async with database.system() as uow:
        row = await uow.session.scalar(sa.select(Case).where(Case.receipt == typed_code(receipt)))
        typed = typed_code(digits)
        if row is None or not await _knows(uow, sealer, row, typed):
            raise NotFound
        papers = (
            await uow.session.scalars(
                sa.select(CaseMaterial.name).where(CaseMaterial.case_id == row.id, CaseMaterial.received_at.is_(None))
            )
        ).all()
        sent = (await uow.session.scalars(sa.select(CaseReferral.body).where(CaseReferral.case_id == row.id))).all()
        done = row.state in DISPUTE.ends
        # The answer to a report may name the reported: it is told to a claimant who gave who he is.
        told = row.outcome if row.claimant != "anonymous" else ""
        return PublicStatus(
            receipt=row.receipt, kind_words=codes.KINDS[row.kind], state=row.state,
            state_words=DISPUTE.labels[row.state], created_at=row.created_at, acked_at=row.acked_at,
            close_due_at=None if done else row.close_due_at, papers=list(papers),
            referred_to=[codes.BODIES[b] for b in dict.fromkeys(sent)], outcome=told if done else "",
            ended_how=codes.ENDED_HOW.get(row.ended_how or "", ""),
        )  # fmt: skip


async def _knows(uow: UnitOfWork, sealer: Sealer, row: Case, typed: str) -> bool:
    if len(typed) != 4 or not typed.isdigit():
        return False
    known = [row.digits, *[n[-4:] for n in await _numbers(uow, sealer, row)]]
    return any(compare_digest(typed.encode(), digits.encode()) for digits in known)


async def _numbers(uow: UnitOfWork, sealer: Sealer, row: Case) -> list[str]:
    found = []
    if row.phone_sealed is not None:
        found.append(sealer.open(row.phone_sealed, f"cases.phone_sealed.{row.id}"))
    if row.claimant == "worker" and row.worker_id is not None:
        contacts = await uow.session.scalars(
            sa.select(Contact).where(Contact.person_id == row.worker_id, Contact.ended_at.is_(None))
        )
        found += [sealer.open(c.number_sealed, f"contacts.number_sealed.{c.id}") for c in contacts]
    if row.claimant == "employer" and row.employer_id is not None:
        employer = await uow.session.get(Employer, row.employer_id)
        if employer is not None:
            found.append(sealer.open(employer.phone_sealed, f"employers.phone_sealed.{employer.id}"))
    return found
