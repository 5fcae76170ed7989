"""Loading what a step changes, locked and within the scope; foreign and missing alike are NotFound."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.wages.models import Bill, Payment
from tenants.service import parameters

_BILL = sa.select(Bill).with_for_update(key_share=True).execution_options(populate_existing=True)
_PAYMENT = (
    sa.select(Payment)
    .where(Payment.id == sa.bindparam("of"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


async def bill(uow: UnitOfWork, bill_id: UUID) -> Bill:
    """Load and lock a bill; foreign and missing alike are NotFound."""
    found: Bill | None = await uow.session.scalar(_BILL.where(Bill.id == bill_id, seen(uow, Bill)))
    if found is None:
        raise NotFound
    return found


async def payment(uow: UnitOfWork, payment_id: UUID) -> tuple[Payment, Bill]:
    """Load a payment with its bill, the bill locked first: whatever changes a payment changes its bill, too."""
    of = sa.select(Payment.bill_id).where(Payment.id == payment_id, seen(uow, Payment)).scalar_subquery()
    row = await uow.session.scalar(_BILL.where(Bill.id == of, seen(uow, Bill)))
    found: Payment | None = await uow.session.scalar(_PAYMENT, {"of": payment_id})
    if row is None or found is None:
        raise NotFound
    return found, row


def seen(uow: UnitOfWork, model: type[Bill] | type[Payment]) -> sa.ColumnElement[bool]:
    """Return the scope test of a two-sided row of wages."""
    if uow.actor.kind == "staff":
        return sa.or_(uow.scope.clause(model.tenant), uow.scope.clause(model.via))
    return sa.true()


async def whole(uow: UnitOfWork, path: str, key: str) -> int:
    """Return a parameter that is a whole number, as it holds at a place."""
    found = (await parameters(uow, path, key))[key]
    if not isinstance(found, int):
        raise TypeError(f"{key} is not a whole number: {found!r}")
    return found
