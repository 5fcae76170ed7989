"""What every verb of the file of a place does: find the place, note who did it, tell it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from linggong.kernel import clock
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, NotFound
from linggong.kernel.events import NewEvent
from tenants import queries
from tenants.kinds import SITE_KINDS, NodeKind
from tenants.models import Node


async def site(uow: UnitOfWork, ref: str | UUID) -> Node:
    """Return a place where people are served, locked for changing its file. Raises NotFound, also for a piece of land."""
    node = await queries.managed(uow, ref)
    if NodeKind(node.kind) not in SITE_KINDS:
        raise NotFound
    return node


def actor(uow: UnitOfWork) -> UUID | None:
    """Return who acts; None for the machine."""
    return None if uow.actor.id == NOBODY else uow.actor.id


def today(uow: UnitOfWork) -> date:
    """Return the business day."""
    return clock.business_date(uow.now)


async def tell(uow: UnitOfWork, node: Node, what: str, **body: Any) -> None:
    """Tell what was done to the file of a place."""
    said = {k: v.isoformat() if isinstance(v, date) else v for k, v in body.items()}
    await uow.emit(
        NewEvent(type=f"site.{what}", chain=f"node:{node.id}", subject_id=node.id, tenant=node.path, body=said)
    )


def choice(faults: list[Fault], field: str, raw: str, known: Mapping[str, str], what: str) -> None:
    """Add a fault for a code that is not in our list."""
    if raw not in known:
        faults.append(Fault(field, f"{what}请从单子里选：{'、'.join(known.values())}。", "choice"))


def square(metres: Decimal) -> str:
    """Return an area as it is said: 12.5, not 12.50."""
    return f"{metres.normalize():f}"


def not_ahead(faults: list[Fault], field: str, day: date | None, now: date, what: str) -> None:
    """Add a fault for a day that is still to come."""
    if day is not None and day > now:
        faults.append(Fault(field, f"{what}不能晚于今天。", "future"))


def once(ended: date | None) -> None:
    """Refuse to end what has ended. Raises Conflict."""
    if ended is not None:
        raise Conflict("这一条已经停用了，不用再停。")
