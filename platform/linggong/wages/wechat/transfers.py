"""An employer pays a bill by WeChat: the order, what became of it, and the payment that a success is written down as (56).

One transfer a bill at a time, under one number: a second press, a lost answer or a notice brought twice pays nothing twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import outbox
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, LinggongError, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.money import Fen
from linggong.kernel.outbox import OutsideCall
from linggong.wages import journal, loading, service
from linggong.wages.models import Bill
from linggong.wages.wechat import bindings, merchants
from linggong.wages.wechat.models import MOVING, OPEN, WechatTransfer
from linggong.work import common

SYSTEM: Final = "wechat"
KIND: Final = "transfer"
_WAITS: Final = {"WAIT_USER_CONFIRM": "等他在微信里点收款", "CANCELING": "正在撤销"}
_TAKEN: Final = "微信收下了，正在办"


class TransferView(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer as its bill shows it."""

    id: UUID
    amount_fen: int
    state: str
    words: str
    ordered_at: datetime
    actions: list[str]


async def order(uow: UnitOfWork, sealer: Sealer, bill_id: UUID, *, amount_fen: int) -> WechatTransfer:
    """Order a transfer of what is open on a bill, or a part, from the employer's own account to the worker's own WeChat.

    Raises Forbidden for anybody but the employer himself, NotFound, Conflict without an account or while another transfer of
    the bill has no result, Invalid with every fault of amount and payee.
    """
    _only_employer(uow)
    row = await loading.bill(uow, bill_id)
    if await uow.session.scalar(
        sa.select(WechatTransfer.id).where(WechatTransfer.bill_id == row.id, WechatTransfer.state.in_(OPEN))
    ):
        raise Conflict("这张工资单有一笔微信转账还没有结果，不能再付一次。")
    mchid = await merchants.mchid(uow)
    if row.state == "SETTLED":
        raise Conflict("这张工资单已经结清了。")
    openid = (await bindings.openids(uow, sealer, [row.id])).get(row.id)
    faults = await service.amount_faults(uow, row, amount_fen)
    if openid is None:
        faults.append(Fault("payee", "他没有绑定微信收款，请用现金或银行卡付。", "payee"))
    if faults or openid is None:
        raise Invalid(faults)
    transfer_id = new_id()
    made = WechatTransfer(
        id=transfer_id, bill_id=row.id, mchid=mchid, amount_fen=Fen(amount_fen), state="sending", said="", reason="",
        openid_sealed=sealer.seal(openid, place(transfer_id)), transfer_bill_no="", ordered_by=uow.actor.id,
        ordered_at=uow.now, **journal.sides_of(row),
    )  # fmt: skip
    uow.session.add(made)
    await outbox.enqueue(
        uow, system=SYSTEM, kind=KIND, subject_id=transfer_id, chain=f"order:{row.order_id}", tenant=row.tenant, via=row.via,
        person_id=row.worker_id, employer_id=row.employer_id, payload={"employer": str(row.employer_id)},
    )  # fmt: skip
    await uow.flush()
    await common.tell(
        uow, row, row.id, "wechat_transfer.ordered", None, transfer=transfer_id, amount_fen=amount_fen, bill=row.id
    )
    return made


async def undecided(uow: UnitOfWork, call: OutsideCall, answer: dict[str, Any]) -> None:
    """WeChat has taken it, and it has no result yet."""
    row = await _locked(uow, call.subject_id)
    if row.state in OPEN:
        row.state, row.said = "waiting", str(answer.get("said", ""))


async def answered(uow: UnitOfWork, call: OutsideCall, answer: dict[str, Any]) -> None:
    """Act on the result: a success is a payment with WeChat's number as its proof, a failure leaves the bill as it was."""
    row = await _locked(uow, call.subject_id)
    row.said, row.ended_at = str(answer["state"]), uow.now
    if row.said == "SUCCESS":
        row.transfer_bill_no = str(answer["number"])
        await _record(uow, row)
        return
    row.state, row.reason = "failed", str(answer["reason"])
    bill = await loading.bill(uow, row.bill_id)
    await common.tell(
        uow,
        bill,
        bill.id,
        "wechat_transfer.failed",
        None,
        transfer=row.id,
        amount_fen=row.amount_fen,
        reason=row.reason,
    )


async def contradicted(uow: UnitOfWork, call: OutsideCall, answer: dict[str, Any]) -> None:
    """WeChat says something else than before: money that did move is written down, and a person sees both answers."""
    row = await _locked(uow, call.subject_id)
    if answer.get("state") == "SUCCESS" and row.state == "failed":
        await answered(uow, call, answer)
    elif row.state in ("done", "unrecorded"):
        row.reason = "微信后来说法不一样，请到微信商户平台核对"


