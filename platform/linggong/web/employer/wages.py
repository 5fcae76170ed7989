"""An employer pays his people: record, in part, all at once by the bank's file, from its statement; his own ledger (56, R076)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.wages import bank_lines, bills, ledger, payroll, proofs, queries, service
from linggong.wages.bank_lines import Imported
from linggong.wages.files_api import UPLOAD_CEILING
from linggong.wages.wechat import merchants
from linggong.wages.wechat.models import MOVING
from linggong.web import pages, wage_rows
from linggong.web.employer import wechat
from linggong.web.employer.home import only_employer
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
HOME = "/employer/wages"


async def _page(
    request: AnyRequest, secrets: Secrets, uow: UnitOfWork, imported: Imported | None = None
) -> Response[bytes]:
    waiting = await wechat.rows(uow, secrets, await queries.bills(uow, unsettled=True, limit=300))
    orders = {b["order_href"]: b["title"] for b in waiting if b["payable_fen"]}
    today = clock.business_date(uow.now)
    return pages.render(
        request,
        "employer/wages.html",
        bills=sorted(waiting, key=lambda b: b["due_at"]),
        wechat={
            "connected": await merchants.mine(uow) is not None,
            "able": [b for b in waiting if not b["wechat_why"]],
            "moving": any(t.state in MOVING for b in waiting for t in b["wechat"]),
        },
        orders=[{"value": href.rpartition("/")[2], "label": title} for href, title in orders.items()],
        pay_ways=wage_rows.PAY_WAYS,
        left_fen=sum(b["left_fen"] for b in waiting),
        first=today.replace(day=1).isoformat(),
        last=today.isoformat(),
        imported=imported,
    )


class EmployerWages(Controller):
    """What is owed, and paying it."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.BILL_READ})
    async def wages(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """Everything that is not settled, the first due first."""
        only_employer(principal)
        return await _page(request, secrets, uow)

    @post(
        "/{bill_id:uuid}/{step:str}",
        request_max_body_size=UPLOAD_CEILING,
        opt={"permission": Permission.PAYMENT_RECORD},
    )
    async def step(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], bill_id: FromPath[UUID], step: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """Record a payment (56), owe more or take off what was agreed (54)."""

        async def act(values: dict[str, Any]) -> str:
            match step:
                case "pay":
                    await record_paid(uow, secrets, bill_id, values)
                    return "付款记下了，等他说收到。"
                case "line":
                    await bills.add_line(
                        uow, bill_id, kind=str(values.get("kind", "")), words=str(values.get("words", "")),
                        amount_fen=wage_rows.amount(values),
                    )  # fmt: skip
                    return "加上了，工资单已更新。"
                case "deduct":
                    await bills.deduct(
                        uow, bill_id, what=str(values.get("what", "")), amount_fen=wage_rows.amount(values)
                    )
                    return "按约定扣了，工资单已更新。"
                case _:
                    raise NotFound

        return await _do(request, uow, secrets, principal, act)

    @post("/file", opt={"permission": Permission.PAYMENT_RECORD})
    async def file(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """The bank's file of one order."""
        only_employer(principal)
        values = await pages.form_values(request)
        order_id = wage_rows.uuid_of(values, "order")
        if order_id is None:
            raise NotFound
        form: payroll.Format = "csv" if values.get("form") == "csv" else "xlsx"
        async with filled(request, uow, partial(_page, request, secrets), values):
            made = await payroll.payment_file(uow, secrets.sealer, order_id, form=form)
        return attachment(made.name, made.content)

    @post("/statement", request_max_body_size=UPLOAD_CEILING, opt={"permission": Permission.PAYMENT_RECORD})
    async def statement(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """Read a bank's statement back; the page says what each line came to."""
        only_employer(principal)
        values = await pages.form_values(request)
        found = values.get("file")
        async with filled(request, uow, partial(_page, request, secrets), values):
            if not isinstance(found, UploadFile) or not found.filename:
                raise Invalid([Fault("file", "请先选银行导出的流水（csv 或 xlsx）。", "required")])
            done = await bank_lines.import_lines(uow, secrets.sealer, await found.read(), found.filename)
        await uow.flush()
        return await _page(request, secrets, uow, imported=done)

    @post("/ledger", opt={"permission": Permission.BILL_EXPORT})
    async def ledger(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], database: NamedDependency[Database],
        secrets: NamedDependency[Secrets], principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """His own wage ledger."""
        only_employer(principal)
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, secrets), values):
            first, last = period(values)
            made = await ledger.ledger(uow, database, secrets.sealer, first=first, last=last)
        return attachment(made.name, made.content)


def period(values: dict[str, Any]) -> tuple[date, date]:
    """Read the two days of a period; raises Invalid."""
    try:
        return date.fromisoformat(str(values.get("first", ""))), date.fromisoformat(str(values.get("last", "")))
    except ValueError:
        raise Invalid([Fault("first", "请选起止日期。", "date")]) from None


async def record_paid(uow: UnitOfWork, secrets: Secrets, bill_id: UUID, values: dict[str, Any]) -> None:
    """Record a payment as the form tells it, with its picture: a slip of cash, else a screenshot (56). Raises Invalid, Conflict."""
    picture = await wage_rows.picture(values)
    channel = wage_rows.way(values)
    proof = "" if picture is None else "slip" if channel == "cash" else "photo"
    payment = await service.record_payment(
        uow, bill_id, amount_fen=wage_rows.amount(values), channel=channel, voucher=str(values.get("voucher", ""))[:101],
        payee_name=str(values.get("payee_name", "")), witness=str(values.get("witness", "")), proof=proof,
        sealer=secrets.sealer,
    )  # fmt: skip
    if picture is not None:
        kind: proofs.Kind = "slip" if channel == "cash" else "screenshot"
        await proofs.attach(uow, secrets.sealer, payment.id, kind=kind, data=picture)


async def _do(
    request: AnyRequest, uow: UnitOfWork, secrets: Secrets, principal: Principal,
    act: Callable[[dict[str, Any]], Awaitable[str]],
) -> Response[bytes]:  # fmt: skip
    only_employer(principal)
    values = await pages.form_values(request)
    async with filled(request, uow, partial(_page, request, secrets), values):
        said = await act(values)
    return pages.redirect(request, HOME, say=said)
