"""Bills, payments and overdue wages over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paging import Page
from linggong.wages import bills, overdue, queries, service
from linggong.wages.facts import JournalView, journal_of
from linggong.wages.queries import ArrearsFile, BillView, WageSums
from rbac.permissions import Permission

Note = Annotated[str, msgspec.Meta(max_length=200)]
Short = Annotated[str, msgspec.Meta(max_length=60)]
Amount = Annotated[int, msgspec.Meta(ge=1, le=100_000_000)]


class PaymentForm(msgspec.Struct, forbid_unknown_fields=True):
    """A payment made to the worker himself. Name and account, when given, are held against his."""

    amount_fen: Amount
    channel: Literal["cash", "bank", "wechat", "card"]
    voucher: Annotated[str, msgspec.Meta(max_length=100)] = ""
    payee_name: Short = ""
    payee_account: Short = ""
    witness: Annotated[str, msgspec.Meta(max_length=30)] = ""


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """Whether the money came, and how much of it; a clerk notes how the worker said so."""

    received: bool
    got_fen: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)] = 0
    note: Note = ""
    proof: Literal["", "signature", "fingerprint", "sms", "keypad", "spoken"] = ""


class LineForm(msgspec.Struct, forbid_unknown_fields=True):
    """What the employer owes besides."""

    kind: Literal["overtime", "meal", "travel", "allowance"]
    words: Annotated[str, msgspec.Meta(max_length=40)]
    amount_fen: Amount


class Deduction(msgspec.Struct, forbid_unknown_fields=True):
    """What the terms let him take off: meals or tools, and nothing else."""

    what: Literal["meals", "tools"]
    amount_fen: Amount


class Arrears(msgspec.Struct, forbid_unknown_fields=True):
    """That a wage will not come; `unreachable` with a note of the calls."""

    unreachable: bool = False
    note: Note = ""


class Referral(msgspec.Struct, forbid_unknown_fields=True):
    """Which arrears go to which authority, under which number."""

    bill_ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=200)]
    authority: Annotated[str, msgspec.Meta(max_length=40)]
    number: Short


class Ruling(msgspec.Struct, forbid_unknown_fields=True):
    """What the authority decided, by its document."""

    document: Short
    words: Note = ""


class CallBack(msgspec.Struct, forbid_unknown_fields=True):
    """What the worker said when another clerk called him back."""

    note: Note


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

    @get("/bills/{bill_id:uuid}/journal", opt={"permission": Permission.BILL_READ})
    async def journal(self, uow: NamedDependency[UnitOfWork], bill_id: FromPath[UUID]) -> list[JournalView]:
        """The double entries behind a bill, the oldest first."""
        await _one(uow, bill_id)
        return await journal_of(uow, bill_id)

    @get("/me/wages", opt={"permission": Permission.BILL_READ})
    async def wages(self, uow: NamedDependency[UnitOfWork]) -> WageSums:
        """What I am owed and was paid."""
        return await queries.my_wages(uow)

    @post("/bills/{bill_id:uuid}/payments", opt={"permission": Permission.PAYMENT_RECORD})
    async def pay(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        bill_id: FromPath[UUID],
        data: JSONBody[PaymentForm],
    ) -> BillView:
        """Record a payment to the worker himself (56)."""
        await service.record_payment(
            uow, bill_id, amount_fen=data.amount_fen, channel=data.channel, voucher=data.voucher,
            payee_name=data.payee_name, payee_account=data.payee_account, witness=data.witness, sealer=secrets.sealer,
        )  # fmt: skip
        return await _one(uow, bill_id)

    @post("/payments/{payment_id:uuid}/answer", status_code=200, opt={"permission": Permission.PAYMENT_CONFIRM})
    async def answer(
        self, uow: NamedDependency[UnitOfWork], payment_id: FromPath[UUID], data: JSONBody[Answer]
    ) -> BillView:
        """Received or not, or in part (57, 59)."""
        row = await service.answer_payment(
            uow, payment_id, received=data.received, got_fen=data.got_fen, note=data.note, proof=data.proof
        )
        return await _one(uow, row.id)

    @post("/payments/{payment_id:uuid}/call-back", status_code=200, opt={"permission": Permission.PAYMENT_CONFIRM})
    async def call_back(
        self, uow: NamedDependency[UnitOfWork], payment_id: FromPath[UUID], data: JSONBody[CallBack]
    ) -> BillView:
        """Another clerk asked the worker about cash for which one clerk stood on both sides."""
        payment = await service.call_back(uow, payment_id, note=data.note)
        return await _one(uow, payment.bill_id)

    @post("/bills/{bill_id:uuid}/lines", opt={"permission": Permission.PAYMENT_RECORD})
    async def add_line(
        self, uow: NamedDependency[UnitOfWork], bill_id: FromPath[UUID], data: JSONBody[LineForm]
    ) -> BillView:
        """Owe more: overtime, meal, travel, allowance (54)."""
        await bills.add_line(uow, bill_id, kind=data.kind, words=data.words, amount_fen=data.amount_fen)
        return await _one(uow, bill_id)

    @post("/bills/{bill_id:uuid}/deductions", opt={"permission": Permission.PAYMENT_RECORD})
    async def deduct(
        self, uow: NamedDependency[UnitOfWork], bill_id: FromPath[UUID], data: JSONBody[Deduction]
    ) -> BillView:
        """Take off meals or tools, as far as the terms name an amount (54)."""
        await bills.deduct(uow, bill_id, what=data.what, amount_fen=data.amount_fen)
        return await _one(uow, bill_id)

    @post(
        "/engagements/{engagement_id:uuid}/weekly-wages",
        status_code=204,
        opt={"permission": Permission.PAYMENT_CONFIRM},
    )
    async def weekly(self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID]) -> None:
        """The worker wants his wages by the week, where the terms offer it (ruling 16)."""
        await bills.choose_weekly(uow, engagement_id)

    @post("/bills/{bill_id:uuid}/arrears", status_code=200, opt={"permission": Permission.PAYMENT_CONFIRM})
    async def arrears(
        self, uow: NamedDependency[UnitOfWork], bill_id: FromPath[UUID], data: JSONBody[Arrears]
    ) -> BillView:
        """Say that a wage will not come (65)."""
        await overdue.report_arrears(uow, bill_id, unreachable=data.unreachable, note=data.note)
        return await _one(uow, bill_id)

    @get("/employers/{employer_id:uuid}/arrears-file", opt={"permission": Permission.BILL_READ})
    async def arrears_file(self, uow: NamedDependency[UnitOfWork], employer_id: FromPath[UUID]) -> ArrearsFile:
        """The late bills of an employer with contract, attendance and reminders, as far as this reader may see them."""
        return await queries.arrears_file(uow, employer_id)

    @post("/arrears/referrals", status_code=200, opt={"permission": Permission.BILL_REFER})
    async def refer(self, uow: NamedDependency[UnitOfWork], data: JSONBody[Referral]) -> list[BillView]:
        """Hand arrears over to an authority (66)."""
        await overdue.refer(uow, data.bill_ids, authority=data.authority, number=data.number)
        await uow.flush()
        return await queries.bills(uow, bill_ids=data.bill_ids)

    @post("/bills/{bill_id:uuid}/ruling", status_code=200, opt={"permission": Permission.BILL_REFER})
    async def rule(self, uow: NamedDependency[UnitOfWork], bill_id: FromPath[UUID], data: JSONBody[Ruling]) -> BillView:
        """Enter what the authority ruled (68)."""
        await overdue.rule(uow, bill_id, document=data.document, words=data.words)
        return await _one(uow, bill_id)


async def _one(uow: UnitOfWork, bill_id: UUID) -> BillView:
    await uow.flush()
    return await queries.bill(uow, bill_id)


CONTROLLERS: list[Any] = [Wages]
