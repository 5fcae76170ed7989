"""Who is paid: the worker's own account, or himself for cash; a crew leader's or any third party's account is refused (56)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, NotFound
from linggong.wages.models import Bill

_LAW = "工资要付给零工本人（保障农民工工资支付条例）。"


async def faults(uow: UnitOfWork, bill: Bill, *, name: str, account: str, sealer: Sealer | None) -> list[Fault]:
    """Return what is wrong with the payee that the employer named; an empty name or account says nothing.

    An account is held against the worker's own and, where he has none on file, against those of everybody on the order.
    Raises ValueError for an account without the sealer to read the one on file: a fault of ours.
    """
    found: list[Fault] = []
    if not name.strip() and not account.strip():
        return found
    own = await payee(uow, bill.id)
    if name.strip() and plain(name) != plain(own.name):
        found.append(Fault("payee_name", f"收款人不是这位零工本人。{_LAW}班组长和别人都不能代收。", "payee"))
    if account.strip():
        if sealer is None:
            raise ValueError("an account cannot be checked without the sealer")
        number = re.sub(r"[\s-]", "", account)
        if not re.fullmatch(r"\d{8,30}", number):
            found.append(Fault("payee_account", "账号只有数字，8 到 30 位。", "account"))
        elif own.account_sealed is not None:
            if own.account(sealer) != number:
                found.append(Fault("payee_account", f"这不是零工本人登记的账号。{_LAW}", "payee"))
        elif await _somebody_else(uow, bill, number, sealer):
            found.append(Fault("payee_account", f"这是这单里另一个人的账号。{_LAW}", "payee"))
    return found


@dataclass(frozen=True, slots=True)
class Payee:
    """The worker to whom a bill is owed: his full name, and his account as it is sealed, where he has one on file."""

    worker_id: UUID
    name: str
    account_sealed: bytes | None

    def account(self, sealer: Sealer) -> str | None:
        """Return the account in clear; whoever does so records it (`people.reveals`)."""
        if self.account_sealed is None:
            return None
        return sealer.open(self.account_sealed, f"workers.bank_sealed.{self.worker_id}")


async def payee(uow: UnitOfWork, bill_id: UUID) -> Payee:
    """Return whom a bill is owed to, for whoever acts on it. Raises NotFound."""
    found = (await payees(uow, [bill_id])).get(bill_id)
    if found is None:
        raise NotFound
    return found


async def payees(uow: UnitOfWork, bill_ids: Iterable[UUID]) -> dict[UUID, Payee]:
    """Return whom bills are owed to, by bill, for whoever acts on them."""
    rows = await uow.execute(
        sa.text("SELECT bill_id, worker_id, name, bank_sealed FROM payees_of(:b)"), {"b": list(bill_ids)}
    )
    return {row.bill_id: Payee(row.worker_id, row.name, row.bank_sealed) for row in rows}


async def _somebody_else(uow: UnitOfWork, bill: Bill, number: str, sealer: Sealer) -> bool:
    rows = await uow.execute(sa.text("SELECT worker_id, bank_sealed FROM accounts_beside(:b)"), {"b": bill.id})
    return any(sealer.open(row.bank_sealed, f"workers.bank_sealed.{row.worker_id}") == number for row in rows)


def plain(name: str) -> str:
    """Return a name without the marks that banks write in different ways."""
    return re.sub(r"[\s·•.]", "", name)
