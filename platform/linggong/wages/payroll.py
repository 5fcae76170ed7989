"""The bank's file: what to pay to whom for an order, names and accounts in clear, each look recorded for the one seen.

The platform moves no money: the employer hands this file to his bank, and its statement comes back through `bank_lines`.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import sheets
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.events import NewEvent
from linggong.people import pay_looks, service_links
from linggong.wages import loading
from linggong.wages.models import Bill, Payment
from linggong.wages.payees import payees
from linggong.work import common
from linggong.work.models import Engagement

HEADERS = ("序号", "收款人姓名", "收款账号", "开户行", "金额（元）", "附言")
_MOST = 500

Format = Literal["xlsx", "csv"]


class LeftOut(msgspec.Struct, frozen=True):
    """A wage that the file cannot pay, and why."""

    bill_id: UUID
    worker_name: str
    reason: str


class PaymentFile(msgspec.Struct, frozen=True, kw_only=True):
    """The file with its sums; amounts in fen."""

    name: str
    content: bytes
    count: int
    total_fen: int
    left_out: list[LeftOut]


def reference(bill_id: UUID) -> str:
    """Return the code that a transfer carries, by which its bank line finds the bill again."""
    return f"GZ{bill_id.hex[-10:].upper()}"


async def payment_file(uow: UnitOfWork, sealer: Sealer, order_id: UUID, *, form: Format = "xlsx") -> PaymentFile:
    """Return the bank's file for what is open and undisputed on an order; held, claimed and account-less wages stay out.

    Raises Conflict when nobody can be paid by it and for anybody but the employer's side, NotFound.
    """
    if common.hand(uow) not in ("E", "C", "O"):
        raise Conflict("付款文件由雇主来取。")
    rows = (
        await uow.execute(
            sa.select(Bill, Engagement.worker_name)
            .join(Engagement, Engagement.id == Bill.engagement_id)
            .where(Bill.order_id == order_id, loading.seen(uow, Bill), Bill.state.in_(("OPEN", "CLAIMED")))
            .order_by(Bill.id)
            .limit(_MOST)
        )
    ).all()
    if not rows:
        if await uow.session.scalar(
            sa.select(Bill.id).where(Bill.order_id == order_id, loading.seen(uow, Bill)).limit(1)
        ):
            raise Conflict("这单的工钱都付清了。")
        raise NotFound
    common.for_employer(uow, rows[0][0])
    known = await payees(uow, [b.id for b, _ in rows])
    claimed = await _claimed(uow, [b.id for b, _ in rows])
    table: list[tuple[object, ...]] = [HEADERS]
    left_out: list[LeftOut] = []
    seen: list[UUID] = []
    total = 0
    for row, worker_name in rows:
        amount = row.total_fen - row.paid_fen - row.held_fen - claimed.get(row.id, 0)
        payee = known.get(row.id)
        account = payee.account(sealer) if payee is not None else None
        if amount <= 0:
            left_out.append(LeftOut(row.id, worker_name, "已登记付款或在争议中"))
        elif payee is None or account is None:
            left_out.append(LeftOut(row.id, worker_name, "没有登记银行账号，请付现金或微信"))
        else:
            table.append((len(seen) + 1, payee.name, account, "", amount / 100, f"工资 {reference(row.id)}"))
            seen.append(payee.worker_id)
            total += amount
    if not seen:
        raise Conflict("没有可以转账的：" + "；".join(dict.fromkeys(x.reason for x in left_out)) + "。")
    first = rows[0][0]
    until = uow.now + await service_links.lasts(uow, first.tenant, "order")
    await pay_looks.paid_out(
        uow, seen, employer_id=first.employer_id, order_id=order_id, tenant=uow.actor.post or first.tenant,
        office=(await common.post_of(uow, order_id)).employer_name, fields=["name", "bank"], until=until,
    )  # fmt: skip
    await uow.emit(
        NewEvent(
            type="payment_file.made", chain=f"order:{order_id}", subject_id=order_id, tenant=first.tenant,
            employer_id=first.employer_id, body={"order": str(order_id), "count": len(seen), "total_fen": total, "form": form},
        )
    )  # fmt: skip
    content = sheets.write_csv(table) if form == "csv" else sheets.write_xlsx(table)
    return PaymentFile(
        name=f"付款文件_{order_id.hex[-6:]}.{form}",
        content=content,
        count=len(seen),
        total_fen=total,
        left_out=left_out,
    )


async def _claimed(uow: UnitOfWork, bill_ids: list[UUID]) -> dict[UUID, int]:
    rows = await uow.execute(
        sa.select(Payment.bill_id, sa.func.sum(Payment.amount_fen))
        .where(Payment.bill_id.in_(bill_ids), Payment.state == "claimed")
        .group_by(Payment.bill_id)
    )
    return {row[0]: int(row[1]) for row in rows}
