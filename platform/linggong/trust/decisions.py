"""Blacklisting by decision, of either side: proposed with evidence, decided by the bureau, told, objected to, ended (R114)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW
from linggong.people.models import Employer, Person
from linggong.people.service_links import served_by
from linggong.trust import levels
from linggong.trust.common import TEXT, hand, move, other_hand, restriction, said, spans, tell
from linggong.trust.machines import LEVEL
from linggong.trust.models import Restriction


async def propose(
    uow: UnitOfWork,
    *,
    person_id: UUID | None = None,
    employer_id: UUID | None = None,
    level: int,
    days: int,
    grounds: str,
    evidence: str,
) -> Restriction:
    """Propose to restrict (2) or ban (3) somebody whom the post serves, for some days, with evidence (6i).

    Raises Invalid with every fault, NotFound for somebody whom the post does not serve.
    """
    faults = []
    if (person_id is None) == (employer_id is None):
        faults.append(Fault("side", "请选零工或用工主体中的一方。", "required"))
    if level not in (2, 3):
        faults.append(Fault("level", "请选“限制”或“禁止”。", "range"))
    longest = (await spans(uow, uow.actor.post or "/", "credit.decision.max"))["credit.decision.max"].days
    if not 1 <= days <= longest:
        faults.append(Fault("days", f"请填1到{longest}天，没有终身限制。", "range"))
    for name, text, what in (
        ("grounds", grounds, "为什么"),
        ("evidence", evidence, "证据：单号、证人、照片或文书编号"),
    ):
        if not 4 <= len(text.strip()) <= TEXT:
            faults.append(Fault(name, f"请写明{what}，4 到 {TEXT} 个字。", "required"))
    if faults:
        raise Invalid(faults)
    if uow.actor.kind == "staff" and not await _served(uow, person_id, employer_id):
        raise NotFound
    made = LEVEL.step(NEW, "propose", hand(uow))
    row = Restriction(
        id=new_id(),
        tenant=uow.actor.post or "/",
        person_id=person_id,
        employer_id=employer_id,
        state=made.target,
        kind="decision",
        level=level,
        points=0,
        grounds=grounds.strip(),
        evidence=evidence.strip(),
        proposed_by=uow.actor.id if uow.actor.id != NOBODY else None,
        starts_at=uow.now,
        ends_at=uow.now + timedelta(days=days),
        created_at=uow.now,
    )
    uow.session.add(row)
    await uow.flush()
    await tell(uow, LEVEL, row, made, level=level, days=days)
    return row


async def _served(uow: UnitOfWork, person_id: UUID | None, employer_id: UUID | None) -> bool:
    column = Person.id if person_id is not None else Employer.id
    found = sa.select(column).where(column == (person_id or employer_id), served_by(uow, column))
    return await uow.session.scalar(found) is not None


async def confirm(uow: UnitOfWork, restriction_id: UUID, *, words: str) -> Restriction:
    """Decide that a proposal holds, from now for as long as proposed (6j); the party is told why and how to object.

    Raises Invalid without reasons, Conflict for one's own proposal, NotFound.
    """
    row = await restriction(uow, restriction_id)
    LEVEL.step(row.state, "confirm", hand(uow))
    await other_hand(uow, row)
    row.decision, row.decided_at, row.decided_by = said("words", words, "决定的理由"), uow.now, uow.actor.id
    row.ends_at, row.starts_at = uow.now + (row.ends_at - row.starts_at), uow.now
    await levels.start(uow, row)
    await move(uow, LEVEL, row, "confirm", level=row.level, ends_at=row.ends_at.isoformat(), shared=row.level >= 2)
    await levels.inform(uow, row)
    return row


async def refuse(uow: UnitOfWork, restriction_id: UUID, *, words: str) -> Restriction:
    """Decide that a proposal does not hold (6k); nobody is told of what never was. Raises as `confirm`."""
    row = await restriction(uow, restriction_id)
    LEVEL.step(row.state, "refuse", hand(uow))
    await other_hand(uow, row)
    row.decision, row.decided_at, row.decided_by = said("words", words, "决定的理由"), uow.now, uow.actor.id
    await move(uow, LEVEL, row, "refuse")
    return row
