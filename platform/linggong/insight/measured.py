"""The records behind a measure as they are shown: read within the reader's scope, nobody named in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from linggong.cases import common as cases
from linggong.cases.models import Case
from linggong.insight.records import Record, shown
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.orm import Base
from linggong.kernel.paging import Page
from linggong.kernel.paths import Scope
from linggong.market.models import Order, Shift
from linggong.measures import behind
from linggong.measures.behind import Asked
from linggong.people.models import Person
from linggong.wages.models import Bill
from linggong.work.models import Assignment, Engagement, Rating
from linggong.work.witness_models import CallBack
from rbac.permissions import Permission

MODELS: Final[Mapping[str, type[Base]]] = MappingProxyType(
    {
        "orders": Order, "shifts": Shift, "assignments": Assignment, "engagements": Engagement, "bills": Bill, "ratings": Rating,
        "call_backs": CallBack, "cases": Case, "persons": Person,
    }
)  # fmt: skip
READ: Final[Mapping[str, Permission]] = MappingProxyType(
    {
        "orders": Permission.ORDER_READ, "shifts": Permission.ORDER_READ, "assignments": Permission.ASSIGNMENT_READ,
        "engagements": Permission.ENGAGEMENT_READ, "bills": Permission.BILL_READ, "ratings": Permission.ENGAGEMENT_READ,
        "call_backs": Permission.ENGAGEMENT_READ, "cases": Permission.CASE_READ, "persons": Permission.PERSON_READ,
    }
)  # fmt: skip
"""What one must hold to see the records of a table."""


def read_of(component: str) -> Permission:
    """Return what one must hold to see the records of a component."""
    return READ[behind.SOURCES[component].table]


_MONEY: Final = frozenset({"due.fen", "late.fen", "wage.hour", "cases.fen"})
_MINUTES: Final = frozenset({"fill.minutes", "first.minutes", "check.minutes"})


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """A record with the day under which it counts and what it adds, in words; `amount` in fen where it is money."""

    record: Record
    day: date
    place: str | None
    counts: str
    amount: int
    money: bool


async def records(
    uow: UnitOfWork,
    database: Database,
    asked: Asked,
    *,
    seen: Sequence[Scope],
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Behind]:
    """Return a page of the records that a component counts; a row that the reader may not read is left out."""
    page = await behind.records(uow, database, asked, seen=seen, cursor=cursor, limit=limit)
    if not page.items:
        return Page([])
    model: Any = MODELS[page.items[0].table]
    # An operator's people never see cases of their own.
    own = (cases.not_own(uow),) if model is Case else ()
    found = await uow.session.scalars(sa.select(model).where(model.id.in_({c.id for c in page.items}), *own))
    rows = {row.id: row for row in found}
    told = await shown(uow, list(rows.values()))
    items = []
    for one in page.items:
        if one.id in rows:
            record, money = told[one.id], asked.component in _MONEY
            amount = int(one.key) if asked.component == "wage.hour" else one.amount
            items.append(
                Behind(
                    record=record, day=one.day, place=record.place, amount=amount, money=money,
                    counts=f"{one.key} 分钟" if asked.component in _MINUTES else f"{one.amount:,}",
                )
            )  # fmt: skip
    return Page(items, page.next)
