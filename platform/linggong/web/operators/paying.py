"""Instalments on pages: what waits, one with its proofs, and the steps of both sides (R126). Nothing is paid from here."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date
from typing import Any, Final
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.kernel.errors import Fault, Forbidden, Invalid
from linggong.kernel.sheets import write_book
from linggong.operators import queries, settlements
from linggong.operators.codes import READINGS
from linggong.operators.machines import REVIEWED, TONES
from linggong.operators.models import Settlement
from linggong.operators.queries import SettlementView
from linggong.operators.settlements import PaidForm, RequestForm
from linggong.web import evidence, menus, pages
from linggong.web.operators import typed
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_SAYS: Final = {
    "check": "核对好了，等初审。",
    "approve": "初审同意了，要另一位同事复审。",
    "confirm": "复审同意，支付单开好了。付了款再来登记凭证。",
    "recover": "追回单起草好了，要两位同事审批。",
}
_SAYS_BACK: Final = {
    "approve": "初审同意了，要另一位同事复审。",
    "confirm": "复审同意，追回单开好了。运营方账号停了的，请书面送达；钱退回来再来登记凭证。",
}
_WORDS_BACK: Final = {"confirm": "复审同意，开追回单", "pay": "登记已退回"}
_WORDS: Final = {
    "plan": "列入计划", "request": "申请", "check": "核对无误", "approve": "初审同意", "confirm": "复审同意，开支付单",
    "pay": "登记已付款", "return": "退回补正", "withdraw": "撤回", "recover": "起草追回", "lapse": "不再支付",
    "remind": "到期提醒", "late": "审批超时",
}  # fmt: skip


class PayingPages(Controller):
    """What is to be paid to operators."""

    path = "/office/settlements"
    include_in_schema = False

    @get("/", opt={"permission": Permission.SETTLEMENT_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """What waits first, then by contract."""
        rows = await queries.listed(uow)
        today = clock.business_date(uow.now)
        asks = menus.may(request, principal, Permission.SETTLEMENT_SETTLE)
        mine = ("P_RETURNED",) if asks else (*REVIEWED, "P_ORDERED")
        waiting = [row for row in rows if _waits(row, mine, today, asks=asks)]
        return menus.render(
            request, principal, "operators/settlements.html", waiting=waiting, rows=rows, tones=TONES, today=today, asks=asks,
            buys=menus.may(request, principal, Permission.OPERATOR_MANAGE),
        )  # fmt: skip

    @get("/list.xlsx", opt={"permission": Permission.SETTLEMENT_READ})
    async def book(self, uow: NamedDependency[UnitOfWork]) -> Response[bytes]:
        """The list as a workbook for whoever keeps the money: what comes back stands in a column of its own."""
        table: list[list[Any]] = [list(_HEAD), *(_line(row) for row in await queries.listed(uow))]
        day = clock.business_date(uow.now)
        return attachment(f"运营费-{day}.xlsx", write_book({"运营费": table}))

    @get("/{settlement_id:uuid}", opt={"permission": Permission.SETTLEMENT_READ})
    async def one(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        settlement_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """One of them."""
        return await _one(request, uow, principal, settlement_id)

    @post(
        "/{settlement_id:uuid}/request",
        opt={"permission": Permission.SETTLEMENT_SETTLE},
        request_max_body_size=evidence.CEILING,
    )
    async def request_it(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        settlement_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """The operator asks."""
        return await _ask(request, uow, principal, settlement_id)

    @post(
        "/{settlement_id:uuid}/paper",
        opt={"permission": Permission.SETTLEMENT_APPROVE},
        request_max_body_size=evidence.CEILING,
    )
    async def paper(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        settlement_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """The bureau enters a request that came on paper; whoever enters it does not approve it."""
        return await _ask(request, uow, principal, settlement_id)

    @post("/{settlement_id:uuid}/withdraw", opt={"permission": Permission.SETTLEMENT_SETTLE})
    async def withdraw(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], settlement_id: FromPath[UUID]
    ) -> Response[bytes]:
        """The operator takes it back."""
        back = f"/office/settlements/{settlement_id}"
        async with sent_back(request, uow, back, Forbidden):
            await settlements.withdraw(uow, settlement_id)
        return pages.redirect(request, back, say="撤回了，可以重新申请。")

    @post("/{settlement_id:uuid}/steps/{step:str}", opt={"permission": Permission.SETTLEMENT_APPROVE})
    async def step(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], settlement_id: FromPath[UUID], step: FromPath[str]
    ) -> Response[bytes]:
        """A lone button of the bureau: check, approve, confirm, recover."""
        back = f"/office/settlements/{settlement_id}"
        acts: dict[str, Any] = {
            "check": settlements.check, "approve": settlements.approve, "confirm": settlements.confirm,
            "recover": settlements.recover,
        }  # fmt: skip
        async with sent_back(request, uow, back, Forbidden):
            if step not in acts:
                raise Invalid([Fault("step", "没有这一步，请刷新后再看。", "choice")])
            done: Awaitable[Settlement] = acts[step](uow, settlement_id)
            returned = ((await done).amount_fen or 0) < 0
        return pages.redirect(request, back, say=(_SAYS_BACK if returned else {}).get(step, _SAYS[step]))

    @post("/{settlement_id:uuid}/return", opt={"permission": Permission.SETTLEMENT_APPROVE})
    async def give_back(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        settlement_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Return it for more, or say that it is not paid any more."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _one(request, fresh, principal, settlement_id), values):
            act = settlements.lapse if values.get("lapse") else settlements.give_back
            await act(uow, settlement_id, words=str(values.get("words", "")))
        return pages.redirect(request, f"/office/settlements/{settlement_id}", say="记下了，会告诉该办的人。")

    @post("/{settlement_id:uuid}/paid", opt={"permission": Permission.SETTLEMENT_APPROVE})
    async def paid(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        settlement_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Enter the voucher."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _one(request, fresh, principal, settlement_id), values):
            form = pages.convert(PaidForm, typed.given(values, "paid_on", "voucher"))
            row = await settlements.pay(uow, settlement_id, form)
        say = "退款登记好了。" if (row.amount_fen or 0) < 0 else "付款登记好了。"
        return pages.redirect(request, f"/office/settlements/{settlement_id}", say=say)


_HEAD: Final = (
    "合同", "运营方", "期", "比例（%）", "到期", "计划（元）", "进度", "应付或已付（元）", "应退回或已退回（元）", "等次", "怎么算的、说明", "支付单或追回单", "凭证", "日期",
)  # fmt: skip


def _line(row: SettlementView) -> list[Any]:
    left, amount = row.outcome, row.amount_fen
    if amount is None:
        pay = (None if row.by_grade else row.planned_fen) if left is None else max(0, left.tail_fen)
        back = left.back_fen if left is not None else 0
    else:
        pay, back = max(0, amount), max(0, -amount)
    grade = row.grade or ("" if left is None else left.grade)
    told = row.reason if row.state == "P_LAPSED" else row.words or (row.outcome_lacks if left is None else left.words)
    return [
        row.contract, row.operator, row.part, row.percent, "" if row.due_on is None else str(row.due_on), row.planned_fen / 100,
        row.state_label, "按等次定" if pay is None else pay / 100, back / 100 if back else "", grade, told, row.order_number, row.voucher,
        "" if row.paid_on is None else str(row.paid_on),
    ]  # fmt: skip


def _waits(row: SettlementView, mine: tuple[str, ...], today: date, *, asks: bool) -> bool:
    """Tell whether an instalment waits for the side that looks: what the grade does not leave is the bureau's, not the operator's."""
    if row.outcome is not None and row.outcome.tail_fen <= 0:
        return not asks and (row.outcome.back_fen > 0 or row.outcome.tail_fen == 0)
    return row.state in mine or (asks and row.state == "P_PLANNED" and row.due_on is not None and row.due_on <= today)


async def _ask(request: AnyRequest, uow: UnitOfWork, principal: Principal, settlement_id: UUID) -> Response[bytes]:
    values = await pages.form_values(request)
    async with filled(request, uow, lambda fresh: _one(request, fresh, principal, settlement_id), values):
        form = pages.convert(RequestForm, typed.given(values, "words"))
        await settlements.request(uow, settlement_id, form, await typed.photos(values))
    return pages.redirect(request, f"/office/settlements/{settlement_id}", say="申请交上去了，等县人社局核对。")


async def _one(request: AnyRequest, uow: UnitOfWork, principal: Principal, settlement_id: UUID) -> Response[bytes]:
    row = await queries.one(uow, settlement_id)
    asks = menus.may(request, principal, Permission.SETTLEMENT_SETTLE)
    decides = menus.may(request, principal, Permission.SETTLEMENT_APPROVE)
    today = clock.business_date(uow.now)
    words = _WORDS | (_WORDS_BACK if (row.amount_fen or 0) < 0 else {})
    return menus.render(
        request, principal, "operators/settlement.html", row=row, tones=TONES, readings=READINGS, words=words, asks=asks,
        decides=decides, due=row.due_on is not None and row.due_on <= today, form=pages.form_state(), reviewed=REVIEWED,
    )  # fmt: skip
