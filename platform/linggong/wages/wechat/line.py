"""The line to WeChat Pay (`kernel.outbox`): what a call needs, how it is made, and what counts as an answer.

A transfer is ordered once. Whenever an answer is missing the same number is asked for, and only if WeChat Pay does not know it
is it ordered again, under that number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock, outbox
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Forbidden, Invalid, NotFound
from linggong.kernel.outbox import Answer, Asked, Heard, Line, OutsideCall, Unanswered
from linggong.kernel.settings import Settings
from linggong.people.models import Person
from linggong.wages import payroll
from linggong.wages.wechat import merchants, protocol, reasons, transfers
from linggong.wages.wechat.client import HttpWechat
from linggong.wages.wechat.models import WechatTransfer
from linggong.wages.wechat.protocol import Create, Keys, Notice, Refusal, Report, Told

SYSTEM: Final = transfers.SYSTEM
SCENE: Final = "1005"
"""佣金报酬: the scene under which work is paid."""
STAND_IN_APP: Final = "wxstandin00000000"
_STALE: Final = timedelta(days=1)
"""After that a transfer which WeChat Pay does not know is not ordered any more: nobody would expect it."""


@dataclass(slots=True)
class _Wire:
    """Who is asked, as which app, where it brings its notices, and the keys with which a merchant's are opened."""

    client: HttpWechat | None = None
    sealer: Sealer | None = None
    appid: str = ""
    address: str = ""