async def gave_up(uow: UnitOfWork, call: OutsideCall) -> None:
    """Nothing can be learnt for now; the employer is told to look, and may ask again."""
    row = await _locked(uow, call.subject_id)
    if row.state in OPEN:
        row.state, row.reason = "unknown", call.last_error


async def ask_again(uow: UnitOfWork, transfer_id: UUID) -> None:
    """Ask WeChat once more for a result that could not be learnt. Raises NotFound, Conflict when there is nothing to ask."""
    _only_employer(uow)
    call_id = await uow.session.scalar(
        sa.select(OutsideCall.id).where(OutsideCall.system == SYSTEM, OutsideCall.subject_id == transfer_id)
    )
    if call_id is None:
        raise NotFound
    # The call first, as whoever records its answer does.
    await outbox.resend(uow, call_id)
    row = await _locked(uow, transfer_id)
    if row.state != "unknown":
        raise Conflict("这笔不用再查：已经有结果，或者正在查。")
    row.state, row.reason = "sending", ""


async def record_again(uow: UnitOfWork, transfer_id: UUID) -> bool:
    """Write down a success that the bill had no room for when it came; returns whether it has now. Raises NotFound, Conflict."""
    _only_employer(uow)
    row = await _locked(uow, transfer_id)
    if row.state != "unrecorded":
        raise Conflict("这笔不用再登记。")
    await _record(uow, row)
    return row.state == "done"


async def of_bills(
    uow: UnitOfWork, bill_ids: Iterable[UUID], *, moving: bool = False
) -> dict[UUID, list[TransferView]]:
    """Return the transfers of bills that this actor may see, the oldest first; what was written down is a payment, not listed here.

    `moving` leaves out what has ended.
    """
    listed = sa.or_(WechatTransfer.state != "done", WechatTransfer.reason != "")
    if moving:
        listed = WechatTransfer.state.in_(MOVING)
    found: dict[UUID, list[TransferView]] = defaultdict(list)
    rows = await uow.session.scalars(
        sa.select(WechatTransfer)
        .where(WechatTransfer.bill_id.in_(list(bill_ids)), listed)
        .order_by(WechatTransfer.ordered_at, WechatTransfer.id)
    )
    for row in rows:
        own = uow.actor.kind == "employer"
        found[row.bill_id].append(
            TransferView(
                id=row.id, amount_fen=row.amount_fen, state=row.state, words=_words(row), ordered_at=row.ordered_at,
                actions=[{"unknown": "ask", "unrecorded": "record"}[row.state]] if own and row.state in ("unknown", "unrecorded") else [],
            )
        )  # fmt: skip
    return found


def place(transfer_id: UUID) -> str:
    """Return the place for which a transfer's payee is sealed."""
    return f"wechat_transfers.openid_sealed.{transfer_id}"


def _words(row: WechatTransfer) -> str:
    match row.state:
        case "sending":
            return "正在发给微信"
        case "waiting":
            return _WAITS.get(row.said, _TAKEN)
        case "unknown":
            return f"问不到结果：{row.reason}。请先到微信商户平台看看，别再付一次"
        case "failed":
            return f"没付成：{row.reason}"
        case "unrecorded":
            return f"微信付成了，但没能记到工资单：{row.reason}"
    return row.reason


async def _record(uow: UnitOfWork, row: WechatTransfer) -> None:
    """Write a success down as the payment of the same id; where the bill has no room for it, say so instead."""
    try:
        async with uow.savepoint():
            await service.record_payment(
                uow, row.bill_id, amount_fen=row.amount_fen, channel="wechat", voucher=row.transfer_bill_no, proof="voucher",
                transfer_id=row.id,
            )  # fmt: skip
        row.state, row.reason = "done", ""
    except LinggongError as error:
        row.state = "unrecorded"
        row.reason = "；".join(f.message for f in error.faults) if isinstance(error, Invalid) else str(error)
        bill = await loading.bill(uow, row.bill_id)
        await common.tell(
            uow, bill, bill.id, "wechat_transfer.unrecorded", None, transfer=row.id, amount_fen=row.amount_fen,
            voucher=row.transfer_bill_no, reason=row.reason,
        )  # fmt: skip
    await uow.flush()


def _only_employer(uow: UnitOfWork) -> None:
    if uow.actor.kind != "employer":
        raise Forbidden("微信付用的是雇主自己的商户号，只能由雇主自己点。")


async def _locked(uow: UnitOfWork, transfer_id: UUID) -> WechatTransfer:
    """Load a transfer, its bill locked first: whatever changes a payment locks them in that order."""
    of = sa.select(WechatTransfer.bill_id).where(WechatTransfer.id == transfer_id).scalar_subquery()
    await uow.session.scalar(sa.select(Bill.id).where(Bill.id == of).with_for_update(key_share=True))
    found: WechatTransfer | None = await uow.session.scalar(
        sa.select(WechatTransfer)
        .where(WechatTransfer.id == transfer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found
