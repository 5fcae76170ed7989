"""What an employer adds to an order's cover: a top-up that he pays, and the number of the 工伤保险 that he owes (R082, ruling 16)."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.cover import queries
from linggong.cover.models import CoverChoice, CoverPolicy
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.market import happenings
from linggong.market import queries as market
from linggong.market.models import Order
from linggong.work import common

_NUMBER = re.compile(r"[0-9A-Za-z-]{6,30}")
_OPEN: Final = ("O_DRAFT", "O_REVIEW", "O_RETURNED", "O_OPEN", "O_FULL", "O_LOCKED", "O_ACTIVE")


class ChoiceForm(msgspec.Struct, forbid_unknown_fields=True):
    """What to add. `topup` is the code of a product on offer, '' for none; an empty number leaves the one that is known."""

    topup: str = ""
    injury_number: str = ""


async def choose(uow: UnitOfWork, sealer: Sealer, order_id: UUID, form: ChoiceForm) -> CoverChoice:
    """Add cover to an order: the employer, or staff of the order's place for him.

    A top-up holds for whoever confirms from now on; once somebody has confirmed under it, it stays. Raises Invalid with
    every fault, Conflict for an order that is over, NotFound.
    """
    order = await market.order(uow, order_id, lock=True)
    if order.state not in _OPEN:
        raise Conflict("这单已经结束，不能再改保险。", state=order.state)
    offered = {p.code: p for p in await queries.products(uow, order.tenant) if p.kind == "topup"}
    topup, number = form.topup.strip(), form.injury_number.strip()
    faults = []
    if topup and topup not in offered:
        faults.append(Fault("topup", "没有这个加保产品，请在列表里选。", "unknown"))
    if number and not _NUMBER.fullmatch(number):
        faults.append(Fault("injury_number", "工伤保险登记号是 6 到 30 位的数字或字母，请照登记表填写。", "number"))
    if faults:
        raise Invalid(faults)
    row = await queries.choice(uow, order_id)
    if row is None:
        row = CoverChoice(order_id=order.id, tenant=order.tenant, employer_id=order.employer_id, changed_at=uow.now)
        uow.session.add(row)
    wanted = offered[topup].id if topup else None
    if row.topup_id is not None and row.topup_id != wanted and await _bound(uow, order_id, row.topup_id):
        raise Conflict("已经有人按原来的加保确认了，不能再撤。")
    row.topup_id, row.changed_at = wanted, uow.now
    if number:
        row.injury_sealed = sealer.seal(number, f"cover_choices.injury_sealed.{order.id}")
        row.injury_said_by = common.said_by(uow)
    await uow.flush()
    await _tell(uow, order, topup, injury=row.injury_sealed is not None)
    return row


async def _bound(uow: UnitOfWork, order_id: UUID, product_id: UUID) -> bool:
    return bool(
        await uow.session.scalar(
            sa.select(
                sa.exists().where(
                    CoverPolicy.order_id == order_id,
                    CoverPolicy.product_id == product_id,
                    CoverPolicy.state.in_(("pending", "active")),
                )
            )
        )
    )


async def _tell(uow: UnitOfWork, order: Order, topup: str, *, injury: bool) -> None:
    await happenings.tell(uow, order, "cover.chosen", topup=topup, injury_insurance=injury)
