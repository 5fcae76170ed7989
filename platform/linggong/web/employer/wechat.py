"""An employer pays by WeChat out of his own merchant account: connecting it, one bill or several, what became of each (56)."""

from __future__ import annotations

from functools import partial
from typing import Any, Final
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.money import format_yuan
from linggong.kernel.settings import Settings
from linggong.wages import queries
from linggong.wages.queries import BillView
from linggong.wages.wechat import bindings, merchants, standin, transfers
from linggong.wages.wechat.merchants import MerchantForm
from linggong.wages.wechat.models import MOVING, OPEN
from linggong.web import pages, wage_rows
from linggong.web.employer.home import only_employer
from linggong.web.refused import REFUSED, filled, sent_back, why
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
HOME: Final = "/employer/wechat"
WAGES: Final = "/employer/wages"
_MOST: Final = 50
_FIELDS: Final = tuple(MerchantForm.__struct_fields__)
_SECRET: Final = ("secret_key", "api_key")


async def rows(uow: UnitOfWork, secrets: Secrets, found: list[BillView]) -> list[dict[str, Any]]:
    """Return bills as pages draw them, with what stands of each by WeChat: transfers, and whether it can be paid so now."""
    ids = [b.id for b in found]
    ordered = await transfers.of_bills(uow, ids)
    connected = await merchants.mine(uow) is not None
    bound = await bindings.openids(uow, secrets.sealer, ids) if connected else {}
    drawn = []
    for view in found:
        row, sent = wage_rows.bill(view), ordered.get(view.id, [])
        moves = sum(t.amount_fen for t in sent if t.state in MOVING)
        row["payable_fen"] = max(0, row["payable_fen"] - moves)
        row["wechat"] = sent
        row["wechat_why"] = _why_not(row["payable_fen"], sent, connected=connected, bound=view.id in bound)
        drawn.append(row)
    return drawn


def _why_not(payable: int, sent: list[transfers.TransferView], *, connected: bool, bound: bool) -> str:
    """Return why a bill cannot be paid by WeChat now, '' when it can."""
    if not connected:
        return "还没有接上微信商户号"
    if any(t.state in OPEN for t in sent):
        return "有一笔微信转账还没有结果"
    if not payable:
        return "没有要付的了"
    return "" if bound else "他没有绑定微信收款，用现金或银行卡付"


class EmployerWechat(Controller):
    """His own merchant account, and paying from it."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.EMPLOYER_SELF})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], settings: NamedDependency[Settings],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """The account, masked, or the form that connects one."""
        only_employer(principal)
        return await _merchant(request, settings, uow)

    @post("/connect", opt={"permission": Permission.EMPLOYER_SELF})
    async def connect(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], settings: NamedDependency[Settings],
        secrets: NamedDependency[Secrets], principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """Connect it, in place of the one before."""
        only_employer(principal)
        values = await pages.form_values(request)
        # What is secret is typed again: it is never sent back.
        kept = {name: value for name, value in values.items() if name not in _SECRET}
        async with filled(request, uow, partial(_merchant, request, settings), kept):
            form = pages.convert(MerchantForm, {name: str(values.get(name) or "") for name in _FIELDS})
            await merchants.connect(uow, secrets.sealer, form)
        return pages.redirect(request, HOME, say="接上了。回“付工钱”就能用微信付。")

    @post("/stand-in", opt={"permission": Permission.EMPLOYER_SELF})
    async def stand_in(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], settings: NamedDependency[Settings],
        secrets: NamedDependency[Secrets], principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """Connect the stand-in's account, where there is nothing but a stand-in."""
        only_employer(principal)
        if not settings.wechat_stand_in:
            raise NotFound
        async with sent_back(request, uow, HOME):
            await merchants.connect(uow, secrets.sealer, standin.Books.load(settings.data_dir).form())
        return pages.redirect(request, HOME, say="接上了替身商户号，付的都不是真钱。")

    @post("/remove", opt={"permission": Permission.EMPLOYER_SELF})
    async def remove(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Take the account and its keys away."""
        only_employer(principal)
        async with sent_back(request, uow, HOME):
            await merchants.take_away(uow)
        return pages.redirect(request, HOME, say="取走了，密钥已删除。")

    @get("/pay", opt={"permission": Permission.PAYMENT_RECORD})
    async def ask(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """Who is to be paid how much, before anything moves."""
        only_employer(principal)
        return await _paying(request, secrets, _ids(request.query_params.getall("bill", [])), uow)

    @post("/pay", opt={"permission": Permission.PAYMENT_RECORD})
    async def pay(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """Order the transfers; what cannot be paid so is told, the others go."""
        only_employer(principal)
        values = await pages.form_values(request)
        named = values.get("bill", [])
        ids = _ids(named if isinstance(named, list) else [named])
        sent, refused = 0, []
        for view in await _bills(uow, ids):
            try:
                async with uow.savepoint():
                    await transfers.order(
                        uow, secrets.sealer, view.id, amount_fen=wage_rows.amount(values, f"amount-{view.id}")
                    )
                sent += 1
            except REFUSED as error:
                refused.append(f"{view.worker_name}：{why(error)}")
        if not sent:
            async with filled(request, uow, partial(_paying, request, secrets, ids), values):
                raise Invalid([Fault("", "".join(refused) or "请先选要付的工资单。", "refused")])
        said = f"{sent} 笔发给微信了，结果出来会写在这里。" + "".join(refused)[:300]
        return pages.redirect(request, WAGES, say=said, kind="warn" if refused else "ok")

    @post("/transfers/{transfer_id:uuid}/{step:str}", opt={"permission": Permission.PAYMENT_RECORD})
    async def after(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        transfer_id: FromPath[UUID], step: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """Ask WeChat again, or write down what had no room before."""
        only_employer(principal)
        said, kind = "正在问微信，过一会儿看结果。", "ok"
        async with sent_back(request, uow, WAGES):
            if step == "ask":
                await transfers.ask_again(uow, transfer_id)
            elif step == "record":
                done = await transfers.record_again(uow, transfer_id)
                said = "登记好了，等他说收到。" if done else "还是记不上，请看工资单上的原因。"
                kind = "ok" if done else "bad"
            else:
                raise NotFound
        return pages.redirect(request, WAGES, say=said, kind=kind)


async def _merchant(request: AnyRequest, settings: Settings, uow: UnitOfWork) -> Response[bytes]:
    return pages.render(
        request, "employer/wechat.html", merchant=await merchants.mine(uow), stand_in=settings.wechat_stand_in
    )


async def _bills(uow: UnitOfWork, ids: list[UUID]) -> list[BillView]:
    return await queries.bills(uow, bill_ids=ids) if ids else []


async def _paying(request: AnyRequest, secrets: Secrets, ids: list[UUID], uow: UnitOfWork) -> Response[bytes]:
    drawn = await rows(uow, secrets, await _bills(uow, ids))
    able = [b for b in drawn if not b["wechat_why"]]
    total = sum(b["payable_fen"] - b["held_fen"] for b in able)
    return pages.render(
        request,
        "employer/wechat_pay.html",
        bills=able,
        left_out=[b for b in drawn if b["wechat_why"]],
        merchant=await merchants.mine(uow),
        total=format_yuan(total),
    )


def _ids(named: list[Any]) -> list[UUID]:
    """Read the ids of bills; what is none is left out."""
    found: dict[UUID, None] = {}
    for raw in named[:_MOST]:
        try:
            found[UUID(str(raw))] = None
        except ValueError:
            continue
    return list(found)
