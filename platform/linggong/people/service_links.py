"""Service links: a node serves a person or an employer. This alone lets its staff see more than the public card."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel.db import UnitOfWork
from linggong.kernel.ids import new_id
from linggong.people.models import ServiceLink

_NEW = insert(cast(sa.Table, ServiceLink.__table__))
_LONGEST = sa.case(
    (sa.or_(ServiceLink.ends_at.is_(None), _NEW.excluded.ends_at.is_(None)), sa.null()),
    else_=sa.func.greatest(ServiceLink.ends_at, _NEW.excluded.ends_at),
)
_LINK: Any = _NEW.on_conflict_do_update(
    index_elements=["subject_id", "tenant", "kind"], set_={"ends_at": _LONGEST}
).returning(sa.literal_column("xmax = 0"))

LinkKind = Literal["registered", "signed_in", "order", "showed_code"]


async def link(uow: UnitOfWork, subject_id: UUID, tenant: str, kind: LinkKind, ends_at: datetime | None = None) -> bool:
    """Link a person or employer to the node `tenant` until `ends_at` (None: without end); True when the link is new.

    A second link of the same kind only ever lengthens the first. Row security decides who may: staff for nodes below
    their post, a person or employer for himself.
    """
    values = {
        "id": new_id(),
        "subject_id": subject_id,
        "tenant": tenant,
        "kind": kind,
        "started_at": uow.now,
        "ends_at": ends_at,
    }
    return bool((await uow.execute(_LINK, values)).scalar_one())


async def end_link(uow: UnitOfWork, subject_id: UUID, tenant: str, kind: LinkKind) -> None:
    """End a link now; ending what is not there is no error."""
    await uow.execute(
        sa.update(ServiceLink)
        .where(ServiceLink.subject_id == subject_id, ServiceLink.tenant == tenant, ServiceLink.kind == kind)
        .values(ends_at=uow.now)
    )
