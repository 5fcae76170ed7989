"""The line to the gateway: what a call needs, how it is made, what an answer and a receipt change (`kernel.outbox`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock, outbox, reading
from linggong.kernel.crypto import Sealer, Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Forbidden, Invalid, NotFound
from linggong.kernel.outbox import Answer, Asked, Line, OutsideCall
from linggong.kernel.settings import Settings
from linggong.people import limits, notices
from linggong.people.messages import CODE, SYSTEM
from linggong.people.models import OutMessage
from linggong.people.notice_models import Notice
from linggong.phones import people, protocol
from linggong.phones.gateway import Gateway, HttpGateway
from linggong.phones.models import KeypadCall, PhoneQuestion
from linggong.phones.protocol import Receipt, Ring, Send, Taken

T = TypeVar("T")
_BATCH = 200
CALL_BACK = "call_back"
"""The kind of a call to somebody who called and asked for it."""


@dataclass(slots=True)
class _Wire:
    """Who is asked, and the keys with which a number is opened for it; set by the process that makes calls."""

    gateway: Gateway | None = None
    sealer: Sealer | None = None


_wire = _Wire()


def key_of(settings: Settings, secrets: Secrets) -> bytes:
    """Return the key that we share with the gateway; without a contract's, this deployment's own for its stand-in."""
    return (settings.sms_key or secrets.sign("sms", "shared key")).encode()


def use(gateway: Gateway | None, sealer: Sealer | None) -> None:
    """Ask this gateway from now on; None: nobody, messages wait."""
    _wire.gateway, _wire.sealer = gateway, sealer


def connected() -> bool:
    """Tell whether this process has a gateway to ask."""
    return _wire.gateway is not None


def gateway_of(settings: Settings, secrets: Secrets) -> HttpGateway | None:
    """Return the client of the gateway that the settings name; None without one."""
    return HttpGateway(settings.sms_url, key_of(settings, secrets)) if settings.sms_url else None


async def work(database: Database) -> None:
    """Make what is due, if there is somebody to ask."""
    if _wire.gateway is not None:
        await hand_over(database)
        await outbox.work(database, SYSTEM)


async def hand_over(database: Database) -> int:
    """Make calls of the messages that wait; returns how many. What is about a notice belongs to its place, else to the top."""
    async with database.system() as uow:
        rows = (
            await uow.execute(
                sa.select(OutMessage, Notice.tenant)
                .outerjoin(Notice, Notice.id == OutMessage.notice_id)
                .where(OutMessage.handed_at.is_(None))
                .order_by((OutMessage.kind == CODE).desc(), OutMessage.created_at)
                .limit(_BATCH)
                .with_for_update(of=OutMessage, skip_locked=True)
            )
        ).all()
        for message, tenant in rows:
            message.handed_at = uow.now
            await outbox.enqueue(
                uow, system=SYSTEM, kind="send", subject_id=message.id, chain=f"message:{message.id}",
                tenant=tenant or await limits.top(uow), payload={"what": message.kind},
            )  # fmt: skip
    return len(rows)


async def prepare(uow: UnitOfWork, call: OutsideCall) -> Send | Ring:
    """Build what a call sends; number and text are opened here and kept in memory only."""
    if _wire.sealer is None:
        raise NotFound
    if call.kind == "ring":
        question = await uow.session.get(PhoneQuestion, call.subject_id)
        if question is None:
            raise NotFound
        number = _wire.sealer.open(question.number_sealed, f"phone_questions.number_sealed.{question.id}")
        return Ring(request_id=str(call.id), number=number)
    if call.kind == CALL_BACK:
        heard = await uow.session.get(KeypadCall, call.subject_id)
        if heard is None:
            raise NotFound
        number = _wire.sealer.open(heard.number_sealed, f"keypad_calls.number_sealed.{heard.id}")
        return Ring(request_id=str(call.id), number=number)
    message = await uow.session.get(OutMessage, call.subject_id)
    if message is None:
        raise NotFound
    if message.notice_id is not None:
        # From now on an answer can be one to these words.
        await uow.execute(
            sa.update(PhoneQuestion)
            .where(PhoneQuestion.notice_id == message.notice_id, PhoneQuestion.by_sms, PhoneQuestion.shown_at.is_(None))
            .values(shown_at=uow.now)
        )
    return Send(
        request_id=str(call.id),
        number=_wire.sealer.open(message.number_sealed, f"out_messages.number_sealed.{message.id}"),
        text=_wire.sealer.open(message.text_sealed, f"out_messages.text_sealed.{message.id}"),
    )


async def send(asked: Asked, request: Any) -> Answer:
    """Make a call."""
    gateway = _wire.gateway
    if gateway is None:
        raise outbox.Unanswered("没有接短信平台")
    taken: Taken = await (gateway.ring(request) if isinstance(request, Ring) else gateway.send(request))
    return Answer({"result": taken.result, "code": taken.code[:40]})


async def answered(uow: UnitOfWork, call: OutsideCall, answer: dict[str, Any]) -> None:
    """The gateway has it, or will not send it."""
    if answer["result"] == "refused":
        await gave_up(uow, call)
    elif call.kind == "send":
        # A receipt may have been quicker than the answer.
        await uow.execute(
            sa.update(OutMessage)
            .where(OutMessage.id == call.subject_id, OutMessage.state.in_(("queued", "failed")))
            .values(state="sent", sent_at=uow.now)
        )


async def gave_up(uow: UnitOfWork, call: OutsideCall) -> None:
    """It cannot be sent: the desk calls whoever it was for."""
    if call.kind == "send":
        await _undelivered(uow, call.subject_id)
    else:
        await _call_by_hand(uow, call)


async def _undelivered(uow: UnitOfWork, message_id: UUID) -> None:
    notice_id = await uow.session.scalar(
        sa.update(OutMessage)
        .where(OutMessage.id == message_id, OutMessage.state != "delivered")
        .values(state="failed")
        .returning(OutMessage.notice_id)
    )
    if notice_id is not None:
        await notices.by_hand(uow, notice_id, why="短信没送到")


async def _call_by_hand(uow: UnitOfWork, call: OutsideCall) -> None:
    if call.kind == CALL_BACK:
        heard = await uow.session.get(KeypadCall, call.subject_id)
        if heard is not None and heard.person_id is not None:
            await people.wants_a_call(uow, person_id=heard.person_id, employer_id=None, how="电话没打回去，")
        return
    question = await uow.session.get(PhoneQuestion, call.subject_id)
    if question is not None and question.state == "open":
        await notices.by_hand(uow, question.notice_id)


async def receipt(database: Database, key: bytes, signature: str, body: bytes) -> str:
    """Take what became of a message or a call of ours; once more changes nothing, and what arrived stays arrived.

    Raises Forbidden for a signature that does not fit, Invalid for what is no receipt, NotFound for what was never sent.
    """
    told = read(key, signature, protocol.RECEIPT_PATH, body, Receipt)
    try:
        call_id = UUID(told.request_id)
    except ValueError:
        raise NotFound from None
    async with database.system() as uow:
        call = await reading.one(uow, OutsideCall, "WHERE id = $1", call_id)
        if call is None or call.system != SYSTEM or call.sent_at is None:
            raise NotFound
        # Whatever its answer was, it has the call: asking again would be asking twice.
        await outbox.hear(uow, SYSTEM, call.id, call.subject_id, Answer({"result": "accepted", "code": ""}))
        if told.result == "delivered" and call.kind == "send":
            await uow.fetch(_DELIVERED, call.subject_id, uow.now)
        elif told.result == "failed" and call.kind == "send":
            await _undelivered(uow, call.subject_id)
        elif told.result in ("failed", "no_answer") and call.kind != "send":
            await _call_by_hand(uow, call)
    return "heard"


_DELIVERED = "UPDATE out_messages SET state = 'delivered', delivered_at = $2 WHERE id = $1 AND state <> 'delivered'"


def read(key: bytes, signature: str, path: str, body: bytes, shape: type[T]) -> T:
    """Return what a signed message says. Raises Forbidden for a signature that does not fit, Invalid for another shape."""
    if not protocol.verify(key, signature, path, body, clock.now()):
        raise Forbidden("签名不对或已过期。")
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.MsgspecError:
        raise Invalid([Fault("", "内容看不懂。", "shape")]) from None


def register() -> None:
    """Connect the line by name; calling it again changes nothing."""
    outbox.connect(
        Line(
            system=SYSTEM,
            words="短信平台",
            kinds={"send": "发短信", "ring": "打电话", CALL_BACK: "回电话"},
            prepare=prepare,
            send=send,
            answered=answered,
            gave_up=gave_up,
            first=frozenset({CODE}),
        )
    )
