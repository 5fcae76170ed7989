"""Bills and payments over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paging import Page
from linggong.wages import queries, service
from linggong.wages.queries import BillView, WageSums
from rbac.permissions import Permission


class PaymentForm(msgspec.Struct, forbid_unknown_fields=True):
    """A payment made to the worker himself."""

    amount_fen: Annotated[int, msgspec.Meta(ge=1, le=100_000_000)]
    channel: Literal["cash", "bank", "wechat", "card"]
    voucher: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """Whether the money came; a clerk notes how the worker said so."""

    received: bool
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Wages(Controller):
    """Wage bills."""

    path = "/api/v1"
    tags = ("wages",)

    @get("/bills", opt={"permission": Permission.BILL_READ})
    async def bills(
        self,
        uow: NamedDependency[UnitOfWork],
        order_id: FromQuery[UUID | None] = None,
        unsettled: FromQuery[bool] = False,
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    ) -> Page[BillView]:
        """Bills of this side, of an order or all, the latest due first."""
        return await queries.bills_page(uow, order_id=order_id, unsettled=unsettled, cursor=cursor, limit=limit)

    @get("/bills/{bill_id:uuid}", opt={"permission": Permission.BILL_READ})
    async def bill(self, uow: NamedDependency[UnitOfWork], bill_id: FromPath[UUID]) -> BillView:
        """One bill."""
        return await _one(uow, bill_id)

    @get("/me/wages", opt={"permission": Permission.BILL_READ})
    async def wages(self, uow: NamedDependency[UnitOfWork]) -> WageSums:
        """What I am owed and was paid."""
        return await queries.my_wages(uow)

    @post("/bills/{bill_id:uuid}/payments", opt={"permission": Permission.PAYMENT_RECORD})
    async def pay(
        self, uow: NamedDependency[UnitOfWork], bill_id: FromPath[UUID], data: JSONBody[PaymentForm]
    ) -> BillView:
        """Record a payment (56)."""
        await service.record_payment(
            uow, bill_id, amount_fen=data.amount_fen, channel=data.channel, voucher=data.voucher
        )
        return await _one(uow, bill_id)

    @post("/payments/{payment_id:uuid}/answer", status_code=200, opt={"permission": Permission.PAYMENT_CONFIRM})
    async def answer(
        self, uow: NamedDependency[UnitOfWork], payment_id: FromPath[UUID], data: JSONBody[Answer]
    ) -> BillView:
        """Received or not (57, 59)."""
        row = await service.answer_payment(uow, payment_id, received=data.received, note=data.note)
        return await _one(uow, row.id)


async def _one(uow: UnitOfWork, bill_id: UUID) -> BillView:
    await uow.flush()
    found = await queries.bills(uow, bill_id=bill_id)
    if not found:
        raise NotFound
    return found[0]


CONTROLLERS: list[Any] = [Wages]
