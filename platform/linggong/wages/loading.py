"""Loading what a step changes, locked and within the scope; foreign and missing alike are NotFound."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import reading
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.wages.models import Bill, Payment
from linggong.work import common
from tenants.service import parameters

_LOCKED = "WHERE id = $1 FOR NO KEY UPDATE"
_BILL_PAID = "WHERE id = (SELECT bill_id FROM payments WHERE id = $1) FOR NO KEY UPDATE"


async def bill(uow: UnitOfWork, bill_id: UUID) -> Bill:
    """Load and lock a bill; foreign and missing alike are NotFound."""
    found = await reading.one(uow, Bill, _LOCKED, bill_id)
    if found is None or not common.sees(uow, found):
        raise NotFound
    return found


async def payment(uow: UnitOfWork, payment_id: UUID) -> tuple[Payment, Bill]:
    """Load a payment with its bill, the bill locked first: whatever changes a payment changes its bill, too."""
    row = await reading.one(uow, Bill, _BILL_PAID, payment_id)
    found = await reading.one(uow, Payment, _LOCKED, payment_id)
    if row is None or found is None or not (common.sees(uow, row) and common.sees(uow, found)):
        raise NotFound
    return found, row


def seen(uow: UnitOfWork, model: type[Bill] | type[Payment]) -> sa.ColumnElement[bool]:
    """Return the scope test of a two-sided row of wages."""
    if uow.actor.kind == "staff":
        return sa.or_(uow.scope.clause(model.tenant), uow.scope.clause(model.via))
    return sa.true()


def shown(uow: UnitOfWork, row: Bill) -> bool:
    """Tell whether a bill that row security showed is the actor's own, or inside his scope."""
    if uow.actor.kind == "worker":
        return row.worker_id == uow.actor.id
    if uow.actor.kind == "employer":
        return row.employer_id == uow.actor.employer_id
    return common.sees(uow, row)


async def whole(uow: UnitOfWork, path: str, key: str) -> int:
    """Return a parameter that is a whole number, as it holds at a place."""
    found = (await parameters(uow, path, key))[key]
    if not isinstance(found, int):
        raise TypeError(f"{key} is not a whole number: {found!r}")
    return found