_wire = _Wire()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A call in memory."""

    keys: Keys
    create: Create
    sent: bool
    """It went out before: ask first."""
    taken: bool
    """WeChat Pay said that it has it: never order it again."""
    stale: bool


def use(client: HttpWechat | None, sealer: Sealer | None, *, appid: str = STAND_IN_APP, address: str = "") -> None:
    """Ask this WeChat Pay from now on; None: nobody, calls wait."""
    _wire.client, _wire.sealer, _wire.appid, _wire.address = client, sealer, appid, address


def client_of(settings: Settings) -> HttpWechat | None:
    """Return the client of the WeChat Pay that the settings name; None without one."""
    return HttpWechat(settings.wechat_url) if settings.wechat_url else None


async def work(database: Database) -> None:
    """Make what is due, if there is somebody to ask."""
    if _wire.client is not None:
        await outbox.work(database, SYSTEM)


async def prepare(uow: UnitOfWork, call: OutsideCall) -> Order | Answer:
    """Build what a call sends; keys and personal data are read here and kept in memory only."""
    row = await uow.session.get(WechatTransfer, call.subject_id, populate_existing=True)
    if row is None or _wire.sealer is None:
        raise NotFound
    sent, stale = call.sent_at is not None, uow.now > row.ordered_at + _STALE
    if stale and not sent:
        return failure("", "一天没能发给微信，没有付")
    keys = await merchants.keys_of(uow, _wire.sealer, row.employer_id)
    name = await uow.session.scalar(sa.select(Person.name).where(Person.id == row.worker_id))
    if keys is None or name is None:
        raise NotFound
    create = Create(
        appid=_wire.appid,
        out_bill_no=row.out_bill_no,
        transfer_scene_id=SCENE,
        openid=_wire.sealer.open(row.openid_sealed, transfers.place(row.id)),
        user_name=protocol.encrypt_name(keys.public, name),
        transfer_amount=int(row.amount_fen),
        transfer_remark=f"工资 {payroll.reference(row.bill_id)}",
        notify_url=f"{_wire.address}{protocol.NOTIFY}/{row.employer_id}",
        transfer_scene_report_infos=[Report("岗位类型", "零工"), Report("报酬说明", "零工工资")],
    )
    return Order(keys=keys, create=create, sent=sent, taken=bool(row.said), stale=stale)


async def send(_: Asked, order: Order | Answer) -> Answer:
    """Make one call; no transaction is open."""
    client = _wire.client
    if isinstance(order, Answer):
        return order
    if client is None:
        raise Unanswered("还没有接通微信支付")
    number = order.create.out_bill_no
    if order.sent:
        known = await client.query(order.keys, number)
        if isinstance(known, Told):
            return judged(order.keys.mchid, order.create, known)
        if known.code != "NOT_FOUND":
            raise Unanswered(_refused(known))
        if order.taken:
            raise Unanswered("微信说没有这笔转账，可它收下过")
        if order.stale:
            return failure("NOT_FOUND", reasons.NOT_MADE)
    made = await client.create(order.keys, order.create)
    if isinstance(made, Refusal):
        return await _not_made(client, order, made)
    if made.out_bill_no != number:
        raise Unanswered("微信答的是别的转账")
    if made.state in protocol.FINAL:
        known = await client.query(order.keys, number)
        if isinstance(known, Refusal):
            raise Unanswered(_refused(known))
        return judged(order.keys.mchid, order.create, known)
    return Answer({"said": made.state}, final=False)


async def _not_made(client: HttpWechat, order: Order, refusal: Refusal) -> Answer:
    """Believe a refusal only when WeChat Pay knows of no such transfer either: an earlier order may have come through."""
    if refusal.code == "SIGN_ERROR" and not order.sent:
        return failure(refusal.code, reasons.REFUSED["SIGN_ERROR"])
    known = await client.query(order.keys, order.create.out_bill_no)
    if isinstance(known, Told):
        return judged(order.keys.mchid, order.create, known)
    if known.code == "NOT_FOUND" and refusal.code in reasons.REFUSED:
        return failure(refusal.code, reasons.REFUSED[refusal.code])
    raise Unanswered(_refused(refusal))


def judged(mchid: str, asked: Create, told: Told) -> Answer:
    """Return what WeChat Pay said as it is kept. Raises Unanswered for what is not about this transfer, to the fen."""
    if (told.mch_id, told.out_bill_no) != (mchid, asked.out_bill_no):
        raise Unanswered("微信答的是别的转账")
    if told.transfer_amount != asked.transfer_amount:
        raise Unanswered("微信说的金额和工资单的对不上，没有登记")
    if told.openid not in ("", asked.openid):
        raise Unanswered("微信说的收款人对不上，没有登记")
    if told.state in protocol.UNDECIDED:
        return Answer({"said": told.state}, final=False)
    if told.state not in protocol.FINAL or (told.state == "SUCCESS" and not told.transfer_bill_no):
        raise Unanswered("微信支付的回复看不懂")
    if told.state == "SUCCESS":
        return Answer({"state": told.state, "number": told.transfer_bill_no[:64]})
    return Answer({"state": told.state, "reason": reasons.failed(told.state, told.fail_reason)})


def failure(code: str, words: str) -> Answer:
    """Return the answer for a transfer that was never made."""
    return Answer({"state": "FAIL", "code": code, "reason": words})


def _refused(refusal: Refusal) -> str:
    return reasons.REFUSED.get(refusal.code, f"微信没有办：{refusal.code[:40]}")


async def notified(
    database: Database, sealer: Sealer, employer_id: UUID, headers: dict[str, str], body: bytes
) -> Heard:
    """Take what WeChat Pay brings by itself: signed, sealed for this merchant, about a transfer of his, counted once.

    Raises NotFound for no such merchant or transfer, Forbidden for a signature that does not fit, Invalid for what is no
    result of that transfer.
    """
    async with database.system() as uow:
        account = await merchants.account(uow, employer_id)
        if account is None:
            raise NotFound
        public = protocol.public_key(account.public_key)
        if not protocol.said_by_wechat(account.public_id, public, headers, body, clock.now()):
            raise Forbidden("签名不对或已过期。")
        try:
            notice = msgspec.json.decode(body, type=Notice)
            told = msgspec.json.decode(protocol.unseal(merchants.api_key(account, sealer), notice.resource), type=Told)
            transfer_id = UUID(told.out_bill_no)
        except (msgspec.MsgspecError, ValueError):
            raise _unreadable() from None
        row = await uow.session.get(WechatTransfer, transfer_id)
        call_id = await uow.session.scalar(
            sa.select(OutsideCall.id).where(OutsideCall.system == SYSTEM, OutsideCall.subject_id == transfer_id)
        )
        if row is None or row.employer_id != employer_id or call_id is None:
            raise NotFound
        expected = Create(
            appid="", out_bill_no=row.out_bill_no, transfer_scene_id=SCENE, user_name="", transfer_remark="", notify_url="",
            openid=sealer.open(row.openid_sealed, transfers.place(row.id)), transfer_amount=int(row.amount_fen),
            transfer_scene_report_infos=[],
        )  # fmt: skip
        try:
            answer = judged(row.mchid, expected, told)
        except Unanswered as error:
            raise Invalid([Fault("", f"{error}。", "reply")]) from None
        heard: Heard = await outbox.hear(uow, SYSTEM, call_id, transfer_id, answer)
    return heard


def _unreadable() -> Invalid:
    return Invalid([Fault("", "通知的内容看不懂。", "reply")])


def register() -> None:
    """Connect the line by name; calling it again changes nothing."""
    outbox.connect(
        Line(
            system=SYSTEM,
            words="微信支付",
            kinds={transfers.KIND: "转账"},
            prepare=prepare,
            send=send,
            answered=transfers.answered,
            undecided=transfers.undecided,
            contradicted=transfers.contradicted,
            gave_up=transfers.gave_up,
        )
    )
