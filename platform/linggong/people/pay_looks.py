"""Looks that the payment of wages needs: names, accounts and numbers of several people at once, each with a row of his own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from linggong.kernel.db import UnitOfWork
from linggong.kernel.ids import new_id
from linggong.people.privacy_models import Reveal
from linggong.people.reveals import told


async def paid_out(
    uow: UnitOfWork,
    people: Iterable[UUID],
    *,
    employer_id: UUID,
    order_id: UUID | None,
    tenant: str,
    office: str,
    fields: Sequence[str],
    until: datetime,
) -> int:
    """Record that somebody opened what the payment of wages needs (name, account, number) of several people at once.

    One row a person, which each of them can read; returns how many. The caller has checked that the wages are his to pay or
    to look into.
    """
    rows = [
        Reveal(
            id=new_id(), tenant=tenant, subject="person", person_id=person_id, employer_id=employer_id, order_id=order_id,
            fields=list(fields), purpose="pay", reason="", viewer_kind=uow.actor.kind, viewer_id=uow.actor.id,
            viewer_role=uow.actor.role, viewer_office=office,
            post_id=uow.actor.post_id if uow.actor.kind == "staff" else None, at=uow.now, expires_at=until,
        )
        for person_id in sorted(set(people))
    ]  # fmt: skip
    uow.session.add_all(rows)
    await uow.flush()
    for row in rows:
        await told(uow, row)
    return len(rows)
