"""Wages at the desk: what is late, what waits for a worker's word, arrears handed over, the ledger (56 to 68)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.kernel.errors import NotFound
from linggong.wages import ledger, overdue, queries, service
from linggong.wages.files_api import UPLOAD_CEILING
from linggong.wages.queries import BillView
from linggong.wages.service import ANSWER_PROOFS
from linggong.web import menus, pages, wage_rows
from linggong.web.employer.wages import period, record_paid
from linggong.web.refused import Step, filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
HOME = "/desk/wages"
_LATE = ("W_GRACE", "W_OVERDUE", "W_ARREARS", "W_REFERRED")


class DeskWages(Controller):
    """What is late and what waits."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.BILL_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Late ones first, then the payments that wait for a worker's word."""
        return await _page(request, principal, uow)

    @post(
        "/{bill_id:uuid}/{step:str}",
        request_max_body_size=UPLOAD_CEILING,
        opt={"permission": Permission.PAYMENT_RECORD},
    )
    async def step(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        bill_id: FromPath[UUID], step: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """Write down what the employer paid, or that he cannot be reached (56, 65)."""
        values = await pages.form_values(request)
        async with _filled(request, uow, values):
            if step == "pay":
                await record_paid(uow, secrets, bill_id, values)
                said = "付款记下了，等零工回话。"
            elif step == "unreachable":
                await overdue.report_arrears(uow, bill_id, unreachable=True, note=str(values.get("note", "")))
                said = "立为欠薪线索了，材料会自动整理。"
            else:
                raise NotFound
        return pages.redirect(request, HOME, say=said)

    @post("/payments/{payment_id:uuid}/{answer:str}", opt={"permission": Permission.PAYMENT_CONFIRM})
    async def answer(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], payment_id: FromPath[UUID], answer: FromPath[str]
    ) -> Response[bytes]:
        """Write down what the worker says (57, 59), or that another clerk called him back."""
        values = await pages.form_values(request)
        note = str(values.get("note", ""))
        async with _filled(request, uow, values):
            match answer:
                case "received":
                    await service.answer_payment(
                        uow, payment_id, received=True, proof=str(values.get("proof", "")), note=note
                    )
                case "denied":
                    got = wage_rows.amount(values, "got") if values.get("got") else 0
                    await service.answer_payment(
                        uow, payment_id, received=False, got_fen=got, proof=str(values.get("proof", "")), note=note
                    )
                case "called-back":
                    await service.call_back(uow, payment_id, note=note)
                case _:
                    raise NotFound
        return pages.redirect(request, HOME, say="记下了。")

    @post("/{bill_id:uuid}/authority/{step:str}", opt={"permission": Permission.BILL_REFER})
    async def authority(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], bill_id: FromPath[UUID], step: FromPath[str]
    ) -> Response[bytes]:
        """Hand arrears over, or enter what was ruled (66, 68)."""
        values = await pages.form_values(request)
        async with _filled(request, uow, values):
            if step == "refer":
                await overdue.refer(
                    uow, [bill_id], authority=str(values.get("authority", "")), number=str(values.get("number", ""))
                )
            elif step == "rule":
                await overdue.rule(
                    uow, bill_id, document=str(values.get("document", "")), words=str(values.get("words", ""))
                )
            else:
                raise NotFound
        return pages.redirect(request, HOME, say="记下了。")

    @post("/orders/{order_id:uuid}/refer", opt={"permission": Permission.BILL_REFER})
    async def refer(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Hand every arrear of one order over at once, under one number (66)."""
        values = await pages.form_values(request)
        async with _filled(request, uow, values):
            found = [
                b.id for b in await queries.bills(uow, order_id=order_id, limit=1000) if b.wage_state == "W_ARREARS"
            ]
            if not found:
                raise NotFound
            await overdue.refer(
                uow, found, authority=str(values.get("authority", "")), number=str(values.get("number", ""))
            )
        return pages.redirect(request, HOME, say=f"{len(found)} 个人的工钱整案转办了。")

    @post("/ledger", opt={"permission": Permission.BILL_EXPORT})
    async def ledger(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
    ) -> Response[bytes]:  # fmt: skip
        """The wage ledger of what lies under this post."""
        values = await pages.form_values(request)
        async with _filled(request, uow, values):
            first, last = period(values)
            made = await ledger.ledger(uow, database, secrets.sealer, first=first, last=last)
        return attachment(made.name, made.content)


async def _page(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    found = await queries.bills(uow, unsettled=True, limit=500)
    late = [b for b in found if b.wage_state in _LATE]
    waiting = [b for b in found if any(p.state == "claimed" for p in b.payments) and b not in late]
    today = clock.business_date(uow.now)
    due = [b for b in found if b not in late + waiting and clock.business_date(b.due_at) <= today]
    listed = late + due + waiting
    witness = [b for b in await queries.bills(uow, single_witness=True, limit=100) if b not in listed]
    return menus.render(
        request,
        principal,
        "desk/wages.html",
        groups=[
            {"title": title, "bills": [wage_rows.bill(b) for b in sorted(some, key=lambda b: b.due_at)]}
            for title, some in (
                ("过期没付", late),
                ("今天该付", due),
                ("等零工回话", waiting),
                ("一人代办双方，要回访", witness),
            )
            if some
        ],
        wholes=_wholes(late),
        pay_ways=wage_rows.PAY_WAYS,
        answer_proofs=[{"value": k, "label": v} for k, v in ANSWER_PROOFS.items()],
        may_pay=menus.may(request, principal, Permission.PAYMENT_RECORD),
        may_refer=menus.may(request, principal, Permission.BILL_REFER),
        may_export=menus.may(request, principal, Permission.BILL_EXPORT),
        first=today.replace(day=1).isoformat(),
        last=today.isoformat(),
    )


def _wholes(late: list[BillView]) -> list[dict[str, Any]]:
    """Return the orders with several people in arrears: they are handed over as one case."""
    by_order: dict[UUID, list[BillView]] = {}
    for one in late:
        if one.wage_state == "W_ARREARS":
            by_order.setdefault(one.order_id, []).append(one)
    return [
        {
            "id": str(order_id), "title": some[0].title, "employer": some[0].employer_name, "people": len(some),
            "left_fen": sum(b.left_fen for b in some),
        }
        for order_id, some in by_order.items()
        if len(some) > 1
    ]  # fmt: skip


def _filled(request: AnyRequest, uow: UnitOfWork, values: dict[str, Any]) -> Step:
    return filled(request, uow, partial(_page, request, request.state["principal"]), values)
